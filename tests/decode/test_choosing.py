"""The bound on scores that suits dev data best."""

from __future__ import annotations

import numpy as np
import pytest

from spanloom.answers.parts.facts import ScoredFact
from spanloom.decode.choosing import ENOUGH, HIGHEST, LOWEST, STEP, best_bound
from spanloom.decode.spans import sigmoid


def facts(logits: list[float], right: list[bool]) -> list[ScoredFact]:
    return [ScoredFact("relations", "a", sigmoid(one), hit) for one, hit in zip(logits, right, strict=True)]


def f1(given: list[ScoredFact], gold: int) -> float:
    return 2 * sum(fact.right for fact in given) / (len(given) + gold)


@pytest.mark.parametrize("seed", range(6))
def test_no_bound_of_those_tried_is_better(seed: int) -> None:
    draw = np.random.default_rng(seed)
    logits = draw.normal(-0.5, 2.0, 300).tolist()
    right = [bool(draw.random() < sigmoid(one + seed - 3)) for one in logits]
    some, gold = facts(logits, right), sum(right) + 50
    found = best_bound(some, gold)
    bounds = np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
    every = {bound: f1([one for one, x in zip(some, logits, strict=True) if x > bound], gold) for bound in bounds}
    assert every[found] == max(every.values())


def test_a_model_that_is_too_careful_gives_more_and_one_that_is_too_bold_less() -> None:
    careful = facts([-1.1] * 40 + [2.0] * 30 + [-2.0] * 60, [True] * 70 + [False] * 60)
    assert best_bound(careful, 70) == -1.25
    bold = facts([2.1] * 60 + [0.6] * 60, [True] * 60 + [False] * 60)
    assert best_bound(bold, 60) == 0.75


def test_of_equally_good_bounds_the_nearest_to_even_odds() -> None:
    assert best_bound(facts([2.0] * 80, [True] * 80), 80) == 0.0


def test_few_facts_of_gold_decide_nothing() -> None:
    some = facts([-1.0] * ENOUGH, [True] * ENOUGH)
    assert best_bound(some, ENOUGH - 1) == 0.0
    assert best_bound(some, ENOUGH) == -1.25
