"""What was predicted of a long text window by window, merged again.

Nothing is dropped in silence: every token stands in at least one window. What no window holds together is left to the
task, see `revisit.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from spanloom.core import Codec, Dialogue, Frame, Graph, Relation, Span, Surprisal, Tags, Text
from spanloom.text.windows import Window, cut, shifted


def places_of(item: Any, codec: Codec) -> list[Window] | None:
    """The windows of a text, in tokens, none if it is empty; None for an input that is never cut.

    Of a dialogue the last turn is asked about: where it is empty, so is the answer.
    """
    if isinstance(item, Dialogue):
        return None if item.turns[-1].tokens else []
    if not isinstance(item, Text):
        return None
    words, sentences = _limits(codec)
    if words is None:
        return None if item.tokens else []
    return cut(item, words, sentences)


def limit_of(codec: Codec) -> str:
    """What a model reads at once, such as "200 words", "" where it does not say."""
    words, sentences = _limits(codec)
    if words is None:
        return ""
    if sentences is None:
        return f"{words} words"
    return f"{words} words or {sentences} sentence{'s' * (sentences != 1)}"


def _limits(codec: Codec) -> tuple[int | None, int | None]:
    return codec.max_words, codec.max_sentences


def merged(answers: Sequence[Any], places: Sequence[Window], codec: Codec) -> Any:
    """One answer from those for the windows of a text; by the codec where it takes more than their positions."""
    by_codec = codec.merge(answers, [end - start for start, end in places]) if len(answers) > 1 else None
    return merge(answers, places) if by_codec is None else by_codec


def merge(answers: Sequence[Any], places: Sequence[Window]) -> Any:
    """One answer, in the tokens of the whole text, from one or more answers, each in the tokens of its window."""
    if len(answers) == 1 and places[0][0] == 0:
        return answers[0]
    if isinstance(answers[0], Surprisal):
        return merge_surprisal(answers, places)
    if isinstance(answers[0], Frame):
        return merge_frames(answers, places)
    return merge_tags(answers, places) if isinstance(answers[0], Tags) else merge_graphs(answers, places)


def merge_frames(answers: Sequence[Frame], places: Sequence[Window]) -> Frame:
    """The intent of the window that is least out of scope, and whether that one was rejected; slots as tags."""
    known = min(answers, key=lambda answer: answer.out_of_scope or 0.0)
    return dataclasses.replace(known, slots=merge_tags([answer.slots for answer in answers], places))


def merge_surprisal(answers: Sequence[Surprisal], places: Sequence[Window]) -> Surprisal:
    """Each token's bits from the window that shows most of the text before it: the first one that it stands in."""
    bits: tuple[float, ...] = ()
    for answer, (start, _) in zip(answers, places, strict=True):
        bits += answer.bits[len(bits) - start :]
    return Surprisal(bits)


def merge_tags(answers: Sequence[Tags], places: Sequence[Window]) -> Tags:
    """Each token's label from the window that shows most of the text around it.

    Where two windows meet, an `I-` that continues nothing any more begins a span.
    """
    chosen: list[tuple[int, int]] = []  # for each token the window, and the place in it
    for position, numbers in enumerate(_seeing(places)):
        best = max(numbers, key=lambda number: min(position - places[number][0], places[number][1] - 1 - position))
        chosen.append((best, position - places[best][0]))
    labels: list[str] = []
    for number, place in chosen:
        label = answers[number].labels[place]
        before = labels[-1] if labels else "O"
        labels.append(f"B-{label[2:]}" if label.startswith("I-") and before[2:] != label[2:] else label)
    scores = [answers[number].scores for number, _ in chosen]
    kept = tuple(given[place] for given, (_, place) in zip(scores, chosen, strict=True) if given is not None)
    return Tags(tuple(labels), kept if len(kept) == len(labels) else None)


def merge_graphs(graphs: Sequence[Graph], places: Sequence[Window]) -> Graph:
    """One graph, in the tokens of the whole text, from one graph a window, in the tokens of that window.

    A fact that several windows found is kept once, with its best score. A span at an inner edge of its window may be a
    piece of a longer one, so that another window that sees beyond that edge decides: where it did not find the same
    span, the span goes, and its relations with it.
    """
    graphs = [shifted(graph, start) for graph, (start, _) in zip(graphs, places, strict=True)]
    found = [set(graph.spans) for graph in graphs]
    seeing = _seeing(places)
    spans: dict[Span, Span] = {}
    relations: dict[Relation, Relation] = {}
    for number, graph in enumerate(graphs):
        trusted = {span for span in graph.spans if _holds(span, number, places, found, seeing)}
        for span in trusted:
            _keep_best(spans, span)
        for relation in graph.relations:
            if relation.head in trusted and relation.tail in trusted:
                _keep_best(relations, relation)
    merged = [
        dataclasses.replace(relation, head=spans[relation.head], tail=spans[relation.tail])
        for relation in sorted(relations.values(), key=_relation_order)
    ]
    dropped = sum(graph.dropped for graph in graphs)
    return Graph(tuple(sorted(spans.values(), key=_span_order)), tuple(merged), dropped)


def _holds(
    span: Span, number: int, places: Sequence[Window], found: Sequence[set[Span]], seeing: Sequence[Sequence[int]]
) -> bool:
    """Is this span of window `number` to be believed? One at an inner edge is, unless a wider view denies it."""
    start, end = places[number]
    last = places[-1][1]
    if not ((span.start == start and start > 0) or (span.end == end and end < last)):
        return True
    wider = [
        other
        for other in seeing[max(span.start - 1, 0)]
        if other != number and (span.end < places[other][1] or span.end == last)
    ]
    return not wider or any(span in found[other] for other in wider)


def _seeing(places: Sequence[Window]) -> list[list[int]]:
    """For each token of the text, the windows that it stands in."""
    seeing: list[list[int]] = [[] for _ in range(places[-1][1] if places else 0)]
    for number, (start, end) in enumerate(places):
        for position in range(start, end):
            seeing[position].append(number)
    return seeing


def _keep_best(kept: dict[Any, Any], item: Any) -> None:
    before = kept.get(item)
    if before is None or (item.score or 0.0) > (before.score or 0.0):
        kept[item] = item


def _span_order(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def _relation_order(relation: Relation) -> tuple[Any, ...]:
    return *_span_order(relation.head), *_span_order(relation.tail), relation.label
