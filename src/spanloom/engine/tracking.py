"""Trackers that `train.track` names: a run's losses, rates and scores where other tools show them, through accelerate.

RUN/track/tensorboard/   for `tensorboard --logdir RUN/track`
RUN/track/mlflow.db      for `mlflow ui --backend-store-uri sqlite:///RUN/track/mlflow.db`, unless MLFLOW_TRACKING_URI
                         names a server; RUN/track/mlflow.json says which of its runs a resumed training goes on with
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spanloom.config import RunConfig, flatten, to_table
from spanloom.engine.report import EpochReport, StepReport, headline
from spanloom.errors import MissingExtra
from spanloom.nn.storage import load_json, store_json


class Tracking:
    """Passes reports on to every tracker that the configuration names, of which there may be none."""

    def __init__(self, config: RunConfig, run: Path, step: int) -> None:
        """step: the updates that were done before, 0 at the start. Raises MissingExtra where a tracker is missing."""
        self._trackers: list[Any] = []
        for name in dict.fromkeys(config.train.track):
            try:
                tracker = _START[name](run / "track", step)
                if not step:
                    tracker.store_init_configuration(_plain(flatten(to_table(config))))
            except ModuleNotFoundError as error:
                self.close()
                raise MissingExtra(f"train.track = '{name}'", "track") from error
            self._trackers.append(tracker)

    def add(self, report: StepReport | EpochReport) -> None:
        """Pass on the losses, the gradient's norm and the rate of a step, or the dev scores and losses of an epoch."""
        values = _of_step(report) if isinstance(report, StepReport) else _of_epoch(report)
        for tracker in self._trackers:
            tracker.log(values, step=report.step)

    def close(self) -> None:
        for tracker in self._trackers:
            tracker.finish()


def _of_step(report: StepReport) -> dict[str, float]:
    losses = {f"loss/{name}": value for name, value in report.losses.items()}
    return losses | {"gradient_norm": report.gradient_norm, "learning_rate": report.learning_rate}


def _of_epoch(report: EpochReport) -> dict[str, float]:
    scores = {f"dev/{name.replace('.', '/')}": value for name, value in headline(report.scorecard or {}).items()}
    scores |= {f"dev/loss/{name}": value for name, value in report.losses.items()}
    scores |= {f"training/{name}": value for name, value in report.training.items()}
    return scores | {"epoch": report.epoch} | ({} if report.score is None else {"dev/score": report.score})


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the single numbers and strings that trackers take."""
    return {key: value if isinstance(value, (bool, int, float, str)) else str(value) for key, value in settings.items()}


def _start_tensorboard(folder: Path, step: int) -> Any:
    from accelerate.tracking import TensorBoardTracker

    # What an interrupted run wrote beyond its checkpoint is dropped, as it is from the metrics file.
    kept = {"purge_step": step + 1} if step else {}
    tracker: Any = TensorBoardTracker("tensorboard", logging_dir=folder, **kept)
    tracker.start()
    return tracker


def _start_mlflow(folder: Path, step: int) -> Any:
    import mlflow
    from accelerate.tracking import MLflowTracker

    folder.mkdir(parents=True, exist_ok=True)
    if "MLFLOW_TRACKING_URI" not in os.environ:
        mlflow.set_tracking_uri(f"sqlite:///{(folder / 'mlflow.db').resolve().as_posix()}")
    before = folder / "mlflow.json"
    run_id = load_json(before)["run_id"] if step and before.exists() else None
    tracker: Any = MLflowTracker("spanloom", logging_dir=(folder / "mlflow").resolve().as_uri(), run_id=run_id)
    tracker.start()
    store_json(before, {"run_id": tracker.tracker.info.run_id})
    return tracker


_START = {"tensorboard": _start_tensorboard, "mlflow": _start_mlflow}
