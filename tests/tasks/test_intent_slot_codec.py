"""The codec law for intents with slots, the order of labels, and the threshold that is fitted on dev answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Example, LostFact
from spanloom.decode.viterbi import softmax
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.errors import ConfigError, DataError
from spanloom.tasks.intent_slot import TASK
from spanloom.tasks.intent_slot.codec import IntentSlotCodec
from spanloom.tasks.intent_slot.config import IntentSlotConfig
from spanloom.text.tags import illegal
from tests.tasks.requests import request, requests

RNN = RnnConfig()
MANY = settings(max_examples=100, deadline=None, derandomize=True)
Head = Literal["crf", "softmax"]
TRAINING = [
    request("fly to New Ulm at noon", "Ask", "O O B-city I-city O B-time"),
    request("buy it", "Buy#Ask", "O O", 2),
    request("take line10 then line2 now", "Buy", "O B-line10 O B-line2 O", 3),
]


def fitted(examples: list[Example], **chosen: Any) -> IntentSlotCodec:
    return IntentSlotCodec.fit(examples, IntentSlotConfig(encoder=RNN, **chosen))


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("scheme", ["bio2", "bioes"])
@MANY
@given(
    examples=st.lists(requests(), min_size=1, max_size=4).filter(
        lambda some: any(set(example.gold.slots.labels) != {"O"} for example in some)
    ),
    max_words=st.sampled_from([1, 3, 200]),
)
def test_what_is_not_given_back_is_exactly_what_was_declared_lost(
    head: Head, scheme: Literal["bio2", "bioes"], examples: list[Example], max_words: int
) -> None:
    codec = fitted(examples, head=head, scheme=scheme, max_words=max_words)
    batch = codec.collate([codec.encode(example) for example in examples])
    for example, answer in zip(examples, codec.decode(codec.perfect(batch), batch), strict=True):
        assert answer.intent == example.gold.intent
        assert answer.slots.labels == example.gold.slots.labels[:max_words]
        assert not illegal(answer.slots.labels, "bio2")
        cut = [label for label in example.gold.slots.labels[max_words:] if label.startswith("B-")]
        crossing = example.gold.slots.labels[max_words : max_words + 1]
        cut += [label for label in crossing if label.startswith("I-")]
        lost = codec.encode(example).lost
        assert sorted(fact.label for fact in lost) == sorted(label[2:] for label in cut)
        assert {(fact.kind, fact.cause) for fact in lost} <= {("entity", "truncated")}


def test_slot_labels_stand_by_name_then_by_place_and_numbers_by_their_size() -> None:
    codec = fitted(TRAINING)
    names = ("city", "line2", "line10", "time")
    assert codec.tagset.tags == ("O", *(f"{place}-{name}" for name in names for place in "BI"))


def test_several_intents_are_one_class() -> None:
    codec = fitted(TRAINING)
    assert codec.intents == ("Ask", "Buy", "Buy#Ask")
    row = codec.encode(TRAINING[1])
    assert (row.targets["intents"].item(), row.group) == (2, "Buy#Ask")


def test_what_a_cut_loses_is_named() -> None:
    assert fitted(TRAINING, max_words=3).encode(TRAINING[0]).lost == (
        LostFact("entity", "city", "New Ulm", "truncated"),
        LostFact("entity", "time", "noon", "truncated"),
    )


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        (request("buy it", "Rent", "O O", 7), "data.jsonl:7: unknown intent 'Rent'; one that the model was trained on"),
        (request("buy it", "Buy", "O B-thing", 8), "data.jsonl:8: unknown label 'thing'; one that the model was"),
    ],
)
def test_what_training_never_had_cites_its_line(odd: Example, message: str) -> None:
    codec = fitted(TRAINING)
    for refuse in (codec.encode, codec.require_known):
        with pytest.raises(DataError, match=message):
            refuse(odd)
    assert codec.encode(replace(odd, gold=None)).targets == {}


def outputs_of(codec: IntentSlotCodec, logits: list[list[float]]) -> tuple[Any, Any]:
    """What a model might give for so many requests of two words, and their batch."""
    batch = codec.collate([codec.encode(replace(TRAINING[1], gold=None))] * len(logits))
    shape = (len(logits), batch.inputs["words"].shape[1], len(codec.tagset.tags))
    scores = dict(zip(("transitions", "start", "end"), codec.tagset.rules(), strict=True))
    return {"intents": np.array(logits, np.float32), "emissions": np.zeros(shape, np.float32), **scores}, batch


def test_an_answer_says_how_sure_it_is_and_how_strange_the_request() -> None:
    codec = fitted(TRAINING)
    outputs, batch = outputs_of(codec, [[5.0, 0.0, -1.0], [-2.0, -3.0, -3.0]])
    first, second = codec.decode(outputs, batch)
    assert (first.intent.names, second.intent.names) == (("Ask",), ("Ask",))
    assert first.intent.scores == (pytest.approx(softmax(outputs["intents"])[0, 0]),)
    assert second.out_of_scope == pytest.approx(1 / (1 + np.exp([-2.0, -3.0, -3.0]).sum()))
    assert first.out_of_scope < 0.01 < 0.5 < second.out_of_scope
    assert not first.rejected
    assert not second.rejected  # no threshold yet


def answers(scores: list[float]) -> list[Frame]:
    return [Frame(Label(("Ask",)), Tags(("O",)), score) for score in scores]


def test_a_threshold_rejects_the_share_of_dev_that_it_may_and_no_more() -> None:
    codec = fitted(TRAINING, out_of_scope=0.25)
    fit = codec.with_threshold(answers([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]))
    assert fit.calibration == {"threshold": pytest.approx(0.65), "examples": 7}
    assert codec.calibration is None
    outputs, batch = outputs_of(fit, [[0.0, -9.0, -9.0], [-1.0, -9.0, -9.0]])  # 1 / (1 + e^0) is .5, 1 / (1 + 1/e) .73
    assert [answer.rejected for answer in fit.decode(outputs, batch)] == [False, True]
    again = TASK.load(json.loads(json.dumps(fit.to_dict())), None)
    assert again.calibration == fit.calibration
    assert again.decode(outputs, batch) == fit.decode(outputs, batch)
    assert [answer.rejected for answer in again.decode(outputs, batch)] == [False, True]


def test_the_task_calibrates_its_codec_and_only_where_that_is_asked_for() -> None:
    assert TASK.calibrate is not None
    codec = fitted(TRAINING, out_of_scope=0.25)
    fit = TASK.calibrate(TRAINING[:1] * 4, answers([0.1, 0.2, 0.3, 0.4]), codec)
    assert fit.calibration == {"threshold": pytest.approx(0.35), "examples": 4}
    assert {**codec.to_dict(), "calibration": fit.calibration} == fit.to_dict()
    off = fitted(TRAINING, out_of_scope=0.0)
    assert TASK.calibrate(TRAINING[:1] * 2, answers([0.1, 0.2]), off) is off


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"out_of_scope": 1.0}, "model.out_of_scope: is 1.0; a part in 0..1, below 1"),
        ({"out_of_scope": -0.1}, "model.out_of_scope: is -0.1; "),
        ({"dropout": 1.0}, "model.dropout: is 1.0; "),
        ({"max_words": 0}, "model.max_words: is 0; at least 1"),
        ({"intent_width": -1}, "model.intent_width: is -1; at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        fitted(TRAINING, **setting)


def test_requests_without_any_slot_are_refused() -> None:
    with pytest.raises(DataError, match=r"data\.jsonl: no label but O on any token"):
        fitted([request("buy it", "Buy", "O O"), request("ask", "Ask", "O")])
