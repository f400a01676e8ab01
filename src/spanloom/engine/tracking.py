"""Trackers that `train.track` names: a run's losses, rates and scores where other tools show them.

RUN/track/tensorboard/   for `tensorboard --logdir RUN/track`
RUN/track/mlflow.db      for `mlflow ui --backend-store-uri sqlite:///RUN/track/mlflow.db`, unless MLFLOW_TRACKING_URI
                         names a server; RUN/track/mlflow.json says which of its runs a resumed training goes on with
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from spanloom.config import RunConfig, flatten, to_table
from spanloom.engine.report import EpochReport, StepReport, headline
from spanloom.errors import MissingExtra
from spanloom.nn.storage import load_json, store_json


class Tracker(Protocol):
    """A tool that shows a run. Numbers have names, in which `/` makes groups."""

    def settings(self, values: Mapping[str, bool | int | float | str]) -> None: ...
    def log(self, values: Mapping[str, float], step: int) -> None: ...
    def finish(self) -> None: ...


class Tracking:
    """Passes reports on to every tracker that the configuration names, of which there may be none."""

    def __init__(self, config: RunConfig, run: Path, step: int) -> None:
        """step: the updates that were done before, 0 at the start. Raises MissingExtra where a tracker is missing."""
        self._trackers: list[Tracker] = []
        for name in dict.fromkeys(config.train.track):
            try:
                tracker = _START[name](run / "track", step)
                if not step:
                    tracker.settings(_plain(flatten(to_table(config))))
            except ModuleNotFoundError as error:
                self.close()
                raise MissingExtra(f"train.track = '{name}'", "track") from error
            self._trackers.append(tracker)

    def add(self, report: StepReport | EpochReport) -> None:
        """Pass on the losses, the gradient's norm and the rate of a step, or the dev scores and losses of an epoch."""
        values = _of_step(report) if isinstance(report, StepReport) else _of_epoch(report)
        for tracker in self._trackers:
            tracker.log(values, report.step)

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


def _plain(settings: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Settings as the single numbers and strings that trackers take."""
    return {key: value if isinstance(value, (bool, int, float, str)) else str(value) for key, value in settings.items()}


class TensorBoard:
    """Event files in a folder."""

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # What an interrupted run wrote beyond its checkpoint is dropped, as it is from the metrics file.
        purged = step + 1 if step else None
        self._writer: Any = SummaryWriter(folder / "tensorboard", purge_step=purged)

    def settings(self, values: Mapping[str, bool | int | float | str]) -> None:
        self._writer.add_hparams(dict(values), {})
        self._writer.flush()

    def log(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, global_step=step)
        self._writer.flush()

    def finish(self) -> None:
        self._writer.close()


class MLflow:
    """A run of MLflow's, in the experiment that MLFLOW_EXPERIMENT_NAME says, else "spanloom"."""

    def __init__(self, folder: Path, step: int) -> None:
        import mlflow

        self._mlflow: Any = mlflow
        folder.mkdir(parents=True, exist_ok=True)
        if "MLFLOW_TRACKING_URI" not in os.environ:
            mlflow.set_tracking_uri(f"sqlite:///{(folder / 'mlflow.db').resolve().as_posix()}")
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "spanloom")
        known = mlflow.get_experiment_by_name(name)
        artifacts = (folder / "mlflow").resolve().as_uri()
        experiment = mlflow.create_experiment(name, artifacts) if known is None else known.experiment_id
        before = folder / "mlflow.json"
        run_id = load_json(before)["run_id"] if step and before.exists() else None
        run = mlflow.start_run(run_id=run_id, experiment_id=experiment)
        store_json(before, {"run_id": run.info.run_id})

    def settings(self, values: Mapping[str, bool | int | float | str]) -> None:
        limits = self._mlflow.utils.validation
        short = [item for item in values.items() if len(str(item[1])) <= limits.MAX_PARAM_VAL_LENGTH]
        most = limits.MAX_PARAMS_TAGS_PER_BATCH
        for start in range(0, len(short), most):
            self._mlflow.log_params(dict(short[start : start + most]))

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._mlflow.log_metrics(dict(values), step=step)

    def finish(self) -> None:
        self._mlflow.end_run()


_START: Mapping[str, Callable[[Path, int], Tracker]] = {"tensorboard": TensorBoard, "mlflow": MLflow}
