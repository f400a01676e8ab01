"""A run folder in which nothing was learnt yet blocks nobody, and one process alone trains in it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import spanloom.engine.run
import spanloom.nn.storage
from spanloom.config import RunConfig, load_config
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.folder import LOCK, claimed
from spanloom.engine.model_folder import load_model
from spanloom.engine.report import Notice, Report, StepReport
from spanloom.engine.run import Interrupted, run_training
from spanloom.errors import CheckpointError, ConfigError, DataError
from tests.engine import toy
from tests.engine.interrupt import ctrl_c_at

CPU = torch.device("cpu")
SAID = "No checkpoint was saved yet: starting from the beginning."


@pytest.fixture(autouse=True)
def _without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spanloom.engine.run, "draw_plots", lambda lines, folder: [])


def run(config: RunConfig, output: Path, resume: bool = False, at: Callable[[Report], None] | None = None) -> list[str]:
    """Train, and give what was said."""
    said: list[str] = []

    def listen(report: Report) -> None:
        if isinstance(report, Notice):
            said.append(report.text)
        if at is not None:
            at(report)

    run_training(toy.TASK, config, output, resume, listen, CPU)
    return said


def same_bits(one: Path, other: Path) -> bool:
    return toy.same_bits(read_checkpoint(one).tensors, read_checkpoint(other).tensors)


# ---- killed ------------------------------------------------------------------------------------------------------

KILLS = """
import os, signal, sys
from pathlib import Path
import torch
import spanloom.engine.run
from spanloom.engine.report import Stage
from tests.engine import toy

folder = Path(sys.argv[1])
config = toy.settings(folder)
spanloom.engine.run.draw_plots = lambda lines, where: []
rename = os.replace

def die(*anything):
    os.kill(os.getpid(), signal.SIGKILL)

def train_and_die_at(moment):
    left = [moment]
    def replace(one, other):
        left[0] -= 1
        (die if left[0] < 0 else rename)(one, other)
    os.replace = replace
    heard = lambda report: die() if moment < 0 and isinstance(report, Stage) else None
    spanloom.engine.run.run_training(toy.TASK, config, folder / f"run{moment}", False, heard, torch.device("cpu"))

for moment in map(int, sys.argv[2:]):
    child = os.fork()
    if not child:
        train_and_die_at(moment)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, moment
