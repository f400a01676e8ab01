"""Loss scaling: the same bits as without it, and a step whose gradient overflows is skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from spanloom.config import TrainConfig
from spanloom.core import Row
from spanloom.engine.average import WeightAverage
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.device import build_scaler, check_float16
from spanloom.engine.optimizer import build_optimizer
from spanloom.engine.report import Report, StepReport, read_metrics
from spanloom.engine.run import Interrupted, run_training
from spanloom.engine.step import train_step
from spanloom.engine.trainer import Method
from spanloom.errors import ConfigError
from tests.engine import toy
from tests.engine.interrupt import ctrl_c_at

CPU = torch.device("cpu")


def rows_and_codec(count: int) -> tuple[list[Row], toy.ToyCodec]:
    chosen = toy.examples(count)
    codec = toy.TASK.fit(chosen, None)
    return [codec.encode(example) for example in chosen], codec


def times(factor: float) -> Callable[[Mapping[str, Tensor], Mapping[str, Tensor]], dict[str, Tensor]]:
    """The toy's losses, so many times as large."""
    return lambda outputs, targets: {name: factor * loss for name, loss in toy.losses(outputs, targets).items()}


@pytest.mark.parametrize("clip", [{"clip": 0.05}, {"clip_value": 0.01}], ids=str)
def test_a_scaled_step_has_the_bits_of_a_plain_one(clip: dict[str, float]) -> None:
    """As clipping sees the gradient at its own size."""
    rows, codec = rows_and_codec(8)
    found = []
    for scaler in (None, torch.amp.GradScaler("cpu")):
        torch.manual_seed(0)
        model = toy.ToyModel(len(codec.letters) + 2, 6, 0.3)
        optimizer = build_optimizer(model, TrainConfig())
        method = Method(toy.losses, **clip)  # type: ignore[arg-type]
        trainer = toy.trainer(model, codec, method, optimizer, seed=5, scaler=scaler)
        for _ in range(3):
            train_step(trainer, [rows[:3], rows[3:]])
        found.append(toy.weights_of(model))
    assert toy.same_bits(*found)


def test_an_overflow_skips_the_step_and_halves_the_scale_until_it_fits() -> None:
    rows, codec = rows_and_codec(4)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    average = WeightAverage(model, 0.9)
    optimizer = build_optimizer(model, TrainConfig())
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**126)
    before, method = toy.weights_of(model), Method(times(100.0))
    trainer = toy.trainer(model, codec, method, optimizer, average, scaler=scaler)
    skipped = []
    for step in range(12):
        update = train_step(trainer, [rows])
        skipped.append(update.skipped)
        if update.skipped:
            assert scaler.get_scale() == 2.0 ** (125 - step)
            assert toy.same_bits(toy.weights_of(model), before)
            assert toy.same_bits(average.weights, before)
            assert not optimizer.state
    count = skipped.index(False)
    assert skipped == [True] * count + [False] * (12 - count)
    assert count > 1
    assert not toy.same_bits(toy.weights_of(model), before)


def test_a_gradient_that_no_scale_can_hold_is_an_error() -> None:
    rows, codec = rows_and_codec(4)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    optimizer = build_optimizer(model, TrainConfig())
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    trainer = toy.trainer(model, codec, Method(times(float("nan"))), optimizer, scaler=scaler)
    assert train_step(trainer, [rows]).skipped
    message = r"^step 2: the gradient overflows in float16 at a loss scale of 1 still \(the loss 'letters' is nan"
    with pytest.raises(ConfigError, match=message):
        train_step(trainer, [rows])


def test_a_group_without_items_neither_overflows_nor_fails() -> None:
    rows, codec = rows_and_codec(2)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    scaler = torch.amp.GradScaler("cpu")
    method = Method(lambda outputs, targets: {"vowels": toy.losses(outputs, targets)["vowels"]})
    for row in rows:
        row.targets["tags"][:] = 0
    update = train_step(toy.trainer(model, codec, method, scaler=scaler), [rows])
    assert (update.gradient_norm, update.skipped, scaler.get_scale()) == (0.0, False, 2.0**16)


def test_fp16_resumes_to_the_same_bits_and_says_which_steps_it_skipped(tmp_path: Path) -> None:
    """With an attack and R-Drop besides, all of which draw dropout anew."""
    task = replace(toy.TASK, losses=times(100.0))
    config = toy.settings(tmp_path, precision="fp16", adversarial={"kind": "pgd", "steps": 2}, r_drop=1.0, epochs=4)
    reports: list[Report] = []
    run_training(task, config, tmp_path / "whole", on_report=reports.append, device=CPU)
    with pytest.raises(Interrupted):
        run_training(task, config, tmp_path / "parts", on_report=ctrl_c_at(3), device=CPU)
    torch.manual_seed(99)
    run_training(task, config, tmp_path / "parts", resume=True, device=CPU)
    whole, parts = read_checkpoint(tmp_path / "whole"), read_checkpoint(tmp_path / "parts")
    assert whole.about == parts.about
    assert toy.same_bits(whole.tensors, parts.tensors)
    skipped = [report.skipped for report in reports if isinstance(report, StepReport)]
    assert sum(skipped) > 3, "the scale did not fall before and after the stop"
    assert not all(skipped)
    assert whole.about["scaler"]["scale"] == 2.0 ** (16 - sum(skipped))
    lines = [line for line in read_metrics(tmp_path / "parts" / "metrics.jsonl") if line["kind"] == "step"]
    assert [line["skipped"] for line in lines] == skipped


def test_only_fp16_is_scaled() -> None:
    assert [build_scaler(CPU, precision) for precision in ("auto", "fp32", "bf16")] == [None] * 3
    scaler = build_scaler(CPU, "fp16")
    assert scaler is not None
    assert scaler.get_scale() == 2.0**16


class Unsupported(toy.ToyModel):
    def from_vectors(self, vectors: Tensor, mask: Tensor) -> dict[str, Tensor]:
        logits = super().from_vectors(vectors, mask)["logits"]
        if logits.dtype == torch.float16:
            raise RuntimeError("\"loom\" not implemented for 'Half'. Ask somebody.\nAnd more.")
        return {"logits": logits}


def test_what_cannot_be_computed_in_float16_is_said_before_the_first_step(tmp_path: Path) -> None:
    def build(config: toy.ToyConfig, codec: toy.ToyCodec, architecture: object = None) -> nn.Module:
        return Unsupported(len(codec.letters) + 2, 4, 0.0)

    reports: list[Report] = []
    message = (
        r"^train.precision: is 'fp16', in which this model cannot be computed on the device 'cpu' "
        r"\(\"loom\" not implemented for 'Half'\); 'fp32' or 'bf16' there. Set train.precision = 'auto', or use a GPU.$"
    )
    with pytest.raises(ConfigError, match=message):
        run_training(
            replace(toy.TASK, build=build),
            toy.settings(tmp_path, precision="fp16"),
            tmp_path / "run",
            on_report=reports.append,
            device=CPU,
        )
    assert not any(isinstance(report, StepReport) for report in reports)


def test_the_check_of_float16_leaves_no_gradient() -> None:
    rows, codec = rows_and_codec(2)
    model = toy.ToyModel(len(codec.letters) + 2, 4, 0.0)
    check_float16(model, codec.collate(rows), toy.losses)
    assert all(weight.grad is None for weight in model.parameters())
