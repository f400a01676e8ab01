"""An encoder with arrays and settings of its own goes through training, export and prediction, and edits nothing.

It stands in `throwaway/`; spanloom finds it as it finds its own, by listing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanloom.encoders import encoder_kinds
from spanloom.run.cli import main
from spanloom.tasks import FOLDER
from tests.throwaway.letters import a_new_encoder, forget

TASKS = ("tag", "relation")
"""One that gives words as they are, and one that puts marks among them and vectors of its own beside them."""


@pytest.fixture(autouse=True)
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    a_new_encoder(monkeypatch.setattr)
    monkeypatch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)  # slow, and tested elsewhere
    yield
    forget()


def configuration(task: str, folder: Path, encoder: str) -> Path:
    """The task's own tiny.toml with another encoder."""
    text = (FOLDER / task / "tiny.toml").read_text(encoding="utf-8").partition("[model]")[0]
    for part in ("train", "dev"):
        text = text.replace(f'{part} = "sample', f'{part} = "{FOLDER / task}/sample')
    file = folder / f"{task}.toml"
    file.write_text(f"{text}\n[model.encoder]\n{encoder}\n", encoding="utf-8")
    return file


def test_it_is_found_by_listing() -> None:
    assert "letters" in encoder_kinds()


@pytest.mark.parametrize("task", TASKS)
def test_it_is_trained_exported_and_predicts(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = configuration(task, tmp_path, 'kind = "letters"\nletter_width = 6')
    run, bundle = tmp_path / "run", tmp_path / "bundle"
    assert main(["train", str(config), "train.epochs=2", "--output", str(run)]) == 0
    stored = json.loads((run / "model" / "codec.json").read_text(encoding="utf-8"))
    assert stored["features"]["kind"] == "letters"
    assert main(["export", str(run), "--output", str(bundle), "--precision", "fp32"]) == 0
    sample = next(file for file in (FOLDER / task).iterdir() if file.stem == "sample")
    capsys.readouterr()
    answers = []
    for model in (run, bundle):
        assert main(["predict", "--input", str(sample), "-m", str(model)]) == 0
        answers.append(re.sub(r"\d\.\d+(e-\d+)?", "SCORE", capsys.readouterr().out))
    assert answers[0] == answers[1] != ""


def test_its_settings_are_told_and_refused_as_those_of_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "tag"]) == 0
    told = capsys.readouterr().out
    assert '[model.encoder] kind = "letters" Letters in any order.' in " ".join(told.split())
    assert "letter_width = 12" in told
    for encoder, says in (
        ('kind = "letters"\nmost = 1', "model.encoder.most: is 1; two letters at least"),
        ('kind = "letters"\nhidden = 3', "model.encoder.hidden: kind 'letters' has no such setting"),
        ('kind = "rnn"\nmost = 3', "model.encoder.most: kind 'rnn' has no such setting; 'letters' has"),
    ):
        config = configuration("tag", tmp_path, encoder)
        assert main(["train", str(config), "--output", str(tmp_path / "run")]) == 2
        assert says in capsys.readouterr().err
