"""Spans: BIO2 tags to spans and back, and what it means for two spans to be the same under each matching rule."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from spanloom.errors import DataError
from spanloom.inputs import Span, Text
from spanloom.metrics.matching import Counts, Match, match_facts


def spans_from_bio(tags: Sequence[str]) -> tuple[Span, ...]:
    """The spans that BIO2 tags say, one tag a token.

    Strict, as seqeval's `mode="strict", scheme=IOB2`: a span starts at `B-X` and runs over the `I-X` that follow; an
    `I-X` that continues nothing is no span.
    """
    spans: list[Span] = []
    start, label = -1, ""
    for position, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if prefix == "I" and start >= 0 and kind == label:
            continue
        if start >= 0:
            spans.append(Span(start, position, label))
        start, label = (position, kind) if prefix == "B" else (-1, "")
    return tuple(spans)


def bio_from_spans(spans: Iterable[Span], length: int) -> list[str]:
    """BIO2 tags for `length` tokens. Raises DataError for spans that overlap, are nested or leave the sentence."""
    tags = ["O"] * length
    for span in sorted(spans, key=span_order):
        name = f"span {span.start}:{span.end} '{span.label}'"
        if not 0 <= span.start < span.end <= length:
            raise DataError("", f"{name} is not inside {length} tokens", f"0 <= start < end <= {length}")
        if any(tag != "O" for tag in tags[span.start : span.end]):
            raise DataError(
                "", f"{name} overlaps another span", "spans that do not overlap", "BIO cannot say nested spans."
            )
        tags[span.start : span.end] = [f"B-{span.label}"] + [f"I-{span.label}"] * (span.end - span.start - 1)
    return tags


def span_order(span: Span) -> tuple[int, int, str]:
    """A sort key: position, then label."""
    return span.start, span.end, span.label


def span_key(span: Span, rule: str, text: Text | None = None) -> tuple[Hashable, ...]:
    """What must be equal for two spans to match under `rule`. With `text`, spans are compared by their text."""
    if text is None:
        if rule == "head word":
            return (span.end,)
        return (span.start, span.end) if rule == "boundaries" else (span.start, span.end, span.label)
    if rule == "head word":
        return (text.tokens[span.end - 1].text,)
    surface = text.surface(span)
    return (surface,) if rule == "boundaries" else (surface, span.label)


def match_spans(gold: Iterable[Span], predicted: Iterable[Span], rule: str, text: Text | None = None) -> Match[Span]:
    """Pair predicted spans with gold spans, one to one, under a matching rule."""
    return match_facts(gold, predicted, rule, text, span_key, span_order)


def count_spans(gold: Iterable[Span], predicted: Iterable[Span], rule: str = "strict") -> Counts:
    """(true positives, predicted, gold) of one sentence; duplicates count once."""
    return match_spans(gold, predicted, rule).counts()
