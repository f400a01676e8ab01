"""Scores and losses on dev, of the weights that would be saved."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

from spanloom.contracts import Codec, Scorecard
from spanloom.core import Arrays, Batch, Row
from spanloom.decode.rows import predict_rows
from spanloom.engine.device import to_tensors
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.evaluate import TorchBackend, evaluating
from spanloom.engine.room import free_memory, out_of_memory
from spanloom.engine.trainer import Trainer
from spanloom.metrics.by_source import score


@dataclass(frozen=True)
class Dev:
    """The dev data beside its targets: `judged` are the rows whose gold the codec can encode, `unsaid` the others, of
    labels that training never had. No loss is a number there; their scores count as ever.
    """

    data: Encoded
    judged: tuple[int, ...]
    unsaid: tuple[int, ...]


@dataclass
class Losses:
    """The sums of each loss over dev, and the items that they are of."""

    losses: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
    device: torch.device
    totals: dict[str, list[float]] = field(default_factory=dict)
    full: bool = False

    def add(self, batch: Batch, outputs: Arrays) -> None:
        """Count a batch. Where there is no memory for it there is no loss: nothing else shall fail for a picture."""
        if self.full:
            return
        try:
            with torch.inference_mode():
                sums = self.losses(to_tensors(outputs, self.device), to_tensors(batch.targets, self.device))
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            free_memory()
            self.full = True
            return
        for name, part in sums.items():
            total, items = self.totals.get(name, (0.0, 0.0))
            self.totals[name] = [total + float(part), items + batch.counts[name]]

    def means(self) -> dict[str, float]:
        """The mean of each loss, of those that are finite: a gold answer that the model cannot give has no loss."""
        means = {name: total / items for name, (total, items) in self.totals.items() if items and not self.full}
        return {name: mean for name, mean in means.items() if math.isfinite(mean)}


def with_targets(codec: Codec, dev: Encoded) -> Dev:
    """Dev with the targets of its gold beside inputs that are encoded as if there were none."""
    rows, judged, unsaid = list[Row](), list[int](), list[int]()
    for number, (example, row) in enumerate(zip(dev.examples, dev.rows, strict=True)):
        known = not codec.unknown(example)
        targets = (row.targets or codec.encode(example).targets) if known else {}
        (judged if known else unsaid).append(number)
        rows.append(dataclasses.replace(row, targets=targets))
    return Dev(Encoded(dev.examples, rows), tuple(judged), tuple(unsaid))


def score_dev(prepared: Prepared, trainer: Trainer, dev: Dev) -> tuple[Scorecard, dict[str, float]]:
    """The scorecard and the mean losses of the averaged weights, which are the ones that would be saved."""
    settings, state = prepared.config.train, trainer.state
    losses = Losses(trainer.method.losses, trainer.device)
    answers: list[Any] = [None] * len(dev.data.rows)
    sizes = settings.batch_size, settings.batch_tokens
    backend = TorchBackend(state.model, trainer.device, settings.precision, *sizes)
    with evaluating(state.model), nullcontext() if state.average is None else state.average.applied():
        for numbers, also in ((dev.judged, losses.add), (dev.unsaid, None)):
            rows = [dev.data.rows[number] for number in numbers]
            found = predict_rows(backend, prepared.codec, rows, check=None, also=also)
            for number, answer in zip(numbers, found, strict=True):
                answers[number] = answer
    return score(prepared.task, dev.data.examples, answers, prepared.codec), losses.means()
