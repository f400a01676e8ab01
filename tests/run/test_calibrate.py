"""`spanloom calibrate`: scores and a bound that are fitted after training, on data of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spanloom
from spanloom.errors import ConfigError, DataError
from spanloom.run.calibrate import calibrate
from spanloom.run.cli import main
from spanloom.tasks import FOLDER

SAMPLE = FOLDER / "joint" / "sample.jsonl"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained so little that it is not sure of anything."""
    folder = tmp_path_factory.mktemp("calibrate") / "run"
    spanloom.train(FOLDER / "joint" / "tiny.toml", output=folder, overrides=["train.epochs=26"])
    return folder


def stored(run: Path) -> dict[str, object]:
    table: dict[str, object] = json.loads((run / "model" / "codec.json").read_text()).get("calibration", {})
    return table


def test_the_bound_gives_the_best_f1_and_goes_along(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = calibrate(run, SAMPLE, decide=True)
    before, after = (found[key]["summary"]["relation_f1"] for key in ("before", "after"))
    assert after > before
    least = stored(run)["least"]
    assert isinstance(least, float)
    assert least < 0  # it was too careful
    assert spanloom.evaluate(run, SAMPLE)["summary"]["relation_f1"] == pytest.approx(after)
    assert main(["calibrate", str(run), str(SAMPLE)]) == 0
    told = capsys.readouterr().out
    assert "relation f1" in told
    assert "calibration error, entities" in told
    assert stored(run)["least"] == least  # without --decide it stays
    spanloom.export(run, tmp_path / "bundle", max_drop=5.0)
    assert spanloom.evaluate(tmp_path / "bundle", SAMPLE)["summary"]["relation_f1"] == pytest.approx(after, abs=0.05)
    with pytest.raises(ConfigError, match=r"is a bundle; a run folder\. Calibrate the run"):
        calibrate(tmp_path / "bundle", SAMPLE)


def test_without_data_it_takes_the_dev_data_of_the_run(run: Path) -> None:
    assert calibrate(run)["examples"] == len(SAMPLE.read_text().splitlines())


def test_data_without_gold_are_refused(run: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.jsonl"
    plain.write_text('{"text": "Ada met Bo ."}\n')
    with pytest.raises(DataError, match="no gold answer"):
        calibrate(run, plain)


def test_a_task_without_a_bound_says_so(tmp_path: Path) -> None:
    run = tmp_path / "tag"
    spanloom.train(FOLDER / "tag" / "tiny.toml", output=run, overrides=["train.epochs=1"])
    with pytest.raises(ConfigError, match=r"the task 'tag' has no bound to choose\. Leave --decide out"):
        calibrate(run, FOLDER / "tag" / "sample.conll", decide=True)
