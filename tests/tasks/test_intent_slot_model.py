"""The network of intents and slots: what it puts out, that the intent reaches the slots, and its losses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from spanloom.config import load_config
from spanloom.core import Batch
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.engine.device import to_tensors
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError
from spanloom.export.bundle import export
from spanloom.nn.heads.crf import nll
from spanloom.predict.predictor import load
from spanloom.tasks import FOLDER
from spanloom.tasks.intent_slot import TASK
from spanloom.tasks.intent_slot.codec import IntentSlotCodec
from spanloom.tasks.intent_slot.config import IntentSlotConfig
from spanloom.tasks.intent_slot.model import IntentSlotModel, build, losses
from tests.tasks.requests import request

CPU = torch.device("cpu")
RNN = RnnConfig(word_width=8, char_width=4, char_filters=6, shape_width=2, hidden=7)
EXAMPLES = [
    request("fly to New Ulm at noon", "Ask", "O O B-city I-city O B-time"),
    request("buy it", "Buy", "O O", 2),
    request("take it to Bern now", "Send", "O O O B-city O", 3),
]


def made(**chosen: Any) -> tuple[IntentSlotCodec, IntentSlotModel, Batch]:
    """A model that drops nothing out, its codec, and all the examples as one batch."""
    config = IntentSlotConfig(encoder=RNN, **chosen)
    codec = IntentSlotCodec.fit(EXAMPLES, config)
    torch.manual_seed(0)
    model: nn.Module = build(config, codec).eval()
    assert isinstance(model, IntentSlotModel)
    return codec, model, codec.collate([codec.encode(example) for example in EXAMPLES])


def test_outputs() -> None:
    codec, model, batch = made()
    shapes = {name: tuple(tensor.shape) for name, tensor in model(**to_tensors(batch.inputs, CPU)).items()}
    tags = len(codec.tagset.tags)
    assert shapes == {
        "intents": (3, 3),
        "emissions": (3, 8, tags),
        "transitions": (tags, tags),
        "start": (tags,),
        "end": (tags,),
    }
    _, model, batch = made(head="softmax")
    assert list(model(**to_tensors(batch.inputs, CPU))) == ["intents", "emissions"]


@pytest.mark.parametrize("width", [0, 5])
def test_the_distribution_of_intents_reaches_the_slots_unless_it_is_told_not_to(width: int) -> None:
    """Another bias on one intent changes every tag's score, and the slots' loss trains what the intent is read by."""
    _, model, batch = made(intent_width=width)
    inputs = to_tensors(batch.inputs, CPU)
    before = model(**inputs)
    (weight,) = torch.autograd.grad(before["emissions"].sum(), [model.classifier.weight], allow_unused=True)
    with torch.no_grad():
        model.classifier.bias[1] += 3.0
    after = model(**inputs)
    inside = torch.arange(8) < inputs["lengths"][:, None]
    moved = (after["emissions"] - before["emissions"]).abs().amax(dim=2)[inside]
    if width:
        assert moved.min() > 0
        assert weight.abs().max() > 0
    else:
        assert moved.max() == 0
        assert weight is None
    with torch.no_grad():  # a bias on all intents changes no probability
        model.classifier.bias += 5.0
    torch.testing.assert_close(model(**inputs)["emissions"], after["emissions"])


@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_losses_are_sums_over_requests_and_over_tokens(head: str) -> None:
    _, model, batch = made(head=head)
    outputs, targets = model(**to_tensors(batch.inputs, CPU)), to_tensors(batch.targets, CPU)
    found = losses(outputs, targets)
    assert batch.counts == {"intents": 3.0, "tags": 13.0}
    logs = outputs["intents"].log_softmax(dim=1)
    assert found["intents"].item() == pytest.approx(-logs[range(3), targets["intents"]].sum().item())
    if head == "crf":
        chain = outputs["transitions"], outputs["start"], outputs["end"]
        expected = nll(outputs["emissions"], *chain, targets["tags"], targets["lengths"]).sum().item()
    else:
        logs = outputs["emissions"].log_softmax(dim=2)
        lengths = targets["weights"].sum(dim=1).long().tolist()
        expected = sum(
            -logs[row, place, targets["tags"][row, place]].item()
            for row, length in enumerate(lengths)
            for place in range(length)
        )
    assert found["tags"].item() == pytest.approx(expected, rel=1e-5)


def test_one_intent_is_no_choice() -> None:
    config = IntentSlotConfig(encoder=RNN)
    codec = IntentSlotCodec.fit(EXAMPLES[:1], config)
    with pytest.raises(
        ConfigError, match=r"every example has the intent 'Ask'; two intents at least\. Use the task 'tag'"
    ):
        build(config, codec)


@pytest.mark.slow(reason="trains on the sample and exports")
def test_the_threshold_of_a_run_goes_with_it_into_a_bundle(tmp_path: Any) -> None:
    config = load_config(FOLDER / "intent_slot" / "tiny.toml", [], lambda name: IntentSlotConfig)
    train = replace(config.train, evaluate_from=config.train.epochs)
    model = replace(config.model, head="softmax", out_of_scope=0.1)
    scorecard = run_training(TASK, replace(config, train=train, model=model), tmp_path / "run", device=CPU)
    assert TASK.best(scorecard) >= 0.9
    assert scorecard["out_of_scope"]["rejected"] == 3  # of 35 requests, a tenth rounded down
    export(tmp_path / "run", tmp_path / "bundle", max_drop=3.0, precision="fp32")
    run, bundle = (load(tmp_path / name) for name in ("run", "bundle"))
    assert bundle.codec.to_dict()["calibration"] == run.codec.to_dict()["calibration"]
    assert run.codec.to_dict()["calibration"]["threshold"] == scorecard["out_of_scope"]["threshold"]
    answers = [
        [
            answer.rejected
            for answer in predictor.predict_inputs(e.input for e in TASK.read(config.data.dev, config.data))
        ]
        for predictor in (run, bundle)
    ]
    assert answers[0] == answers[1]
    assert sum(answers[0]) == 3
    shown = bundle("rent me two bicycles for tomorrow").to_dict()
    assert (shown["intent"], [slot["text"] for slot in shown["slots"]]) == ("RentBicycle", ["two", "tomorrow"])
    assert shown["out_of_scope"] < bundle("zxcv qwrt uiop").to_dict()["out_of_scope"]
