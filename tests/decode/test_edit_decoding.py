"""The beam against all edits there are, each with its probability."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from spanloom.decode import edits
from spanloom.decode.edits import Edits, EditScores, likely_edits


def scores(seed: int, tokens: int, context: int, insertions: int = 2) -> EditScores:
    draw = np.random.default_rng(seed)
    gaps = tokens + 1
    allowed = np.triu(np.ones((context, context), bool))
    if context > 2:
        allowed[:2, 2:] = False  # two turns
        allowed[1] = allowed[:, 1] = False  # a mark
    shapes = [(insertions,), (insertions, gaps, context), (insertions, gaps, context), (context, context), (tokens,)]
    return EditScores(*(draw.normal(size=shape) * 2 for shape in (*shapes, (gaps, tokens))), allowed)


def log_softmax(values: list[float]) -> list[float]:
    total = math.log(sum(map(math.exp, values)))
    return [value - total for value in values]


def everything(given: EditScores) -> dict[Edits, float]:
    """All edits with their log probability; insertions in the order of their places, none after a "none"."""
    count, gaps, context = given.starts.shape
    options = []
    for number in range(count):
        firsts = [first for first in range(context) if given.allowed[first, first]]
        cells = list(itertools.product(range(gaps), firsts))
        logits = [float(given.none[number]), *(float(given.starts[number, gap, first]) for gap, first in cells)]
        log_p = log_softmax(logits)
        ways: list[tuple[tuple[int, int, int] | None, float]] = [(None, log_p[0])]
        for (gap, first), start in zip(cells, log_p[1:], strict=True):
            lasts = [last for last in range(context) if given.allowed[first, last]]
            ends = log_softmax([float(given.ends[number, gap, last] + given.spans[first, last]) for last in lasts])
            ways += [((gap, first, last + 1), start + end) for last, end in zip(lasts, ends, strict=True)]
        options.append(ways)
    found: dict[Edits, float] = {}
    for chosen in itertools.product(*options):
        ended = [way for way, _ in chosen].index(None) if None in [way for way, _ in chosen] else count
        if any(way is not None for way, _ in chosen[ended:]):
            continue
        insertions = tuple(way for way, _ in chosen if way is not None)
        if list(insertions) != sorted(insertions, key=lambda way: way[0]):
            continue
        total = sum(log_p for _, log_p in chosen[: ended + 1])
        logits = given.deleted + sum(given.instead[way[0]] for way in insertions)
        for deleted in itertools.product((False, True), repeat=len(given.deleted)):
            signs = [logit if gone else -logit for logit, gone in zip(logits, deleted, strict=True)]
            sure = total - sum(math.log1p(math.exp(-sign)) for sign in signs)
            found[Edits(insertions, deleted)] = sure
    return found


@pytest.mark.parametrize(("tokens", "context"), [(1, 1), (2, 2), (2, 4), (0, 3)])
@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_all_edits_is_found(seed: int, tokens: int, context: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "WIDTH", 1000)
    given = scores(seed, tokens, context)
    wanted = everything(given)
    best = max(wanted.values())
    found = likely_edits(given)
    assert found[0][0] == pytest.approx(best)
    for log_p, answer in found:
        if answer in wanted:  # an end that is not the likeliest of its start is not followed
            assert log_p == pytest.approx(wanted[answer])
    assert {answer for _, answer in found} <= wanted.keys()


@pytest.mark.parametrize("seed", range(5))
def test_a_narrow_beam_is_no_better_than_a_wide_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = scores(seed, 3, 6)
    narrow = likely_edits(given)
    monkeypatch.setattr(edits, "WIDTH", 1000)
    assert narrow[0][0] <= likely_edits(given)[0][0] + 1e-9
    assert [log_p for log_p, _ in narrow] == sorted((log_p for log_p, _ in narrow), reverse=True)


@pytest.mark.parametrize("context", [0, 1])
def test_without_a_word_of_context_nothing_is_inserted(context: int) -> None:
    given = scores(0, 2, context)._replace(allowed=np.zeros((context, context), bool))
    found = likely_edits(given)
    assert [answer.insertions for _, answer in found] == [()]
