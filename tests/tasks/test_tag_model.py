"""The networks of tagging: what they put out, and losses that are sums over tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from spanloom.config import load_config
from spanloom.core import Batch
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.engine.device import to_tensors
from spanloom.engine.run import run_training
from spanloom.export.bundle import export
from spanloom.nn.loss import class_loss
from spanloom.predict.predictor import load
from spanloom.tasks import FOLDER
from spanloom.tasks.tag import TASK
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig
from spanloom.tasks.tag.model import TagModel, build, losses
from tests.tasks.tagged import tagged, with_spans

CPU = torch.device("cpu")
RNN = RnnConfig(word_width=8, char_width=4, char_filters=6, shape_width=2, hidden=7)
EXAMPLES = [
    with_spans("Ann met Bob in New York", [(0, 1, "Per"), (2, 3, "Per"), (4, 6, "Loc")]),
    with_spans("Bob left", [(0, 1, "Per")], line=2),
    with_spans("New York City sleeps", [(0, 3, "Loc")], line=3),
]


def made(**chosen: Any) -> tuple[TagCodec, nn.Module, Batch]:
    """A model that drops nothing out, its codec, and all the examples as one batch."""
    config = TagConfig(encoder=RNN, **chosen)
    codec = TagCodec.fit(EXAMPLES, config)
    torch.manual_seed(0)
    return codec, build(config, codec).eval(), codec.collate([codec.encode(example) for example in EXAMPLES])


def test_a_crf_gives_its_chain_and_softmax_only_emissions() -> None:
    codec, model, batch = made()
    outputs = model(**to_tensors(batch.inputs, CPU))
    tags = len(codec.tagset.tags)
    shapes = {name: tuple(tensor.shape) for name, tensor in outputs.items()}
    assert shapes == {"emissions": (3, 8, tags), "transitions": (tags, tags), "start": (tags,), "end": (tags,)}
    forbidden = [np.isneginf(rule) for rule in codec.tagset.rules()]
    for name, rule in zip(("transitions", "start", "end"), forbidden, strict=True):
        np.testing.assert_array_equal(np.isneginf(outputs[name].detach().numpy()), rule)
    _, model, batch = made(head="softmax")
    assert list(model(**to_tensors(batch.inputs, CPU))) == ["emissions"]


def test_the_loss_of_a_crf_is_its_likelihood_by_the_token() -> None:
    codec, model, batch = made()
    assert isinstance(model, TagModel)
    assert model.crf is not None
    outputs = model(**to_tensors(batch.inputs, CPU))
    expected = model.crf.nll(
        outputs["emissions"], torch.from_numpy(batch.targets["tags"]), torch.from_numpy(batch.inputs["lengths"])
    )
    found = losses(outputs, to_tensors(batch.targets, CPU))
    torch.testing.assert_close(found["tags"], expected.sum())
    assert batch.counts == {"tags": 12.0}
    found["tags"].backward()
    gradients = [model.crf.transitions.grad, model.crf.start.grad, model.crf.end.grad]
    for gradient, rule in zip(gradients, codec.tagset.rules(), strict=True):
        assert gradient is not None
        assert torch.isfinite(gradient).all()
        assert (gradient[torch.from_numpy(np.isneginf(rule))] == 0).all()
        assert gradient.abs().max() > 0


def test_a_softmax_is_trained_as_it_is_told() -> None:
    chosen: dict[str, Any] = {"focal_gamma": 1.5, "label_smoothing": 0.1, "class_weights": "balanced"}
    codec, model, batch = made(head="softmax", **chosen)
    emissions = model(**to_tensors(batch.inputs, CPU))["emissions"]
    expected = 0.0
    weights = torch.tensor(codec.tagset.balanced([example.gold.labels for example in EXAMPLES]))
    for row, example in enumerate(EXAMPLES):
        gold = torch.from_numpy(codec.tagset.encode(example.gold.labels))
        logits = emissions[row, : len(gold)]
        expected += class_loss(logits, gold, torch.ones(len(gold)), weights, 1.5, 0.1).item()
    assert losses({"emissions": emissions}, to_tensors(batch.targets, CPU))["tags"].item() == pytest.approx(expected)
    plain, model, batch = made(head="softmax")
    assert batch.targets.keys() == {"tags", "weights", "focal_gamma", "label_smoothing"}
    assert plain.loss == {"focal_gamma": 0.0, "label_smoothing": 0.0}


def test_plain_labels_take_a_crf_too() -> None:
    examples = [tagged("she runs .", "PRON VERB PUNCT"), tagged("runs end", "NOUN VERB", line=2)]
    config = TagConfig(encoder=RNN)
    codec = TagCodec.fit(examples, config)
    model = build(config, codec).eval()
    batch = codec.collate([codec.encode(example) for example in examples])
    outputs = model(**to_tensors(batch.inputs, CPU))
    assert all(torch.isfinite(tensor).all() for tensor in outputs.values())
    assert losses(outputs, to_tensors(batch.targets, CPU))["tags"] > 0


@pytest.mark.slow(reason="trains on the sample and exports, with each head")
@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({"head": "softmax", "scheme": "bio2", "label_smoothing": 0.05}, 0.9),
        ({"head": "crf", "confidence": False}, 0.9),
    ],
)
def test_either_head_learns_the_sample_and_answers_the_same_in_eight_bits(
    settings: dict[str, Any], least: float, tmp_path: Any
) -> None:
    config = load_config(FOLDER / "tag" / "tiny.toml", [], lambda name: TagConfig)
    train = replace(config.train, evaluate_from=config.train.epochs)
    config = replace(config, train=train, model=replace(config.model, **settings))
    assert TASK.best(run_training(TASK, config, tmp_path / "run", device=CPU)) >= least
    manifest = export(tmp_path / "run", tmp_path / "bundle", max_drop=3.0, precision="int8")
    assert manifest["outputs"][0] == "emissions"
    answer = load(tmp_path / "bundle")("Ida Halvorsen joined Nordlys Kraft in March .").value
    assert answer.labels == ("B-Person", "I-Person", "O", "B-Org", "I-Org", "O", "O", "O")
    assert (answer.scores is None) == (settings["head"] == "crf")
