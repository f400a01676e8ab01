"""Vectors of pieces that are never trained stay in float16 where that loses nothing: the same answers in less room."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import spanloom
from spanloom.encoders import build_encoder, fit_features
from spanloom.encoders.contract import Wanted
from spanloom.encoders.parts.modules.pieces import PieceEncoder
from tests.encoder_files import VECTORS, small_config
from tests.test_every_encoder import SENTENCES, Case

TABLE = f"transformer.pretrained.{VECTORS}"


def case(kind: str, folder: Path, **settings: Any) -> tuple[Case, PieceEncoder]:
    config = dataclasses.replace(small_config(kind, folder), **settings)
    made = Case(kind, config, fit_features(SENTENCES, config, max_words=40))
    torch.manual_seed(0)
    module = build_encoder(made.config, made.features, Wanted(0.3)).eval()
    assert isinstance(module, PieceEncoder)
    return made, module


@pytest.mark.parametrize(
    ("kind", "freeze", "dtype"),
    [
        ("multilingual-e5", "embeddings", torch.float16),
        ("multilingual-e5", "all", torch.float16),
        ("multilingual-e5", "none", torch.float32),
        ("transformer", "embeddings", torch.float32),  # drawn numbers, which float16 would round
    ],
)
def test_a_table_that_is_not_trained_and_loses_nothing_is_halved(
    kind: str, freeze: str, dtype: torch.dtype, tmp_path: Path
) -> None:
    _, module = case(kind, tmp_path, freeze=freeze)
    assert module.state_dict()[TABLE].dtype is dtype
    assert torch.equal(module.state_dict()[TABLE].float(), load_file(tmp_path / "model.safetensors")[VECTORS])


def test_answers_are_those_of_the_whole_table_to_the_bit(tmp_path: Path) -> None:
    made, halved = case("multilingual-e5", tmp_path)
    _, whole = case("multilingual-e5", tmp_path, freeze="none")
    whole.load_state_dict(halved.state_dict())
    with torch.no_grad():
        assert torch.equal(*(each(**made.inputs(SENTENCES)).vectors for each in (halved, whole)))


def test_a_run_keeps_it_goes_on_with_it_and_is_exported(tmp_path: Path) -> None:
    small_config("multilingual-e5", tmp_path / "encoder")
    data = tmp_path / "data.conll"
    data.write_text("".join(f"{name} B-PER\nfed O\nAbe B-PER\n. O\n\n" for name in ("Bea", "Dad")), encoding="utf-8")

    encoder = {"kind": "multilingual-e5", "path": str(tmp_path / "encoder"), "hidden": 4, "char_filters": 4}
    config = {
        "task": "tag",
        "data": {"train": str(data), "dev": str(data)},
        "train": {"epochs": 4, "threads": 1, "learning_rate": 0.01},
        "model": {"encoder": encoder, "max_words": 40},
    }
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    spanloom.train(config, straight)
    shutil.copytree(straight, stopped)
    (stopped / "checkpoint" / "previous.safetensors").replace(stopped / "checkpoint" / "last.safetensors")
    spanloom.train(config, stopped, resume=True)
    assert (stopped / "checkpoint" / "previous.safetensors").is_file()  # the last epoch was trained again
    files = [load_file(run / "model" / "weights.safetensors") for run in (straight, stopped)]
    assert files[0].keys() == files[1].keys()
    assert all(torch.equal(files[0][name], files[1][name]) for name in files[0])
    (table,) = [weights for name, weights in files[1].items() if name.endswith(VECTORS)]
    assert table.dtype is torch.float16
    spanloom.export(straight, tmp_path / "bundle", max_drop=100.0, precision="fp32")
    texts = ["Bea fed Dad .", "Dad fed a bee ."]
    run, bundle = (spanloom.load(place)(texts) for place in (straight, tmp_path / "bundle"))
    assert [answer.value for answer in run] == [answer.value for answer in bundle]
