"""How likely single statements are: against the sum over all legal sequences of tags, and hand-worked tables."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spanloom.answers.parts.facts import ENTITIES, RELATIONS, TOKENS
from spanloom.core import Array, Claim
from spanloom.decode.beliefs import cell_beliefs, labelled_places, pair_beliefs, probabilities, tag_beliefs
from spanloom.text.tags import spans_from_tags
from spanloom.text.tagset import Tagset

RNG = np.random.default_rng(7)


def by_enumeration(
    emissions: Array, transitions: Array, start: Array, end: Array, tagset: Tagset
) -> dict[Claim, float]:
    """Each span's share of the weight of all sequences of tags, added up one by one."""
    weights: dict[Claim, float] = {}
    total = 0.0
    for path in itertools.product(range(len(tagset.tags)), repeat=len(emissions)):
        score = start[path[0]] + end[path[-1]] + sum(emissions[place, tag] for place, tag in enumerate(path))
        score += sum(transitions[one, other] for one, other in itertools.pairwise(path))
        if np.isneginf(score):
            continue
        weight = float(np.exp(score))
        total += weight
        for span in spans_from_tags([tagset.labels[tag] for tag in path], "bio2"):
            claim = Claim(ENTITIES, span.label, (span.start, span.end))
            weights[claim] = weights.get(claim, 0.0) + weight
    return {claim: weight / total for claim, weight in weights.items()}


@pytest.mark.parametrize("scheme", ["bioes", "bio2"])
@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("outside", [True, False])
def test_a_span_is_as_likely_as_all_sequences_that_have_it(scheme: str, crf: bool, outside: bool) -> None:
    tagset = Tagset(["A", "B"], scheme, outside)
    size, rules = len(tagset.tags), tagset.rules()
    emissions = RNG.normal(size=(1, 4, size)).astype(np.float32)
    outputs = {"emissions": emissions}
    scores = rules
    if crf:
        noise = RNG.normal(size=(size, size)), RNG.normal(size=size), RNG.normal(size=size)
        scores = tuple((rule + part).astype(np.float32) for rule, part in zip(rules, noise, strict=True))  # type: ignore[assignment]
        outputs |= dict(zip(("transitions", "start", "end"), scores, strict=True))
    expected = by_enumeration(emissions[0].astype(np.float64), *scores, tagset)
    claimed = list(expected)  # every span that can be at all
    (found,) = tag_beliefs(outputs, np.array([4]), tagset, [claimed], ENTITIES)
    assert found == pytest.approx({**dict.fromkeys(found, 0.0), **expected}, abs=1e-6)
    (likely,) = tag_beliefs(outputs, np.array([4]), tagset, [[]], ENTITIES)
    assert likely == pytest.approx({claim: sure for claim, sure in expected.items() if sure >= 0.02}, abs=1e-6)


def test_sentences_of_a_batch_do_not_touch_one_another_and_unknown_labels_are_left_out() -> None:
    tagset = Tagset(["A"], "bioes", True)
    emissions = RNG.normal(size=(2, 5, 5)).astype(np.float32)
    claims = [[Claim(ENTITIES, "A", (1, 3)), Claim(ENTITIES, "new", (0, 1))], [Claim(ENTITIES, "A", (0, 2))]]
    both = tag_beliefs({"emissions": emissions}, np.array([5, 3]), tagset, claims, ENTITIES)
    alone = [
        tag_beliefs({"emissions": emissions[row : row + 1, :size]}, np.array([size]), tagset, [claims[row]], ENTITIES)[
            0
        ]
        for row, size in ((0, 5), (1, 3))
    ]
    assert both == alone
    assert Claim(ENTITIES, "new", (0, 1)) not in both[0]
    assert Claim(ENTITIES, "A", (1, 3)) in both[0]


def test_plain_labels_are_told_of_each_token() -> None:
    tagset = Tagset(["NOUN", "VERB"], None, False)
    emissions = np.log(np.array([[[0.9, 0.1], [0.005, 0.995]]], dtype=np.float32))
    (found,) = tag_beliefs({"emissions": emissions}, np.array([2]), tagset, [[Claim(TOKENS, "NOUN", (1, 2))]], ENTITIES)
    expected = {
        Claim(TOKENS, "NOUN", (0, 1)): 0.9,
        Claim(TOKENS, "VERB", (0, 1)): 0.1,
        Claim(TOKENS, "VERB", (1, 2)): 0.995,
        Claim(TOKENS, "NOUN", (1, 2)): 0.005,
    }
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_place_with_one_label_or_none() -> None:
    scores = np.full((2, 2, 2), -9.0)  # [T, T, L]
    scores[0, 1] = np.log([3.0, 1.0])  # beside none, which scores 0: 3 / 5, 1 / 5, 1 / 5
    found = labelled_places(scores, ["A", "B"], [Claim(ENTITIES, "B", (1, 2))], ENTITIES)
    expected = {Claim(ENTITIES, "A", (0, 2)): 0.6, Claim(ENTITIES, "B", (0, 2)): 0.2, Claim(ENTITIES, "B", (1, 2)): 0.0}
    assert found == pytest.approx(expected, abs=1e-3)


def test_spans_that_begin_behind_their_end_are_none() -> None:
    sure = np.full((1, 3, 3), 0.5)
    assert set(cell_beliefs(sure, ["A"], [], ENTITIES)) == {
        Claim(ENTITIES, "A", (first, last + 1)) for first in range(3) for last in range(first, 3)
    }


def test_relations_stand_between_likely_and_claimed_spans_and_are_the_mean_of_both_tables() -> None:
    heads, tails = np.full((1, 4, 4), -9.0), np.full((1, 4, 4), -9.0)
    heads[0, 0, 2], tails[0, 1, 3] = 3.0, 1.0  # from (0, 2) to (2, 4)
    spans = {Claim(ENTITIES, "A", (0, 2)): 0.9, Claim(ENTITIES, "A", (2, 3)): 0.1}
    claims = [Claim(ENTITIES, "A", (2, 4)), Claim(RELATIONS, "r", (2, 4, 0, 2)), Claim(RELATIONS, "new", (0, 2, 2, 4))]
    found = pair_beliefs(spans, heads, tails, ["r"], claims)
    assert found == {
        Claim(RELATIONS, "r", (0, 2, 2, 4)): pytest.approx(1 / (1 + np.exp(-2))),
        Claim(RELATIONS, "r", (2, 4, 0, 2)): pytest.approx(1 / (1 + np.exp(9))),
    }


def test_probabilities_of_any_logits_are_finite() -> None:
    assert probabilities(np.array([-1e9, 0.0, 1e9])).tolist() == [0.0, 0.5, 1.0]
