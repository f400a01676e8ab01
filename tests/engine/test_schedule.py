from __future__ import annotations

import pytest

from spanloom.engine.schedule import learning_rate_factor


def test_hand_values() -> None:
    factors = [learning_rate_factor(step, 10, 0.2, 0.0) for step in range(11)]
    assert factors == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0.0])


def test_it_falls_to_the_final_part_and_stays_there() -> None:
    assert learning_rate_factor(5, 10, 0.0, 0.5) == pytest.approx(0.75)
    assert learning_rate_factor(10, 10, 0.0, 0.5) == 0.5
    assert learning_rate_factor(99, 10, 0.0, 0.5) == 0.5


@pytest.mark.parametrize(("total", "warmup"), [(1, 0.0), (1, 1.0), (3, 1.0), (7, 0.1)])
def test_no_step_of_a_run_is_wasted_and_none_exceeds_the_peak(total: int, warmup: float) -> None:
    assert all(0 < learning_rate_factor(step, total, warmup, 0.0) <= 1 for step in range(total))
