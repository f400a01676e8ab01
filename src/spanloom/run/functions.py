"""`spanloom.check` and `spanloom.export`: what the commands of these names do, importable without anything heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from spanloom.check.data import read_training
from spanloom.config import DataConfig, RunConfig
from spanloom.config.data import check_sources
from spanloom.errors import ConfigError
from spanloom.run.user_config import GivenConfig, resolved
from spanloom.tasks import find_task
from spanloom.write.notebook import ShownCheck

Precision = Literal["int8", "fp32"]


def check(data: str | Path, task: str | None = None, config: GivenConfig | None = None) -> ShownCheck:
    """Say whether the gold of a file is well formed, what looks like a mistake in it, and what a scheme cannot express.

    data: an annotated file, or a configuration (.toml), whose training data are then checked: of several sources each
    by itself, under "sources", and all together. task: whose gold the file holds. config: settings other than the
    defaults, such as `{"data": {"encoding": "gb18030"}}`; where they have a `data.dev` that part is checked too.
    Returns what `spanloom check --json` prints, a dict that shows itself as tables; its `issues` has each kind of fault
    with its number and its first cases. Raises ConfigError, and DataError for what cannot be read, citing the line.
    """
    from spanloom.run.evaluate import require_gold

    if Path(data).suffix == ".toml" and config is None:
        return check_config(resolved(data))
    if task is None:
        raise ConfigError("check", "no task is named", "the task whose gold the data hold", "Name it: --task tag, say.")
    given = {} if config is None else config
    settings = resolved({"task": task, **given} if isinstance(given, Mapping) else given)
    if settings.task != task:
        found = f"is '{settings.task}' in the configuration, and the data are to be checked for '{task}'"
        raise ConfigError("task", found, "the same task twice", f"Call check(data, '{settings.task}', …).")
    chosen = find_task(task)
    examples = list(chosen.read(Path(data), settings.data))
    require_gold(examples, Path(data))
    return ShownCheck(chosen.check(examples, settings))


def check_config(settings: RunConfig) -> ShownCheck:
    """As `check`, of the training data that a configuration names."""
    check_sources(settings.data)
    task = find_task(settings.task)
    if not settings.data.source:
        if settings.data.train is None:
            raise ConfigError("data.train", "is not set", "the path of the training data", "Set data.train=PATH.")
        return check(settings.data.train, settings.task, settings)
    alone = replace(settings, data=DataConfig())
    training = [replace(example, covered=None) for example in read_training(task, settings).examples]
    sources = {}
    for source in settings.data.source:
        part = read_training(task, replace(settings, data=replace(settings.data, source=(source,))))
        (coverage,) = part.coverages.values()
        found = task.check([replace(example, covered=None) for example in part.examples], alone)
        annotated = {"entities": sorted(coverage.entities), "relations": sorted(coverage.relations)}
        sources[source.called] = {**found, "annotates": annotated, "remarks": part.remarks}
    return ShownCheck({**task.check(training, alone), "sources": sources})


def export(
    run: str | Path,
    output: str | Path,
    max_drop: float = 0.5,
    golden: str | Path | None = None,
    precision: Precision = "int8",
) -> dict[str, Any]:
    """Write a run as a bundle, a folder that predicts without PyTorch; what its `bundle.json` says.

    max_drop: how many points the bundle may lose against the run. golden: data to score both on in place of the run's
    dev data, whose sentences the bundle then holds. precision: "int8", or "fp32", four times as large and half as
    fast. Raises ExportRefused where it would lose more, and nothing is written then; MissingExtra without PyTorch;
    CheckpointError for a damaged run, ConfigError where there is nothing to score on.
    """
    if precision not in get_args(Precision):
        remedy = "Set precision='int8', or precision='fp32'."
        raise ConfigError("export", f"precision is {precision!r}", "'int8' or 'fp32'", remedy)
    from spanloom.export.bundle import export as write_export

    return write_export(Path(run), Path(output), max_drop, None if golden is None else Path(golden), precision)
