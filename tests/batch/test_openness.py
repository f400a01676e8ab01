"""What gold leaves open, against the rules read word by word and cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from spanloom.batch.openness import TagParts, coverage_arrays, open_cells
from spanloom.core import Coverage
from spanloom.inputs import Span

LABELS = ("org", "person", "place")
TAGS = ("O", *(f"{place}-{label}" for label in LABELS for place in "BIES"))
SPANS = (Span(1, 3, "person"), Span(4, 5, "org"))
WORDS = 7


def numbers(*tags: str) -> np.ndarray:
    return np.array([TAGS.index(tag) for tag in tags])


def names(open_: np.ndarray) -> list[set[str]]:
    return [{TAGS[number] for number in row.nonzero()[0]} for row in open_]


def test_tags_that_a_source_leaves_open() -> None:
    tags = numbers("O", "B-person", "E-person", "O", "S-org")
    targets = coverage_arrays(LABELS, Coverage("s", frozenset({"person", "org"})), ())
    places = {f"{place}-place" for place in "BIES"}
    found = names(TagParts(TAGS, LABELS).open(tags, targets))
    assert found == [{"O"} | places, {"B-person"}, {"E-person"}, {"O"} | places, {"S-org"}]


def test_all_tags_are_open_outside_where_names_without_a_relation_are_not_annotated() -> None:
    targets = coverage_arrays(LABELS, Coverage("s", frozenset(LABELS), related_only=True), ())
    found = names(TagParts(TAGS, LABELS).open(numbers("O", "S-org"), targets))
    assert found == [set(TAGS), {"S-org"}]


def test_a_name_of_some_kind_has_the_tags_of_its_places() -> None:
    targets = coverage_arrays(LABELS, None, [Span(0, 2, "*")])
    found = names(TagParts(TAGS, LABELS).open(numbers("B-org", "E-org", "O"), targets))
    assert found == [{f"B-{label}" for label in LABELS}, {f"E-{label}" for label in LABELS}, {"O"}]


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("related_only", [False, True])
@pytest.mark.parametrize("some", [(), (Span(5, 7, "*"),)])
def test_cells_that_a_source_leaves_open(flat: bool, related_only: bool, some: tuple[Span, ...]) -> None:
    coverage = Coverage("s", frozenset({"person", "org"}), related_only=related_only)
    arrays = coverage_arrays(LABELS, coverage, some)
    spans = np.array([[LABELS.index(span.label), span.start, span.end - 1] for span in SPANS])
    found = open_cells(arrays, spans, WORDS, flat)
    gold = {(span.start, span.end, span.label) for span in SPANS}
    for label in LABELS:
        for first in range(WORDS):
            for last in range(first, WORDS):
                touches = any(first < span.end and span.start <= last for span in (*SPANS, *some))
                is_some = any((first, last + 1) == (span.start, span.end) for span in some)
                expected = (label == "place" and not (flat and touches)) or is_some or (related_only and not touches)
                expected = expected and (first, last + 1, label) not in gold
                assert found[LABELS.index(label), first, last] == expected, (label, first, last)


def test_what_annotates_everything_leaves_nothing_open() -> None:
    arrays = coverage_arrays(LABELS, None, ())
    assert arrays["covered"].all()
    assert not open_cells(arrays, np.zeros((0, 3), int), WORDS, False).any()
