"""A document that was read whole, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from spanloom.answers.graph import Graph, shifted
from spanloom.core import Example, LostFact
from spanloom.inputs import Text, Token

BOTH = "in two sentences"
Place = tuple[int, int]


def by_sentence(
    whole: Example, sentences: Sequence[Place], fields: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Example]:
    """An example for each sentence in which there is a token.

    sentences: their tokens, half-open. fields: those of each, beside the document's own. What stands in two sentences
    is lost, and counted with the first of them; what was lost or passed over in the document is said with the first.
    """
    lost, mended = whole.lost, whole.mended
    for number, (start, end) in enumerate(sentences):
        if start == end:
            continue
        text = _within(whole.input, (start, end))
        gold: Graph | None = whole.gold
        if gold is not None:
            spans = tuple(span for span in gold.spans if _inside(span, (start, end)))
            own = tuple(
                one for one in gold.relations if _inside(one.head, (start, end)) and _inside(one.tail, (start, end))
            )
            lost += tuple(_across(whole, (start, end)))
            gold = shifted(Graph(spans, own), -start)
        own_fields = {**whole.fields, **(fields[number] if fields else {})}
        yield replace(whole, input=text, gold=gold, lost=lost, mended=mended, fields=own_fields)
        lost, mended = (), ()


def _within(text: Text, place: Place) -> Text:
    tokens = text.tokens[slice(*place)]
    begin = tokens[0].start
    moved = tuple(Token(word, start - begin, end - begin) for word, start, end in tokens)
    return Text(text.text[begin : tokens[-1].end], moved)


def _inside(span: Any, place: Place) -> bool:
    return bool(place[0] <= span.start and span.end <= place[1])


def _across(whole: Example, place: Place) -> Iterator[LostFact]:
    """What begins in a sentence and goes on in another."""
    for span in whole.gold.spans:  # type: ignore[union-attr]
        if place[0] <= span.start < place[1] < span.end:
            yield LostFact("entity", span.label, whole.input.surface(span), BOTH)
    for one in whole.gold.relations:  # type: ignore[union-attr]
        first = min(one.head.start, one.tail.start)
        if place[0] <= first < place[1] < max(one.head.end, one.tail.end):
            yield LostFact("relation", one.label, whole.input.describe(one), BOTH)
