"""Tiny runs of tasks with networks of several kinds, to be trained on one device and on another."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from spanloom.config import RunConfig, load_config
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.report import Report, read_metrics
from spanloom.engine.run import run_training
from spanloom.tasks import FOLDER, find_task
from tests.encoder_files import small_config

RECURRENT = ("joint", "tag", "nested", "classify", "rewrite")
PIECES = ("joint on pieces", "tag on pieces")
CASES = (*RECURRENT, *PIECES)
"""A task's own `tiny.toml`, above a recurrent encoder as it stands there, or above a transformer."""

Table = TypeVar("Table")


def settings(case: str, folder: Path, **train: Any) -> RunConfig:
    """A case in fp32, two epochs of three updates. folder: for a transformer's files. train: what is set otherwise."""
    name, _, pieces = case.partition(" on ")
    config = load_config(FOLDER / name / "tiny.toml", [], lambda task: find_task(task).config)
    assert config.data.train is not None
    examples = sum(1 for _ in find_task(name).read(config.data.train, config.data))
    chosen = {"epochs": 2, "batch_size": -(-examples // 3), "batch_tokens": 10**6, "precision": "fp32"}
    config = replace(config, train=replace(config.train, **{**chosen, **train}))
    if not pieces:
        return config
    folder.mkdir(parents=True, exist_ok=True)
    encoder = replace(small_config("transformer", folder), layers=0)  # type: ignore[call-arg]
    return replace(config, model=replace(config.model, encoder=encoder, max_words=60))


def without_dropout(table: Table) -> Table:
    """The same settings with nothing drawn at random: two devices draw other numbers from the same seed."""
    assert dataclasses.is_dataclass(table)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(table):
        value = getattr(table, field.name)
        if dataclasses.is_dataclass(value):
            found[field.name] = without_dropout(value)
        elif field.name.endswith("dropout"):
            found[field.name] = 0.0
    return replace(table, **found)  # type: ignore[return-value, type-var]


def trained(
    config: RunConfig,
    run: Path,
    device: torch.device,
    resume: bool = False,
    on_report: Callable[[Report], None] = lambda report: None,
) -> list[dict[str, float]]:
    """Train, or go on, and give the losses of every update that the run has made."""
    run_training(find_task(config.task), config, run, resume, on_report, device)
    return losses_of(run)


def losses_of(run: Path) -> list[dict[str, float]]:
    return [line["losses"] for line in read_metrics(run / "metrics.jsonl") if line["kind"] == "step"]


def differing(one: Path, other: Path) -> list[str]:
    """What of the last checkpoints of two runs is not the same to the bit: tensors, and numbers beside them."""
    first, second = read_checkpoint(one), read_checkpoint(other)
    names = first.tensors.keys() | second.tensors.keys()
    odd = [
        name
        for name in sorted(names)
        if name not in first.tensors
        or name not in second.tensors
        or not torch.equal(first.tensors[name], second.tensors[name])
    ]
    return odd + [name for name in sorted(first.about) if first.about[name] != second.about.get(name)]


@contextmanager
def deterministic() -> Iterator[list[warnings.WarningMessage]]:
    """By PyTorch's switch, as the engine has it on a CPU: what is computed inside repeats itself to the bit, or a
    warning says that it need not. Gives the warnings that were made so far.
    """
    switch, warns = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield said
        finally:
            torch.use_deterministic_algorithms(switch, warn_only=warns)


@contextmanager
def little_memory(device: torch.device, most: int) -> Iterator[None]:
    """A GPU that has `most` bytes for this process; a CPU is left as it is."""
    if device.type != "cuda":
        yield
        return
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(most / torch.cuda.get_device_properties(device).total_memory)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


@contextmanager
def measured(device: torch.device) -> Iterator[list[int]]:
    """Gives a list that holds, once it is left, the bytes of the GPU that were in use at most; 0 of a CPU."""
    peak: list[int] = []
    if device.type != "cuda":
        yield peak
        peak.append(0)
        return
    torch.cuda.init()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    yield peak
    peak.append(torch.cuda.max_memory_allocated(device))
