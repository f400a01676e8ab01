"""Whole encoders, in every combination that they can be asked for."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from spanloom.batch.inputs import pad_inputs
from spanloom.core import Row
from spanloom.encoders import build_encoder, encoder_size, encoder_tables, fit_features, load_features
from spanloom.encoders.contract import EncoderConfig, Features, Wanted
from spanloom.encoders.language_model.runs import FOLDERS
from spanloom.encoders.parts.settings import Pretrained
from spanloom.encoders.parts.words import WordFeatures
from spanloom.export.onnx_recurrent import with_onnx_recurrent
from spanloom.export.quantize import quiet
from spanloom.nn.encoder import EncoderModule
from tests.language_model_runs import language_model_run
from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

SENTENCES = [["Bea", "fed", "Abe", "."], ["Abe", "fed", "a", "bee", "and", "a", "cab", "in", "Bad", "Ems"], ["Dad"]]
SMALL: dict[str, Any] = {
    "hidden": 6,
    "word_width": 5,
    "char_width": 4,
    "char_filters": 7,
    "shape_width": 3,
    "hashed_width": 2,
}
WORDS: dict[str, dict[str, Any]] = {
    "words, characters and shapes": {"kind": "rnn"},
    "everything, two deep": {"kind": "rnn", "hashed_rows": 20, "layers": 2, "cell": "gru"},
    "one way": {"kind": "rnn", "cell": "rnn", "direction": "forward", "char_filters": 0},
    "hashed alone": {"kind": "cnn", "word_width": 0, "char_filters": 0, "shape_width": 0, "hashed_rows": 20},
    "convolutions": {"kind": "cnn", "layers": 3, "dilations": (1, 2), "window": 5},
    "no layer above": {"kind": "rnn", "layers": 0},
    "vectors": {"kind": "cnn", "vectors": "file"},
    "frozen vectors": {"kind": "rnn", "vectors": "file", "freeze_vectors": True},
}
READ: dict[str, dict[str, Any]] = {
    "language models": {"kind": "language_model", "freeze": "none"},
    "one language model alone": {"kind": "language_model", "unit": "word", "ways": ("backward",), "char_filters": 0},
    "frozen language models": {"kind": "language_model", "freeze": "all", "layers": 0, "unit": "word"},
}
PIECEWISE: dict[str, dict[str, Any]] = {
    "transformer": {"kind": "transformer", "word_width": 0},
    "transformer, vectors beside": {"kind": "transformer", "vectors": "file"},
    "transformer, no layer above": {
        "kind": "transformer",
        "word_width": 0,
        "layers": 0,
        "hashed_rows": 20,
        "freeze": "all",
    },
    "transformer, drawn vectors, no spelling": {
        "kind": "transformer",
        "shape_width": 0,
        "char_filters": 0,
        "freeze": "none",
    },
}
ALL = {**WORDS, **READ, **PIECEWISE}


def made(settings: dict[str, Any], folder: Path) -> tuple[EncoderConfig, Features, EncoderModule]:
    """Configuration, fitted features and the encoder, in evaluation mode."""
    torch.manual_seed(0)
    table = encoder_tables()[settings["kind"]]
    has = {field.name for field in dataclasses.fields(table)}
    settings = {**{name: size for name, size in SMALL.items() if name in has}, **settings}
    if settings.get("vectors"):
        settings["vectors"] = folder / "vectors.txt"
        lines = ["the 1 2 3 4 5", "abe 0 1 0 1 0.5", "of 3 2 1 0 -1", "fed -1 -2 -3 -4 -5"]
        settings["vectors"].write_text("\n".join(lines), encoding="utf-8")
    if settings["kind"] == "language_model":
        by_word = settings.pop("unit", "character") == "word"
        sizes = {"unit": "word", "embedding": 3, "layers": 2} if by_word else {"cell": "gru"}
        text = " ".join(word for words in SENTENCES for word in words)
        for way, key in FOLDERS.items():
            if way in settings.get("ways", FOLDERS):
                settings[key] = folder / way
                language_model_run(folder / way, text, direction=way, **sizes)
        settings.pop("ways", None)
    if settings["kind"] == "transformer":
        settings["path"] = folder
        sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
        BertModel(BertConfig(vocab_size=len(PIECES), max_position_embeddings=64, **sizes)).save_pretrained(folder)
        (folder / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    config = table(**settings)
    features = fit_features(SENTENCES, config, max_words=40)
    return config, features, build_encoder(config, features, Wanted(0.3)).eval()


def inputs(features: Features, sentences: Sequence[Sequence[str]]) -> dict[str, Tensor]:
    rows = []
    for words in sentences:
        arrays = features.encode(words)
        rows.append(Row(arrays, {}, features.length(arrays), len(words)))
    return {name: torch.from_numpy(array) for name, array in pad_inputs(rows, features.declared())[1].items()}


@pytest.mark.parametrize("name", ALL)
def test_padding_and_neighbours_change_nothing(name: str, tmp_path: Path) -> None:
    _, features, encoder = made(ALL[name], tmp_path)
    together = encoder(**inputs(features, SENTENCES)).vectors
    assert together.shape[2] == encoder.width
    for row, words in enumerate(SENTENCES):
        alone = encoder(**inputs(features, [words])).vectors
        torch.testing.assert_close(together[row, : len(words)], alone[0, : len(words)], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["everything, two deep", "convolutions"])
def test_what_stands_beside_the_words_is_read_by_the_layers_above(name: str, tmp_path: Path) -> None:
    config, features, _ = made(ALL[name], tmp_path)
    encoder = build_encoder(config, features, Wanted(0.3, beside=3)).eval()
    given = inputs(features, SENTENCES)
    beside = torch.zeros(*given["shapes"].shape, 3)
    plain = encoder(**given, beside=beside).vectors
    beside[0, 1] = 1.0
    assert not torch.equal(encoder(**given, beside=beside).vectors[0], plain[0])
    assert torch.equal(encoder(**given, beside=beside).vectors[1], plain[1])


@pytest.mark.parametrize("name", ALL)
def test_trained_weights_come_back_from_features_and_architecture(name: str, tmp_path: Path) -> None:
    config, features, encoder = made(ALL[name], tmp_path)
    for weight in encoder.parameters():
        nn.init.normal_(weight, std=0.1)
    read = load_features(features.to_dict(), features.tokenizer_json())
    for file in tmp_path.iterdir():  # neither vector file nor anything pretrained is needed again
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    again = build_encoder(config, read, Wanted(0.3, encoder.architecture)).eval()
    again.load_state_dict(encoder.state_dict())
    wanted, found = (model(**inputs(features, SENTENCES)).vectors for model in (encoder, again))
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("name", ALL)
def test_everything_read_is_trained_but_what_is_frozen(name: str, tmp_path: Path) -> None:
    config, features, encoder = made(ALL[name], tmp_path)
    encoder(**inputs(features, SENTENCES)).vectors.square().sum().backward()
    weights = {key: weight for key, weight in encoder.named_parameters() if "pooler" not in key}  # which nobody reads
    frozen = {key for key, weight in weights.items() if not weight.requires_grad}
    assert frozen == {key for key, weight in weights.items() if weight.grad is None}
    if config.kind == "transformer":
        inside = {key for key in weights if key.startswith("transformer.pretrained.")}
        word = {"transformer.pretrained.embeddings.word_embeddings.weight"}
        assert frozen == {"all": inside, "embeddings": word, "none": set()}[config.freeze]
    if config.kind == "language_model":
        inside = {key for key in weights if key.startswith("reader.")}
        vectors = {key for key in inside if "embedding" in key}
        assert frozen == {"all": inside, "embeddings": vectors, "none": set()}[config.freeze]


@pytest.mark.parametrize("freeze", [True, False])
def test_words_of_a_vector_file_start_from_their_vectors(freeze: bool, tmp_path: Path) -> None:
    _, features, encoder = made({"kind": "rnn", "vectors": "file", "freeze_vectors": freeze}, tmp_path)
    assert isinstance(features, WordFeatures)
    found = encoder.words(inputs(features, [["The", "fed", "Abe", "of", "Bea", "zzz"]])["words"])[0]  # type: ignore[operator, union-attr]
    wanted = torch.tensor([[1, 2, 3, 4, 5], [-1, -2, -3, -4, -5], [0, 1, 0, 1, 0.5], [3, 2, 1, 0, -1]])
    assert torch.equal(found[:4], wanted)
    assert features.frozen == (4 if freeze else 2)
    trained = dict(encoder.named_parameters())["words.table.weight"]
    assert len(trained) == len(features.words) - features.frozen  # type: ignore[arg-type]
    assert 0.5 < trained[1:].std() / wanted.std() < 1.5  # new words are about as large


@pytest.mark.parametrize("name", ALL)
def test_the_size_told_beforehand_is_that_of_the_weights(name: str, tmp_path: Path) -> None:
    config, features, encoder = made(ALL[name], tmp_path)
    size = encoder_size(config, features)
    buffers = dict(encoder.named_buffers())  # among them the numbers of places
    weights = [*encoder.parameters(), *(table for name, table in buffers.items() if not name.endswith("_ids"))]
    trained = sum(weight.numel() for weight in weights if weight.requires_grad)
    assert size.trained == trained
    assert size.frozen == sum(weight.numel() for weight in weights) - trained
    assert size.width == encoder.width
    tables = ("words.", "spelling.", "embeddings", ".embedding.", "pooler")
    frozen = isinstance(config, Pretrained) and config.freeze == "all"
    if not frozen and name != "language models":  # whose characters are several a word
        assert size.products == sum(
            weight.numel()
            for key, weight in encoder.named_parameters()
            if not any(part in key for part in tables) and (weight.ndim == 2 or not key.startswith("transformer."))
        )


@pytest.mark.parametrize("name", ["everything, two deep", "convolutions", "frozen vectors", *READ])
def test_an_exported_encoder_answers_the_same_at_every_size(name: str, tmp_path: Path) -> None:
    _, features, encoder = made(ALL[name], tmp_path)
    sample = inputs(features, SENTENCES)

    class ByPosition(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = with_onnx_recurrent(encoder)

        def forward(self, *tensors: Tensor) -> Tensor:
            vectors: Tensor = self.encoder(**dict(zip(sample, tensors, strict=True))).vectors
            return vectors

    axes = tuple(dict.fromkeys(range(tensor.dim()), torch.export.Dim.AUTO) for tensor in sample.values())
    with torch.no_grad(), quiet():
        program = torch.onnx.export(
            ByPosition().eval(),
            tuple(sample.values()),
            dynamo=True,
            dynamic_shapes={"tensors": axes},
            input_names=list(sample),
            verbose=False,
            opset_version=20,
        )
    assert program is not None
    program.save(str(tmp_path / "model.onnx"))
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for sentences in (SENTENCES[:1], SENTENCES[2:], [SENTENCES[1], ["a"] * 23]):
        given = inputs(features, sentences)
        (found,) = session.run(None, {node.name: given[node.name].numpy() for node in session.get_inputs()})
        wanted = encoder(**given).vectors.detach().numpy()
        for row, words in enumerate(sentences):
            np.testing.assert_allclose(found[row, : len(words)], wanted[row, : len(words)], atol=1e-5)
