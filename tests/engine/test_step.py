from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import Tensor, nn

from spanloom.config import TrainConfig
from spanloom.core import Row
from spanloom.engine.adversarial import Attack
from spanloom.engine.average import WeightAverage
from spanloom.engine.optimizer import build_optimizer
from spanloom.engine.step import Update, train_step
from spanloom.engine.trainer import Method, noise_seed
from spanloom.errors import ConfigError
from tests.engine import toy


def rows_and_codec(count: int) -> tuple[list[Row], toy.ToyCodec]:
    chosen = toy.examples(count)
    codec = toy.TASK.fit(chosen, None)
    return [codec.encode(example) for example in chosen], codec


METHODS = {
    "plain": Method(toy.losses),
    "clip": Method(toy.losses, clip=0.05),
    "clip_value": Method(toy.losses, clip_value=0.01),
    "fgm": Method(toy.losses, clip=0.05, attack=Attack(0.8, 0.8)),
    "pgd": Method(toy.losses, attack=Attack(0.8, 0.5, 3)),
    "r_drop": Method(toy.losses, toy.divergence, r_drop=3.0),
    "all": Method(toy.losses, toy.divergence, clip=0.3, clip_value=0.05, attack=Attack(0.8, 0.5, 2), r_drop=3.0),
}


def fresh(codec: toy.ToyCodec, dropout: float = 0.0, kind: type[toy.ToyModel] = toy.Wavering) -> toy.ToyModel:
    torch.manual_seed(0)
    return kind(len(codec.letters) + 2, 6, dropout).double()


def updated(
    group: list[list[Row]],
    codec: toy.ToyCodec,
    method: Method = METHODS["plain"],
    steps: int = 2,
    scaler: torch.amp.GradScaler | None = None,
) -> tuple[dict[str, Tensor], Update]:
    """The weights after some updates of a float64 model without dropout, always on the same group."""
    model = fresh(codec, kind=toy.Wavering if method.r_drop else toy.ToyModel)
    optimizer = build_optimizer(model, TrainConfig(learning_rate=0.05, encoder_learning_rate=0.02))
    trainer = toy.trainer(model, codec, method, optimizer, scaler=scaler)
    for _ in range(steps):
        update = train_step(trainer, group)
    assert trainer.state.step == steps
    return toy.weights_of(model), update


def gradients_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize(
    ("name", "splits"), [(name, splits) for name in METHODS for splits in ([1, 11], [5, 4, 3])] + [("clip", [1] * 12)]
)
def test_a_group_equals_one_batch_however_ragged(name: str, splits: list[int]) -> None:
    rows, codec = rows_and_codec(12)
    group = [rows[end - size : end] for size, end in zip(splits, np.cumsum(splits), strict=True)]
    whole, of_whole = updated([rows], codec, METHODS[name])
    parted, of_parts = updated(group, codec, METHODS[name])
    for part, weight in whole.items():
        torch.testing.assert_close(parted[part], weight, rtol=0, atol=1e-12)
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
    update = train_step(toy.trainer(model, codec, Method(toy.losses, clip=1e-3), optimizer), [rows])
    assert update.losses["vowels"] == pytest.approx(sums["vowels"].item() / batch.counts["vowels"])
    assert update.gradient_norm == pytest.approx(float(norm))
    clipped = torch.cat([weight.grad.reshape(-1) for weight in model.parameters() if weight.grad is not None]).norm()
    assert float(clipped) == pytest.approx(1e-3, rel=1e-2)


def test_a_loss_without_items_in_the_whole_group_is_left_out() -> None:
    rows, codec = rows_and_codec(3)
    for row in rows:
        row.targets["tags"][:] = 0
    weights, update = updated([rows], codec)
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

    trainer = toy.trainer(model, codec, Method(broken), optimizer, average, step=7)
    with pytest.raises(
        ConfigError, match=r"^step 8 \(on toy.txt:3\): the loss 'vowels' is nan; .* Lower the learning rates"
    ):
        train_step(trainer, [rows], "step 8 (on toy.txt:3)")
    assert (trainer.state.step, trainer.state.group, trainer.state.totals) == (7, 0, {})
    assert toy.same_bits(toy.weights_of(model), before)
    assert toy.same_bits(average.weights, averaged)


def test_a_gradient_that_is_not_finite_is_an_error() -> None:
    rows, codec = rows_and_codec(3)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    model.out.weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(ConfigError, match=r"step 1: the norm of the gradient is (nan|inf)"):
        train_step(toy.trainer(model, codec, optimizer=build_optimizer(model, TrainConfig())), [rows])


