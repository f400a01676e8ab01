"""What is recalled of two names, and how much it weighs: hand-worked examples, and the law of leaving one out."""

from __future__ import annotations

import json
from collections import Counter
from math import log

import numpy as np
import pytest

from spanloom.core import Example
from spanloom.tasks.joint.labels import Labels
from spanloom.tasks.joint.memory import MET, MOST_RECALLED, NOTHING, Memory
from tests.tasks.sentences import sentence, text_of

RUNS, VISITS = 2, 3  # kinds of the two relations, in the order of their names


def fitted(examples: list[Example]) -> tuple[Memory, Labels]:
    labels = Labels.fit(examples)
    return Memory.fit(examples, labels), labels


def recalled(memory: Memory, example: Example) -> list[tuple[int, list[int]]]:
    kinds, places = memory.recall(example.input)
    return list(zip(kinds.tolist(), places.tolist(), strict=True))


TRAINING = [
    sentence("Ann Lee runs Rome", [(0, 2, "X"), (3, 4, "X")], [(0, "runs", 1)]),
    sentence("Ann Lee visits Rome and Bob", [(0, 2, "X"), (3, 4, "X"), (5, 6, "X")], [(0, "visits", 1)]),
    sentence("in Rome Ann Lee runs it", [(1, 2, "X"), (2, 4, "X")], [(1, "runs", 0)]),
]


def test_names_that_meet_again_bring_their_relations() -> None:
    memory, _ = fitted(TRAINING)
    kinds, places = memory.recall(text_of(["Today", "ANN", "lee", "left", "rome"]))
    assert kinds.tolist() == [RUNS, VISITS, MET, MET]  # Ann Lee and Rome, then Rome and Ann Lee, who only met
    assert places.tolist() == [[1, 2, 4, 4]] * 3 + [[4, 4, 1, 2]]
    assert memory.recall(text_of(["Ann", "Lee"]))[0].tolist() == [NOTHING]


def test_other_texts_recall_nothing() -> None:
    memory, _ = fitted(TRAINING)
    for words in ("Ann Lee alone", "Lee and Rome", "Zoe in Rome", "Ann Rome"):
        kinds, places = memory.recall(text_of(words.split()))
        assert (kinds.tolist(), places.tolist()) == ([NOTHING], [[0, 0, 0, 0]])


def test_a_training_sentence_recalls_only_what_the_others_say() -> None:
    memory, _ = fitted(TRAINING)
    ahead, back = [0, 1, 3, 3], [3, 3, 0, 1]
    assert recalled(memory, TRAINING[0]) == [(RUNS, ahead), (VISITS, ahead), (MET, ahead), (MET, back)]
    # Only the second sentence says "visits", and only there does Bob meet anyone.
    assert recalled(memory, TRAINING[1]) == [(RUNS, ahead), (MET, ahead), (MET, back)]


def test_a_training_sentence_with_noise_in_it_is_known_by_what_it_was() -> None:
    """Else it would recall its own facts, and training would learn to copy them."""
    memory, _ = fitted(TRAINING)
    noisy, ahead, back = text_of(["Ann", "Lee", "vsiits", "Rome"]), [0, 1, 3, 3], [3, 3, 0, 1]
    kinds, places = memory.recall(noisy, TRAINING[1].input)
    assert list(zip(kinds.tolist(), places.tolist(), strict=True)) == [(RUNS, ahead), (MET, ahead), (MET, back)]
    assert VISITS in memory.recall(noisy)[0]


@pytest.mark.parametrize("left_out", range(3))
def test_leaving_a_sentence_out_is_never_having_seen_it(left_out: int) -> None:
    labels = Labels.fit(TRAINING)
    others = [example for number, example in enumerate(TRAINING) if number != left_out]
    without = Memory.fit(others, labels).recall(TRAINING[left_out].input)
    with_all = Memory.fit(TRAINING, labels).recall(TRAINING[left_out].input)
    for mine, theirs in zip(with_all, without, strict=True):
        assert mine.tolist() == theirs.tolist()


