"""What a format can hold of an example; everything else goes to the ledger, by its kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from spanloom.answers import kind_of, kinds
from spanloom.answers.parts.kind import AnswerKind
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text, TextPair
from spanloom.text.tags import without_overlaps
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Holds, Options, Target

ID = "id"
"""The field that names an example."""

INTENT = "intent"
"""What `AnswerKind.classes` calls a class that stands beside the spans of a text."""


def held(examples: Iterable[Example], target: Target, options: Options, ledger: Ledger) -> Iterator[Example]:
    """The examples as a format holds them. Raises DataError for gold of which it cannot hold any part."""
    for example in examples:
        if (kept := _held(example, target, options, ledger)) is not None:
            yield kept


def _held(example: Example, target: Target, options: Options, ledger: Ledger) -> Example | None:
    if not target.answers:
        return target.adapt(example, ledger)
    is_text = isinstance(example.input, Text | TextPair)
    if example.gold is None and (Holds.unannotated not in target.holds or not is_text):
        ledger.lose("text without gold", example.source)
        return None
    example = _with_fields(_with_lost(example, target, ledger), target, ledger)
    if example.gold is not None:
        example = _of_a_type(example, target, ledger)
        if not (_size(example.gold) or Holds.empty in target.holds):
            ledger.lose("text in which nothing is annotated", example.source)
            return None
        _count_scores(example, target, options, ledger)
    if isinstance(example.input, TextPair) and Holds.pairs not in target.holds:
        ledger.lose("pair of texts", example.source)
        return None
    return target.adapt(example, ledger)


def _with_lost(example: Example, target: Target, ledger: Ledger) -> Example:
    if not example.lost or Holds.lost in target.holds:
        return example
    for fact in example.lost:
        ledger.lose(f"{fact.kind} of no place in the text ({fact.cause})", example.source, fact.text)
    return replace(example, lost=())


def _with_fields(example: Example, target: Target, ledger: Ledger) -> Example:
    kept = {}
    for name, value in example.fields.items():
        if (Holds.ids if name == ID else Holds.fields) in target.holds:
            kept[name] = value
        else:
            ledger.lose(ID if name == ID else f"field of the name '{name}'", example.source, str(value)[:60])
    return replace(example, fields=kept)


def _of_a_type(example: Example, target: Target, ledger: Ledger) -> Example:
    """The example with gold of a type that the format holds."""
    kind = kind_of(example.gold)
    own = kind.answer in target.answers
    if own and (kind.graph is None or (kind.of_graph is not None and _is_plain(example, kind, target))):
        return example
    wanted = _wanted(kind, target.answers)
    if kind.graph is None or wanted is None or wanted.of_graph is None:
        raise _cannot(example, target, kind.answer.__name__.lower())
    text, spans, relations = kind.graph(example.input, example.gold)
    if _size(example.gold) and not spans and not kind.classes(example.gold):
        raise _cannot(example, target, "labels of tokens that are no spans")
    kept = tuple(spans) if Holds.overlaps in target.holds else without_overlaps(spans)
    joined = [one for one in relations if Holds.relations in target.holds and {one.head, one.tail} <= {*kept}]
    gold = wanted.of_graph(kept, joined, len(text.tokens))
    changed = replace(example, input=text, gold=gold)
    _count_lost(example, (spans, relations), changed, ledger)
    return changed


def _is_plain(example: Example, kind: AnswerKind, target: Target) -> bool:
    """Whether gold says no spans and the format can hold that."""
    assert kind.graph is not None
    _, spans, relations = kind.graph(example.input, example.gold)
    return not spans and not relations and (Holds.plain in target.holds or not _size(example.gold))


def _wanted(kind: AnswerKind, answers: Collection[type]) -> AnswerKind | None:
    """The kind of answer that is written: the same, if the format holds it, else the first that is made of a graph."""
    if kind.answer in answers and kind.of_graph is not None:
        return kind
    every = {one.answer: one for one in kinds().values()}
    return next((every[one] for one in answers if one in every and every[one].of_graph is not None), None)


def _cannot(example: Example, target: Target, found: str) -> DataError:
    names = " or ".join(one.__name__.lower() for one in target.answers)
    remedy = "Name another format with --to, or another task with --task."
    return DataError(str(example.source), f"gold that is {found}", f"{target.name} holds {names}", remedy)


def _count_lost(
    before: Example, said: tuple[Sequence[Span], Sequence[Relation]], after: Example, ledger: Ledger
) -> None:
    graph = kind_of(after.gold).graph
    assert graph is not None, "it is made of one"
    text, spans, relations = graph(after.input, after.gold)
    for span in (Counter(said[0]) - Counter(spans)).elements():
        ledger.lose("entity of those that overlap", before.source, f"{text.surface(span)!r} {span.label}")
    for relation in (Counter(said[1]) - Counter(relations)).elements():
        ledger.lose("relation", before.source, text.describe(relation))
    for what, name in kind_of(before.gold).classes(before.gold):
        if what == INTENT:
            ledger.lose(INTENT, before.source, name)


def _count_scores(example: Example, target: Target, options: Options, ledger: Ledger) -> None:
    """Scores are kept where answers are written as such; annotations have none."""
    if Holds.scores in target.holds and (options.predictions or Holds.predictions not in target.holds):
        return
    kind = kind_of(example.gold)
    scored: Sequence[Any] = kind.facts(example, example.gold)
    if scored:
        ledger.lose("score", example.source, count=len(scored))


def _size(gold: Any) -> int:
    """How many facts gold says."""
    kind = kind_of(gold)
    return kind.behind(gold, 0) or len(kind.classes(gold))
