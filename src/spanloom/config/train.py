"""The `[train]` table and those inside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config.attacks import AttackConfig, NoAttack
from spanloom.config.optimizers import AdamW, OptimizerConfig
from spanloom.config.ranges import (
    Amount,
    Count,
    CountOrNone,
    Epochs,
    Fraction,
    FractionAboveZero,
    FractionBelowOne,
    Rate,
    Threads,
)
from spanloom.config.samplers import Buckets, SamplerConfig
from spanloom.config.schedules import Linear, ScheduleConfig
from spanloom.config.settings import setting


@dataclass(frozen=True)
class AugmentConfig:
    """Changes of the training data, never of the dev data. Noise is drawn anew for each sentence in each epoch."""

    token_dropout: Fraction = setting(0.0, "how many tokens are left out; a text keeps one, and each entity keeps one")
    swaps: Fraction = setting(0.0, "how many tokens change places with the next, never across the edge of an entity")
    character_noise: Fraction = setting(
        0.0, "in how many tokens a letter is swapped with the next, left out or replaced"
    )
    keep_original: Fraction = setting(0.5, "how many of an epoch's sentences stay as they are, of those with noise")
    windows: bool = setting(
        False, "an example of more than model.max_words words becomes several that overlap, rather than being cut off"
    )

    @property
    def noise(self) -> bool:
        """Whether there is any noise."""
        return max(self.token_dropout, self.swaps, self.character_noise) > 0 and self.keep_original < 1


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained."""

    epochs: Epochs = setting(20, "passes over the training data")
    batch_size: Count = setting(16, "examples of a micro-batch at most")
    batch_tokens: Count = setting(4096, "tokens of a micro-batch at most, padding included")
    accumulate: Count = setting(1, "micro-batches of an update, in each of the processes")
    learning_rate: Rate = setting(1e-3, "the peak rate of new layers")
    encoder_learning_rate: Rate = setting(1e-4, "the peak rate of a pretrained encoder")
    weight_decay: Rate = setting(0.01, "part of the rate by which weights shrink; biases and norms do not")
    warmup: Fraction = setting(0.1, "part of the whole run over which the rates rise to their peak")
    clip: Amount = setting(1.0, "largest norm of the gradient, 0 for no bound")
    clip_value: Amount = setting(
        0.0, "largest size of each number of the gradient, bounded before the norm is, 0 for no bound"
    )
    best: str = setting(
        "mean", "of several sources, whose dev score chooses the best epoch: the 'mean' of all, or one by its name"
    )
    ema: FractionBelowOne = setting(
        0.99, "decay of the average of the weights, which reaches back a ninth of the steps made at most, 0 for none"
    )
    patience: CountOrNone = setting(0, "epochs without a better dev score before training stops, 0 to go on to the end")
    evaluate_from: Count = setting(1, "first epoch, counted from 1, that is scored on dev")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = setting(
        "auto", "the numbers of training; 'auto' is bf16 where the hardware has it, else fp32; 'fp16' scales the loss"
    )
    checkpoint_every: CountOrNone = setting(0, "updates between checkpoints, beside the one of each epoch; 0 for none")
    threads: Threads = setting(0, "those of PyTorch, 0 for its own choice; a resumed run takes as many as it had")
    sampler: SamplerConfig = setting(Buckets(), "which examples go together")
    drop_last: bool = setting(False, "leave out what does not fill a batch")
    subset: FractionAboveZero = setting(1.0, "part of the training data to train on, chosen by the seed")
    schedule: ScheduleConfig = setting(Linear(), "what the rates do after the warm-up")
    optimizer: OptimizerConfig = setting(AdamW(), "what makes updates of gradients")
    layer_decay: FractionAboveZero = setting(
        1.0, "a pretrained encoder's rate is multiplied by it once for each layer below the top"
    )
    adversarial: AttackConfig = setting(NoAttack(), "learn from embedded sentences moved to raise the loss too")
    r_drop: Amount = setting(
        0.0, "how much two passes with different dropout are made to agree (the alpha of R-Drop), 0 for one pass"
    )
    augment: AugmentConfig = setting(AugmentConfig(), "changes of the training data, all of them off at first")
    track: tuple[Literal["tensorboard", "mlflow"], ...] = setting(
        (), "what is shown the run too, in the run's folder 'track'"
    )
