"""How much of each sampler's batches is padding, and how many tokens a second it trains: for `tag.py --padding`."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import surroundings
from turns import alternate

from spanloom.batch.padding import padding_waste
from spanloom.batch.samplers import build_sampler
from spanloom.config import RunConfig, TrainConfig, kinds_of, load_config
from spanloom.core import Example
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.repeat import repeatable
from spanloom.engine.report import EpochReport
from spanloom.engine.train import train
from spanloom.engine.trainer import build_trainer
from spanloom.tasks import find_task

SENTENCES = 2000
ROUNDS = 5
SAMPLERS = {name: kind for name, kind in kinds_of(TrainConfig, "sampler").items() if name != "weighted"}
CPU = torch.device("cpu")


def measure_padding(examples: Sequence[Example], configuration: Path) -> dict[str, Any]:
    """One pass after another over the same sentences by every sampler, in batches of like size, taking turns."""
    settings = [f"train.epochs={ROUNDS + 1}", "train.threads=1", "train.batch_size=32", "train.batch_tokens=1000000"]
    config = load_config(configuration, settings, lambda name: find_task(name).config)
    config = replace(config, model=replace(config.model, encoder=replace(config.model.encoder, vectors=None)))
    task = find_task("tag")
    sample = random.Random(0).sample(list(examples), min(SENTENCES, len(examples)))
    codec = task.fit(sample, config)
    rows = [codec.encode(example) for example in sample]
    lengths = np.array([row.length for row in rows])
    configs = {name: replace(config, train=replace(config.train, sampler=kind())) for name, kind in SAMPLERS.items()}
    waste = {
        name: padding_waste(lengths, build_sampler(rows, chosen.train, config.seed)(1))
        for name, chosen in configs.items()
    }
    with repeatable(CPU, 1):
        epochs = {name: passes(chosen, codec, Encoded(sample, rows)) for name, chosen in configs.items()}
        seconds = alternate({name: lambda one=one: next(one) for name, one in epochs.items()}, ROUNDS)  # type: ignore[misc]
    return {
        "sentences": len(sample),
        "tokens": int(lengths.sum()),
        "batch_size": config.train.batch_size,
        "threads": 1,
        "waste": waste,
        "rounds": seconds,
        **surroundings(),
    }


def passes(config: RunConfig, codec: Any, data: Encoded) -> Iterator[float]:
    """Seconds of one pass after another, by the engine's own loop."""
    prepared = Prepared(find_task("tag"), config, codec, data)
    for report in train(prepared, build_trainer(prepared, CPU)):
        if isinstance(report, EpochReport):
            yield report.seconds
