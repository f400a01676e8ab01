"""Spans to one tag a token and back, in the schemes that the task heads use. Tags are strings such as `B-Loc`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spanloom.core import Span


def bies_from_spans(spans: Iterable[Span], length: int) -> list[str]:
    """BIES tags of a sentence of `length` tokens. Where spans overlap the longest stays and the others are left out."""
    tags = ["O"] * length
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if any(tag != "O" for tag in tags[span.start : span.end]):
            continue
        tags[span.start : span.end] = bies(span.end - span.start, span.label)
    return tags


def bies(length: int, label: str) -> list[str]:
    """The tags of one span of `length` tokens: S, or B I* E, each with the label behind a hyphen."""
    if length == 1:
        return [f"S-{label}"]
    return [f"B-{label}", *[f"I-{label}"] * (length - 2), f"E-{label}"]


def bies_tags(labels: Sequence[str]) -> list[str]:
    """Every tag over these labels; "O" is number 0."""
    return ["O", *(f"{place}-{label}" for label in labels for place in "BIES")]
