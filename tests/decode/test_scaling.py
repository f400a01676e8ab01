"""Scores that are fitted on dev data: a known temperature comes back, and what they say holds on other data."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from spanloom.answers.parts.facts import ScoredFact
from spanloom.decode.scaling import ALL, AS_IS, CALIBRATION, EDGE, SCORES, Line, Scaling, logit, stored_scaling
from spanloom.decode.spans import sigmoid
from spanloom.decode.temperature import LEAST, LEAST_FOR_SHIFT, fit_scaling
from spanloom.metrics.reliability import expected_error


def drawn(
    seed: int, size: int, temperature: float, shift: float = 0.0, kind: str = "entities", label: str = "a"
) -> list[ScoredFact]:
    """Facts of a model whose logits are `temperature` times too large: right as often as the true ones say."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(1.5, 1.5, size)
    right = draw.random(size) < 1 / (1 + np.exp(-(logits + shift)))
    return [
        ScoredFact(kind, label, sigmoid(temperature * true), bool(hit))
        for true, hit in zip(logits.tolist(), right.tolist(), strict=True)
    ]


def error(facts: list[ScoredFact], scaling: Scaling = AS_IS) -> float:
    scores = np.array([scaling.scaled(*fact[:3]) for fact in facts])
    return expected_error(scores, np.array([fact.right for fact in facts], dtype=np.float64))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
def test_a_known_temperature_comes_back(temperature: float) -> None:
    line = fit_scaling(drawn(1, 20_000, temperature)).lines["entities"][ALL]
    assert 1 / line.slope == pytest.approx(temperature, rel=0.05)
    assert line.shift == 0.0  # nothing is gained by one


