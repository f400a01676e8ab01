"""The examples of a run beside their rows, and the rows that a step trains on, with noise where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spanloom.answers.parts.augment import augment
from spanloom.answers.parts.excerpts import excerpts
from spanloom.batch.mixing import Mix
from spanloom.check.leaks import TrainingTexts
from spanloom.config import RunConfig
from spanloom.contracts import Codec, Task
from spanloom.core import Array, Example, Row
from spanloom.engine.report import Notice, Report
from spanloom.text.counts import several
from spanloom.text.scripts import Scripts

_STREAM = 2
"""Other random numbers than those that order the rows of an epoch."""


@dataclass(frozen=True)
class Encoded:
    """Examples beside their rows, in the same order.

    remarks: what a person should know of what became of this part of the data, a sentence each. texts: of training
    data, what other data are compared with. mix: of several sources, how much of each an epoch takes. scripts: of the
    letters of training data.
    """

    examples: Sequence[Example]
    rows: Sequence[Row]
    remarks: tuple[str, ...] = ()
    texts: TrainingTexts | None = None
    mix: Mix | None = None
    scripts: Scripts | None = None


@dataclass(frozen=True)
class Prepared:
    """What a training learns from and is scored on, with the settings and the codec that made rows of it."""

    task: Task
    config: RunConfig
    codec: Codec
    data: Encoded
    dev: Encoded | None = None


def in_windows(
    task: Task, config: RunConfig, examples: Sequence[Example], on_report: Callable[[Report], None]
) -> Sequence[Example]:
    """The training examples, those that are too long for the model as overlapping ones where that is asked for."""
    if not config.train.augment.windows or task.window is None:
        return examples
    most = task.window(config.model)
    parts = [excerpts(example, most) for example in examples]
    longer = [len(part) for part in parts if len(part) > 1]
    if longer:
        found = several(len(longer), f"training example of more than {most} words")
        on_report(
            Notice(f"{found} {'is' if len(longer) == 1 else 'are'} read through {several(sum(longer), 'window')}.")
        )
    return [one for part in parts for one in part]


def rows_of(prepared: Prepared, indices: Array, epoch: int) -> list[Row]:
    """The training rows of these indices in an epoch: as the codec varies them, or encoded anew with noise in them.

    Pure: what is drawn depends on the seed, the epoch and the example's number, not on the step or the batch. Left out
    and exchanged words never lengthen a row; mistyped ones can, by a few wordpieces.
    """
    data, settings, seed = prepared.data, prepared.config.train.augment, prepared.config.seed
    if not settings.noise:
        return [prepared.codec.varied(data.rows, index, (seed, epoch, _STREAM, index)) for index in indices.tolist()]
    rows = []
    for index in indices.tolist():
        draw = np.random.default_rng([seed, epoch, _STREAM, index])
        as_is = draw.random() < settings.keep_original
        rows.append(data.rows[index] if as_is else prepared.codec.encode(augment(data.examples[index], settings, draw)))
    return rows
