"""Table decoding against enumeration of every span and every pair."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.core import Array
from spanloom.decode import triples
from spanloom.decode.spans import ScoredSpan, sigmoid, spans_from_table
from spanloom.decode.triples import triples_from_tables

MANY = settings(max_examples=60, deadline=None, derandomize=True)
sizes = st.tuples(st.integers(1, 3), st.integers(1, 6))
seeds = st.integers(0, 2**16)


def tied_scores(shape: tuple[int, ...], seed: int) -> Array:
    """Small whole numbers, so that many scores are equal and many are exactly 0."""
    return np.random.default_rng(seed).integers(-2, 3, shape).astype(np.float32)


def every_span(scores: Array) -> list[ScoredSpan]:
    """All that score above 0, the surest first; ties by place, then by label."""
    labels, words, _ = scores.shape
    found = []
    for first, last in itertools.product(range(words), repeat=2):
        of_labels = [(-float(scores[label, first, last]), label) for label in range(labels)]
        negative, label = min(of_labels)
        if first <= last and negative < 0:
            found.append((negative, first, last, label))
    return [ScoredSpan(first, last + 1, label, -negative) for negative, first, last, label in sorted(found)]


def overlap(one: ScoredSpan, other: ScoredSpan) -> bool:
    return bool({*range(one.start, one.end)} & {*range(other.start, other.end)})


def crossing(one: ScoredSpan, other: ScoredSpan) -> bool:
    left, right = {*range(one.start, one.end)}, {*range(other.start, other.end)}
    return bool(left & right) and not left <= right and not right <= left


@MANY
@given(sizes, seeds)
def test_nested_spans_are_all_that_score_above_0(size: tuple[int, int], seed: int) -> None:
    scores = tied_scores((size[0], size[1], size[1]), seed)
    assert spans_from_table(scores, flat=False) == sorted(every_span(scores))


@MANY
@given(sizes, seeds)
def test_without_crossing_the_surest_stay_and_nested_ones_beside_them(size: tuple[int, int], seed: int) -> None:
    ranked = every_span(scores := tied_scores((size[0], size[1], size[1]), seed))
    kept = spans_from_table(scores, flat=False, crossing=False)
    for rank, span in enumerate(ranked):
        blocked = any(other in kept and crossing(span, other) for other in ranked[:rank])
        assert (span in kept) is not blocked


@MANY
@given(sizes, seeds)
def test_flat_spans_are_the_surest_that_do_not_overlap(size: tuple[int, int], seed: int) -> None:
    scores = tied_scores((size[0], size[1], size[1]), seed)
    ranked = every_span(scores)
    kept = spans_from_table(scores, flat=True)
    assert not any(overlap(*pair) for pair in itertools.combinations(kept, 2))
    for rank, span in enumerate(ranked):  # a span is left out exactly when a surer one, itself kept, is in its way
        blocked = any(other in kept and overlap(span, other) for other in ranked[:rank])
        assert (span in kept) is not blocked
    assert set(kept) <= set(ranked)


@MANY
@given(sizes, seeds, st.integers(0, 4))
def test_no_more_than_the_surest_few_are_looked_at(size: tuple[int, int], seed: int, most: int) -> None:
    scores = tied_scores((size[0], size[1], size[1]), seed)
    cut: Counter[str] = Counter()
    assert spans_from_table(scores, flat=False, most=most, cut=cut) == sorted(every_span(scores)[:most])
    assert cut["spans"] == len(every_span(scores)[most:])


def test_of_equal_scores_the_first_the_shorter_and_the_lower_label_wins() -> None:
    scores = np.full((2, 4, 4), -1.0)
    scores[:, 0, 1] = scores[:, 0, 2] = scores[:, 1, 1] = scores[:, 3, 3] = 2.0
    assert spans_from_table(scores, flat=True) == [ScoredSpan(0, 2, 0, 2.0), ScoredSpan(3, 4, 0, 2.0)]
    assert spans_from_table(scores, flat=False, most=1) == [ScoredSpan(0, 2, 0, 2.0)]


def test_cells_below_the_diagonal_and_a_score_of_0_are_no_spans() -> None:
    scores = np.zeros((1, 3, 3))
    scores[0, 2, 0] = 5.0
    assert spans_from_table(scores, flat=False) == []
    assert spans_from_table(np.zeros((2, 0, 0)), flat=True) == []


@st.composite
def some_spans(draw: st.DrawFn) -> list[ScoredSpan]:
    places = st.tuples(st.integers(0, 4), st.integers(1, 5)).filter(lambda place: place[0] < place[1])
    found = draw(st.lists(places, max_size=5, unique=True))
    return [ScoredSpan(start, end, draw(st.integers(0, 1)), 1.0) for start, end in found]


@MANY
@given(some_spans(), seeds, st.booleans())
def test_triples_are_every_pair_that_scores_above_0_in_the_mean_of_both_tables(
    spans: list[ScoredSpan], seed: int, typed: bool
) -> None:
    heads, tails = tied_scores((2, 3, 5, 5), seed)
    allowed = np.random.default_rng(seed).random((3, 2, 2)) < 0.6 if typed else None
    expected = set()
    for (h, head), (t, tail), r in itertools.product(enumerate(spans), enumerate(spans), range(3)):
        score = float(heads[r, head.start, tail.start] + tails[r, head.end - 1, tail.end - 1]) / 2
        joinable = allowed is None or bool(allowed[r, head.label, tail.label])
        if h != t and joinable and score > 0:
            expected.add((h, t, r, score))
    found = triples_from_tables(spans, heads, tails, allowed)
    assert len(found) == len(expected)
    assert {tuple(triple) for triple in found} == expected


def test_overlapping_triples_and_both_directions_come_out_together() -> None:
    spans = [ScoredSpan(0, 2, 0, 1.0), ScoredSpan(3, 4, 0, 1.0), ScoredSpan(5, 6, 0, 1.0)]
    heads, tails = np.full((2, 6, 6), -1.0), np.full((2, 6, 6), -1.0)
    for relation, head, tail in ((0, 0, 1), (1, 0, 1), (0, 1, 0), (1, 2, 1)):
        heads[relation, spans[head].start, spans[tail].start] = 3.0
        tails[relation, spans[head].end - 1, spans[tail].end - 1] = 2.0
    found = triples_from_tables(spans, heads, tails, None)
    assert sorted(found) == [(0, 1, 0, 2.5), (0, 1, 1, 2.5), (1, 0, 0, 2.5), (2, 1, 1, 2.5)]


def test_of_a_swarm_of_triples_the_surest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = [ScoredSpan(0, 1, 0, 1.0), ScoredSpan(1, 2, 0, 1.0), ScoredSpan(2, 3, 0, 1.0)]
    scores = np.arange(1.0, 19.0).reshape(2, 3, 3)
    cut: Counter[str] = Counter()
    monkeypatch.setattr(triples, "MOST", 3)
    found = triples_from_tables(spans, scores, scores, None, cut=cut)
    assert cut == {"relations": 9}
    assert sorted(triple.score for triple in found) == [15.0, 16.0, 17.0]  # 18, 14 and 10 would join a span with itself


def test_one_span_alone_and_no_relations_give_nothing() -> None:
    alone = [ScoredSpan(0, 1, 0, 1.0)]
    assert triples_from_tables(alone, np.ones((1, 2, 2)), np.ones((1, 2, 2)), None) == []
    two = [*alone, ScoredSpan(1, 2, 0, 1.0)]
    assert triples_from_tables(two, np.ones((0, 2, 2)), np.ones((0, 2, 2)), None) == []


def test_decoding_leaves_the_tables_as_they_were() -> None:
    tables = tied_scores((3, 2, 4, 4), 5)
    before = tables.copy()
    spans = spans_from_table(tables[0], flat=False)
    triples_from_tables(spans, tables[1], tables[2], None)
    np.testing.assert_array_equal(tables, before)


@pytest.mark.parametrize(("score", "confidence"), [(0.0, 0.5), (np.log(3.0), 0.75), (-np.log(3.0), 0.25)])
def test_sigmoid(score: float, confidence: float) -> None:
    assert sigmoid(score) == pytest.approx(confidence)


def test_sigmoid_of_the_largest_numbers_stays_in_0_to_1() -> None:
    assert 0.0 <= sigmoid(-1e30) < 1e-20
    assert sigmoid(1e30) == 1.0
