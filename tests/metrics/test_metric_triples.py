from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from spanloom.core import LostFact
from spanloom.inputs import Relation, Span
from spanloom.metrics.triples import count_triples, distance, lost_pair, match_triples, sentence_kinds


def random_triples(generator: np.random.Generator, number: int) -> list[Relation]:
    def span() -> Span:
        start = int(generator.integers(4))
        return Span(start, start + int(generator.integers(1, 3)), str(generator.choice(["A", "B"])))

    return [Relation(span(), span(), str(generator.choice(["r", "s"]))) for _ in range(number)]


def brute_force(gold: list[Relation], predicted: list[Relation], rule: str) -> tuple[int, int, int]:
    """Distinct facts on both sides; then every key pairs off as often as it stands on both sides."""

    def key(t: Relation) -> tuple[object, ...]:
        if rule == "head word":
            return t.head.end, t.tail.end, t.label
        place = (t.head.start, t.head.end, t.tail.start, t.tail.end, t.label)
        return place if rule == "boundaries" else (*place, t.head.label, t.tail.label)

    a, b = Counter(map(key, set(gold))), Counter(map(key, set(predicted)))
    return (a & b).total(), b.total(), a.total()


@pytest.mark.parametrize("rule", ["head word", "boundaries", "strict"])
def test_counts_agree_with_brute_force(rule: str) -> None:
    generator = np.random.default_rng(5)
    hits = 0
    for _ in range(300):
        gold, predicted = random_triples(generator, 12), random_triples(generator, 14)
        assert count_triples(gold, predicted, rule) == brute_force(gold, predicted, rule)
        hits += count_triples(gold, predicted, rule)[0]
    assert hits > 50


def test_order_and_duplicates_change_nothing() -> None:
    generator = np.random.default_rng(6)
    for _ in range(50):
        gold, predicted = random_triples(generator, 10), random_triples(generator, 10)
        shuffled = [predicted[i] for i in generator.permutation(10)] + predicted[:3]
        backwards = gold[::-1]
        for rule in ("head word", "boundaries", "strict"):
            assert match_triples(gold, predicted, rule) == match_triples(backwards, shuffled, rule)


@pytest.mark.parametrize(
    ("head", "tail", "expected"), [((0, 2), (5, 6), 3), ((5, 6), (0, 2), 3), ((0, 2), (2, 3), 0), ((0, 4), (1, 2), 0)]
)
def test_distance_counts_the_tokens_between(head: tuple[int, int], tail: tuple[int, int], expected: int) -> None:
    assert distance(Relation(Span(*head, "A"), Span(*tail, "A"), "r")) == expected


@pytest.mark.parametrize(
    ("pairs", "kinds"),
    [
        ([], ()),
        ([("a", "b")], ("normal",)),
        ([("a", "b"), ("c", "d")], ("normal",)),
        ([("a", "b"), ("a", "b")], ("same pair (EPO)",)),
        ([("a", "b"), ("b", "c")], ("shared entity (SEO)",)),
        ([("a", "b"), ("b", "a")], ("shared entity (SEO)",)),
        ([("a", "b"), ("a", "b"), ("b", "c")], ("same pair (EPO)", "shared entity (SEO)")),
        ([("a", "a")], ("shared entity (SEO)",)),
    ],
)
def test_kinds_of_sentence(pairs: list[tuple[str, str]], kinds: tuple[str, ...]) -> None:
    assert sentence_kinds(pairs) == kinds


def test_the_pair_of_a_lost_triple_is_read_from_its_text() -> None:
    assert lost_pair(LostFact("relation", "born in", "Ada -> born in -> London", "not located")) == ("Ada", "London")
    assert lost_pair(LostFact("relation", "born in", "unreadable", "not located")) is None
