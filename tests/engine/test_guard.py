from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.config import AugmentConfig, RunConfig, TrainConfig
from spanloom.core import Array, Batch, Row
from spanloom.engine.guard import check_rows, check_settings
from spanloom.errors import ConfigError, DataError
from tests.engine import toy

EXAMPLES = toy.examples(4)
CODEC = toy.TASK.fit(EXAMPLES, None)
ROWS = [CODEC.encode(example) for example in EXAMPLES]


def with_third(**changes: Any) -> list[Row]:
    return [*ROWS[:2], replace(ROWS[2], **changes), ROWS[3]]


def filled(array: Array, value: int) -> Array:
    return np.where(np.arange(len(array)) == 1, value, array)


def test_good_rows_pass() -> None:
    check_rows(ROWS, EXAMPLES, CODEC)


TAGS = ROWS[2].targets["tags"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": {"tags": filled(TAGS, 7)}}, r"^toy.txt:3: 'tags' holds 7; ids in 0..1. Run `spanloom check`"),
        ({"targets": {"tags": filled(TAGS, -100)}}, r"^toy.txt:3: 'tags' holds -100; ids in 0..1"),
        ({"length": 0}, r"^toy.txt:3: the example encodes to 0 tokens"),
        ({"targets": {"tags": TAGS.astype(np.int32)}}, r"^toy.txt:3: 'tags' has 1 axes of int32; 1 axes of int64"),
        ({"targets": {"tags": TAGS[None]}}, r"^toy.txt:3: 'tags' has 2 axes of int64"),
        ({"targets": {}}, r"^toy.txt:3: the encoded example differs in the arrays tags"),
    ],
)
def test_a_bad_row_is_named_by_its_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_rows(with_third(**changes), EXAMPLES, CODEC)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    rows = [replace(row, inputs=row.inputs | {"shape": np.ones(row.length)}) for row in ROWS]
    rows[1].inputs["shape"][0] = value
    with pytest.raises(DataError, match=rf"^toy.txt:2: 'shape' holds {value}; finite numbers"):
        check_rows(rows, EXAMPLES, CODEC)


class Holed(toy.ToyCodec):
    """A codec that pads wrongly."""

    column = 1

    def collate(self, rows: list[Row]) -> Batch:
        batch = super().collate(rows)
        batch.inputs["mask"][0, self.column] = False
        return batch


class Hidden(Holed):
    column = 0


