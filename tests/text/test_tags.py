"""Tags of spans: worked by hand, against seqeval, and there and back."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB1, IOB2, IOBES, Entities

from spanloom.inputs import Span
from spanloom.text.tags import (
    SCHEMES,
    convert_tags,
    illegal,
    is_bio2,
    natural_order,
    spans_from_tags,
    tag_names,
    tag_pairs,
    tag_scheme,
    tags_from_spans,
    transitions,
)

SPANS = [Span(0, 3, "X"), Span(3, 4, "X"), Span(5, 6, "Y-Z")]
WRITTEN = {
    "bio1": "I-X I-X I-X B-X O I-Y-Z",
    "bio2": "B-X I-X I-X B-X O B-Y-Z",
    "bioes": "B-X I-X E-X S-X O S-Y-Z",
    "bmes": "B-X M-X E-X S-X O S-Y-Z",
    "bilou": "B-X I-X L-X U-X O U-Y-Z",
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_by_hand(scheme: str) -> None:
    tags = WRITTEN[scheme].split()
    assert tags_from_spans(reversed(SPANS), 6, scheme) == tags
    assert spans_from_tags(tags, scheme) == SPANS
    assert illegal(tags, scheme) == []
    assert tag_scheme(tag_pairs([tags])) == scheme
    for target in SCHEMES:
        assert convert_tags(tags, scheme, target) == WRITTEN[target].split()
    assert tags_from_spans([], 2, scheme) == ["O", "O"]


@pytest.mark.parametrize(("length", "tags"), [(1, "S"), (2, "B E"), (3, "B I E"), (4, "B I I E")])
def test_the_tags_of_one_span(length: int, tags: str) -> None:
    assert tags_from_spans([Span(0, length, "X")], length, "bioes") == [f"{tag}-X" for tag in tags.split()]


def test_of_overlapping_spans_the_longest_stays_and_of_those_the_first() -> None:
    assert tags_from_spans([Span(1, 2, "In"), Span(0, 3, "Out")], 3, "bioes") == ["B-Out", "I-Out", "E-Out"]
    assert tags_from_spans([Span(1, 3, "Right"), Span(0, 2, "Left")], 3, "bioes") == ["B-Left", "E-Left", "O"]
    # The span that was left out ended where one of its label begins: in BIO1 that one is still written I-.
    assert tags_from_spans([Span(0, 3, "Y"), Span(1, 3, "X"), Span(3, 4, "X")], 4, "bio1") == ["I-Y"] * 3 + ["I-X"]


def test_every_tag_has_a_number_and_outside_is_0() -> None:
    bioes = ["O", "B-X", "I-X", "E-X", "S-X", "B-Y-Z", "I-Y-Z", "E-Y-Z", "S-Y-Z"]
    assert tag_names(["X", "Y-Z"], "bioes") == bioes
    assert tag_names(["X"], "bmes") == ["O", "B-X", "M-X", "E-X", "S-X"]
    assert tag_names(["X"], "bio2") == tag_names(["X"], "bio1") == ["O", "B-X", "I-X"]
    assert tag_names([], "bio2") == ["O"]


def test_segmentation_has_the_label_word() -> None:
    tags = ["S", "B", "E", "B", "M", "E"]
    assert spans_from_tags(tags, "bmes") == [Span(0, 1, "word"), Span(1, 3, "word"), Span(3, 6, "word")]
    assert convert_tags(tags, "bmes", "bio2") == [f"{place}-word" for place in "BBIBII"]
    assert tag_scheme(tag_pairs([tags])) == "bmes"


@pytest.mark.parametrize("tag", ["E-X", "X-X", "B-", "NOUN", "b-X", "B_X"])
def test_a_tag_of_another_scheme(tag: str) -> None:
    with pytest.raises(ValueError, match=f"'{tag}' is no tag of bio2"):
        spans_from_tags(["O", tag], "bio2")


spans = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("XY")), max_size=5)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(runs=spans, scheme=st.sampled_from(SCHEMES), target=st.sampled_from(SCHEMES))
def test_spans_that_do_not_overlap_come_back(runs: list[tuple[int, int, str]], scheme: str, target: str) -> None:
    found, at = [], 0
    for gap, length, label in runs:
        found.append(Span(at + gap, at + gap + length, label))
        at += gap + length
    tags = tags_from_spans(found, at, scheme)
    assert set(tags) <= set(tag_names("XY", scheme))
    assert illegal(tags, scheme) == []
    assert spans_from_tags(tags, scheme) == found
    assert spans_from_tags(convert_tags(tags, scheme, target), target) == found


def sequences(scheme: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(tag_names("XY", scheme)), max_size=7)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(tags=sequences("bio2") | sequences("bioes"))
def test_any_order_of_tags_is_read_as_conlleval_reads_it(tags: list[str]) -> None:
    theirs = [Span(start, end + 1, label) for label, start, end in get_entities(tags)]
    assert spans_from_tags(tags, "bioes") == theirs


@pytest.mark.parametrize(("scheme", "theirs"), [("bio1", IOB1), ("bio2", IOB2), ("bioes", IOBES)])
@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.data())
def test_legal_tags_are_read_as_seqeval_reads_them_strictly(scheme: str, theirs: type, data: st.DataObject) -> None:
    tags = data.draw(sequences(scheme))
    if not illegal(tags, scheme):
        entities = Entities([tags], theirs).entities[0]
        assert spans_from_tags(tags, scheme) == [Span(entity.start, entity.end, entity.tag) for entity in entities]


@pytest.mark.parametrize(
    ("scheme", "tags", "found"),
    [
        ("bio2", "I-X O I-X I-X B-X I-Y", [(0, "", "I-X"), (2, "O", "I-X"), (5, "B-X", "I-Y")]),
        ("bio1", "B-X I-X B-X B-Y", [(0, "", "B-X"), (3, "B-X", "B-Y")]),
        ("bioes", "B-X O E-X B-X I-Y", [(1, "B-X", "O"), (2, "O", "E-X"), (4, "B-X", "I-Y"), (5, "I-Y", "")]),
        ("bmes", "M-X E-X S-X E-X", [(0, "", "M-X"), (3, "S-X", "E-X")]),
        ("bio2", "O NOUN O", [(1, "O", "NOUN"), (2, "NOUN", "O")]),
    ],
)
def test_illegal_transitions(scheme: str, tags: str, found: list[tuple[int, str, str]]) -> None:
    assert illegal(tags.split(), scheme) == found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_allowed_paths_are_exactly_those_that_spans_make(scheme: str) -> None:
    """Every path of four tags over two labels: allowed by the arrays if and only if spans are written so."""
    labels = tag_names("XY", scheme)
    allowed, start, end = transitions(labels, scheme)
    assert (allowed.dtype, start.dtype, end.dtype) == (bool, bool, bool)
    for path in product(range(len(labels)), repeat=4):
        fits = start[path[0]] and end[path[-1]] and all(allowed[path[at], path[at + 1]] for at in range(3))
        tags = [labels[number] for number in path]
        assert fits == (tags_from_spans(spans_from_tags(tags, scheme), 4, scheme) == tags)


def test_no_tags_no_transitions() -> None:
    allowed, start, end = transitions([], "bio2")
    assert (allowed.shape, start.shape, end.shape) == ((0, 0), (0,), (0,))


@pytest.mark.parametrize(
    ("sequences", "scheme"),
    [
        (["O O", "O"], "bio2"),
        (["I-X O", "I-X B-X"], "bio1"),
        (["I-X O I-Y"], "bio1"),
        (["B-X I-X O", "O I-X"], "bio2"),  # one mistake in either reading
        (["B-X I-X O B-X O B-X", "O I-X"], "bio2"),
        (["B-X I-X O B-Y O B-X", "O M-X"], "bio2"),
        (["B-X I-X O 0 B-Y O"], "bio2"),  # a misspelt O
        (["B-X S-X O B-Y O B-Y"], "bio2"),
        (["B-X I-X O S-Y O"], "bioes"),  # one mistake in either reading, but every tag is known in this one
        (["S-X O", "B-X E-X"], "bioes"),
        (["B-X M-X E-X", "O S-X O"], "bmes"),
        (["B I I B I"], "bio2"),
        (["B-X L-X U-X O"], "bilou"),
        (["NOUN VERB"], None),
        (["S NP-SBJ"], None),
        (["B X O"], None),
        ([], None),
        ([""], None),
    ],
)
def test_the_scheme_that_is_broken_least(sequences: list[str], scheme: str | None) -> None:
    assert tag_scheme(tag_pairs(tags.split() for tags in sequences)) == scheme


def test_spans_or_plain_labels() -> None:
    assert is_bio2(["O", "B-X", "I-Y-Z"])
    assert is_bio2([])
    assert not is_bio2(["O", "E-X"])
    assert not is_bio2(["NOUN"])


@given(st.lists(st.text("ab1_90.\u0662"), max_size=8))
def test_labels_are_in_order_whatever_they_are(labels: list[str]) -> None:
    assert sorted(sorted(labels, key=natural_order)) == sorted(labels)
    plain = [label for label in labels if not any(map(str.isdigit, label))]
    assert sorted(plain, key=natural_order) == sorted(plain)


def test_numbers_in_labels_go_by_their_size() -> None:
    ordered = ["line", "line2", "line2.a", "line02", "line10", "lines"]
    assert sorted(ordered, key=natural_order) == ["line", "line02", "line2", "line2.a", "line10", "lines"]
