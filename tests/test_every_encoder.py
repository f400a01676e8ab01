"""What every encoder must keep, whatever it is: a folder under `encoders/` is all that a test here needs to find it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from spanloom.answers.tags import Tags
from spanloom.axes import WORDS, Axis
from spanloom.batch.inputs import pad_inputs
from spanloom.config import RunConfig, load_config, to_toml
from spanloom.core import Row
from spanloom.encoders import (
    build_encoder,
    check_encoder,
    encoder_kinds,
    encoder_size,
    encoder_tables,
    find_encoder,
    fit_features,
    layers_above,
    load_features,
)
from spanloom.encoders.contract import EncoderConfig, Features, Wanted
from spanloom.export.to_onnx import largest_difference, to_onnx
from spanloom.nn.encoder import EncoderModule
from spanloom.predict.bundle import OnnxBackend, start
from spanloom.tasks import find_task
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig
from spanloom.tasks.tag.model import build as build_tagger
from tests.encoder_files import small_config
from tests.tasks.tagged import tagged

SENTENCES = [["Bea", "fed", "Abe", "."], ["Abe", "fed", "a", "bee", "and", "a", "cab", "in", "Bad", "Ems"], ["Dad"]]
ODD = ["\u200b", "a" * 300, "中国", "", "naïve", "\U0001f642", "."]
FEW = 100_000
"""Weights of an encoder that is exported in a moment."""


@dataclass(frozen=True)
class Case:
    kind: str
    config: EncoderConfig
    features: Features

    def module(self, wanted: Wanted | None = None) -> EncoderModule:
        torch.manual_seed(0)
        module: EncoderModule = build_encoder(self.config, self.features, wanted or Wanted(0.3)).eval()
        return module

    def inputs(self, sentences: Sequence[Sequence[str]]) -> dict[str, Tensor]:
        encoded = [(words, self.features.encode(words)) for words in sentences]
        rows = [Row(arrays, {}, self.features.length(arrays), len(words)) for words, arrays in encoded]
        return {name: torch.from_numpy(array) for name, array in pad_inputs(rows, self.features.declared())[1].items()}


@pytest.fixture(scope="module", params=encoder_kinds())
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    config = small_config(request.param, tmp_path_factory.mktemp(request.param))
    return Case(request.param, config, fit_features(SENTENCES, config, max_words=40))


def test_there_are_encoders() -> None:
    assert {"minilm", "rnn"} <= set(encoder_kinds())
    assert "parts" not in encoder_kinds()


@pytest.mark.parametrize("kind", encoder_kinds())
def test_the_folder_holds_one_encoder_and_nothing_else(kind: str) -> None:
    table = find_encoder(kind).config
    assert sys.modules[f"spanloom.encoders.{kind.replace('-', '_')}"].__all__ == ["ENCODER"]  # type: ignore[attr-defined]
    assert encoder_tables()[kind] is table
    assert issubclass(table, EncoderConfig)
    assert table.__doc__ != EncoderConfig.__doc__
    assert next(field.default for field in dataclasses.fields(table) if field.name == "kind") == kind
    check_encoder(table(kind=kind))


@pytest.mark.parametrize("kind", encoder_kinds())
def test_it_is_known_without_torch(kind: str) -> None:
    program = (
        "import sys\nfrom spanloom.encoders import check_encoder, encoder_tables, find_encoder\n"
        f"check_encoder(encoder_tables()['{kind}']()); find_encoder('{kind}')\n"
        "print(*sorted({'torch', 'transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout.strip()) == ("", "")


def test_its_table_comes_back_from_toml(case: Case, tmp_path: Path) -> None:
    config = RunConfig("tag", model=TagConfig(encoder=case.config))
    (tmp_path / "all.toml").write_text(to_toml(config), encoding="utf-8")
    (tmp_path / "short.toml").write_text(f'task = "tag"\n[model]\nencoder = "{case.kind}"\n', encoding="utf-8")
    (tmp_path / "other.toml").write_text('task = "tag"\n[model.encoder]\nshape_width = 3\n', encoding="utf-8")

    def loaded(name: str, *overrides: str) -> EncoderConfig:
        found = load_config(tmp_path / name, overrides, lambda task: find_task(task).config)
        encoder: EncoderConfig = found.model.encoder
        return encoder

    assert loaded("all.toml") == case.config
    assert loaded("short.toml") == find_encoder(case.kind).config(kind=case.kind)
    assert loaded("other.toml", f"model.encoder.kind={case.kind}").kind == case.kind
    assert loaded("short.toml", "model.encoder.shape_width=5").shape_width == 5  # type: ignore[attr-defined]


def test_features_come_back_from_what_is_stored(case: Case) -> None:
    stored = json.loads(json.dumps(case.features.to_dict()))
    assert stored["kind"] == case.kind
    again = load_features(stored, case.features.tokenizer_json())
    assert again.to_dict() == case.features.to_dict()
    assert again.declared() == case.features.declared()
    for words in (*SENTENCES, ODD):
        wanted, found = case.features.encode(words), again.encode(words)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("words", [*SENTENCES, ODD], ids=len)
def test_arrays_are_as_they_are_declared(case: Case, words: list[str]) -> None:
    declared, sizes = case.features.declared(), {WORDS: len(words)}
    arrays = case.features.encode(words)
    assert int(arrays["lengths"]) == len(words)
    for name, array in arrays.items():
        assert array.dtype == np.int64
        assert array.ndim == len(declared[name].axes)
        for axis, size in zip(declared[name].axes, array.shape, strict=True):
            assert size == (sizes.setdefault(axis, size) if isinstance(axis, Axis) else axis), (name, axis)
        limit = declared[name].limit
        assert array.size == 0 or (array.min() >= 0 and (limit is None or array.max() < limit)), name


def test_padding_and_neighbours_change_nothing(case: Case) -> None:
    module = case.module()
    with torch.no_grad():
        together = module(**case.inputs(SENTENCES)).vectors
        assert together.shape[::2] == (len(SENTENCES), module.width)
        assert together.shape[1] % WORDS.step == 0
        for row, words in enumerate(SENTENCES):
            alone = module(**case.inputs([words])).vectors
            assert alone.shape[1] == len(words)
            torch.testing.assert_close(together[row, : len(words)], alone[0], rtol=1e-4, atol=1e-5)


def test_trained_weights_come_back_from_features_and_architecture(case: Case) -> None:
    module = case.module()
    again = case.module(Wanted(0.3, json.loads(json.dumps(module.architecture))))
    again.load_state_dict(module.state_dict())
    with torch.no_grad():
        assert torch.equal(*(each(**case.inputs(SENTENCES)).vectors for each in (module, again)))


def test_what_stands_beside_the_words_is_read(case: Case) -> None:
    module, given = case.module(Wanted(0.3, beside=2)), case.inputs(SENTENCES)
    beside = torch.zeros(len(SENTENCES), 16, 2)
    with torch.no_grad():
        plain = module(**given, beside=beside).vectors
        beside[0, 1] = 1.0
        changed = module(**given, beside=beside).vectors
    assert not torch.equal(changed[0], plain[0])
    assert torch.equal(changed[1], plain[1])


def test_a_task_may_put_the_layers_above_itself(case: Case) -> None:
    below = case.module(Wanted(0.3, above=False))
    above = layers_above(case.config, below.width + 4, 0.3)
    with torch.no_grad():
        vectors = below(**case.inputs(SENTENCES)).vectors
        wider = torch.nn.functional.pad(vectors, (0, 4))
        assert above(wider, case.inputs(SENTENCES)["lengths"]).shape == (*vectors.shape[:2], above.width)
    assert above.width == case.module().width


def test_the_size_told_beforehand_is_that_of_the_weights(case: Case) -> None:
    module, size = case.module(), encoder_size(case.config, case.features)
    trained = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
    frozen = sum(weight.numel() for weight in module.parameters() if not weight.requires_grad)
    assert (size.trained, size.frozen, size.width) == (trained, frozen, module.width)
    assert size.products > 0


def test_its_graph_answers_as_the_network_does(case: Case, tmp_path: Path) -> None:
    """By a tagger, of the kinds whose graph is made in a moment: `to_onnx` frees the axes that are declared."""
    size = encoder_size(case.config, case.features)
    if size.trained + size.frozen > FEW:
        pytest.skip("a large graph, of the same code as a small one")
    examples = [tagged(" ".join(words), " ".join(["B-X", *["O"] * (len(words) - 1)])) for words in SENTENCES]
    assert isinstance(examples[0].gold, Tags)
    codec = TagCodec.fit(examples, TagConfig(encoder=case.config, max_words=40))
    torch.manual_seed(0)
    model = build_tagger(TagConfig(encoder=case.config), codec).eval()
    rows = [codec.encode(example) for example in examples]
    to_onnx(model, codec, rows, tmp_path / "model.onnx")
    graph = OnnxBackend(start((tmp_path / "model.onnx").read_bytes(), "model.onnx"))
    assert largest_difference(model, graph, codec, rows) < 1e-4
