from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.core import Span
from spanloom.text.tags import bies, bies_from_spans, bies_tags


@pytest.mark.parametrize(
    ("length", "tags"),
    [(1, ["S-X"]), (2, ["B-X", "E-X"]), (3, ["B-X", "I-X", "E-X"]), (4, ["B-X", "I-X", "I-X", "E-X"])],
)
def test_the_tags_of_one_span(length: int, tags: list[str]) -> None:
    assert bies(length, "X") == tags


def test_a_sentence() -> None:
    spans = [Span(4, 5, "City"), Span(0, 3, "Person")]
    assert bies_from_spans(spans, 6) == ["B-Person", "I-Person", "E-Person", "O", "S-City", "O"]
    assert bies_from_spans([], 2) == ["O", "O"]


def test_of_overlapping_spans_the_longest_stays_and_of_those_the_first() -> None:
    assert bies_from_spans([Span(1, 2, "In"), Span(0, 3, "Out")], 3) == ["B-Out", "I-Out", "E-Out"]
    assert bies_from_spans([Span(1, 3, "Right"), Span(0, 2, "Left")], 3) == ["B-Left", "E-Left", "O"]


def test_every_tag_has_a_number_and_outside_is_0() -> None:
    assert bies_tags(["X", "Y-Z"]) == ["O", "B-X", "I-X", "E-X", "S-X", "B-Y-Z", "I-Y-Z", "E-Y-Z", "S-Y-Z"]
    assert bies_tags([]) == ["O"]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("XY")), max_size=5))
def test_spans_that_do_not_overlap_can_be_read_back(runs: list[tuple[int, int, str]]) -> None:
    spans, at = [], 0
    for gap, length, label in runs:
        spans.append(Span(at + gap, at + gap + length, label))
        at += gap + length
    tags = bies_from_spans(spans, at)
    assert set(tags) <= set(bies_tags("XY"))
    starts = [(place, tag[2:]) for place, tag in enumerate(tags) if tag[0] in "BS"]
    ends = [place + 1 for place, tag in enumerate(tags) if tag[0] in "ES"]
    assert [Span(start, end, label) for (start, label), end in zip(starts, ends, strict=True)] == spans