def test_a_sentence_given_twice_is_one_sentence() -> None:
    memory, _ = fitted([TRAINING[0], TRAINING[0]])
    assert recalled(memory, TRAINING[0]) == [(NOTHING, [0, 0, 0, 0])]
    assert memory.recall(text_of(["Ann", "Lee", "left", "Rome"]))[0].tolist() == [2, MET, MET]


def test_weights_are_what_leaving_one_out_counts() -> None:
    memory, _ = fitted(TRAINING)
    # Ann Lee and Rome, each sentence against the others: "runs" is recalled three times and holds twice; "visits"
    # is recalled twice and never holds.
    assert memory.weights.sure == pytest.approx(max(0.0, log((2 + 1) / (3 + 1))))
    # Of six meetings of names that met elsewhere (three sentences, both directions) one had a relation that the
    # others lack; of the four meetings of Bob none.
    assert memory.weights.doubt == pytest.approx(max(0.0, log(1 / 5) - log(2 / 6)))
    often = [sentence(f"Ann met Rome {n}", [(0, 1, "X"), (2, 3, "X")], [(0, "r", 1)], n) for n in range(20)]
    once = [sentence(f"A{n} met B{n}", [(0, 1, "X"), (2, 3, "X")], [(0, "r", 1)], 20 + n) for n in range(30)]
    memory, labels = fitted([*often, *once])
    assert memory.weights.sure == pytest.approx(log(21))
    assert memory.weights.doubt == pytest.approx(log(31 / 31) - log(1 / 41))
    shifts = memory.shifts(len(labels.relations))
    assert shifts[NOTHING].tolist() == [0.0]
    assert shifts[MET] == pytest.approx(-memory.weights.doubt)
    assert shifts[MET] + shifts[2] == pytest.approx(memory.weights.sure)


def test_a_memory_comes_back_from_its_dict() -> None:
    memory, labels = fitted(TRAINING)
    again = Memory.from_dict(json.loads(json.dumps(memory.to_dict())), len(labels.relations))
    assert again.to_dict() == memory.to_dict()
    assert again.weights == memory.weights
    for example in TRAINING:
        assert recalled(again, example) == recalled(memory, example)
    assert "Lee" not in json.dumps(memory.to_dict())


def test_pairs_related_in_training_are_known_however_they_are_written() -> None:
    memory, _ = fitted(TRAINING)
    assert memory.seen("Ann  Lee", "ROME")
    assert not memory.seen("Rome", "Ann Lee")
    assert not memory.seen("Bob", "Rome")


def test_letters_that_change_with_their_neighbours_are_one_letter() -> None:
    """A Greek sigma has another small form at the end of a word: a name's words are folded alone and together."""
    memory, _ = fitted([sentence("ΝΙΚΟΣ ΑΣ runs Rome", [(0, 2, "X"), (3, 4, "X")], [(0, "runs", 1)])])
    assert memory.recall(text_of(["Νίκος", "Νικος", "Ας", "saw", "Rome"]))[0].tolist() == [2, MET, MET]
    assert memory.seen("νικοσ ας", "rome")


def test_a_swarm_of_names_keeps_the_nearest() -> None:
    memory, _ = fitted(TRAINING)
    cut: Counter[str] = Counter()
    kinds, places = memory.recall(text_of(["Ann", "Lee", "Rome"] * 50), cut=cut)
    assert len(kinds) == len(places) == MOST_RECALLED
    distances = np.abs(places[:, 0] - places[:, 2])
    assert (np.diff(distances) >= 0).all()
    assert distances.max() < 20
    few: Counter[str] = Counter()
    assert len(memory.recall(text_of(["Ann", "Lee", "Rome"] * 2), cut=few)[0]) < MOST_RECALLED
    assert cut["recalled"] > 1000
    assert few == Counter()
