"""The network of nested entities: its losses cell by cell, and that long texts come back whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
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
from spanloom.predict.predictor import load
from spanloom.tasks import FOLDER
from spanloom.tasks.nested import TASK
from spanloom.tasks.nested.codec import NestedCodec
from spanloom.tasks.nested.config import NestedConfig
from spanloom.tasks.nested.model import build, losses
from tests.tasks.test_nested_codec import TRAINING

CPU = torch.device("cpu")
RNN = RnnConfig(word_width=8, char_width=4, char_filters=6, shape_width=2, hidden=7)


def made(**chosen: Any) -> tuple[NestedCodec, nn.Module, Batch]:
    """A model that drops nothing out and has opinions, its codec, and all the examples as one batch."""
    config = NestedConfig(encoder=RNN, projection=5, **chosen)
    codec = NestedCodec.fit(TRAINING, config)
    torch.manual_seed(0)
    model = build(config, codec).eval()
    nn.init.normal_(model.spans.weight)  # type: ignore[union-attr, arg-type]
    return codec, model, codec.collate([codec.encode(example) for example in TRAINING])


def test_the_loss_is_the_choice_of_a_label_or_none_for_every_span() -> None:
    _, model, batch = made()
    outputs = model(**to_tensors(batch.inputs, CPU))
    found = losses(outputs, to_tensors(batch.targets, CPU))["spans"].item()
    scores = outputs["spans"].detach().double().numpy()
    total = 0.0
    for index, length in enumerate(batch.inputs["lengths"].tolist()):
        for first in range(length):
            for last in range(first, length):
                logits = np.append(0.0, scores[index, first, last])
                total += np.log(np.exp(logits).sum()) - logits[batch.targets["spans"][index, first, last]]
    assert found == pytest.approx(total, rel=1e-5)


def test_two_outputs_that_agree_are_not_apart() -> None:
    _, model, batch = made()
    outputs, targets = model(**to_tensors(batch.inputs, CPU)), to_tensors(batch.targets, CPU)
    assert TASK.divergence is not None
    assert TASK.divergence(outputs, outputs, targets)["spans"].item() == 0.0
    other = {"spans": outputs["spans"] + torch.randn(outputs["spans"].shape)}
    assert TASK.divergence(outputs, other, targets)["spans"].item() > 0.0


def test_a_text_longer_than_the_limit_is_read_through_windows(tmp_path: Path) -> None:
    """Spans of every depth come back in the characters of the whole text."""
    config = load_config(FOLDER / "nested" / "tiny.toml", ["model.max_words=24"], lambda name: NestedConfig)
    assert config.data.train is not None
    run_training(TASK, replace(config, data=replace(config.data, dev=None)), tmp_path / "run", device=CPU)
    examples = list(TASK.read(config.data.train, config.data))[:12]
    wanted, at = set(), 0
    for example in examples:
        for span in example.gold.spans:
            start, end = example.input.characters(span)
            wanted.add((at + start, at + end, span.label))
        at += len(example.input.text) + 1
    text = "\n".join(example.input.text for example in examples)
    found = load(tmp_path / "run")(text).to_dict()["entities"]
    assert {(item["start"], item["end"], item["label"]) for item in found} == wanted
    assert all(0.5 < item["score"] <= 1.0 for item in found)
