"""Trainings and exports killed with SIGKILL just before and just after each of their renames, then begun again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from attacks.workers import Outcome

from spanloom.config import load_config
from spanloom.errors import SpanloomError
from spanloom.predict.predictor import load
from spanloom.tasks import FOLDER, find_task

RENAMES = ("replace", "rename", "renames", "link")
WORDS = "words"
KEPT = ("model/weights.safetensors", "model/codec.json", "scorecard.json")


def train(task: str, output: Path, resume: bool, epochs: int) -> None:
    """Train a task's own sample for a few epochs on one thread."""
    from spanloom.engine.run import run_training

    settings = [f"train.epochs={epochs}", "train.threads=1", "train.checkpoint_every=1"]
    config = load_config(FOLDER / task / "tiny.toml", settings, lambda name: find_task(name).config)
    run_training(find_task(task), config, output, resume)


def export(run: Path, output: Path) -> None:
    """Export a run, whatever its score."""
    from spanloom.export.bundle import export as export_run

    export_run(run, output, max_drop=100.0, precision="fp32")


def forked(work: Callable[[], None], words: Path, patience: float = 120.0) -> int:
    """The exit status of a child process that does some work: 0 done, 2 refused, 1 a bug, -9 killed, -1 hung.

    words: a file for what a child that failed has to say.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
                work()
            code = 0
        except SpanloomError as error:
            words.write_text(str(error), encoding="utf-8")
            code = 2
        except BaseException as error:
            words.write_text(repr(error), encoding="utf-8")
        finally:
            os._exit(code)
    end = time.monotonic() + patience
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def killed_at(number: int, after: bool, count: Path | None = None) -> None:
    """From here on, kill this process before or after its rename of this number (from 1); write how many there were."""
    seen = 0

    def watched(rename: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == number and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            found = rename(*arguments, **named)
            if seen == number and after:
                os.kill(os.getpid(), signal.SIGKILL)
            if count is not None:
                count.write_text(str(seen), encoding="utf-8")
            return found

        return call

    for name in RENAMES:
        setattr(os, name, watched(getattr(os, name)))


def fingerprint(run: Path) -> dict[str, str]:
    """What a training leaves, by its hash."""
    return {name: hashlib.sha256((run / name).read_bytes()).hexdigest() for name in KEPT}


def measure(job: str, task: str, epochs: int, folder: str) -> Outcome:
    """Do a job once without a kill: how many renames it makes, and what it leaves, as JSON."""
    place = Path(folder)
    count = place / "count"
    run = place / "run"

    def training() -> None:
        if job == "train":
            killed_at(0, False, count)
        train(task, run, False, epochs)

    if not run.exists() and (code := forked(training, place / WORDS)):
        return Outcome("a bug", f"training ends with {code} {said(place)}")
    if job == "export":

        def exporting() -> None:
            export(run, place / "old")
            killed_at(0, False, count)
            export(run, place / "old")

        if code := forked(exporting, place / WORDS):
            return Outcome("a bug", f"export ends with {code} {said(place)}")
    left = fingerprint(run) if job == "train" else {}
    return Outcome("other", json.dumps({"renames": int(count.read_text()), "left": left}))


def said(place: Path) -> str:
    """What a child that failed left in words."""
    return (place / WORDS).read_text(encoding="utf-8")[:300] if (place / WORDS).exists() else ""


def attempt_train(task: str, epochs: int, folder: str, number: int, after: bool, left: dict[str, str]) -> Outcome:
    """Kill a training at a rename, resume it, and compare what it leaves with what one without a kill leaves."""
    place = Path(folder)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    run = place / "run"

    def killed() -> None:
        killed_at(number, after)
        train(task, run, False, epochs)

    code = forked(killed, place / WORDS)
    if code != -signal.SIGKILL:
        return Outcome("wrong", f"the kill did not come: {code}")
    code = forked(lambda: train(task, run, True, epochs), place / WORDS)
    if code:
        return Outcome("lost", f"--resume ends with {code}: {said(place)}")
    if fingerprint(run) != left:
        return Outcome("wrong", "resumed to other bits")
    rest = [str(path.relative_to(place)) for path in place.rglob(".*") if path.is_file() and path.suffix == ".part"]
    return Outcome("wrong", f"left behind: {', '.join(rest)}") if rest else Outcome("as before")


def attempt_export(run: str, folder: str, number: int, after: bool) -> Outcome:
    """Kill an export over an older bundle at a rename: the old or the new one must be there, and a note beside it."""
    place = Path(folder)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(Path(run).parent / "old", place / "bundle")

    def killed() -> None:
        killed_at(number, after)
        export(Path(run), place / "bundle")

    code = forked(killed, place / WORDS)
    if code != -signal.SIGKILL:
        return Outcome("wrong", f"the kill did not come: {code}")
    whole = [path for path in place.rglob("bundle.json") if opens(path.parent)]
    if not whole:
        return Outcome("lost", "neither the old bundle nor the new one is there")
    if code := forked(lambda: export(Path(run), place / "bundle"), place / WORDS):
        return Outcome("lost", f"the next export ends with {code}: {said(place)}")
    if not opens(place / "bundle"):
        return Outcome("lost", "the next export leaves no bundle")
    rest = [path.name for path in place.iterdir() if path.name not in ("bundle", WORDS)]
    return Outcome("wrong", f"left behind: {', '.join(rest)}") if rest else Outcome("as before")


def opens(folder: Path) -> bool:
    """Whether a bundle is whole."""
    try:
        load(folder, threads=1)
    except SpanloomError:
        return False
    return True


def moments(renames: int) -> Iterator[tuple[int, bool]]:
    """Every rename, before it and after it."""
    for number in range(1, renames + 1):
        yield number, False
        yield number, True