"""


def test_after_a_kill_before_the_first_checkpoint_the_same_command_goes_on(tmp_path: Path) -> None:
    """-1 while encoding, then at each rename: of the first checkpoint, settings, metrics, and into the model folder."""
    moments = [-1, 0, 1, 2, 3, 4, 6]
    repository = Path(__file__).parents[3]
    paths = os.pathsep.join([str(repository / "src"), str(repository)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLS, str(tmp_path), *map(str, moments)],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": str(torch.get_num_threads())},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    config = toy.settings(tmp_path)
    run(config, tmp_path / "whole")
    for moment in moments:
        killed = tmp_path / f"run{moment}"
        assert (killed / LOCK).exists(), "what the dead process left"
        anew = tmp_path / f"anew{moment}"
        shutil.copytree(killed, anew)
        said = run(config, killed, resume=True)
        assert (SAID in said) == (moment < 2), (moment, said)
        assert same_bits(killed, tmp_path / "whole")
        assert not (killed / LOCK).exists()
        if (anew / "model").exists():
            with pytest.raises(ConfigError, match=r"it holds a training; .* or add --resume to go on"):
                run(config, anew)
        else:
            run(config, anew)
            assert same_bits(anew, tmp_path / "whole")


@pytest.mark.parametrize("writes", [0, 1, 2, 4])
def test_after_a_full_disk_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    config, output = toy.settings(tmp_path), tmp_path / "run"
    store = spanloom.nn.storage.atomic_write
    left = [writes]

    def fill(path: Path, *parts: bytes | memoryview | str) -> None:
        left[0] -= 1
        if left[0] < 0:
            path.parent.mkdir(parents=True, exist_ok=True)  # as it does before it finds the disk full
            raise OSError(errno.ENOSPC, "No space left on device")
        store(path, *parts)

    monkeypatch.setattr(spanloom.nn.storage, "atomic_write", fill)
    with pytest.raises(CheckpointError, match=r"No space left on device; .* go on with --resume"):
        run(config, output)
    monkeypatch.setattr(spanloom.nn.storage, "atomic_write", store)
    run(config, output, resume=True)
    run(config, tmp_path / "whole")
    assert same_bits(output, tmp_path / "whole")


def test_a_first_step_that_fails_blocks_nothing(tmp_path: Path) -> None:
    config, output = toy.settings(tmp_path), tmp_path / "run"

    def fall(report: Report) -> None:
        if isinstance(report, StepReport):
            raise RuntimeError("a step that fails")

    with pytest.raises(RuntimeError, match="a step that fails"):
        run(config, output, at=fall)
    assert read_checkpoint(output).about["step"] == 0
    shutil.copytree(output, tmp_path / "copy")
    run(replace(config, train=replace(config.train, learning_rate=0.02)), output)  # with what mends it
    run(config, tmp_path / "copy", resume=True)
    run(config, tmp_path / "whole")
    assert same_bits(tmp_path / "copy", tmp_path / "whole")
    assert not same_bits(output, tmp_path / "whole")


# ---- failed starts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["no data", "no example", "setting"])
def test_a_start_that_fails_leaves_no_folder(tmp_path: Path, fault: str) -> None:
    config, output = toy.settings(tmp_path, epochs=1), tmp_path / "runs" / "of today" / "run"
    words = (tmp_path / "dev.txt").read_text(encoding="utf-8")
    wrong, expected = config, DataError
    if fault == "no data":
        (tmp_path / "dev.txt").unlink()
        expected = FileNotFoundError  # the toy reader's own
    elif fault == "no example":
        (tmp_path / "dev.txt").write_text("\n", encoding="utf-8")
    else:
        wrong, expected = replace(config, train=replace(config.train, warmup=7.0)), ConfigError
    with pytest.raises(expected):
        run(wrong, output)
    assert not (tmp_path / "runs").exists()
    (tmp_path / "dev.txt").write_text(words, encoding="utf-8")
    run(config, output)


def test_a_folder_that_stood_there_stays_and_an_empty_one_can_be_resumed(tmp_path: Path) -> None:
    config, output = toy.settings(tmp_path, epochs=1), tmp_path / "run"
    output.mkdir()
    with pytest.raises(ConfigError, match=r"train\.warmup: is 7\.0"):
        run(replace(config, train=replace(config.train, warmup=7.0)), output)
    assert list(output.iterdir()) == []
    assert SAID in run(config, output, resume=True)


def test_what_stands_in_a_folder_is_not_written_over(tmp_path: Path) -> None:
    config, output = toy.settings(tmp_path, epochs=1), tmp_path / "run"
    output.mkdir()
    (output / "config.toml").write_text("# my own\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"not empty: it holds config\.toml; .* Choose another --output\.$"):
        run(config, output)
    with pytest.raises(CheckpointError, match=r"no checkpoint to go on from, and it holds config\.toml; .* another"):
        run(config, output, resume=True)
    assert [path.read_text(encoding="utf-8") for path in output.iterdir()] == ["# my own\n"]
    finished = tmp_path / "finished"
    run(config, finished)
    shutil.rmtree(finished / "checkpoint")
    with pytest.raises(CheckpointError, match=r"it holds README\.md, config\.toml, metrics\.jsonl and more; "):
        run(config, finished, resume=True)
    assert load_model(finished, toy.find_task)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    config = toy.settings(tmp_path)
    for output, message in (
        (tmp_path / "dev.txt" / "run", "cannot be made: Not a directory"),
        (tmp_path / ("a" * 300), "cannot be made: File name too long"),
        (tmp_path / "a\0b", r"cannot be made: .*embedded null (byte|character)"),
    ):
        with pytest.raises(ConfigError, match=message):
            run(config, output)


def test_file_names_that_are_no_utf8_will_do(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    config = toy.settings(folder, epochs=1)
    run(config, folder / "run")
    run(config, folder / "run", resume=True)
    assert load_config(folder / "run" / "config.toml", [], lambda name: toy.ToyConfig) == config
    assert "/caf%E9/train.txt`" in (folder / "run" / "README.md").read_text(encoding="utf-8")


# ---- two at once -------------------------------------------------------------------------------------------------


def test_a_second_training_in_one_folder_is_told_who_is_in_it(tmp_path: Path) -> None:
    config, output = toy.settings(tmp_path), tmp_path / "run"
    message = rf"run: process {os.getpid()} is training in it; a folder of its own. Choose another --output"
    with claimed(output, False):
        for resume in (False, True):
            with pytest.raises(ConfigError, match=message):
                run(config, output, resume=resume)
    assert not output.exists()


def test_a_run_is_read_while_it_trains_and_claimed_again_after_a_stop(tmp_path: Path) -> None:
    config, output = toy.settings(tmp_path), tmp_path / "run"
    read: list[Any] = []

    def look(report: Report) -> None:
        if isinstance(report, StepReport) and report.step == 4:
            read.append(load_model(output, toy.find_task))
        ctrl_c_at(5)(report)

    with pytest.raises(Interrupted):
        run(config, output, at=look)
    assert len(read) == 1
    assert "Going on from step 5, in epoch 2." in run(config, output, resume=True)


@pytest.fixture
def sleeper() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Another process that holds a folder until it is killed."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom spanloom.engine.folder import claimed\n"
        "with claimed(Path(sys.argv[1]), False):\n    print('held', flush=True)\n    sys.stdin.read()"
    )
    started: list[subprocess.Popen[str]] = []

    def start(output: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(output)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_lock_of_a_killed_process_is_none(tmp_path: Path, sleeper: Callable[[Path], subprocess.Popen[str]]) -> None:
    config, output = toy.settings(tmp_path, epochs=1), tmp_path / "run"
    other = sleeper(output)
    with pytest.raises(ConfigError, match=rf"process {other.pid} is training in it"):
        run(config, output)
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (output / LOCK).read_text(encoding="utf-8") == f"{other.pid}\n"
    run(config, output)
