"""PyTorch's settings are the process's: predictors that overlap leave them as they found them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.repeat import repeatable
from spanloom.predict.predictor import load
from spanloom.run.cli import main

CPU, GPU = torch.device("cpu"), torch.device("cuda")  # a device is a name: nothing is computed on it here


def switches() -> tuple[Any, ...]:
    switch: Any = torch.utils.deterministic
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        switch.fill_uninitialized_memory,
    )


def settings() -> tuple[Any, ...]:
    return torch.get_num_threads(), *switches()


def in_a_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def overlap(first: torch.device, second: torch.device, threads: tuple[int, int]) -> dict[str, Any]:
    """One enters, the other enters, the first leaves, the other leaves; what is set in each at each moment."""
    seen: dict[str, Any] = {}
    moments = [threading.Event() for _ in range(3)]

    def one() -> None:
        with repeatable(first, threads[0]):
            seen["first alone"] = settings()
            moments[0].set()
            assert moments[1].wait(30)
            seen["first together"] = settings()
        moments[2].set()

    def other() -> None:
        assert moments[0].wait(30)
        with repeatable(second, threads[1]):
            seen["second together"] = (None, *switches())  # reading its threads would be the first to settle them
            moments[1].set()
            assert moments[2].wait(30)
            seen["second alone"] = settings()

    for thread in [in_a_thread(one), in_a_thread(other)]:
        thread.join(30)
    in_a_thread(lambda: seen.update(new=settings())).join(30)
    return seen


@pytest.mark.parametrize("threads", [(1, 1), (3, 2), (3, 0), (0, 3)])
def test_who_overlaps_leaves_what_was_set(threads: tuple[int, int]) -> None:
    before = settings()
    seen = overlap(CPU, CPU, threads)
    assert settings() == before
    assert seen["new"] == before
    wanted = [number or before[0] for number in threads]
    assert [seen[moment][0] for moment in ("first alone", "first together")] == [wanted[0]] * 2
    assert seen["second alone"][0] == wanted[1]
    assert {seen[moment][1:] for moment in seen if moment != "new"} == {(True, True, False)}


def test_a_gpu_beside_a_cpu_asks_for_nothing() -> None:
    before = settings()
    seen = overlap(CPU, GPU, (1, 1))
    assert seen["first alone"][1:] == seen["second together"][1:] == (True, True, False)
    assert seen["second alone"][1:] == before[1:]
    assert settings() == seen["new"] == before


def test_what_fails_inside_leaves_what_was_set() -> None:
    before = settings()
    with pytest.raises(KeyError), repeatable(CPU, 3):
        raise KeyError
    assert settings() == before


def test_a_run_that_answers_in_two_threads_leaves_what_was_set(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = repository / "src/spanloom/tasks/tag/tiny.toml"
    assert main(["train", str(config), "train.epochs=1", "--output", str(tmp_path / "run")]) == 0
    predictors = [load(tmp_path / "run", threads=number) for number in (1, 2)]
    before, inside = settings(), threading.Barrier(2)
    forward = TorchBackend.forward

    def forward_together(*arguments: Any) -> Any:
        inside.wait(30)  # both are inside at this moment
        return forward(*arguments)

    monkeypatch.setattr(TorchBackend, "forward", forward_together)
    for thread in [in_a_thread(lambda p=predictor: p("Ida left Leeds.")) for predictor in predictors]:  # type: ignore[misc]
        thread.join(30)
    assert settings() == before