def test_a_shift_is_found_where_there_is_one() -> None:
    line = fit_scaling(drawn(2, 20_000, 2.0, shift=-1.0)).lines["entities"][ALL]
    assert 1 / line.slope == pytest.approx(2.0, rel=0.05)
    assert line.shift == pytest.approx(-1.0, abs=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_on_the_other_half_of_dev_the_error_falls(seed: int) -> None:
    facts = drawn(seed, 2_000, 3.0)
    fitted, held_out = facts[::2], facts[1::2]
    assert error(held_out) > 0.1
    assert error(held_out, fit_scaling(fitted)) < 0.04


def test_what_reaches_a_threshold_is_right_that_often() -> None:
    """What `--threshold 0.9` promises, on facts that nothing was fitted on."""
    scaling = fit_scaling(drawn(5, 5_000, 3.0))
    others = drawn(6, 5_000, 3.0)
    near = [fact.right for fact in others if 0.85 <= scaling.scaled(*fact[:3]) < 0.95]
    assert np.mean(near) == pytest.approx(0.9, abs=0.03)
    raw = [fact.right for fact in others if 0.85 <= fact.score < 0.95]
    assert np.mean(raw) < 0.75


def test_a_label_with_few_facts_takes_the_line_of_all_and_one_with_some_stays_near_it() -> None:
    many, few = drawn(7, 5_000, 2.0), drawn(8, LEAST - 1, 2.0, label="few")
    some = drawn(9, LEAST, 8.0, label="some")
    lines = fit_scaling([*many, *few, *some]).lines["entities"]
    assert lines.keys() == {ALL, "a", "some"}
    alone = fit_scaling(drawn(9, 5_000, 8.0, label="some")).lines["entities"][ALL]
    assert alone.slope < lines["some"].slope < lines[ALL].slope
    assert Scaling({"entities": lines}).line("entities", "few") == lines[ALL]


def test_kinds_do_not_touch_one_another_and_one_with_too_few_facts_stays_as_it_is() -> None:
    scaling = fit_scaling([*drawn(1, 500, 3.0), *drawn(2, LEAST - 1, 3.0, kind="relations")])
    assert scaling.lines.keys() == {"entities"}
    assert scaling.scaled("relations", "a", 0.9) == 0.9
    assert scaling.scaled("entities", "a", 0.9) != 0.9


@pytest.mark.parametrize("right", [True, False])
def test_facts_that_are_all_alike_give_a_finite_line(right: bool) -> None:
    facts = [ScoredFact("entities", "a", 1.0, right)] * 400
    scaling = fit_scaling(facts)
    assert all(map(math.isfinite, scaling.lines["entities"][ALL]))
    assert (scaling.scaled("entities", "a", 1.0) > 0.99) == right


def test_the_order_of_facts_of_a_label_changes_nothing_but_rounding_and_the_same_facts_nothing() -> None:
    facts = [*drawn(1, 300, 2.0), *drawn(2, 300, 2.0, label="b")]
    assert fit_scaling(facts) == fit_scaling(list(facts))
    for label, line in fit_scaling(facts[::-1]).lines["entities"].items():
        assert line == pytest.approx(fit_scaling(facts).lines["entities"][label])


def test_it_is_the_most_probable_line() -> None:
    """Against a search over a grid: no other line makes the facts, with the prior, more probable."""
    facts = drawn(3, 200, 3.0)
    line = fit_scaling(facts).lines["entities"][ALL]
    logits = np.array([logit(fact.score) for fact in facts])
    signs = np.where([fact.right for fact in facts], 1.0, -1.0)

    def log_probability(slope: float) -> float:
        return float(-np.logaddexp(0, -signs * slope * logits).sum() - np.log(slope) ** 2 / 2)

    grid = np.exp(np.linspace(-3, 2, 2_001))
    best = grid[np.argmax([log_probability(slope) for slope in grid])]
    assert line.slope == pytest.approx(best, rel=0.003)


def test_scores_come_back_and_keep_their_order() -> None:
    scaling = Scaling({"entities": {ALL: Line(0.4, -0.3), "b": Line(2.5, 1.0)}})
    scores = [EDGE, 0.01, 0.5, 0.93, 1 - EDGE]
    for label in ("a", "b"):
        moved = [scaling.scaled("entities", label, score) for score in scores]
        assert moved == sorted(moved)
        assert [scaling.unscaled("entities", label, score) for score in moved] == pytest.approx(scores, abs=0.003)
    assert 0 < scaling.scaled("entities", "a", 0.0) < scaling.scaled("entities", "a", 1.0) < 1


def test_it_is_stored_as_it_is() -> None:
    scaling = fit_scaling([*drawn(1, 300, 2.0), *drawn(2, 300, 3.0, label="b")])
    table = json.loads(json.dumps({CALIBRATION: {SCORES: scaling.to_dict()}}))
    assert stored_scaling(table) == scaling
    assert stored_scaling({}) == stored_scaling({CALIBRATION: {"threshold": 0.5}}) == AS_IS


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([1.0], r"PER: '\[1.0\]' is not two numbers"),
        ([1.0, math.inf], r"PER: '\[1.0, inf\]' is not two numbers"),
        ([True, 0.0], r"PER: '\[True, 0.0\]' is not two numbers"),
        ("12", "PER: '12' is not two numbers"),
        ([0.0, 0.0], "PER: the slope 0.0 is not above 0"),
        ([-2, 0.0], "PER: the slope -2 is not above 0"),
    ],
)
def test_a_damaged_line_is_refused(line: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stored_scaling({CALIBRATION: {SCORES: {"entities": {"PER": line}}}})


def test_a_shift_takes_more_facts_than_a_temperature() -> None:
    """Few facts that were right by chance do not say that those after them will be."""
    facts = drawn(2, 4 * LEAST_FOR_SHIFT, 1.0, shift=-3.0)
    few, enough = (fit_scaling(facts[:size]).lines["entities"][ALL] for size in (LEAST_FOR_SHIFT - 1, len(facts)))
    assert few.shift == 0.0
    assert enough.shift < -1.0
