"""`spanloom.check` and `spanloom.export`: what the commands of these names do, importable without anything heavy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from spanloom.check.data import read_sources
from spanloom.config import DataConfig, RunConfig
from spanloom.config.data import check_sources
from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.run.items import Data, examples_of, path_of
from spanloom.run.user_config import GivenConfig, resolved
from spanloom.tasks import find_task
from spanloom.write.notebook import ShownCheck

Precision = Literal["int8", "int4", "fp32"]


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
        return check_config(resolved(data), task)
    if task is None:
        raise ConfigError("check", "no task is named", "the task whose gold the data hold", "Name it: --task tag, say.")
    given = {} if config is None else config
    settings = resolved({"task": task, **given} if isinstance(given, Mapping) else given)
    _require_task(settings, task)
    chosen = find_task(task)
    examples = list(chosen.read(Path(data), settings.data))
    require_gold(examples, Path(data))
    return ShownCheck(chosen.check(examples, settings))


def check_config(settings: RunConfig, for_task: str | None = None) -> ShownCheck:
    """As `check`, of the training data that a configuration names."""
    check_sources(settings.data)
    _require_task(settings, for_task or settings.task)
    task = find_task(settings.task)
    if not settings.data.source:
        if settings.data.train is None:
            raise ConfigError("data.train", "is not set", "the path of the training data", "Set data.train=PATH.")
        return check(settings.data.train, settings.task, settings)
    alone = replace(settings, data=DataConfig())
    examples, sources = [], {}
    for name, part in read_sources(task, settings.data).items():
        own = [replace(example, covered=None) for example in part.examples]
        coverage = part.coverages[name]
        annotated = {"entities": sorted(coverage.entities), "relations": sorted(coverage.relations)}
        sources[name] = {**task.check(own, alone), "annotates": annotated, "remarks": part.remarks}
        examples += own
    return ShownCheck({**task.check(examples, alone), "sources": sources})


def _require_task(settings: RunConfig, task: str) -> None:
    if settings.task != task:
        found = f"is '{settings.task}' in the configuration, and the data are to be checked for '{task}'"
        raise ConfigError("task", found, "the same task twice", f"Name '{settings.task}' for both.")


def export(
    run: str | Path,
    output: str | Path,
    max_drop: float = 0.5,
    golden: Data | None = None,
    precision: Precision = "int8",
    keep_pieces: int | str | Path | Sequence[int | str | Path] = (),
) -> dict[str, Any]:
    """Write a run as a bundle, a folder that predicts without PyTorch; what its `bundle.json` says.

    max_drop: how many points the bundle may lose against the run. golden: data to score both on in place of the run's
    dev data: a file, whose sentences the bundle then holds, or items as `train` takes them. precision: "int8"; "int4",
    whose tables of vectors have 4 bits, not only those that came so; or "fp32", four times as large and half as fast.
    keep_pieces: how many pieces of the vocabulary to keep, a file of texts of which to keep what they need, or several
    of these; () for all. Raises ExportRefused where it would lose more, and nothing is written then; MissingExtra
    without PyTorch; CheckpointError for a damaged run, ConfigError where there is nothing to score on.
    """
    if precision not in get_args(Precision):
        remedy = "Set precision='int8', or another of these."
        raise ConfigError("export", f"precision is {precision!r}", "'int8', 'int4' or 'fp32'", remedy)
    from spanloom.export.bundle import export as write_export
    from spanloom.export.pieces import parse_keep

    keep = parse_keep([keep_pieces] if isinstance(keep_pieces, int | str | Path) else keep_pieces)
    scored: Path | Sequence[Example] | None = None if golden is None else path_of(golden)
    if golden is not None and scored is None:
        from spanloom.engine.model_folder import read_task

        scored = examples_of(read_task(Path(run), find_task), golden, "golden", DataConfig())
    return write_export(Path(run), Path(output), max_drop, scored, precision, keep)