@pytest.mark.parametrize(
    ("kind", "message"), [(Holed, "'mask' has a hole"), (Hidden, "'mask' is false at the first token")]
)
def test_masks_are_checked_as_the_codec_pads_them(kind: type[Holed], message: str) -> None:
    with pytest.raises(DataError, match=rf"^toy.txt:\d: {message}"):
        check_rows(ROWS, EXAMPLES, kind(CODEC.letters))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("epochs", 0, "train.epochs: is 0; at least 1"),
        ("clip", float("nan"), "train.clip: is nan; at least 0"),
        ("warmup", 2.0, r"train.warmup: is 2.0; a part in 0..1"),
        ("ema", 1.0, r"train.ema: is 1.0; a part in 0..1"),
        ("optimizer", {"kind": "sgd", "momentum": 1.0}, r"train.optimizer.momentum: is 1.0; a part in 0..1"),
        ("layer_decay", 0.0, r"train.layer_decay: is 0.0; a part in 0..1"),
        ("subset", 1.5, r"train.subset: is 1.5; a part in 0..1"),
        ("schedule", {"kind": "step", "gamma": -0.5}, r"train.schedule.gamma: is -0.5; a part in 0..1"),
        ("sampler", {"kind": "windows", "window": 0}, "train.sampler.window: is 0; at least 1"),
        (
            "sampler",
            {"kind": "breakpoints", "breakpoints": (8, 8)},
            r"train.sampler.breakpoints: is \[8, 8\]; rising numbers, at least one. Set train.sampler.breakpoints",
        ),
        (
            "sampler",
            {"kind": "breakpoints", "breakpoints": (0, 8)},
            r"train.sampler.breakpoints: is \[0, 8\]; each at least 1",
        ),
        ("sampler", {"kind": "breakpoints", "breakpoints": ()}, r"train.sampler.breakpoints: is \[\]; rising"),
        (
            "schedule",
            {"kind": "multistep", "milestones": (0.5, 1.5)},
            r"train.schedule.milestones: is \[0.5, 1.5\]; each a part in 0..1",
        ),
        (
            "schedule",
            {"kind": "multistep", "milestones": (-0.5, 0.5)},
            r"train.schedule.milestones: is \[-0.5, 0.5\]; each a part in 0..1",
        ),
        ("precision", "fp8", "train.precision: is 'fp8'; 'auto' or 'fp32' or 'bf16' or 'fp16'. Set train.precision"),
        ("clip_value", -1.0, "train.clip_value: is -1.0; at least 0"),
        ("adversarial", {"kind": "fgm", "epsilon": -0.5}, "train.adversarial.epsilon: is -0.5; at least 0"),
        ("adversarial", {"kind": "pgd", "steps": 0}, "train.adversarial.steps: is 0; at least 1"),
        ("r_drop", float("nan"), "train.r_drop: is nan; at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(tmp_path: Path, key: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_settings(toy.settings(tmp_path, **{key: value}))


@pytest.mark.parametrize("schedule", ["plateau", "bold"])
def test_a_schedule_that_heeds_dev_needs_dev_data(tmp_path: Path, schedule: str) -> None:
    with pytest.raises(ConfigError, match=rf"train.schedule: is '{schedule}', .* there is no dev data. Set data.dev"):
        check_settings(toy.settings(tmp_path, dev=False, schedule=schedule))


def test_r_drop_needs_a_task_that_compares_outputs(tmp_path: Path) -> None:
    config, task = toy.settings(tmp_path, r_drop=0.5), replace(toy.TASK, divergence=None)
    check_settings(config, toy.TASK)
    check_settings(toy.settings(tmp_path), task)
    with pytest.raises(ConfigError, match=r"^train.r_drop: is 0.5, but the task 'toy' does not say .* Set"):
        check_settings(config, task)


@pytest.mark.parametrize("key", ["token_dropout", "swaps", "character_noise", "keep_original"])
def test_noise_out_of_range_is_refused(tmp_path: Path, key: str) -> None:
    for value in (-0.1, 1.5, float("nan")):
        with pytest.raises(ConfigError, match=rf"^train.augment.{key}: is {value}; a part in 0..1"):
            check_settings(toy.settings(tmp_path, augment=AugmentConfig(**{key: value})))


def test_noise_and_windows_need_a_task_whose_answers_follow(tmp_path: Path) -> None:
    labels = replace(toy.TASK, answer=Label, window=lambda model: 9)
    graphs = replace(labels, answer=Graph)
    noise = toy.settings(tmp_path, augment=AugmentConfig(swaps=0.1))
    check_settings(noise, labels)
    with pytest.raises(ConfigError, match=r"^train.augment: asks for noise, which .* task 'toy' cannot follow. Set"):
        check_settings(noise, toy.TASK)
    windows = toy.settings(tmp_path, augment=AugmentConfig(windows=True))
    check_settings(windows, graphs)
    for task in (replace(graphs, window=None), labels):
        with pytest.raises(ConfigError, match=r"^train.augment.windows: is true, but the task 'toy' answers for whole"):
            check_settings(windows, task)


def test_a_run_needs_training_data_and_a_seed_that_counts() -> None:
    with pytest.raises(ConfigError, match=r"data.train: is not set; .* Set data.train=PATH"):
        check_settings(RunConfig("toy", train=TrainConfig()))
    with pytest.raises(ConfigError, match=r"seed: is -3; at least 0, .* Set seed = 0"):
        check_settings(RunConfig("toy", seed=-3))
