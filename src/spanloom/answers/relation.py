"""How two spans that are marked in a text are related. `Relation` itself is in core: graphs are made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from spanloom.answers.parts.answer import Answer, Page
from spanloom.answers.parts.claims import Claims
from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.answers.parts.facts import RELATIONS, Rescale, ScoredFact
from spanloom.answers.parts.graph_claims import of_relation
from spanloom.answers.parts.kind import AnswerKind, Keeps, Noise
from spanloom.answers.parts.table import Cell, Grid, Line, Part, confidence, line
from spanloom.core import SOME, Claim, Example
from spanloom.inputs import MarkedText, Relation, Span, Text


def _follow(gold: Relation, order: Sequence[int], moved: Mapping[Span, Span]) -> Relation:
    return replace(gold, head=moved[gold.head], tail=moved[gold.tail])


def graph_of(marked: MarkedText, gold: Relation) -> tuple[Text, Sequence[Span], Sequence[Relation]]:
    """The two marked spans, of some kind where no label says which, and how they are related."""
    head, tail = (span if span.label else replace(span, label=SOME) for span in (gold.head, gold.tail))
    return marked.text, (head, tail), (replace(gold, head=head, tail=tail),)


def relation_to_dict(item: MarkedText, answer: Relation) -> dict[str, Any]:
    """What a user sees of an answer: offsets are characters of the text without marks; `score` where there is one."""
    shown = {**marked_to_dict(item), "relation": answer.label}
    return shown if answer.score is None else {**shown, "score": float(answer.score)}


def marked_to_dict(item: MarkedText) -> dict[str, Any]:
    """A text with its head and tail, each with its label where it has one."""
    return {"text": item.text.text, "head": _span(item.text, item.head), "tail": _span(item.text, item.tail)}


def _span(text: Text, span: Span) -> dict[str, Any]:
    start, end = text.characters(span)
    found = {"start": start, "end": end, "text": text.text[start:end]}
    return {**found, "label": span.label} if span.label else found


def table(shown: Shown) -> list[Part]:
    """The text, and its head and tail with what they are to one another."""
    head, tail = (Cell(shown[side]["text"]) for side in ("head", "tail"))
    row = (head, Cell(shown["relation"], "cyan"), tail, Cell(confidence(shown.get("score"))))
    grid = Grid("", ("Head", "Relation", "Tail", "Score"), (row,), texts=(0, 1, 2))
    return [line(shown["text"], "bold"), Line(), grid]


def draw(shown: Shown) -> Drawing:
    """Head and tail as entities, and their relation, which goes from the one to the other."""
    spans = [{"label": mark, **shown[side]} for mark, side in (("e1", "head"), ("e2", "tail"))]
    relation = {"head": 0, "tail": 1, "label": shown["relation"], "score": shown.get("score")}
    return {**shown, "entities": spans, "relations": [relation], "labels": ()}


def stored(shown: Shown) -> Drawing:
    """As `draw`, but that a name without a label is one of some kind, and no label is no relation."""
    drawing = draw(shown)
    spans = [{"label": SOME, **shown[side]} for side in ("head", "tail")]
    return {**drawing, "entities": spans, "relations": drawing["relations"] if shown["relation"] else ()}


def sure(relation: Relation, keeps: Keeps) -> Relation:
    """The relation, or one without a label, as where there is nothing to decide."""
    if not relation.label or keeps(relation.label, relation.score):
        return relation
    return replace(relation, label="", score=None)


def _amended(relation: Relation, gone: Collection[Claim], come: Sequence[Claim]) -> Relation:
    """See `Claims`: there is exactly one relation, between the spans that are marked."""
    return replace(relation, label=come[-1].label, score=None) if come else relation


def _facts(example: Example, answer: Relation) -> list[ScoredFact]:
    if answer.score is None:
        return []
    right = example.gold is not None and example.gold.label == answer.label
    return [ScoredFact(RELATIONS, answer.label, answer.score, right)]


def _rescaled(answer: Relation, rescale: Rescale) -> Relation:
    return answer if answer.score is None else replace(answer, score=rescale(RELATIONS, answer.label, answer.score))


class RelationAnswer(Answer[Relation]):
    """head, tail: the spans that were marked, which are `entities` too; label: how they are related, and its score."""

    def __init__(self, shown: Shown, value: Relation, page: Page) -> None:
        super().__init__(shown, value, page)
        (related,) = self.relations
        self.head, self.tail = related.head, related.tail
        self.label, self.score = related.label, related.score

    @staticmethod
    def found(shown: Shown) -> Drawing:
        return draw(shown)


KIND = AnswerKind(
    answer=Relation,
    view=RelationAnswer,
    draw=draw,
    table=table,
    noise=Noise(spans=lambda gold: (gold.head, gold.tail), follow=_follow),
    classes=lambda relation: [("relation", relation.label)],
    sure=sure,
    facts=_facts,
    rescaled=_rescaled,
    graph=graph_of,
    claims=Claims(lambda relation: [of_relation(relation)], _amended),
    stored=stored,
)
