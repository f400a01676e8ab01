"""The way that a person goes, on the joint task's own sample: check, train, judge, compare, export, predict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spanloom.run.cli import main


@pytest.mark.slow(reason="trains, exports and quantizes a small model")
def test_from_data_to_a_bundle(tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = repository / "src" / "spanloom" / "tasks" / "joint"
    sample, run, bundle = folder / "sample.jsonl", tmp_path / "run", tmp_path / "bundle"

    assert main(["check", str(sample), "--task", "joint", "model.encoder.kind=rnn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["audit"]["table"]["relations"]["f1"] == 1.0

    assert main(["train", str(folder / "tiny.toml"), "train.epochs=30", "--output", str(run)]) == 0
    assert capsys.readouterr().out.startswith(f"{run}: trained, entity f1 ")

    assert main(["export", str(run), "--output", str(bundle), "--max-drop", "5"]) == 0
    assert capsys.readouterr().out.startswith(f"{bundle}: int8, score ")

    for model in (run, bundle):
        report = str(tmp_path / f"report-{model.name}")
        assert main(["evaluate", str(model), str(sample), "--report", report]) == 0
        assert "strict" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "report-run").iterdir()) == [
        "predictions.jsonl",
        "reliability.svg",
        "report.html",
        "scorecard.json",
    ]
    assert main(["compare", str(tmp_path / "report-run"), str(tmp_path / "report-bundle"), "--json"]) == 0
    assert abs(json.loads(capsys.readouterr().out)["tests"]["triples"]["difference"]) <= 0.05

    # The sample's first sentence, which the model was trained on: both models find a relation in it.
    text = json.loads(sample.read_text(encoding="utf-8").splitlines()[0])["text"]
    for model in (run, bundle):
        assert main(["predict", "-m", str(model), text]) == 0
        assert json.loads(capsys.readouterr().out)["relations"]

    assert main(["train", str(folder / "tiny.toml"), "--output", str(run)]) == 2
    assert f"ConfigError: {run}: the folder is not empty" in capsys.readouterr().err
