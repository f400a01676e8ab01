"""Models of all but a fold of the data, and what each believes of the fold that it has not seen.

FOLDS/dev.jsonl                        the dev data of the configuration, where it has some
FOLDS/round-1/fold-1/train.jsonl       the examples of the other folds
FOLDS/round-1/fold-1/run               the run that learns from them
FOLDS/round-1/fold-1/believed.json     what it believes of its own fold, and of what is not annotated
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from spanloom.check.data import read_dev
from spanloom.check.folds import assign
from spanloom.check.leaks import asked
from spanloom.config import DataConfig, RunConfig, to_table
from spanloom.contracts import Task
from spanloom.core import Beliefs, Claim, Example
from spanloom.decode.believed import believed
from spanloom.engine.checkpoint import checkpoint_path
from spanloom.engine.device import pick_device
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.model_folder import load_model
from spanloom.engine.repeat import repeatable
from spanloom.engine.report import Notice, Report, Stage
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError
from spanloom.nn.storage import load_json, store
from spanloom.write.lines import write_lines

OnReport = Callable[[Report], None]


@dataclass(frozen=True)
class Plan:
    """How folds are made: how many, how often with other parts and another seed, and in which folder.

    documents: of which each example is, None for one of its own; none of any, where there are none at all.
    """

    folds: int
    rounds: int
    folder: Path
    documents: Sequence[str | None] | None = None


@dataclass(frozen=True)
class Fold:
    """One of them. held, open: the numbers of the examples that its model judges, with gold and without."""

    name: str
    folder: Path
    held: Sequence[int]
    open: Sequence[int]

    @property
    def judged(self) -> list[int]:
        return [*self.held, *self.open]


def folds_of(examples: Sequence[Example], config: RunConfig, plan: Plan) -> Iterator[tuple[RunConfig, Fold]]:
    """The folds of all rounds, each with its settings. Pure: by the texts and `config.seed`."""
    annotated = [number for number, example in enumerate(examples) if example.gold is not None]
    unannotated = [number for number, example in enumerate(examples) if example.gold is None]
    for number in range(plan.rounds):
        settings = replace(config, seed=config.seed + number)
        documents = plan.documents and [plan.documents[index] for index in annotated]
        places = assign([examples[index] for index in annotated], plan.folds, settings.seed, documents)
        for fold in range(plan.folds):
            held = [index for index, place in zip(annotated, places, strict=True) if place == fold]
            name = f"fold {fold + 1} of {plan.folds}" + (f", round {number + 1}" if plan.rounds > 1 else "")
            folder = plan.folder / f"round-{number + 1}" / f"fold-{fold + 1}"
            yield settings, Fold(name, folder, held, unannotated)


def judged_by_others(
    task: Task, config: RunConfig, examples: Sequence[Example], plan: Plan, on_report: OnReport
) -> list[tuple[Fold, list[Beliefs]]]:
    """Each fold with what its model, which was trained on the other folds, believes of the examples that it judges.

    Raises what `run_training` does, and ConfigError where the folder holds folds of other data or settings.
    """
    dev = _dev_file(task, config, examples, plan.folder)
    found = []
    for settings, fold in folds_of(examples, config, plan):
        file = fold.folder / "believed.json"
        conditions = _conditions(task, settings, examples, fold)
        if file.exists():
            found.append((fold, _read(file, conditions)))
            continue
        on_report(
            Notice(f"{fold.name[0].upper()}{fold.name[1:]}: trains on the others, to judge {len(fold.judged):,}.")
        )
        run = _trained(task, settings, examples, fold, dev, on_report)
        beliefs = _judged(task, run, [examples[number] for number in fold.judged], settings, on_report)
        store(file, json.dumps({"conditions": conditions, "beliefs": list(map(_plain, beliefs))}, ensure_ascii=False))
        shutil.rmtree(run / "checkpoint", ignore_errors=True)  # the model stays
        found.append((fold, _read(file, conditions)))  # as any later call has them, rounded
    return found


def _dev_file(task: Task, config: RunConfig, examples: Sequence[Example], folder: Path) -> Path | None:
    """The dev data as lines, which are read as the training data of the folds are, whatever their own format; without
    what is to be judged.
    """
    if config.data.dev is None:
        return None
    part = read_dev(task, config)
    assert part is not None, "there is dev data"
    judged = {asked(example.input) for example in examples}
    kept = [example for example in part.examples if asked(example.input) not in judged]
    if not kept:
        return None
    write_lines(folder / "dev.jsonl", map(task.line, kept))
    return folder / "dev.jsonl"


def _trained(
    task: Task, config: RunConfig, examples: Sequence[Example], fold: Fold, dev: Path | None, on_report: OnReport
) -> Path:
    """The run of a fold, on what is annotated of other texts; it goes on where it was stopped."""
    held, run = {asked(examples[number].input) for number in fold.held}, fold.folder / "run"
    others = [example for example in examples if example.gold is not None and asked(example.input) not in held]
    write_lines(fold.folder / "train.jsonl", map(task.line, others))
    data = DataConfig(train=fold.folder / "train.jsonl", dev=dev, unknown_labels="missed")
    if not (run / "README.md").exists():  # which is written last
        resume = checkpoint_path(run) is not None
        run_training(task, replace(config, data=data), run, resume, on_report)
    return run


def _judged(
    task: Task, run: Path, examples: Sequence[Example], config: RunConfig, on_report: OnReport
) -> list[Beliefs]:
    device: torch.device = pick_device()
    _, _, codec, model = load_model(run, lambda name: task)
    backend = TorchBackend(model.to(device), device)
    with repeatable(device, config.train.threads):
        return believed(
            backend, codec, examples, lambda done: on_report(Stage("judging", min(done, len(examples)), len(examples)))
        )


def _conditions(task: Task, config: RunConfig, examples: Sequence[Example], fold: Fold) -> dict[str, Any]:
    """What stored beliefs are of: they hold for nothing else."""
    table = {key: value for key, value in to_table(config).items() if key != "data"}
    held = set(fold.held)
    lines = hashlib.sha256()
    for number, example in enumerate(examples):
        lines.update(json.dumps([number in held, task.line(example)], ensure_ascii=True).encode())
    return {"settings": table, "data": lines.hexdigest()}


def _read(file: Path, conditions: Mapping[str, Any]) -> list[Beliefs]:
    kept = load_json(file)
    for key, what in (("data", "other data"), ("settings", "other settings")):
        if kept.get("conditions", {}).get(key) != json.loads(json.dumps(conditions[key])):
            remedy = "Name another folder with --runs, or remove this one."
            raise ConfigError(str(file.parent), f"holds a fold of {what}", "that of the same data and settings", remedy)
    return [{Claim(kind, label, tuple(at)): sure for kind, label, at, sure in each} for each in kept["beliefs"]]


def _plain(beliefs: Beliefs) -> list[list[Any]]:
    return [[claim.kind, claim.label, list(claim.at), round(sure, 7)] for claim, sure in beliefs.items()]
