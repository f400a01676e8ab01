"""Memory that runs out, pretended where it could happen: the update is that of the group as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from spanloom.core import Row
from spanloom.engine.adversarial import Attack
from spanloom.engine.report import Notice, Report, StepReport, read_metrics
from spanloom.engine.room import Room, out_of_memory
from spanloom.engine.run import run_training
from spanloom.engine.step import train_step
from spanloom.engine.trainer import Method
from spanloom.errors import ConfigError
from tests.engine import toy

CPU = torch.device("cpu")


def rows_and_codec(count: int) -> tuple[list[Row], toy.ToyCodec]:
    chosen = toy.examples(count)
    codec = toy.TASK.fit(chosen, None)
    return [codec.encode(example) for example in chosen], codec


class Small(toy.Wavering):
    """Has room for `most` sentences; the others fail in the forward or half-way through the backward pass."""

    most, failures, backward = 3, 0, False

    def from_vectors(self, vectors: Tensor, mask: Tensor) -> dict[str, Tensor]:
        outputs = super().from_vectors(vectors, mask)
        if len(mask) > self.most and not self.backward:
            self.fail()
        if len(mask) > self.most:
            outputs["logits"].register_hook(lambda gradient: None)
            vectors.register_hook(self.fail)
        return outputs

    def fail(self, gradient: Tensor | None = None) -> None:
        type(self).failures += 1
        self.second = False
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")


METHODS = {
    "plain": Method(toy.losses, clip=0.05),
    "all": Method(toy.losses, toy.divergence, attack=Attack(0.8, 0.5, 2), r_drop=3.0),
}


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_update_stays_the_same_wherever_memory_runs_out(
    monkeypatch: pytest.MonkeyPatch, method: Method, backward: bool
) -> None:
    monkeypatch.setattr(Small, "failures", 0)
    monkeypatch.setattr(Small, "backward", backward)
    rows, codec = rows_and_codec(12)
    found, room, failures = [], Room(), []
    for kind in (toy.Wavering, Small):
        torch.manual_seed(0)
        model = kind(len(codec.letters) + 2, 6, 0.0).double()
        model.wavers = method.r_drop > 0
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        trainer = toy.trainer(model, codec, method, optimizer, room=room)
        for _ in range(3):
            update = train_step(trainer, [rows[:2], rows[2:7], rows[7:]])
            failures.append(Small.failures)
        found.append((toy.weights_of(model), update))
    (whole, of_whole), (parted, of_parts) = found
    for name, weight in whole.items():
        torch.testing.assert_close(parted[name], weight, rtol=0, atol=1e-12)
    assert of_parts.losses == pytest.approx(of_whole.losses, abs=1e-12)
    assert failures[3] > 0
    assert failures[3:] == [failures[3]] * 3, "a later step tried again what had failed"


def test_one_example_that_does_not_fit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Small, "most", 0)
    rows, codec = rows_and_codec(4)
    model = Small(len(codec.letters) + 2, 6, 0.0)
    before = toy.weights_of(model)
    message = rf"^step 1: one example of length {rows[0].length} does not fit into memory by itself; .* Cut long ex"
    with pytest.raises(ConfigError, match=message):
        train_step(toy.trainer(model, codec), [rows])
    assert toy.same_bits(toy.weights_of(model), before)


def test_the_noise_of_a_step_that_begins_anew_is_that_of_its_seed() -> None:
    """A failure in the last micro-batch leaves the first with the dropout it would have had."""
    rows, codec = rows_and_codec(6)
    seen: list[Tensor] = []

    def watched(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        seen.append(outputs["logits"].detach())
        if len(seen) == 2:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: not enough memory")
        return toy.losses(outputs, targets)

    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.5)
    train_step(toy.trainer(model, codec, Method(watched), seed=5), [rows[:2], rows[2:]])
    assert [len(logits) for logits in seen] == [2, 4, 2, 2, 2]
    assert torch.equal(seen[0], seen[2])


def test_other_errors_pass() -> None:
    rows, codec = rows_and_codec(4)

    def broken(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (4)")

    model = toy.ToyModel(len(codec.letters) + 2, 6, 0.0)
    with pytest.raises(RuntimeError, match="size of tensor a"):
        train_step(toy.trainer(model, codec, Method(broken)), [rows])


@pytest.mark.parametrize("ask", [lambda: torch.empty(2**60, dtype=torch.uint8), lambda: np.empty(2**60, np.uint8)])
def test_what_the_cpu_says_is_understood(ask: Callable[[], Any]) -> None:
    with pytest.raises((RuntimeError, MemoryError)) as caught:
        ask()
    assert out_of_memory(caught.value)


def row(length: int) -> Row:
    return Row({}, {}, length, length)


def test_what_is_like_a_failure_is_cut_and_nothing_else() -> None:
    room = Room()
    halves = room.halve([row(10)] * 5, "step 1")
    assert [len(half) for half in halves] == [3, 2]
    assert [len(part) for part in room.cut([row(10)] * 3)] == [3]
    assert [len(part) for part in room.cut([row(12)] * 8)] == [2] * 4
    assert [len(part) for part in room.cut([row(9)] * 20)] == [20], "shorter ones may fit"
    assert [len(part) for part in room.cut([row(100)])] == [1], "a single one is always tried"
    parts = room.cut([row(length) for length in range(7, 13)])
    assert [row.length for part in parts for row in part] == [*range(7, 13)]


def test_a_run_goes_on_and_says_so_once(tmp_path: Path) -> None:
    def build(config: toy.ToyConfig, codec: toy.ToyCodec, architecture: object = None) -> toy.ToyModel:
        return Small(len(codec.letters) + 2, 4, 0.0)

    config = toy.settings(tmp_path, dev=False)
    reports: list[Report] = []
    for name, task in (("whole", toy.TASK), ("parts", replace(toy.TASK, build=build))):
        reports.clear()
        run_training(task, config, tmp_path / name, on_report=reports.append, device=CPU)
    said = [report.text for report in reports if isinstance(report, Notice) and "memory" in report.text]
    assert len(said) == 1
    assert said[0].startswith("Out of memory: 4 examples of up to length ")
    assert "A lower train.batch_tokens or train.batch_size" in said[0]
    place = next(place for place, report in enumerate(reports) if isinstance(report, Notice) and report.text == said[0])
    following = reports[place + 1]
    assert isinstance(following, StepReport)
    assert following.step == 1
    assert {line["kind"] for line in read_metrics(tmp_path / "parts" / "metrics.jsonl")} == {"step", "epoch", "end"}
