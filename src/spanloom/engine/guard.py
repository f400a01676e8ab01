"""Everything that would die as a NaN or a device assertion an hour in, checked on the CPU before the first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spanloom.answers import kind_of
from spanloom.check.data import DEV, TRAINING, files_of
from spanloom.config import RunConfig, TrainConfig, check_values
from spanloom.config.data import check_sources
from spanloom.config.settings import short_form
from spanloom.contracts import Codec, Task
from spanloom.core import Array, Example, Row
from spanloom.engine.adversarial import build_attack
from spanloom.engine.processes import process_count
from spanloom.engine.schedule import ON_DEV
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Text
from spanloom.metrics.by_source import MEAN

_REMEDY = "Run `spanloom check` on this file, and mend or remove the example."


def check_settings(config: RunConfig, task: Task | None = None) -> None:
    """Raise ConfigError naming the first setting of a training that is out of its range, or that `task` cannot do."""
    train = config.train
    check_values(config)
    check_sources(config.data)
    scored = [source.called for source in config.data.source if source.dev is not None]
    if train.best not in (MEAN, *scored):
        named = ", ".join(map(repr, scored)) or "none"
        expected = f"'{MEAN}', or the name of a source with dev data, of which there are {named}"
        raise ConfigError("train.best", f"is '{train.best}'", expected, f"Set train.best = '{MEAN}'.")
    parts = {file.part for file in files_of(config.data)}
    if TRAINING not in parts:
        raise ConfigError("data.train", "is not set", "the path of the training data", "Set data.train=PATH.")
    if train.schedule.kind in ON_DEV and DEV not in parts:
        found = f"is '{train.schedule.kind}', which goes by the dev score, and there is no dev data"
        raise ConfigError("train.schedule", found, "", "Set data.dev=PATH, or choose another schedule.")
    _check_augmentation(config, task)
    if task is not None and task.carried and train.sampler.kind == "sequential":
        _check_sequence(train, ", ".join(task.carried))
    if task is not None and train.r_drop and task.divergence is None:
        found = f"is {train.r_drop}, but the task '{task.name}' does not say how far two outputs are apart"
        raise ConfigError("train.r_drop", found, "0 for this task", "Set train.r_drop = 0.")


def _check_sequence(train: TrainConfig, carried: str) -> None:
    """What breaks the chain from each batch to the next, along which `carried` is handed on."""
    refused = {
        "accumulate": train.accumulate > 1,
        "subset": train.subset < 1,
        "r_drop": train.r_drop > 0,
        "adversarial": build_attack(train) is not None,
    }
    for key, set_so in refused.items():
        if set_so:
            found = (
                f"is {short_form(getattr(train, key))!r}, while each batch goes on with the {carried} of the one before"
            )
            plain = short_form(getattr(TrainConfig(), key))
            remedy = f"Set train.{key} = {plain!r}, or train.sampler = 'shuffled'."
            raise ConfigError(f"train.{key}", found, f"{plain!r} with train.sampler = 'sequential'", remedy)
    if process_count() > 1:
        found = f"is 'sequential' in {process_count()} processes, and each batch goes on with the {carried} of the last"
        raise ConfigError("train.sampler", found, "one process, or another sampler", "Set train.sampler = 'shuffled'.")


def _check_augmentation(config: RunConfig, task: Task | None) -> None:
    augment = config.train.augment
    if task is None:
        return
    if augment.noise and task.input is not Text:
        found = f"asks for noise in words, of which the task '{task.name}' reads none"
        raise ConfigError("train.augment", found, remedy="Set its token_dropout, swaps and character_noise to 0.")
    if augment.noise and kind_of(task.answer()).noise is None:
        found = f"asks for noise, which the answers of the task '{task.name}' cannot follow"
        remedy = "Set its token_dropout, swaps and character_noise to 0."
        raise ConfigError("train.augment", found, remedy=remedy)
    if augment.windows and not may_read_windows(task):
        found = f"is true, but the task '{task.name}' answers for whole texts"
        raise ConfigError("train.augment.windows", found, "false for this task", "Set train.augment.windows = false.")


def may_read_windows(task: Task) -> bool:
    """Whether `train.augment.windows` is for this task: its answers say something of each part of a text."""
    return kind_of(task.answer()).parted is not None and task.window is not None


def check_rows(rows: Sequence[Row], examples: Sequence[Example], codec: Codec) -> None:
    """Check every encoded row, and how the codec pads them. Raises DataError citing the example's file and line.

    Ids lie in 0..limit-1 as `codec.limits()` says; lengths and widths are positive; numbers are finite; masks have no
    hole and are not all padding; and each array has the same name, type and number of axes in every row.
    """
    limits = codec.limits()
    for row, example in zip(rows, examples, strict=True):
        where = str(example.source)
        if row.length < 1 or row.width < 1:
            raise DataError(where, f"the example encodes to {row.length} tokens", "at least one", _REMEDY)
        arrays = row.inputs | row.targets
        _check_shapes(arrays, rows[0].inputs | rows[0].targets, where)
        for name, array in arrays.items():
            _check_numbers(name, array, limits.get(name), where)
    _check_padding(rows, examples, codec)


def _check_shapes(arrays: Mapping[str, Array], first: Mapping[str, Array], where: str) -> None:
    if arrays.keys() != first.keys():
        odd = ", ".join(sorted(arrays.keys() ^ first.keys()))
        raise DataError(where, f"the encoded example differs in the arrays {odd}", "the arrays of the first", _REMEDY)
    for name, array in arrays.items():
        if array.ndim != first[name].ndim or array.dtype != first[name].dtype:
            found = f"'{name}' has {array.ndim} axes of {array.dtype}"
            raise DataError(where, found, f"{first[name].ndim} axes of {first[name].dtype}", _REMEDY)


def _check_numbers(name: str, array: Array, limit: int | None, where: str) -> None:
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        odd = array[~np.isfinite(array)].flat[0]
        raise DataError(where, f"'{name}' holds {odd}", "finite numbers", _REMEDY)
    if limit is None or array.size == 0:
        return
    lowest, highest = int(array.min()), int(array.max())
    if lowest < 0 or highest >= limit:
        odd = lowest if lowest < 0 else highest
        raise DataError(where, f"'{name}' holds {odd}", f"ids in 0..{limit - 1}", _REMEDY)


def _check_padding(rows: Sequence[Row], examples: Sequence[Example], codec: Codec) -> None:
    """Pad the shortest row beside the longest: the masks must show each row from its start to its end."""
    if not rows:
        return
    order = np.argsort([row.length for row in rows], kind="stable")
    pair = [int(order[0]), int(order[-1])]
    batch = codec.collate([rows[index] for index in pair])
    for name, array in (batch.inputs | batch.targets).items():
        if name.endswith("mask") and array.ndim == 2:  # [B, T]
            for index, mask in zip(pair, array.astype(bool), strict=True):
                where = str(examples[index].source)
                if not mask[0]:
                    raise DataError(where, f"'{name}' is false at the first token", "a mask that starts true", _REMEDY)
                if (np.diff(mask.astype(np.int8)) > 0).any():
                    raise DataError(where, f"'{name}' has a hole", "a mask true up to the length", _REMEDY)
