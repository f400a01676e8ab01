"""What is fitted on dev data after training: once, for the kept weights, and the same after any stop."""

from __future__ import annotations

import gc
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from spanloom.contracts import Task
from spanloom.core import Array, Batch, Example
from spanloom.engine import calibrate as calibration
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.model_folder import load_model
from spanloom.engine.report import Notice, Report
from spanloom.engine.run import Interrupted, run_training
from spanloom.engine.trainer import Trainer
from spanloom.errors import CheckpointError
from tests.engine import toy
from tests.engine.interrupt import ctrl_c_at

CPU = torch.device("cpu")


class FittedCodec(toy.ToyCodec):
    """A toy codec that is told how many vowels its model found in dev, and then finds none at all."""

    def __init__(self, letters: str, found: int | None = None) -> None:
        super().__init__(letters)
        self.found = found

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[tuple[int, ...]]:
        answers = super().decode(outputs, batch)
        return answers if self.found is None else [(0,) * len(answer) for answer in answers]

    def to_dict(self) -> dict[str, Any]:
        fitted = {} if self.found is None else {"calibration": {"found": self.found}}
        return {**super().to_dict(), **fitted}


calls: list[tuple[Sequence[Example], list[Any]]] = []


def fit(examples: Sequence[Example], answers: Sequence[Any], codec: FittedCodec) -> FittedCodec:
    calls.append((examples, list(answers)))
    return FittedCodec(codec.letters, sum(map(sum, answers)))


def task(**changed: Any) -> Task:
    calls.clear()
    parts: dict[str, Any] = {
        "fit": lambda examples, config: FittedCodec("".join(sorted({letter for e in examples for letter in e.input}))),
        "load": lambda table, tokenizer: FittedCodec(table["letters"], table.get("calibration", {}).get("found")),
        "calibrate": fit,
    }
    return replace(toy.TASK, **{**parts, **changed})


def test_it_is_called_once_with_the_kept_models_answers_and_kept_in_its_codec(tmp_path: Path) -> None:
    config, reports = toy.settings(tmp_path, epochs=3), list[Report]()
    scorecard = run_training(task(), config, tmp_path / "run", on_report=reports.append, device=CPU)
    [(examples, answers)] = calls
    assert [example.input for example in examples] == (tmp_path / "dev.txt").read_text().split()
    saved = load_model(tmp_path / "run", lambda name: task())
    assert json.loads((tmp_path / "run/model/codec.json").read_text())["calibration"] == {
        "found": sum(map(sum, answers))
    }
    assert saved.codec.to_dict()["calibration"] == {"found": sum(map(sum, answers))}
    none_found = [(0,) * len(example.input) for example in examples]
    assert scorecard == toy.score(examples, none_found, saved.codec)  # of the model as it is used from now on
    assert scorecard == json.loads((tmp_path / "run/scorecard.json").read_text())
    assert any(report.text == "Calibrated on 10 dev examples." for report in reports if isinstance(report, Notice))


def test_the_weights_are_those_of_a_run_that_calibrates_nothing(tmp_path: Path) -> None:
    config = toy.settings(tmp_path)
    run_training(task(), config, tmp_path / "fitted", device=CPU)
    run_training(task(calibrate=None), config, tmp_path / "plain", device=CPU)
    fitted, plain = ((tmp_path / name / "model" / "weights.safetensors").read_bytes() for name in ("fitted", "plain"))
    assert fitted == plain


