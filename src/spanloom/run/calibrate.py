"""Fit what the scores of a trained model are worth, and how sure it must be, on data of one's own. Needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spanloom.check.data import read_dev
from spanloom.config import DataConfig, load_config
from spanloom.contracts import Codec, Task
from spanloom.core import Example
from spanloom.decode.scaling import AS_IS
from spanloom.errors import ConfigError
from spanloom.metrics.by_source import score
from spanloom.predict.bundle import MANIFEST
from spanloom.predict.predictor import RUN_WEIGHTS, Predictor, load
from spanloom.run.evaluate import require_gold
from spanloom.run.user_config import data_settings
from spanloom.tasks import find_task


def calibrate(
    run: str | Path,
    data: str | Path | None = None,
    decide: bool = False,
    data_config: DataConfig | Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Fit the scores of a run on annotated data that it was not trained on, and keep what was fitted in the run.

    data: None for the run's own dev data, of several sources those of `train.best` if that names one. decide: also how
    sure a fact must be to be given, for the best F1 on these data; the weights stay as they are. data_config: how the
    data are read. Returns the scorecards on the data `before` and `after`, and how many `examples` there were.

    Raises ConfigError for a bundle, which is made of a run, and for a task that fits nothing; DataError for the data.
    """
    from spanloom.engine.model_folder import save_codec

    folder = Path(run)
    if (folder / MANIFEST).is_file() and not (folder / RUN_WEIGHTS).is_file():
        remedy = "Calibrate the run that it was exported from, and export that again."
        raise ConfigError(str(folder), "is a bundle", "a run folder", remedy)
    predictor = load(folder)
    task, codec = predictor.task, predictor.codec
    if task.calibrate is None or (decide and task.decide is None):
        what = "bound to choose" if task.calibrate is not None else "scores to fit"
        remedy = "Leave --decide out." if task.calibrate is not None else ""
        raise ConfigError("calibrate", f"the task '{task.name}' has no {what}", remedy=remedy)
    if data is None:
        examples, where = _own(folder, task), folder
    else:
        examples, where = list(task.read(Path(data), data_settings(data_config))), Path(data)
    require_gold(examples, where)

    def answers(chosen: Codec) -> list[Any]:
        told: Predictor[Any] = Predictor(task, chosen, predictor.backend, folder)
        return list(told.predict_inputs(example.input for example in examples))

    before = score(task, examples, answers(codec), codec)
    fitted: Any = codec
    fitted = fitted.with_scaling(AS_IS)
    if decide and task.decide is not None:
        fitted = task.decide(examples, answers, fitted)
    fitted = task.calibrate(examples, answers(fitted), fitted)
    save_codec(folder / "model", fitted)
    return {"examples": len(examples), "before": before, "after": score(task, examples, answers(fitted), fitted)}


def _own(run: Path, task: Task) -> list[Example]:
    """The dev data of a run, in the order in which it read them."""
    config = load_config(run / "config.toml", [], lambda name: find_task(name).config)
    part = read_dev(task, config)
    if part is None:
        raise ConfigError(str(run), "the run has no dev data", remedy="Name data: spanloom calibrate RUN DATA.")
    chosen = [
        example
        for example in part.examples
        if example.covered is not None and example.covered.source == config.train.best
    ]
    return chosen or part.examples
