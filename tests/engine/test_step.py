from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import Tensor

from spanloom.config import TrainConfig
from spanloom.core import Batch, Row
from spanloom.engine.average import WeightAverage
from spanloom.engine.optimizer import build_optimizer
from spanloom.engine.step import Update, train_step
from spanloom.errors import ConfigError
from tests.engine import toy


def rows_and_codec(count: int) -> tuple[list[Row], toy.ToyCodec]:
    chosen = toy.examples(count)
    codec = toy.TASK.fit(chosen, None)
    return [codec.encode(example) for example in chosen], codec


def updated(group: list[Batch], letters: int, steps: int = 3, clip: float = 0.0) -> tuple[dict[str, Tensor], Update]:
    """The weights after some updates of a float64 model without dropout, always on the same group."""
    torch.manual_seed(0)
    model = toy.ToyModel(letters, 6, 0.0).double()
    optimizer = build_optimizer(model, TrainConfig(learning_rate=0.05, encoder_learning_rate=0.02))
    for step in range(steps):
        update = train_step(model, group, toy.losses, optimizer, step=step, clip=clip)
    return toy.weights_of(model), update


@pytest.mark.parametrize("splits", [[6, 6], [1, 11], [5, 4, 3], [1] * 12])
@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_a_group_equals_one_batch_however_ragged(splits: list[int], clip: float) -> None:
    rows, codec = rows_and_codec(12)
    ends = np.cumsum(splits)
    group = [codec.collate(rows[end - size : end]) for size, end in zip(splits, ends, strict=True)]
    whole, of_whole = updated([codec.collate(rows)], len(codec.letters) + 2, clip=clip)
    parted, of_parts = updated(group, len(codec.letters) + 2, clip=clip)
    for name, weight in whole.items():
        torch.testing.assert_close(parted[name], weight, rtol=0, atol=1e-12)
    assert of_parts.losses == pytest.approx(of_whole.losses, abs=1e-12)
    assert of_parts.gradient_norm == pytest.approx(of_whole.gradient_norm, abs=1e-12)


def test_losses_are_means_over_the_group_and_the_norm_is_the_one_before_clipping() -> None:
    rows, codec = rows_and_codec(5)
    batch = codec.collate(rows)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0).double()
    tensors = {name: torch.from_numpy(array) for name, array in (batch.inputs | batch.targets).items()}
    sums = toy.losses(model(tensors["ids"], tensors["mask"]), tensors)
    (sums["letters"] / batch.counts["letters"] + sums["vowels"] / batch.counts["vowels"]).backward()
    norm = torch.cat([weight.grad.reshape(-1) for weight in model.parameters() if weight.grad is not None]).norm()
    optimizer = build_optimizer(model, TrainConfig())
    update = train_step(model, [batch], toy.losses, optimizer, step=0, clip=1e-3)
    assert update.losses["vowels"] == pytest.approx(sums["vowels"].item() / batch.counts["vowels"])
    assert update.gradient_norm == pytest.approx(float(norm))
    clipped = torch.cat([weight.grad.reshape(-1) for weight in model.parameters() if weight.grad is not None]).norm()
    assert float(clipped) == pytest.approx(1e-3, rel=1e-2)


def test_a_loss_without_items_in_the_whole_group_is_left_out() -> None:
    rows, codec = rows_and_codec(3)
    for row in rows:
        row.targets["tags"][:] = 0
    weights, update = updated([codec.collate(rows)], len(codec.letters) + 2)
    assert set(update.losses) == {"letters"}
    assert all(bool(torch.isfinite(weight).all()) for weight in weights.values())


def test_a_loss_that_is_not_finite_is_an_error_that_leaves_the_weights_alone() -> None:
    rows, codec = rows_and_codec(3)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    optimizer = build_optimizer(model, TrainConfig())
    average = WeightAverage(model, 0.9)
    before, averaged = toy.weights_of(model), {name: value.clone() for name, value in average.weights.items()}

    def broken(outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            name: loss * float("nan") if name == "vowels" else loss
            for name, loss in toy.losses(outputs, targets).items()
        }

    with pytest.raises(
        ConfigError, match=r"^step 8 \(on toy.txt:3\): the loss 'vowels' is nan; .* Lower the learning rates"
    ):
        train_step(
            model, [codec.collate(rows)], broken, optimizer, step=7, average=average, where="step 8 (on toy.txt:3)"
        )
    assert toy.same_bits(toy.weights_of(model), before)
    assert toy.same_bits(average.weights, averaged)


def test_a_gradient_that_is_not_finite_is_an_error() -> None:
    rows, codec = rows_and_codec(3)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    model.out.weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(ConfigError, match=r"step 1: the norm of the gradient is (nan|inf)"):
        train_step(model, [codec.collate(rows)], toy.losses, build_optimizer(model, TrainConfig()), step=0)


def test_outputs_are_widened_before_the_losses_see_them() -> None:
    rows, codec = rows_and_codec(3)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    seen: list[torch.dtype] = []

    def watched(outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        seen.append(outputs["logits"].dtype)
        return toy.losses(outputs, targets)

    optimizer = build_optimizer(model, TrainConfig())
    train_step(model, [codec.collate(rows)], watched, optimizer, step=0, precision="bf16")
    assert seen == [torch.float32]
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


def one_of_two(rank: int, folder: str) -> None:
    """One of two processes: its own, larger or smaller, part of the rows."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    rows, codec = rows_and_codec(12)
    mine = [rows[:3], rows[3:5]] if rank == 0 else [rows[5:12]]
    weights, update = updated([codec.collate(part) for part in mine], len(codec.letters) + 2, clip=0.05)
    np.savez(f"{folder}/{rank}.npz", norm=update.gradient_norm, vowels=update.losses["vowels"], **weights)
    dist.destroy_process_group()


@pytest.mark.slow  # two fresh interpreters import torch
@pytest.mark.skipif(not dist.is_gloo_available(), reason="PyTorch was built without gloo")
def test_two_processes_equal_one_batch(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(one_of_two, args=(str(tmp_path),), nprocs=2)
    rows, codec = rows_and_codec(12)
    whole, update = updated([codec.collate(rows)], len(codec.letters) + 2, clip=0.05)
    for rank in (0, 1):
        with np.load(tmp_path / f"{rank}.npz") as found:
            assert float(found["norm"]) == pytest.approx(update.gradient_norm, abs=1e-12)
            assert float(found["vowels"]) == pytest.approx(update.losses["vowels"], abs=1e-12)
            for name, weight in whole.items():
                np.testing.assert_allclose(found[name], weight.numpy(), rtol=0, atol=1e-12)
