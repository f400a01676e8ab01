"""The numbers of the example in docs/crf.md, by enumerating all paths."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from docs.pictures import example
from from_scratch.crf import backward, best_path, forward, path_score

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero")  # forbidden steps
PAGE = Path(__file__).resolve().parents[2] / "docs" / "crf.md"


def test_enumeration_gives_the_numbers_of_the_page() -> None:
    chain = example()
    paths = list(itertools.product(range(3), repeat=3))
    weights = np.exp([path_score(chain, np.array(path)) for path in paths])
    order = np.argsort(-weights)
    assert weights.sum() == pytest.approx(509)
    assert [paths[index] for index in order[:2]] == [(1, 2, 0), (0, 0, 0)]
    assert weights[order[:2]] == pytest.approx([240, 120])
    assert best_path(chain).tolist() == [1, 2, 0]
    at_halvorsen = [weights[[path[1] == tag for path in paths]].sum() for tag in range(3)]
    assert at_halvorsen == pytest.approx([176, 45, 288])
    assert np.exp(forward(chain) + backward(chain))[1] == pytest.approx([176, 45, 288])


def test_the_running_scale_gives_the_same_partition() -> None:
    chain, scales = example(), []
    sums = np.exp(chain.start + chain.emissions[0])
    for time in range(3):
        if time:
            sums = (sums @ np.exp(chain.transitions)) * np.exp(chain.emissions[time])
        scales.append(sums.sum())
        sums = sums / scales[-1]
    assert scales == pytest.approx([5, 9, 509 / 45])
    assert np.prod(scales) == pytest.approx(509)


def test_the_tables_of_the_page_are_the_example() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| \w+ \| (\d) \| (\d) \| (\d) \| \| \w \| (\d) \| (\d) \| (\d) \|$", text, re.MULTILINE)
    table = np.array(rows, dtype=float)
    chain = example()
    assert np.exp(chain.emissions) == pytest.approx(table[:, :3])
    assert np.exp(chain.transitions) == pytest.approx(table[:, 3:])
