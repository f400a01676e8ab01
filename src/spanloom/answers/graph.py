"""Spans and the relations between them: entities and triples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spanloom.answers.parts.answer import Answer
from spanloom.answers.parts.claims import Claims
from spanloom.answers.parts.drawing import Shown, as_given
from spanloom.answers.parts.entity import entity_to_dict
from spanloom.answers.parts.graph_card import graph_card, graph_summary
from spanloom.answers.parts.graph_claims import amended, claims_of
from spanloom.answers.parts.graph_facts import facts, rescaled
from spanloom.answers.parts.graph_names import judged, labels, renamed
from spanloom.answers.parts.kind import AnswerKind, Keeps, Named, Noise
from spanloom.answers.parts.places import CAUSE, Placed, seeing
from spanloom.answers.parts.table import Cell, Grid, Line, Part, confidence, line
from spanloom.core import LostFact
from spanloom.inputs import Relation, Span, Text
from spanloom.text.windows import Window


@dataclass(frozen=True, slots=True)
class Graph:
    """Spans and the relations between them; every head and tail of `relations` is in `spans`.

    dropped: how many more a model found than are kept, the least sure. It takes no part in equality.
    """

    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    dropped: int = field(default=0, compare=False)


# ---- windows ---------------------------------------------------------------------------------------------------------


def merge(graphs: Sequence[Graph], places: Sequence[Window]) -> Graph:
    """One graph, in the tokens of the whole text, from one graph a window, in the tokens of that window.

    A fact that several windows found is kept once, with its best score. A span at an inner edge of its window may be a
    piece of a longer one, so that another window that sees beyond that edge decides: where it did not find the same
    span, the span goes, and its relations with it.
    """
    graphs = [shifted(graph, start) for graph, (start, _) in zip(graphs, places, strict=True)]
    found = [set(graph.spans) for graph in graphs]
    windows = seeing(places)
    spans: dict[Span, Span] = {}
    relations: dict[Relation, Relation] = {}
    for number, graph in enumerate(graphs):
        trusted = {span for span in graph.spans if _holds(span, number, places, found, windows)}
        for span in trusted:
            _keep_best(spans, span)
        for relation in graph.relations:
            if relation.head in trusted and relation.tail in trusted:
                _keep_best(relations, relation)
    merged = [
        replace(relation, head=spans[relation.head], tail=spans[relation.tail])
        for relation in sorted(relations.values(), key=_relation_order)
    ]
    dropped = sum(graph.dropped for graph in graphs)
    return Graph(tuple(sorted(spans.values(), key=_span_order)), tuple(merged), dropped)


def with_relations(graph: Graph, more: Sequence[Relation]) -> Graph:
    """The graph with more relations between its spans, which keep their scores."""
    if not more:
        return graph
    spans = {span: span for span in graph.spans}
    added = (replace(item, head=spans[item.head], tail=spans[item.tail]) for item in more)
    return replace(graph, relations=tuple(sorted((*graph.relations, *added), key=_relation_order)))


def shifted(graph: Graph, by: int) -> Graph:
    """A graph in the tokens of a window, in those of the text, of which the window begins at token `by`."""
    relations = (replace(item, head=_moved(item.head, by), tail=_moved(item.tail, by)) for item in graph.relations)
    return replace(graph, spans=tuple(_moved(span, by) for span in graph.spans), relations=tuple(relations))


def _moved(span: Span, by: int) -> Span:
    return replace(span, start=span.start + by, end=span.end + by)


def _holds(
    span: Span, number: int, places: Sequence[Window], found: Sequence[set[Span]], windows: Sequence[Sequence[int]]
) -> bool:
    """Is this span of window `number` to be believed? One at an inner edge is, unless a wider view denies it."""
    start, end = places[number]
    last = places[-1][1]
    if not ((span.start == start and start > 0) or (span.end == end and end < last)):
        return True
    wider = [
        other
        for other in windows[max(span.start - 1, 0)]
        if other != number and (span.end < places[other][1] or span.end == last)
    ]
    return not wider or any(span in found[other] for other in wider)


def _keep_best(kept: dict[Any, Any], item: Any) -> None:
    before = kept.get(item)
    if before is None or (item.score or 0.0) > (before.score or 0.0):
        kept[item] = item


def _span_order(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def _relation_order(relation: Relation) -> tuple[Any, ...]:
    return *_span_order(relation.head), *_span_order(relation.tail), relation.label


# ---- gold ------------------------------------------------------------------------------------------------------------


class _Parted:
    """A span that an edge cuts is left out of that window, and its relations are."""

    def __init__(self, gold: Graph) -> None:
        self.spans = Placed[Span](gold.spans)
        self.relations = Placed[Relation](gold.relations)

    def within(self, window: Window) -> Graph:
        spans = (self.spans.facts[number] for number in self.spans.within(window))
        relations = (self.relations.facts[number] for number in self.relations.within(window))
        return shifted(Graph(tuple(spans), tuple(relations)), -window[0])

    def in_none(self, text: Text, windows: Sequence[Window]) -> list[LostFact]:
        lost = [LostFact("entity", span.label, text.surface(span), CAUSE) for span in self.spans.in_none(windows)]
        found = self.relations.in_none(windows)
        return lost + [LostFact("relation", item.label, text.describe(item), CAUSE) for item in found]


def _follow(gold: Graph, order: Sequence[int], moved: Mapping[Span, Span]) -> Graph:
    relations = (replace(item, head=moved[item.head], tail=moved[item.tail]) for item in gold.relations)
    return Graph(tuple(moved[span] for span in gold.spans), tuple(relations))


def _behind(gold: Graph, words: int) -> int:
    spans = {span for span in gold.spans if span.end > words}
    return len(spans) + len({item for item in gold.relations if max(item.head.end, item.tail.end) > words})


# ---- what is shown ---------------------------------------------------------------------------------------------------


def graph_to_dict(text: Text, graph: Graph) -> dict[str, Any]:
    """What a user sees of an answer: offsets are characters of their own text, half-open.

    `head` and `tail` index `entities`. An entity or a relation has the key `score` only when it has a score.
    """
    index = {span: number for number, span in reversed(list(enumerate(graph.spans)))}  # of equal spans the first
    return {
        "text": text.text,
        "entities": [entity_to_dict(text, span) for span in graph.spans],
        "relations": [_relation(index, relation) for relation in graph.relations],
    }


def _relation(index: dict[Span, int], relation: Relation) -> dict[str, Any]:
    item = {"head": index[relation.head], "tail": index[relation.tail], "label": relation.label}
    return item if relation.score is None else {**item, "score": float(relation.score)}


def table(shown: Shown) -> list[Part]:
    """The text, a table of entities in the order of the text, and a table of triples, each with its scores."""
    entities = shown["entities"]
    text = line(shown["text"], "bold")
    if not entities:
        return [text, line("no entities found", "dim")]
    ordered = sorted(entities, key=lambda entity: (entity["start"], entity["end"], entity["label"]))
    rows = [
        (Cell(entity["text"]), Cell(entity["label"], "cyan"), Cell(confidence(entity.get("score"))))
        for entity in ordered
    ]
    found = Grid("", ("Entity", "Label", "Score"), tuple(rows), texts=(0, 1))
    return [text, Line(), found, *_triples(shown["relations"], entities)]


def _triples(relations: Sequence[Shown], entities: Sequence[Shown]) -> list[Part]:
    if not relations:
        return []
    places = [(entities[item["head"]], entities[item["tail"]], item) for item in relations]
    places.sort(key=lambda place: (place[0]["start"], place[1]["start"], place[2]["label"]))
    rows = [
        (
            Cell(head["text"]),
            Cell(item["label"], "magenta"),
            Cell(tail["text"]),
            Cell(confidence(item.get("score"))),
        )
        for head, tail, item in places
    ]
    return [Line(), Grid("", ("Head", "Relation", "Tail", "Score"), tuple(rows), texts=(0, 1, 2))]


def sure(graph: Graph, keeps: Keeps) -> Graph:
    """Spans that are sure, and the sure relations between those."""
    spans = tuple(span for span in graph.spans if keeps(span.label, span.score))
    there = set(spans)
    relations = (item for item in graph.relations if item.head in there and item.tail in there)
    return replace(graph, spans=spans, relations=tuple(item for item in relations if keeps(item.label, item.score)))


class GraphAnswer(Answer[Graph]):
    """`entities`, and `relations` between them, whose `head` and `tail` are entities."""


KIND = AnswerKind(
    answer=Graph,
    view=GraphAnswer,
    table=table,
    card=graph_card,
    summary=graph_summary,
    merge=merge,
    noise=Noise(spans=lambda gold: gold.spans, follow=_follow),
    parted=_Parted,
    behind=_behind,
    dropped=lambda graph: graph.dropped,
    sure=sure,
    facts=facts,
    rescaled=rescaled,
    named=Named(labels, renamed, judged),
    graph=lambda text, graph: (text, graph.spans, graph.relations),
    of_graph=lambda spans, relations, tokens: Graph(tuple(spans), tuple(relations)),
    claims=Claims(claims_of, amended),
    stored=as_given,
)
