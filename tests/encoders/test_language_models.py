"""What trained language models make of a sentence, as an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from spanloom.batch.inputs import pad_inputs
from spanloom.core import Row
from spanloom.encoders.language_model.config import LanguageModelEncoderConfig
from spanloom.encoders.language_model.features import declared_units, unit_arrays
from spanloom.encoders.language_model.model import LanguageModels, load_language_models
from spanloom.encoders.language_model.runs import language_model_folders
from spanloom.errors import CheckpointError
from spanloom.nn.storage import load_tensors, store_tensors
from tests.language_model_runs import language_model_run

SENTENCES = [["a", "bee", "fed"], ["bed"]]


def made(config: LanguageModelEncoderConfig) -> LanguageModels:
    sizes, weights = load_language_models(config)
    models = LanguageModels(sizes, 0.3, config.freeze, config.unfreeze_epochs)
    models.load_state_dict(weights)
    return models


def read(config: LanguageModelEncoderConfig, models: LanguageModels) -> Tensor:
    units = next(iter(language_model_folders(config).values())).units
    rows = [Row(unit_arrays(units, words), {}, len(words), len(words)) for words in SENTENCES]
    vectors: Tensor = models(
        **{name: torch.from_numpy(array) for name, array in pad_inputs(rows, declared_units(units))[1].items()}
    )
    return vectors


def test_each_word_has_the_states_behind_its_last_and_before_its_first_unit(tmp_path: Path) -> None:
    """Beside the same models run unit by unit, each from the state that the unit before it left."""
    text = "a bee fed bed"
    ahead, codec = language_model_run(tmp_path / "ahead", text, embedding=4, layers=2, cell="lstm")
    back, _ = language_model_run(tmp_path / "back", text, 1, hidden=3, cell="rnn", direction="backward")
    config = LanguageModelEncoderConfig(path=tmp_path / "ahead", backward_path=tmp_path / "back")
    with torch.no_grad():
        found = read(config, made(config).eval())

        def states(model: torch.nn.Module, units: str) -> list[Tensor]:
            """The answer of the top layer behind BEGIN, and behind each unit."""
            state, seen = torch.zeros(1, model.encoder.recurrence.state_width), []  # type: ignore[union-attr, arg-type]
            for number in [0, *codec.units.numbers(list(units))]:
                output, state = model.encoder(torch.tensor([[int(number)]]), torch.tensor([1]), state)  # type: ignore[operator]
                seen.append(output[0, 0])
            return seen

        for row, words in enumerate(SENTENCES):
            whole = " ".join(words)
            forward, backward = states(ahead, whole), states(back, whole[::-1])
            at = 0
            for place, word in enumerate(words):
                begin, end = at, at + len(word) + (place > 0)  # the space before a word counts to it
                wanted = torch.cat([forward[end], backward[len(whole) - begin]])
                torch.testing.assert_close(found[row, place], wanted)
                at = end


def test_layers_are_trained_one_after_the_other_from_the_top(tmp_path: Path) -> None:
    language_model_run(tmp_path / "ahead", "a bed", embedding=4, layers=2)
    language_model_run(tmp_path / "back", "a bed", direction="backward")
    paths = {"path": tmp_path / "ahead", "backward_path": tmp_path / "back"}
    models = made(LanguageModelEncoderConfig(**paths, freeze="none", unfreeze_epochs=2))  # type: ignore[arg-type]
    seen = []
    for epoch in range(1, 8):
        models.begin_epoch(epoch)
        names = {
            name.rpartition(".")[0].removeprefix("readers.")
            for name, weight in models.named_parameters()
            if weight.requires_grad
        }
        seen.append(names)
    top = {"0.recurrence.layers.1", "1.recurrence.layers.0"}
    both = {*top, "0.recurrence.layers.0"}
    assert seen == [set(), set(), top, top, both, both, {*both, "0.embedding"}]


def test_what_is_frozen_drops_nothing_out(tmp_path: Path) -> None:
    language_model_run(tmp_path / "ahead", "a bee fed bed")
    config = LanguageModelEncoderConfig(path=tmp_path / "ahead", freeze="all")
    models = made(config).train()
    assert torch.equal(read(config, models), read(config, models))
    models = made(LanguageModelEncoderConfig(path=tmp_path / "ahead", freeze="none")).train()
    assert not torch.equal(read(config, models), read(config, models))


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    language_model_run(tmp_path / "ahead", "a bed")
    file = tmp_path / "ahead" / "model" / "weights.safetensors"
    tensors, about = load_tensors(file, "")
    tensors["encoder.recurrence.layers.0.weight_hh_l0"] = torch.from_numpy(np.zeros((4, 1), np.float32))
    store_tensors(file, tensors, about)
    with pytest.raises(CheckpointError, match=r"weights.safetensors: is not of the size that model.json and codec"):
        load_language_models(LanguageModelEncoderConfig(path=tmp_path / "ahead"))
