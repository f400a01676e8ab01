"""A text in a script that training did not have is remarked on, once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from spanloom.errors import CheckpointError
from spanloom.predict import unread
from spanloom.predict.predictor import bundled, load
from spanloom.run.cli import main

RUSSIAN, GREEK = "Мира живёт в Осло.", "Η Άντα ζει στην Αθήνα."  # noqa: RUF001
SAID = "Text in the script {}: this model was trained on Latin, so expect little of its answers there.\n"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled model with a count of scripts, in a process that has said nothing yet."""
    monkeypatch.setattr(unread, "_SAID", set())
    folder = tmp_path / "model"
    shutil.copytree(bundled(), folder)
    put(folder, {"Latin": 1000, "Han": 3})
    return folder


def put(folder: Path, scripts: object) -> None:
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    (folder / "bundle.json").write_text(json.dumps({**manifest, "scripts": scripts}), encoding="utf-8")


def test_each_script_is_said_once_on_standard_error(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    predictor = load(model, threads=1)
    assert ", scripts=('Latin',), " in repr(predictor)
    list(predictor.predict(["Ada met Bo in Leeds.", RUSSIAN, RUSSIAN, GREEK, ""]))
    predictor(RUSSIAN)
    out, said = capfd.readouterr()
    assert (out, said) == ("", SAID.format("Cyrillic") + SAID.format("Greek"))


def test_the_command_says_it_and_its_output_stays_pure(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert not main(["predict", "-m", str(model), "--format", "jsonl", RUSSIAN, RUSSIAN])
    out, said = capfd.readouterr()
    assert [json.loads(line)["text"] for line in out.splitlines()] == [RUSSIAN, RUSSIAN]
    assert said.count(SAID.format("Cyrillic")) == 1


def test_a_model_that_holds_no_count_says_nothing(
    model: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = json.loads((model / "bundle.json").read_text(encoding="utf-8"))
    del manifest["scripts"]
    (model / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    predictor = load(model, threads=1)
    predictor(RUSSIAN)
    assert capfd.readouterr() == ("", "")
    assert "scripts" not in repr(predictor)


def test_a_damaged_count_is_named(model: Path) -> None:
    put(model, {"Klingon": 4})
    with pytest.raises(CheckpointError, match=r"bundle\.json: scripts: 'Klingon': 4 in place of letters by script; as"):
        load(model)