def test_outputs_are_widened_before_the_losses_see_them() -> None:
    rows, codec = rows_and_codec(3)
    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    seen: list[torch.dtype] = []

    def watched(outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        seen.append(outputs["logits"].dtype)
        return toy.losses(outputs, targets)

    optimizer = build_optimizer(model, TrainConfig())
    train_step(toy.trainer(model, codec, Method(watched, precision="bf16"), optimizer), [rows])
    assert seen == [torch.float32]
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


# ---- clipping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clip", [0.0, 0.02])
def test_clipping_by_value_bounds_each_number_and_then_the_norm(clip: float) -> None:
    rows, codec = rows_and_codec(5)
    free, bounded = fresh(codec), fresh(codec)
    before = toy.weights_of(bounded)
    plain = train_step(toy.trainer(free, codec), [rows])
    method = Method(toy.losses, clip=clip, clip_value=0.01)
    update = train_step(toy.trainer(bounded, codec, method), [rows])
    wanted = {name: gradient.clamp(-0.01, 0.01) for name, gradient in gradients_of(free).items()}
    norm = float(torch.cat([gradient.flatten() for gradient in wanted.values()]).norm())
    assert norm > 0.02
    shrunk = clip / norm if clip else 1.0
    for name, weight in bounded.state_dict().items():
        torch.testing.assert_close(before[name] - weight, shrunk * wanted[name], rtol=1e-4, atol=1e-12)
    assert update.gradient_norm == plain.gradient_norm


# ---- R-Drop ----------------------------------------------------------------------------------------------------------


def test_r_drop_is_the_step_written_out_by_hand() -> None:
    rows, codec = rows_and_codec(5)
    model, copy = fresh(codec, dropout=0.4), fresh(codec, dropout=0.4)
    method = Method(toy.losses, toy.divergence, r_drop=3.0)
    update = train_step(toy.trainer(model, codec, method, seed=7), [rows])
    batch = codec.collate(rows)
    tensors = {name: torch.from_numpy(array) for name, array in (batch.inputs | batch.targets).items()}
    torch.manual_seed(noise_seed(7, 0))
    logits = [copy(tensors["ids"], tensors["mask"])["logits"] for _ in range(2)]
    letters = tensors["mask"].sum()
    costs = [toy.losses({"logits": pass_}, tensors) for pass_ in logits]
    (p, q), (log_p, log_q) = ([f(x, dim=-1) for x in logits] for f in (torch.softmax, torch.log_softmax))
    forth, back = (p * (log_p - log_q)).sum(-1), (q * (log_q - log_p)).sum(-1)  # [B, T]
    apart = 0.5 * ((forth + back) * tensors["mask"]).sum() / letters
    means = {name: (costs[0][name] + costs[1][name]) / 2 / count for name, count in batch.counts.items()}
    (means["letters"] + means["vowels"] + 3.0 / 2 * apart).backward()
    for name, gradient in gradients_of(copy).items():
        torch.testing.assert_close(gradients_of(model)[name], gradient, rtol=0, atol=1e-14)
    wanted = {name: mean.item() for name, mean in means.items()} | {"letters_divergence": apart.item()}
    assert update.losses == pytest.approx(wanted, abs=1e-14)
    assert update.losses["letters_divergence"] > 1e-3


def test_without_dropout_r_drop_is_a_plain_step() -> None:
    rows, codec = rows_and_codec(5)
    found = []
    for method in (METHODS["plain"], METHODS["r_drop"]):
        model = fresh(codec, kind=toy.ToyModel)
        train_step(toy.trainer(model, codec, method), [rows])
        found.append(toy.weights_of(model))
    for name, weight in found[0].items():
        torch.testing.assert_close(found[1][name], weight, rtol=0, atol=1e-15)


# ---- several processes -----------------------------------------------------------------------------------------------


def one_of_two(rank: int, folder: str) -> None:
    """One of two processes: its own, larger or smaller, part of the rows."""
    torch.set_num_threads(1)
    importlib.import_module("torch.distributed.nn.functional")  # before there is a group, as in `join_processes`
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    rows, codec = rows_and_codec(12)
    mine = [rows[:3], rows[3:5]] if rank == 0 else [rows[5:12]]
    for name, method in METHODS.items():
        scaler = torch.amp.GradScaler("cpu")
        weights, update = updated(mine, codec, method, scaler=scaler)
        np.savez(f"{folder}/{name}{rank}.npz", norm=update.gradient_norm, vowels=update.losses["vowels"], **weights)

    def overflowing(outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: loss * (1.0 if rank else float("inf")) for name, loss in toy.losses(outputs, targets).items()}

    scaler = torch.amp.GradScaler("cpu")
    weights, update = updated(mine, codec, Method(overflowing), scaler=scaler)
    np.savez(f"{folder}/skipped{rank}.npz", skipped=update.skipped, scale=scaler.get_scale(), **weights)
    dist.destroy_process_group()


@pytest.mark.slow  # two fresh interpreters import torch
@pytest.mark.skipif(not dist.is_gloo_available(), reason="PyTorch was built without gloo")
def test_two_processes_equal_one_batch(tmp_path: Path) -> None:
    """However a step takes its gradient; and an overflow on one of them skips the step on both."""
    torch.multiprocessing.spawn(one_of_two, args=(str(tmp_path),), nprocs=2)
    rows, codec = rows_and_codec(12)
    for name, method in METHODS.items():
        whole, update = updated([rows], codec, method)
        for rank in (0, 1):
            with np.load(tmp_path / f"{name}{rank}.npz") as found:
                assert float(found["norm"]) == pytest.approx(update.gradient_norm, abs=1e-12)
                assert float(found["vowels"]) == pytest.approx(update.losses["vowels"], abs=1e-12)
                for part, weight in whole.items():
                    np.testing.assert_allclose(found[part], weight.numpy(), rtol=0, atol=1e-12)
    for rank in (0, 1):
        with np.load(tmp_path / f"skipped{rank}.npz") as found:
            assert bool(found["skipped"])
            assert float(found["scale"]) == 2.0**14
            for part, weight in toy.weights_of(fresh(codec)).items():
                np.testing.assert_array_equal(found[part], weight.numpy())
