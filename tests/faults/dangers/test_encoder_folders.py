"""Encoder folders are data: none runs code, asks a question, starts from random numbers or stays in half precision."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForTokenClassification,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    ViTConfig,
    ViTModel,
)

from spanloom.encoders.parts.modules.pretrained import load_transformer, make_transformer
from spanloom.errors import CheckpointError, ConfigError, SpanloomError
from spanloom.run.cli import main
from spanloom.text.pieces import read_limit, read_tokenizer
from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

SIZES = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}


def bert(**settings: Any) -> BertConfig:
    return BertConfig(vocab_size=len(PIECES), max_position_embeddings=64, **SIZES, **settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "encoder"
    BertModel(bert()).save_pretrained(path)
    (path / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    return path


def change_weights(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    table = {**json.loads(path.read_text(encoding="utf-8")), **values}
    path.write_text(json.dumps({key: value for key, value in table.items() if value is not ...}), encoding="utf-8")


# ---- weights ---------------------------------------------------------------------------------------------------------


def test_a_weight_that_is_missing_is_named(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = "encoder.layer.1.output.dense.weight"
    change_weights(folder, lambda weights: {key: value for key, value in weights.items() if key != name})
    with pytest.raises(
        CheckpointError, match=rf"safetensors: lacks 1 of the 39 weights of a BertModel \({name}\)\. Use"
    ):
        load_transformer(folder, 0.0)
    assert capfd.readouterr() == ("", "")


def test_weights_of_another_kind_are_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 16, "vocab_size": len(PIECES)}
    settings["max_position_embeddings"] = 64
    DistilBertModel(DistilBertConfig(**settings)).save_pretrained(folder.parent / "other")
    os.replace(folder.parent / "other" / "model.safetensors", folder / "model.safetensors")
    capfd.readouterr()
    with pytest.raises(CheckpointError, match=r"lacks \d+ of the 39 weights of a BertModel \(.*, …\)"):
        load_transformer(folder, 0.0)
    assert capfd.readouterr() == ("", "")


def test_weights_of_another_size_are_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    change_config(folder, intermediate_size=24)
    with pytest.raises(CheckpointError, match=r"safetensors: its weights are of other sizes than config\.json says"):
        load_transformer(folder, 0.0)
    assert capfd.readouterr() == ("", "")


def test_a_pooler_may_be_absent_and_a_head_be_there(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = folder.parent / "other"
    BertForTokenClassification(bert(num_labels=3)).save_pretrained(other)  # without a pooler, with a head
    capfd.readouterr()
    loaded = load_transformer(other, 0.0)
    wanted = load_file(other / "model.safetensors")["bert.encoder.layer.1.output.dense.weight"]
    assert torch.equal(loaded.state_dict()["encoder.layer.1.output.dense.weight"], wanted)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_loaded_as_float32(folder: Path, dtype: torch.dtype) -> None:
    whole = load_file(folder / "model.safetensors")
    half = {name: value.to(dtype) if value.is_floating_point() else value for name, value in whole.items()}
    change_weights(folder, lambda weights: half)
    change_config(folder, dtype=str(dtype).removeprefix("torch."))
    loaded = load_transformer(folder, 0.0)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    name = "encoder.layer.0.output.dense.weight"
    assert torch.equal(loaded.state_dict()[name], half[name].float())
    architecture = json.loads(json.dumps(loaded.config.to_dict()))  # type: ignore[union-attr, operator]
    made = make_transformer(architecture)
    assert {weight.dtype for weight in made.parameters()} == {torch.float32}
    assert {weight.dtype for weight in make_transformer({**architecture, "dtype": "float16"}).parameters()} == {
        torch.float32
    }


def test_more_pieces_than_vectors_are_refused(folder: Path) -> None:
    load_transformer(folder, 0.0, len(PIECES))
    with pytest.raises(CheckpointError, match=rf"has 900 pieces, model\.safetensors vectors for {len(PIECES)}"):
        load_transformer(folder, 0.0, 900)


def test_a_model_of_images_is_refused(tmp_path: Path) -> None:
    ViTModel(ViTConfig(image_size=8, patch_size=4, **SIZES)).save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match=r"a ViTModel does not read pieces of words .*an encoder of text"):
        load_transformer(tmp_path, 0.0)


# ---- code ------------------------------------------------------------------------------------------------------------


def test_code_in_a_folder_is_never_run_nor_asked_about(folder: Path, repository: Path) -> None:
    change_config(folder, model_type="own", auto_map={"AutoConfig": "own.Own", "AutoModel": "own.OwnModel"})
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n", encoding="utf-8")
    program = (
        "import sys\nfrom pathlib import Path\nfrom spanloom.errors import SpanloomError\n"
        "from spanloom.encoders.parts.modules.pretrained import load_transformer\n"
        "try:\n    load_transformer(Path(sys.argv[1]), 0.0)\nexcept SpanloomError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        input="y\n" * 9,
        env={**os.environ, "PYTHONPATH": str(repository / "src"), "HF_HOME": str(folder.parent / "hf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the encoder 'own' brings code of its own, which spanloom never runs" in done.stdout
    assert "trust_remote_code" not in done.stdout + done.stderr
    assert not (folder / "ran").exists()


# ---- configurations and tokenizers -----------------------------------------------------------------------------------

ODD: list[Any] = [None, True, "x", "", -1, 0, 10**12, 2.5, 1e308, [], [1], {}, {"a": 1}, ...]


@pytest.mark.parametrize("key", ["hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"])
@pytest.mark.parametrize("value", ODD, ids=str)
def test_an_odd_size_is_our_error_or_none(folder: Path, key: str, value: Any) -> None:
    change_config(folder, **{key: value})
    with pytest.raises(CheckpointError, match="encoder"):
        load_transformer(folder, 0.0)


OTHERS = ["model_type", "max_position_embeddings", "vocab_size", "type_vocab_size", "hidden_act", "layer_norm_eps"]
OTHERS += ["pad_token_id", "hidden_dropout_prob", "architectures", "dtype", "initializer_range", "is_decoder"]


@pytest.mark.parametrize("key", OTHERS)
def test_an_odd_value_is_our_error_or_makes_no_difference(folder: Path, key: str) -> None:
    original = (folder / "config.json").read_text(encoding="utf-8")
    for value in ODD:
        (folder / "config.json").write_text(original, encoding="utf-8")
        change_config(folder, **{key: value})
        for read in (read_limit, lambda path: load_transformer(path, 0.1)):
            with suppress(SpanloomError):
                read(folder)


TRAIN = """
task = "tag"
[data]
train = "train.conll"
[train]
epochs = 1
threads = 1
[model.encoder]
kind = "transformer"
path = "encoder"
"""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer.json", "{"),
        ("tokenizer.json", "[]"),
        ("tokenizer.json", "null"),
        ("tokenizer.json", '{"model": {"type": "WordPiece"}}'),
        ("tokenizer.json", '{"version": "1.0", "model": 3}'),
        ("config.json", "[]"),
        ("config.json", "null"),
        ("config.json", '{"model_type": ["bert"]}'),
        ("config.json", "[" * 100_000),
        ("config.json", '{"max_position_embeddings": 2}'),
    ],
)
def test_a_damaged_encoder_folder_ends_in_one_sentence(
    folder: Path, name: str, content: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    (folder.parent / "train.conll").write_text("ab B-X\ncd O\n", encoding="utf-8")
    (folder.parent / "tag.toml").write_text(TRAIN, encoding="utf-8")
    assert main(["train", str(folder.parent / "tag.toml"), "--output", str(folder.parent / "run")]) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "encoder" in said
    assert "bug" not in said


def test_a_tokenizer_that_is_none_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: cannot be read \(not a tokenizer that can be read"):
        read_tokenizer(folder)


def test_a_kind_without_a_path_says_what_to_set(tmp_path: Path) -> None:
    from spanloom.encoders.transformer.config import TransformerConfig, folder

    with pytest.raises(
        ConfigError, match=r"not set; the folder of the 'transformer' encoder\. Set model\.encoder\.path"
    ):
        folder(TransformerConfig())