def test_what_trained_is_let_go_before_and_dev_goes_in_batches_of_the_trainings_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its moments, averages and weights would stand in memory beside the model that is read from the disk."""
    sizes, trainers = [], list[int]()

    def backend(*arguments: Any, **sized: int) -> TorchBackend:
        gc.collect()
        trainers.append(sum(type(held) is Trainer for held in gc.get_objects()))
        sizes.append(sized)
        return TorchBackend(*arguments, **sized)

    monkeypatch.setattr(calibration, "TorchBackend", backend)
    run_training(task(), toy.settings(tmp_path, batch_size=3, batch_tokens=70), tmp_path / "run", device=CPU)
    assert sizes == [{"batch_size": 3, "batch_tokens": 70}]
    assert trainers == [0]


def test_a_codec_that_stays_as_it_is_changes_nothing(tmp_path: Path) -> None:
    config = toy.settings(tmp_path)
    scorecard = run_training(
        task(calibrate=lambda examples, answers, codec: codec), config, tmp_path / "run", device=CPU
    )
    assert "calibration" not in json.loads((tmp_path / "run/model/codec.json").read_text())
    assert scorecard == run_training(task(calibrate=None), config, tmp_path / "plain", device=CPU)


def test_without_dev_data_nothing_is_fitted_and_that_is_said(tmp_path: Path) -> None:
    reports: list[Report] = []
    run_training(task(), toy.settings(tmp_path, dev=False), tmp_path / "run", on_report=reports.append, device=CPU)
    assert calls == []
    assert "calibration" not in json.loads((tmp_path / "run/model/codec.json").read_text())
    said, _ = [report.text for report in reports if isinstance(report, Notice)]
    assert said.endswith("Nothing is calibrated: scores are the network's own.")


def test_the_last_weights_are_calibrated_where_no_epoch_was_scored(tmp_path: Path) -> None:
    scorecard = run_training(task(), toy.settings(tmp_path, evaluate_from=9), tmp_path / "run", device=CPU)
    assert scorecard == {}
    assert not (tmp_path / "run/scorecard.json").exists()
    assert "calibration" in json.loads((tmp_path / "run/model/codec.json").read_text())


@pytest.mark.parametrize("stop", [2, 6])
def test_a_run_that_was_stopped_comes_to_the_same(tmp_path: Path, stop: int) -> None:
    config = toy.settings(tmp_path)
    wanted = run_training(task(), config, tmp_path / "whole", device=CPU)
    with pytest.raises(Interrupted):
        run_training(task(), config, tmp_path / "parts", on_report=ctrl_c_at(stop), device=CPU)
    assert calls == []
    assert run_training(task(), config, tmp_path / "parts", resume=True, device=CPU) == wanted
    for name in ("model/codec.json", "model/weights.safetensors", "scorecard.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes(), name
    assert run_training(task(), config, tmp_path / "parts", resume=True, device=CPU) == wanted  # once more, at the end


def test_a_crash_between_codec_and_scorecard_is_made_good_by_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = toy.settings(tmp_path)
    wanted = run_training(task(), config, tmp_path / "whole", device=CPU)

    def crash(path: Path, value: Any) -> None:
        raise CheckpointError(str(path), "could not be written")

    monkeypatch.setattr(calibration, "store_json", crash)
    with pytest.raises(CheckpointError, match=r"scorecard\.json: could not be written"):
        run_training(task(), config, tmp_path / "parts", device=CPU)
    monkeypatch.undo()
    load_model(tmp_path / "parts", lambda name: task())  # whole at every moment
    assert run_training(task(), config, tmp_path / "parts", resume=True, device=CPU) == wanted


def test_what_was_calibrated_may_differ_but_nothing_else_of_the_codec(tmp_path: Path) -> None:
    run_training(task(), toy.settings(tmp_path), tmp_path / "run", device=CPU)
    file = tmp_path / "run/model/codec.json"
    table = json.loads(file.read_text())
    file.write_text(json.dumps({**table, "calibration": {"found": 99}}))
    assert load_model(tmp_path / "run", lambda name: task()).codec.to_dict()["calibration"] == {"found": 99}
    file.write_text(json.dumps({**table, "letters": "xyz"}))
    with pytest.raises(CheckpointError, match=r"codec\.json: is not the codec that these weights were trained with"):
        load_model(tmp_path / "run", lambda name: task())
