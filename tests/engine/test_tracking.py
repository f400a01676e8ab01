from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from spanloom.config import RunConfig, apply_override, build, config_from_table
from spanloom.engine import tracking
from spanloom.engine.report import EpochReport, StepReport
from spanloom.engine.run import Interrupted, run_training
from spanloom.engine.tracking import Tracking
from spanloom.errors import ConfigError, MissingExtra
from tests.engine import toy
from tests.engine.interrupt import ctrl_c_at

pytestmark = [
    # of the trackers' own making
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
CPU = torch.device("cpu")
STEP = StepReport(3, 8, 1, {"tags": 0.5, "spans": 2.0}, 1.5, 0.01, 4, 40, 0.1)
EPOCH = EpochReport(1, 3, {"summary": {"f1": 0.25}, "seconds": 3}, 0.25, True, 1.0)


class Recorder:
    """A tracker that keeps what it is given."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.logged: list[tuple[int, dict[str, float]]] = []
        self.finished = False

    def settings(self, values: dict[str, Any]) -> None:
        self.told = values

    def log(self, values: dict[str, float], step: int) -> None:
        self.logged.append((step, values))

    def finish(self) -> None:
        self.finished = True


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(tracking, "_START", {"tensorboard": lambda folder, step: recorder})
    return recorder


def tracked(folder: Path, *names: Any) -> RunConfig:
    return toy.settings(folder, track=names)


def test_what_trackers_are_told(recorder: Recorder, tmp_path: Path) -> None:
    tracker = Tracking(tracked(tmp_path, "tensorboard", "tensorboard"), tmp_path, 0)
    tracker.add(STEP)
    tracker.add(EPOCH)
    tracker.add(replace(EPOCH, scorecard=None, score=None, epoch=2, step=6))
    assert recorder.logged == [
        (3, {"loss/tags": 0.5, "loss/spans": 2.0, "gradient_norm": 1.5, "learning_rate": 0.01}),
        (3, {"dev/summary/f1": 0.25, "epoch": 1, "dev/score": 0.25}),
        (6, {"epoch": 2}),
    ]
    assert recorder.told["train.batch_size"] == 4
    assert recorder.told["train.track"] == "['tensorboard', 'tensorboard']"
    assert recorder.told["model.dropout"] == 0.3
    assert not recorder.finished
    tracker.close()
    assert recorder.finished


def test_a_resumed_run_does_not_tell_its_settings_again(recorder: Recorder, tmp_path: Path) -> None:
    Tracking(tracked(tmp_path, "tensorboard"), tmp_path, 5)
    assert recorder.told == {}


def test_a_run_is_tracked_to_its_end_and_by_nobody_unasked(
    recorder: Recorder, tmp_path: Path, without_pictures: None
) -> None:
    run_training(toy.TASK, tracked(tmp_path), tmp_path / "untracked", device=CPU)
    assert recorder.logged == []
    assert not (tmp_path / "untracked" / "track").exists()
    run_training(toy.TASK, tracked(tmp_path, "tensorboard"), tmp_path / "run", device=CPU)
    assert [step for step, values in recorder.logged if "gradient_norm" in values] == [1, 2, 3, 4, 5, 6]
    assert [step for step, values in recorder.logged if "dev/letters/accuracy" in values] == [3, 6]
    assert recorder.finished


def test_a_tracker_that_is_not_known_is_refused(tmp_path: Path) -> None:
    table: dict[str, Any] = {"task": "toy", "train": {"track": ["tensorbord"]}}
    with pytest.raises(ConfigError, match=r"train\.track is 'tensorbord'; did you mean 'tensorboard'"):
        config_from_table(table, "toy.toml", tmp_path, lambda name: toy.ToyConfig)
    apply_override(table, 'train.track=["mlflow"]')
    assert build(RunConfig, table, "toy.toml", tmp_path).train.track == ("mlflow",)


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_a_tracker_that_is_not_installed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tensorboard", "tensorboardX", "torch.utils.tensorboard", "mlflow"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra) as refused:
        Tracking(tracked(tmp_path, name), tmp_path, 0)
    assert str(refused.value) == (
        f"train.track = '{name}': needs packages that are not installed (the 'track' extra). "
        "Install it with: pip install 'spanloom[track]'"
    )


@pytest.mark.slow  # imports TensorBoard
def test_tensorboard_reads_what_a_stopped_and_resumed_run_wrote(tmp_path: Path, without_pictures: None) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    config, output = tracked(tmp_path, "tensorboard"), tmp_path / "run"
    with pytest.raises(Interrupted):
        run_training(toy.TASK, config, output, on_report=ctrl_c_at(4), device=CPU)
    run_training(toy.TASK, config, output, resume=True, device=CPU)
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if line["kind"] == "step"]
    seen = events.EventAccumulator(str(output / "track" / "tensorboard")).Reload()
    for tag, values in {
        "loss/letters": [line["losses"]["letters"] for line in steps],
        "gradient_norm": [line["gradient_norm"] for line in steps],
        "learning_rate": [line["learning_rate"] for line in steps],
    }.items():
        assert [event.step for event in seen.Scalars(tag)] == [1, 2, 3, 4, 5, 6]
        assert [event.value for event in seen.Scalars(tag)] == pytest.approx(values)
    scores = [line["score"] for line in lines if line["kind"] == "epoch"]
    assert [event.value for event in seen.Scalars("dev/score")] == pytest.approx(scores)


class FakeMlflow(ModuleType):
    """As much of MLflow as is called."""

    def __init__(self) -> None:
        super().__init__("mlflow")
        self.uri = ""
        self.experiments: dict[str, str] = {}
        self.runs: list[str | None] = []
        self.params: dict[str, Any] = {}
        self.metrics: list[tuple[int, dict[str, float]]] = []
        self.ended = 0
        self.utils = SimpleNamespace(validation=SimpleNamespace(MAX_PARAM_VAL_LENGTH=60, MAX_PARAMS_TAGS_PER_BATCH=10))

    def set_tracking_uri(self, uri: str) -> None:
        self.uri = uri

    def get_experiment_by_name(self, name: str) -> Any:
        return SimpleNamespace(experiment_id=self.experiments[name]) if name in self.experiments else None

    def create_experiment(self, name: str, artifact_location: str) -> str:
        assert name not in self.experiments
        self.experiments[name] = artifact_location
        return artifact_location

    def start_run(self, run_id: str | None, experiment_id: str) -> Any:
        assert experiment_id in self.experiments.values()
        self.runs.append(run_id)
        return SimpleNamespace(info=SimpleNamespace(run_id=run_id or "run-1"))

    def log_params(self, params: dict[str, Any]) -> None:
        assert len(params) <= 10
        assert all(len(str(value)) <= 60 for value in params.values())
        self.params |= params

    def log_metrics(self, metrics: dict[str, float], step: int) -> None:
        self.metrics.append((step, metrics))

    def end_run(self) -> None:
        self.ended += 1


def test_mlflow_goes_on_with_the_run_that_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeMlflow()
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    config = tracked(tmp_path, "mlflow")
    for step in (0, 4):
        tracker = Tracking(config, tmp_path / "run", step)
        tracker.add(replace(STEP, step=step + 1))
        tracker.close()
    assert fake.runs == [None, "run-1"]
    assert fake.uri == f"sqlite:///{tmp_path.as_posix()}/run/track/mlflow.db"
    assert fake.experiments == {"spanloom": f"{tmp_path.as_uri()}/run/track/mlflow"}
    assert fake.params["seed"] == 1
    assert "data.train" not in fake.params, "the path is longer than MLflow takes"
    assert len(fake.params) > 20
    assert [step for step, _ in fake.metrics] == [1, 5]
    assert fake.metrics[0][1]["loss/tags"] == 0.5
    assert fake.ended == 2
    fake.uri = ""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example")
    Tracking(config, tmp_path / "other", 0)
    assert fake.uri == "", "the server that the user named"
