"""Prodigy's JSON lines: `spans` with their tokens, `relations`, or `options` of which some are accepted.

Annotations have the answer "accept", so that they go into a data set with `db-in`. Answers of a model have none: they
are tasks to be asked about, with their scores, and `meta` shows how sure the model is and which it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.core import Example
from spanloom.inputs import Relation, Span, Text
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import write_lines


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    read = list(examples)
    if any(isinstance(example.gold, Label) for example in read):
        names = sorted({name for example in read for _, name in kind_of(example.gold).classes(example.gold)})
        write_lines(path, (_choice(example, names, options) for example in read))
    else:
        write_lines(path, (_spans(example, options) for example in read))


def _choice(example: Example, names: list[str], options: Options) -> dict[str, Any]:
    line = {**example.fields, "text": example.input.text}
    line["options"] = [{"id": name, "text": name} for name in names]
    if example.gold is None:
        return line
    scores = example.gold.scores or ()
    return {**line, "accept": list(example.gold.names)} | _answered(example, list(scores), options)


def _spans(example: Example, options: Options) -> dict[str, Any]:
    text: Text = example.input
    line: dict[str, Any] = {**example.fields, "text": text.text}
    line["tokens"] = [_token(text, number) for number in range(len(text.tokens))]
    if example.gold is None:
        return line
    kind = kind_of(example.gold)
    assert kind.graph is not None
    _, spans, relations = kind.graph(text, example.gold)
    facts: list[Span | Relation] = [*spans, *relations]
    scores = [fact.score for fact in facts if fact.score is not None]
    if not options.predictions:
        spans, relations = [replace(span, score=None) for span in spans], [_bare(one) for one in relations]
    line["spans"] = [_span(text, span) for span in spans]
    if relations:
        line["relations"] = [_relation(text, relation) for relation in relations]
    return line | _answered(example, scores, options)


def _token(text: Text, number: int) -> dict[str, Any]:
    """A token; `ws` says whether a space follows it."""
    word, start, end = text.tokens[number]
    return {"text": word, "start": start, "end": end, "id": number, "ws": text.text[end : end + 1] == " "}


def _span(text: Text, span: Span) -> dict[str, Any]:
    """A span; the last of its tokens counts among them."""
    start, end = text.characters(span)
    found = {"start": start, "end": end, "token_start": span.start, "token_end": span.end - 1, "label": span.label}
    return found if span.score is None else {**found, "score": round(float(span.score), 6)}


def _relation(text: Text, relation: Relation) -> dict[str, Any]:
    """A relation; its ends are the numbers of the last tokens of two spans, as Prodigy has them."""
    found = {"head": relation.head.end - 1, "child": relation.tail.end - 1, "label": relation.label}
    found |= {"head_span": _span(text, relation.head), "child_span": _span(text, relation.tail)}
    return found if relation.score is None else {**found, "score": round(float(relation.score), 6)}


def _bare(relation: Relation) -> Relation:
    """The relation as a person said it: they are sure of it."""
    head, tail = (replace(span, score=None) for span in (relation.head, relation.tail))
    return Relation(head, tail, relation.label)


def _answered(example: Example, scores: list[float], options: Options) -> dict[str, Any]:
    """The answer that a person gave, or, of a model's, what it is shown with."""
    if not options.predictions:
        return {"answer": "accept"}
    meta = dict(example.fields.get("meta") or {})
    meta |= {"score": round(mean(scores), 4)} if scores else {}
    meta |= {"model": options.model} if options.model else {}
    return {"meta": meta} if meta else {}


FORMAT = Target(
    name="prodigy",
    reads="prodigy",
    summary="Prodigy's JSON lines",
    answers=(Graph, Label),
    holds=frozenset(Holds) - {Holds.pairs, Holds.plain, Holds.lost},
    write=write,
)
