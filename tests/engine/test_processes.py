from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import Tensor, nn

from spanloom.contracts import Task
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.processes import Launch, add_up, add_up_gradients, device_of, join_processes, read_launch, share_of
from spanloom.engine.report import Report, read_metrics
from spanloom.engine.run import Interrupted, run_training
from spanloom.engine.trainer import noise_seed
from spanloom.errors import ConfigError, SpanloomError
from tests.engine import toy
from tests.ports import free_port

LAUNCHED = {"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


def test_the_environment_says_which_process_this_is() -> None:
    assert read_launch({}) == Launch() == Launch(0, 0, 1, False)
    assert read_launch({"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}) == Launch()
    assert read_launch({"RANK": "7"}) == Launch(), "one variable alone is nobody's launcher"
    assert read_launch(LAUNCHED) == Launch(3, 1, 4)
    assert read_launch(LAUNCHED | {"ACCELERATE_USE_CPU": "True"}) == Launch(3, 1, 4, cpu=True)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"RANK": ""}, "the environment: RANK is not set; .* Start them with torchrun or accelerate launch."),
        ({"LOCAL_RANK": "one"}, "LOCAL_RANK is 'one'; the variables that a launcher sets"),
        ({"WORLD_SIZE": "-2", "RANK": ""}, "WORLD_SIZE is '-2' and RANK is not set;"),
    ],
)
def test_half_an_environment_is_refused(change: Mapping[str, str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        read_launch(LAUNCHED | change)
    with pytest.raises(ConfigError, match="MASTER_PORT is not set"):
        read_launch({key: value for key, value in LAUNCHED.items() if key != "MASTER_PORT"})


def test_each_process_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert device_of(Launch(3, 1, 4)) == torch.device("cuda", 1)
    assert device_of(Launch(3, 1, 4, cpu=True)) == torch.device("cpu")
    assert device_of(Launch()) == torch.device("cuda")
    expected = (
        "LOCAL_RANK 2: there is no CUDA device 2; one for each process, but this machine shows 2 of them. "
        "Start at most 2 here, or set CUDA_VISIBLE_DEVICES='' to train on the CPU."
    )
    with pytest.raises(ConfigError) as refused, join_processes(Launch(2, 2, 4)):
        pass
    assert str(refused.value) == expected


def test_a_process_alone_does_and_has_all() -> None:
    assert share_of([1, 2, 3]) == [1, 2, 3]
    assert add_up([{"a": 1.0}, {"a": 2.0, "b": 0.5}]) == {"a": 3.0, "b": 0.5}
    assert add_up([]) == {}
    assert noise_seed(5, 7) == noise_seed(5, 7, 0)
    assert len({noise_seed(5, 7, rank) for rank in range(4)}) == 4


def asked_to_stop(rank: int, at: int) -> Task:
    """The toy task, in which Ctrl-C reaches process 1 alone, at its loss number `at`."""
    calls = iter(range(1, 1000))

    def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if next(calls) == at and rank == 1:
            signal.raise_signal(signal.SIGINT)
        return toy.losses(outputs, targets)

    return replace(toy.TASK, losses=losses)


def shares(rank: int) -> None:
    """Sums over processes of which one has nothing."""
    assert add_up([] if rank else [{"a": 1.0}, {"b": 2.0}]) == {"a": 1.0, "b": 2.0}
    weights = [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(1))]
    weights[0].grad = torch.full((2,), 1.0 + rank)
    if rank:
        weights[1].grad = torch.full((3,), 5.0)
    add_up_gradients(weights)
    assert [None if weight.grad is None else weight.grad.tolist() for weight in weights] == [[3.0] * 2, [5.0] * 3, None]
    assert list(share_of(["a", "b", "c"])) == (["b"] if rank else ["a", "c"])
    assert list(share_of(["a"])) == ([] if rank else ["a"])


def one_of_two(rank: int, port: int, folder: Path) -> None:
    """Run in each of two processes: what is wrong in one fails there, and so in the test that started them."""
    os.environ |= {"WORLD_SIZE": "2", "RANK": f"{rank}", "LOCAL_RANK": f"{rank}", "ACCELERATE_USE_CPU": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": f"{port}"}
    torch.set_num_threads(1)
    config = replace(toy.settings(folder / f"data{rank}", accumulate=1), model=toy.ToyConfig(dropout=0.0))
    reports: list[Report] = []
    with join_processes(read_launch(os.environ)) as device:
        shares(rank)
        card = run_training(toy.TASK, config, folder / "two", on_report=reports.append, device=device)
        assert card["letters"]["accuracy"] > 0
        assert bool(reports) == (rank == 0), "the first alone speaks"
        with pytest.raises(Interrupted, match=r"Stopped at step 4\. Start 2 processes again with: spanloom train"):
            run_training(asked_to_stop(rank, 3), config, folder / "parts", device=device)
        run_training(toy.TASK, config, folder / "parts", resume=True, device=device)
        other = toy.settings(folder / f"data{rank}", accumulate=1)
        with pytest.raises(ConfigError, match="encodes to other rows in process 1 than in process 0; the same data"):
            run_training(differing(rank), other, folder / "odd", device=device)
    assert not dist.is_initialized()
    threads = [comm.read_text().strip() for comm in Path("/proc/self/task").glob("*/comm")]
    assert not [name for name in threads if "gloo" in name], "one that is left can abort the process at its end"


def differing(rank: int) -> Task:
    """The toy task, of which process 1 reads one example less."""
    return replace(toy.TASK, read=lambda path, config: list(toy.read(path, config))[rank:])


def left_alone(rank: int, port: int, folder: Path) -> None:
    os.environ |= {"WORLD_SIZE": "2", "RANK": f"{rank}", "LOCAL_RANK": f"{rank}", "ACCELERATE_USE_CPU": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": f"{port}"}
    (folder / "taken").mkdir(exist_ok=True)
    (folder / "taken" / "file").touch()
    config = toy.settings(folder / f"data{rank}")
    expected: Any = (
        (ConfigError, "taken: the folder is not empty: it holds file;")
        if rank == 0
        else (
            SpanloomError,
            r"^process 1: another process has stopped, or cannot be reached \(.+\). What that one said tells why.$",
        )
    )
    with pytest.raises(expected[0], match=expected[1]), join_processes(read_launch(os.environ)) as device:
        run_training(toy.TASK, config, folder / "taken", device=device)
    os._exit(0)  # as a process does that ended with an error: without a word to the others, and with gloo's threads


@pytest.mark.slow  # two fresh interpreters import torch
@pytest.mark.skipif(not dist.is_gloo_available(), reason="PyTorch was built without gloo")
def test_two_processes_train_as_one_does(tmp_path: Path, without_pictures: None) -> None:
    """The last group of an epoch has one micro-batch for two processes; stopping and going on change no bit."""
    for name in ("data0", "data1", "data"):
        (tmp_path / name).mkdir()
    torch.multiprocessing.spawn(one_of_two, args=(free_port(), tmp_path), nprocs=2)
    config = replace(toy.settings(tmp_path / "data", accumulate=2), model=toy.ToyConfig(dropout=0.0))
    run_training(toy.TASK, config, tmp_path / "one", device=torch.device("cpu"))
    one, two, parts = (read_checkpoint(tmp_path / name) for name in ("one", "two", "parts"))
    assert one.about["step"] == two.about["step"] == 6
    assert toy.same_bits(two.tensors, parts.tensors)
    for name, tensor in one.tensors.items():
        np.testing.assert_allclose(two.tensors[name].numpy(), tensor.numpy(), rtol=1e-4, atol=1e-6, err_msg=name)
    lines = [read_metrics(tmp_path / name / "metrics.jsonl") for name in ("one", "two")]
    for key in ("kind", "step", "epoch", "sentences", "tokens", "score"):
        assert [line.get(key) for line in lines[0]] == [line.get(key) for line in lines[1]]
    for ours, theirs in zip(*lines, strict=True):
        assert ours.get("losses", {}) == pytest.approx(theirs.get("losses", {}), rel=1e-4)
    alone = replace(config, train=replace(config.train, accumulate=1))
    with pytest.raises(ConfigError, match=r"--resume: the number of processes is 1; 2, as when the run in .* Start 2,"):
        run_training(toy.TASK, alone, tmp_path / "two", resume=True, device=torch.device("cpu"))


@pytest.mark.slow  # two fresh interpreters import torch
@pytest.mark.skipif(not dist.is_gloo_available(), reason="PyTorch was built without gloo")
def test_a_process_that_is_left_alone_says_so(tmp_path: Path) -> None:
    for name in ("data0", "data1"):
        (tmp_path / name).mkdir()
    torch.multiprocessing.spawn(left_alone, args=(free_port(), tmp_path), nprocs=2)
