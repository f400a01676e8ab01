"""Language models as the encoder of other tasks, from their training to a bundle."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from spanloom.config import load_config
from spanloom.engine.model_folder import load_model
from spanloom.engine.run import run_training
from spanloom.export.bundle import export
from spanloom.predict.predictor import load
from spanloom.tasks import FOLDER, find_task
from tests.language_model_runs import language_model_run

TEXT = "Ida Halvorsen teaches history at the University of Bergen. The film was dull; we loved its music."


@pytest.mark.parametrize("name", ["tag", "classify", "joint"])
@pytest.mark.parametrize("freeze", ["all", "none"])
def test_a_model_that_stands_on_language_models_needs_them_no_more_once_trained(
    name: str, freeze: str, tmp_path: Path
) -> None:
    ahead, _ = language_model_run(tmp_path / "ahead", TEXT, hidden=16)
    language_model_run(tmp_path / "back", TEXT, hidden=16, direction="backward")
    encoder = {
        "kind": "language_model",
        "path": tmp_path / "ahead",
        "backward_path": tmp_path / "back",
        "freeze": freeze,
        "unfreeze_epochs": int(freeze == "none"),
    }
    settings = [f"model.encoder.{key}={value}" for key, value in encoder.items()]
    task = find_task(name)
    config = load_config(
        FOLDER / name / "tiny.toml",
        ["train.epochs=3", "train.evaluate_from=3", *settings],
        lambda other: find_task(other).config,
    )
    run_training(task, config, tmp_path / "run")
    shutil.rmtree(tmp_path / "ahead")
    shutil.rmtree(tmp_path / "back")
    began = ahead.encoder.state_dict()
    trained = load_model(tmp_path / "run", find_task).model.state_dict()
    inside = {key: trained[f"encoder.reader.readers.0.{key}"] for key in began}
    assert all(torch.equal(inside[key], began[key]) for key in began) == (freeze == "all")
    export(tmp_path / "run", tmp_path / "bundle", precision="fp32")
    run, bundle = load(tmp_path / "run"), load(tmp_path / "bundle")
    answers = [model(TEXT).to_dict() for model in (run, bundle)]
    assert alike(*answers), answers


def alike(one: Any, other: Any) -> bool:
    """Whether two answers are the same, but for the rounding of their scores."""
    if isinstance(one, float):
        return bool(one == pytest.approx(other, abs=1e-4))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)
