"""What the updates of a training go by, built once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from spanloom.config import TrainConfig
from spanloom.contracts import Task
from spanloom.core import Batch, Row
from spanloom.engine.adversarial import Attack, build_attack
from spanloom.engine.encoded import Prepared
from spanloom.engine.processes import copy_first
from spanloom.engine.state import Training, begin

CPU = torch.device("cpu")
Tensors = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Method:
    """How a step takes its gradient, and how large it may be. Each number's 0 turns its part off.

    losses, divergence: as in `Task`. clip: the largest norm of the whole gradient; clip_value: the largest size of each
    number in it, bounded before the norm is. attack: see adversarial.py. r_drop: alpha of R-Drop (Liang et al. 2021,
    https://arxiv.org/abs/2106.14448), which takes half of the paper's sum: the mean of the losses of two passes, which
    drop out different units, and alpha / 2 times how far their outputs are apart. carried: as in `Task`, where the rows
    are in sequence.
    """

    losses: Callable[[Tensors, Tensors], dict[str, Any]]
    divergence: Callable[[Tensors, Tensors, Tensors], dict[str, Any]] | None = None
    precision: str = "fp32"
    clip: float = 0.0
    clip_value: float = 0.0
    attack: Attack | None = None
    r_drop: float = 0.0
    carried: tuple[str, ...] = ()


def build_method(task: Task, config: TrainConfig) -> Method:
    """The method of a configuration."""
    return Method(
        task.losses,
        task.divergence,
        config.precision,
        config.clip,
        config.clip_value,
        build_attack(config),
        config.r_drop,
        task.carried if config.sampler.kind == "sequential" else (),
    )


@dataclass(frozen=True, slots=True)
class Trainer:
    """A network that learns, with all that its updates go by; what changes from one to the next is in `state` alone.

    collate: as in `Codec`. seed: of the random numbers of every step; None draws them from wherever torch's generator
    stands.
    """

    state: Training
    collate: Callable[[Sequence[Row]], Batch]
    method: Method
    device: torch.device = CPU
    seed: int | None = None


def build_trainer(prepared: Prepared, device: torch.device, architecture: Mapping[str, Any] | None = None) -> Trainer:
    """A trainer that has made no step yet. architecture: of a network whose weights are put in afterwards, as it is in
    `Task.build`. It sets torch's generator to the seed of the run, from which the first weights are drawn.
    """
    task, config, codec = prepared.task, prepared.config, prepared.codec
    torch.manual_seed(config.seed)
    model = task.build(config.model, codec, architecture).to(device)
    copy_first(model)
    return Trainer(begin(model, config.train), codec.collate, build_method(task, config.train), device, config.seed)


def noise_seed(seed: int, step: int, rank: int = 0) -> int:
    """The seed of one step's random numbers (dropout), so that no generator's state has to be carried along.

    rank: of the process, which shall not drop out what the others do. Their updates are therefore those of one process
    in all but the random numbers.
    """
    return int(np.random.SeedSequence([seed, step], spawn_key=(rank,) if rank else ()).generate_state(1, np.uint64)[0])
