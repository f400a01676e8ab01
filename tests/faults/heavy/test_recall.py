"""Names that repeat in a long text: what is recalled is the same as ever, and the work grows with the text."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from spanloom.core import Example
from spanloom.tasks.joint import nearest
from spanloom.tasks.joint.labels import Labels
from spanloom.tasks.joint.memory import MET, MOST_RECALLED, Memory
from tests.tasks.sentences import sentence, text_of

TRAINING = [
    sentence("Ann Lee runs Rome", [(0, 2, "X"), (3, 4, "X")], [(0, "runs", 1)]),
    sentence("Ann Lee visits Rome and Bob", [(0, 2, "X"), (3, 4, "X"), (5, 6, "X")], [(0, "visits", 1)]),
    sentence("Lee and Bob", [(0, 1, "X"), (2, 3, "X")], []),
    sentence("Bob near Rome with Lee", [(0, 1, "X"), (2, 3, "X"), (4, 5, "X")], [(0, "runs", 1)]),
]


def fitted(examples: list[Example]) -> Memory:
    return Memory.fit(examples, Labels.fit(examples))


def every_pair(memory: Memory, words: list[str]) -> tuple[list[list[int]], int]:
    """What recalling is, said without any care for time: all pairs of places, the nearest first, and how many."""
    items = []
    for head, tail in permutations(memory._find(words), 2):
        apart = head[1] < tail[0] or tail[1] < head[0]
        kinds = [2 + relation for relation in memory._facts.get((head[2], tail[2]), {})]
        if apart and (head[2], tail[2]) in memory._met:
            items += [[abs(head[0] - tail[0]), *head[:2], *tail[:2], kind] for kind in (*kinds, MET)]
    items.sort(key=lambda item: item[:-1])
    return [item[1:] for item in items[:MOST_RECALLED]], len(items)


@pytest.mark.parametrize("seed", range(12))
def test_the_nearest_are_those_of_all_pairs(seed: int) -> None:
    draw, memory = np.random.default_rng(seed), fitted(TRAINING)
    size = int(draw.integers(2, 120))
    words = draw.choice(["Ann", "Lee", "Rome", "Bob", "and", "then"], size=size, p=draw.dirichlet([1] * 6)).tolist()
    cut: Counter[str] = Counter()
    kinds, places = memory.recall(text_of(words), cut=cut)
    wanted, total = every_pair(memory, words)
    if wanted:
        assert [[*place, kind] for place, kind in zip(places.tolist(), kinds.tolist(), strict=True)] == wanted
    assert cut["recalled"] == max(0, total - MOST_RECALLED)


def lines_run(memory: Memory, words: list[str]) -> int:
    """How many lines of the two modules recalling them runs: the same on every machine."""
    count = 0
    files = {nearest.__file__, sys.modules[Memory.__module__].__file__}

    def trace(frame, event, argument):  # type: ignore[no-untyped-def]
        nonlocal count
        count += event == "line"
        return trace if frame.f_code.co_filename in files else None

    text, before = text_of(words), sys.gettrace()
    sys.settrace(trace)
    try:
        memory.recall(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("unit", ["Rome Lee Bob Lee", "Ann Lee saw Rome and Bob", "Bob went"])
def test_twice_the_text_is_about_twice_the_work(unit: str) -> None:
    memory = fitted(TRAINING)
    half, whole = (lines_run(memory, unit.split() * times) for times in (150, 300))
    assert whole < 3 * half


def test_a_training_sentence_of_one_name_a_thousand_times_is_one_name() -> None:
    words = ["Rome", "Bob"] * 1000
    spans = [(place, place + 1, "X") for place in range(len(words))]
    memory = fitted([sentence(" ".join(words), spans, [(0, "runs", 1)])])
    assert len(memory.to_dict()["pairs"]) == 2
