"""How a dialogue is read, what its codec and its check say of it, and what is cut."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spanloom.answers.rewrite import Rewrite
from spanloom.check.rewrites import check_rewrites
from spanloom.config import AugmentConfig, DataConfig, RunConfig, TrainConfig, check_values
from spanloom.core import Example, Source
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.guard import check_settings as check_run
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Dialogue, Text
from spanloom.predict.predictor import Predictor
from spanloom.tasks import find_task
from spanloom.tasks.rewrite.codec import RewriteCodec
from spanloom.tasks.rewrite.config import RewriteConfig
from spanloom.tasks.rewrite.reading import FAR, MARK, read_dialogue
from spanloom.tasks.rewrite.scheme import TRUNCATED, EditScheme
from spanloom.text.edits import ADDED_WORDS, MANY_INSERTIONS, MOVED_WORDS, SPACING
from spanloom.text.words import tokenize
from tests.predict.stand_in import values

TASK = find_task("rewrite")
SMALL = RnnConfig(word_width=8, char_filters=0, shape_width=0, hidden=8, layers=1)


def dialogue(*turns: str) -> Dialogue:
    return Dialogue(tuple(Text(turn, tokenize(turn)) for turn in turns))


def example(*turns: str, gold: str | None = None, line: int = 1) -> Example:
    return Example(dialogue(*turns), None if gold is None else Rewrite(gold), Source("d", line))


def codec(*examples: Example, **settings: Any) -> RewriteCodec:
    return RewriteCodec.fit(examples, RewriteConfig(encoder=SMALL, **settings))


def given_back(given: Example, **settings: Any) -> str:
    """decode(perfect(encode(gold)))."""
    known = codec(given, **settings)
    batch = known.collate([known.encode(given)])
    [answer] = known.decode(known.perfect(batch), batch)
    return answer.text


# ---- reading ---------------------------------------------------------------------------------------------------------


def test_turns_are_counted_backwards_and_shared_words_are_marked() -> None:
    found = read_dialogue(dialogue("a b", "B c", "c d a"), 20)
    assert found.words == ("a", "b", MARK, "B", "c", MARK, "c", "d", "a", MARK)
    assert found.turns.tolist() == [3, 3, 3, 2, 2, 2, 1, 1, 1, 1]
    #         in the utterance 1, in the turn before it 2, in an older one 4; case aside
    assert found.shared.tolist() == [1, 2, 0, 4, 1, 0, 2, 0, 4, 0]
    assert (found.context, found.utterance, found.rest, found.cut) == (6, ("c", "d", "a"), (), ())
    assert found.context_turns() == [("a", "b"), ("B", "c")]


def test_far_turns_tell_the_two_speakers_apart() -> None:
    found = read_dialogue(dialogue(*"abcdefghijklm"), 100)
    ages = [int(number) - 1 for number in found.turns[::2]]
    assert ages == [FAR, FAR - 1, FAR, FAR - 1, FAR, 7, 6, 5, 4, 3, 2, 1, 0]


def test_a_span_stays_in_its_turn() -> None:
    allowed = read_dialogue(dialogue("a b", "", "c", "d"), 20).allowed()
    assert np.argwhere(allowed).tolist() == [[0, 0], [0, 1], [1, 1], [4, 4]]  # a b | | c |
    assert read_dialogue(dialogue("d"), 20).allowed().shape == (0, 0)


def test_what_is_too_long_loses_its_oldest_words() -> None:
    given = dialogue("a b c", "d e", "f g")
    assert read_dialogue(given, 8).words == ("c", MARK, "d", "e", MARK, "f", "g", MARK)
    assert read_dialogue(given, 8).cut == ("a b",)
    assert read_dialogue(given, 7).words == (MARK, "d", "e", MARK, "f", "g", MARK)
    assert read_dialogue(given, 6).words == ("d", "e", MARK, "f", "g", MARK)
    assert read_dialogue(given, 4).cut == ("a b c", "d e")
    assert read_dialogue(given, 10).cut == ()
    short = read_dialogue(given, 2)
    assert short.words == ("f", MARK)
    assert [text.tokens[number].text for text, number in short.rest] == ["g"]


# ---- codec -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turns", "gold"),
    [
        (("灯塔", "在海边", "它多高"), "灯塔多高"),
        (("灯塔", "在海边", "多高"), "在海边灯塔多高"),
        (("灯塔", "谢谢"), "谢谢"),
        (("a b a b", "c"), "a b c a"),
        (("The  (old) mill burns.", "When did it burn?"), "When did The  (old) mill burn?"),
        (("x", "", "y z"), "z"),
        (("alone",), "alone"),
    ],
)
def test_what_edits_can_write_comes_back(turns: tuple[str, ...], gold: str) -> None:
    given = example(*turns, gold=gold)
    assert codec(given).encode(given).lost == ()
    assert given_back(given) == gold


@pytest.mark.parametrize(
    ("turns", "gold", "cause", "back"),
    [
        (("灯塔", "多高"), "灯塔的多高", ADDED_WORDS, "灯塔多高"),
        (("灯塔", "高吗"), "灯塔吗高", MOVED_WORDS, "灯塔高"),
        (("a b c d", "x"), "d b a x c", MANY_INSERTIONS, "b a x c"),
        (("灯塔", "多高"), "灯塔 多高", SPACING, "灯塔多高"),
    ],
)
def test_what_they_cannot_is_declared_and_most_of_it_is_written(
    turns: tuple[str, ...], gold: str, cause: str, back: str
) -> None:
    given = example(*turns, gold=gold)
    [lost] = codec(given, insertions=3 if cause == MANY_INSERTIONS else 2).encode(given).lost
    assert (lost.kind, lost.text, lost.cause) == ("rewrite", gold, cause)
    found = given_back(given, insertions=3 if cause == MANY_INSERTIONS else 2)
    assert len(found) == len(back) if cause in (MOVED_WORDS, MANY_INSERTIONS) else found == back


def test_every_place_of_an_inserted_text_is_a_target() -> None:
    given = example("b a", "a", "c", gold="a c")
    targets = codec(given).encode(given).targets
    assert targets["insertions"].tolist() == [[0, 5, 3, 3], [0, 5, 1, 1]]
    assert targets["chosen"].tolist() == [5, -1]


def test_what_is_cut_is_declared_with_and_without_gold() -> None:
    given = example("a b c", "d", gold="c d")
    known = codec(given, max_words=4)
    for one in (given, dataclasses.replace(given, gold=None)):
        [lost] = known.encode(one).lost
        assert (lost.kind, lost.text, lost.cause) == ("text", "a b", TRUNCATED)
    assert given_back(given, max_words=4) == "c d"


def test_the_unread_end_of_a_long_utterance_stays() -> None:
    assert given_back(example("a", "b c d e f", gold="c d e f"), max_words=3) == "c d e f"


def test_the_score_adds_up_all_edits_that_write_a_text() -> None:
    given = example("a", "a", "b")
    known = codec(given)
    batch = known.collate([known.encode(given)])
    outputs = {
        "none": np.array([[0.0, 50.0]]),
        "starts": np.zeros((1, 2, 6, 6)),
        "ends": np.zeros((1, 2, 6, 6)),
        "spans": np.zeros((1, 6, 6)),
        "deleted": np.full((1, 6), -50.0),
        "instead": np.zeros((1, 6, 6)),
    }
    outputs["starts"][:, :, 5] = -50.0  # nothing at the end
    [answer] = known.decode(outputs, batch)  # "b" has a third, "a b" two, from either turn
    assert answer == Rewrite("a b")
    assert answer.score == pytest.approx(2 / 3)


# ---- predicting ------------------------------------------------------------------------------------------------------


def test_an_empty_utterance_has_an_empty_answer_and_a_lonely_one_its_own() -> None:
    known = codec(example("灯塔", "多高"))
    torch.manual_seed(0)
    model = TASK.build(RewriteConfig(encoder=SMALL), known, None)
    predictor = Predictor(TASK, known, TorchBackend(model.eval()), Path("run"))
    answers = values(predictor.predict([["灯塔", " "], ["", "多高"], "多高"]))
    assert answers[0] == Rewrite("")
    assert set(answers[1].text + answers[2].text) <= set("多高")
    assert predictor.texts == 0


def test_a_dialogue_needs_a_turn() -> None:
    with pytest.raises(DataError, match="predict: a dialogue without a turn; at least one"):
        TASK.prepare([], None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"insertions": 0}, "model.insertions: is 0; at least 1"),
        ({"max_words": 1}, "model.max_words: is 1; at least 2"),
        ({"dropout": 1.0}, "model.dropout: is 1.0; a part in 0..1"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_values(RewriteConfig(**settings), "model.")


# ---- check -----------------------------------------------------------------------------------------------------------


def test_the_check_counts_what_edits_cannot_write_with_examples() -> None:
    data = [
        example("灯塔", "多高", gold="灯塔多高", line=1),
        example("灯塔", "多高", gold="灯塔的多高", line=2),
        example("灯塔", "高吗", gold="吗高", line=3),
        example("谢谢", gold="谢谢", line=4),
        example("", "好", gold="好的", line=5),
    ]
    scheme = EditScheme(2, 100)
    found = check_rewrites(data, lambda one: scheme.encode(one)[2], data[:1])
    shares = found["gold"]["shares"]
    assert shares["edits cannot write the rewrite"] == 0.6
    assert shares[f"by cause: {ADDED_WORDS}"] == 0.4
    assert shares["dev: edits cannot write the rewrite"] == 0.0
    issues = found["issues"]
    assert issues[f"not written by edits: {ADDED_WORDS}"] == {
        "count": 2,
        "first": ["d:2: 灯塔 | 多高 -> 灯塔的多高", "d:5: | 好 -> 好的"],
    }
    assert issues["contradictory examples"]["first"] == ["d:2: the input of d:1 again"]
    assert issues["nothing to rewrite"]["count"] == issues["no context"]["count"] == 1
    assert issues["empty turn of context"]["count"] == 1
    assert issues["dev examples that are in train"]["count"] == 1
    assert found["gold"]["sizes"]["dialogues"] == 5


def test_noise_is_refused_as_rewrites_cannot_follow_it() -> None:
    noisy = TrainConfig(augment=AugmentConfig(swaps=0.1))
    config = RunConfig("rewrite", data=DataConfig(train=Path("a")), train=noisy, model=RewriteConfig())
    with pytest.raises(ConfigError, match="asks for noise, which the answers of the task 'rewrite' cannot follow"):
        check_run(config, TASK)
