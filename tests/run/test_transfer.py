"""Language models as the encoder of other tasks, from their training to a bundle."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spanloom.config import load_config
from spanloom.engine.run import run_training
from spanloom.run.export import export
from spanloom.run.predictor import load
from spanloom.tasks import FOLDER, find_task
from tests.language_model_runs import language_model_run

TEXT = "Ida Halvorsen teaches history at the University of Bergen. The film was dull; we loved its music."


@pytest.mark.parametrize("name", ["tag", "classify", "joint"])
@pytest.mark.parametrize("freeze", ["all", "none"])
def test_a_model_that_stands_on_language_models_needs_them_no_more_once_trained(
    name: str, freeze: str, tmp_path: Path
) -> None:
    language_model_run(tmp_path / "ahead", TEXT, hidden=16)
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
        FOLDER / name / "tiny.toml", ["train.epochs=3", *settings], lambda other: find_task(other).config
    )
    run_training(task, config, tmp_path / "run")
    shutil.rmtree(tmp_path / "ahead")
    shutil.rmtree(tmp_path / "back")
    export(tmp_path / "run", tmp_path / "bundle", precision="fp32")
    run, bundle = load(tmp_path / "run"), load(tmp_path / "bundle")
    assert task.show(bundle.prepare(TEXT), bundle(TEXT)).keys() == task.show(run.prepare(TEXT), run(TEXT)).keys()
    again = load_config(tmp_path / "run" / "config.toml", ["train.epochs=4"], lambda other: find_task(other).config)
    assert again.model.encoder.path == tmp_path / "ahead"
