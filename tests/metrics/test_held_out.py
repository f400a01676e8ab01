"""Beliefs that are made to mean what they say by what other folds show."""

from __future__ import annotations

import numpy as np
import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.parts.facts import ENTITIES
from spanloom.core import Beliefs, Claim, Example
from spanloom.inputs import Span, Text
from spanloom.metrics.held_out import averaged, calibrated, common_scaling, facts_of, scaled
from spanloom.text.words import tokenize

TEXT = Text("Ulm", tokenize("Ulm"))
CITY = Claim(ENTITIES, "City", (0, 1))


def judged(right: bool, sure: float) -> tuple[Example, Beliefs]:
    return Example(TEXT, Graph((Span(0, 1, "City"),) if right else ())), {CITY: sure}


def overconfident(seed: int) -> list[tuple[Example, Beliefs]]:
    """A model whose log odds are twice too large."""
    draw = np.random.default_rng(seed)
    odds = draw.normal(0, 1.5, size=600)
    right = draw.random(600) < 1 / (1 + np.exp(-odds))
    return [judged(bool(one), float(1 / (1 + np.exp(-2 * each)))) for one, each in zip(right, odds, strict=True)]


def test_facts_are_right_that_gold_says_and_what_is_hardly_likely_is_none() -> None:
    other = Claim(ENTITIES, "Person", (0, 1))
    example, _ = judged(True, 0.0)
    assert [fact[1:] for fact in facts_of((example, {CITY: 0.4, other: 0.1}))] == [
        ("City", 0.4, True),
        ("Person", 0.1, False),
    ]
    assert list(facts_of((example, {CITY: 0.001}))) == []


def test_each_part_is_scaled_by_the_others_and_comes_to_mean_what_it_says() -> None:
    parts = [overconfident(seed) for seed in range(3)]
    found, table = calibrated(parts)
    assert table[ENTITIES]["error"] < 0.05 < table[ENTITIES]["error_before"]
    assert table[ENTITIES]["facts"] == sum(len(list(facts_of(each))) for part in parts for each in part)
    alone = scaled(parts[0][0][1], common_scaling(parts[1:]))
    assert found[0][0] == alone
    changed = [overconfident(9), *parts[1:]]
    assert calibrated(changed)[0][0] != found[0]
    assert calibrated(changed)[0][1] != found[1]  # its own facts changed nothing, those of part 0 did


def test_few_facts_leave_beliefs_as_they_are() -> None:
    parts = [[judged(True, 0.7)], [judged(False, 0.6)]]
    found, table = calibrated(parts)
    assert found == [[{CITY: 0.7}], [{CITY: 0.6}]]
    assert table[ENTITIES] == {"facts": 2, "error": pytest.approx(0.45), "error_before": pytest.approx(0.45)}


def test_an_average_takes_what_a_model_leaves_out_for_nothing() -> None:
    other = Claim(ENTITIES, "Person", (0, 1))
    assert averaged([{CITY: 0.5}]) == {CITY: 0.5}
    assert averaged([{CITY: 0.5, other: 0.2}, {CITY: 0.7}]) == {CITY: pytest.approx(0.6), other: pytest.approx(0.1)}
