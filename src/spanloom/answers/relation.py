"""How two spans that are marked in a text are related. `Relation` itself is in core: graphs are made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.answers.parts.kind import AnswerKind, Keeps, Noise
from spanloom.answers.parts.table import Cell, Grid, Line, Part, confidence, line
from spanloom.core import Relation, Span


def _follow(gold: Relation, order: Sequence[int], moved: Mapping[Span, Span]) -> Relation:
    return replace(gold, head=moved[gold.head], tail=moved[gold.tail])


def _surer(relation: Relation, keeps: Keeps) -> Relation:
    """The relation, or one without a label, as where there is nothing to decide."""
    if not relation.label or keeps(relation.label, relation.score):
        return relation
    return replace(relation, label="", score=None)


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


KIND = AnswerKind(
    answer=Relation,
    draw=draw,
    table=table,
    noise=Noise(spans=lambda gold: (gold.head, gold.tail), follow=_follow),
    surer=_surer,
    classes=lambda relation: [("relation", relation.label)],
)
