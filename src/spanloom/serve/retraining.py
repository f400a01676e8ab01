"""Annotations that Label Studio tells of, kept in a folder, and trainings on them, each in a process of its own.

FOLDER/annotations.jsonl    what was told, line by line: a task with an annotation, or annotations that are gone
FOLDER/training-3/          tasks.json, train.jsonl and config.toml, what the third training began with, and its run
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spanloom.check.data import read_dev
from spanloom.check.leaks import asked
from spanloom.config import DataConfig, RunConfig, load_config, to_toml
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError, FileError, SpanloomError
from spanloom.serve.service import Service
from spanloom.serve.settings import Trained
from spanloom.tasks import find_task
from spanloom.write.atomic import atomic_write
from spanloom.write.lines import atomic_text, write_lines
from spanloom.write.terminal import say

KEPT = "annotations.jsonl"
START, GONE = "START_TRAINING", "ANNOTATIONS_DELETED"
COUNTED = ("ANNOTATION_CREATED", "ANNOTATIONS_CREATED", "ANNOTATION_UPDATED", "")
"""What Label Studio calls that there are annotations, or others than before."""

OF_TASKS = DataConfig(format="label-studio", unknown_keys="ignored")

Started = Callable[[Sequence[str]], "subprocess.Popen[bytes]"]


class Retraining:
    """Keeps annotations, and trains the first model of a service on them. Its methods may be called from any thread."""

    def __init__(self, service: Service, wanted: Trained, started: Started = subprocess.Popen) -> None:
        self.service = service
        self.wanted = wanted
        self.model = service.model(None).name
        self.config: RunConfig = load_config(wanted.config, [], lambda name: find_task(name).config)
        own = service.model(None).predictor.task.name
        if self.config.task != own:
            found = f"task is '{self.config.task}', and the model's is '{own}'"
            raise ConfigError(str(wanted.config), found, "a configuration for that task", "Name another with --train.")
        if self.config.data.source:
            found = "data.source names several data sets"
            raise ConfigError(str(wanted.config), found, "data.train, or none", "Name another with --train.")
        self._started = started
        self._lock = threading.Lock()
        self._new = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: threading.Thread | None = None
        self._stopping = False
        _cut(wanted.folder / KEPT)

    def state(self) -> dict[str, Any]:
        """How many annotations are new since the last training began, and whether one goes on."""
        return {"new_annotations": self._new, "training": self._process is not None}

    def heed(self, action: str, tasks: Sequence[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]]) -> bool:
        """Keep what Label Studio tells; whether to `start` a training: there is enough that is new, or it asks for one.

        Raises FileError where it cannot be kept.
        """
        if action == START:
            return True
        lines: list[Mapping[str, Any]] = []
        if action == GONE:
            lines = [{"gone": [each.get("id") for each in annotations]}]
        elif action in COUNTED and tasks:
            by_id = {task.get("id"): task for task in tasks}
            lines = [{"task": by_id.get(each.get("task"), tasks[0]), "annotation": each} for each in annotations]
        if not lines:
            return False
        with self._lock:
            self._keep(lines)
            self._new += sum("annotation" in line for line in lines)
            return self._new >= self.wanted.every

    def _keep(self, lines: Sequence[Mapping[str, Any]]) -> None:
        path = self.wanted.folder / KEPT
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)
        except OSError as error:
            raise FileError.of(error, path) from error

    def start(self) -> None:
        """Begin a training on all that is kept, unless one goes on: then the next begins when that ends."""
        with self._lock:
            if self._process is not None or self._stopping:
                return
            try:
                folder, count = self._next_folder(), self._new
                tasks = kept_tasks(self.wanted.folder / KEPT)
                config = self._prepare(folder, tasks)
            except SpanloomError as error:
                say(f"No training began: {error}")
                return
            run = folder / "run"
            self._process = self._started(
                [sys.executable, "-m", "spanloom", "train", str(config), "--output", str(run)]
            )
            self._new = 0
            say(f"Training {folder.name} began, on {len(tasks):,} annotated tasks, {count:,} annotations of them new.")
            self._waiting = threading.Thread(target=self._wait, args=(self._process, run), daemon=True)
            self._waiting.start()

    def _next_folder(self) -> Path:
        number = 1
        while (self.wanted.folder / f"training-{number}").exists():
            number += 1
        return self.wanted.folder / f"training-{number}"

    def _prepare(self, folder: Path, tasks: Sequence[Mapping[str, Any]]) -> Path:
        """Write what is learnt from, the annotated tasks and the configuration's own data without the same texts, and a
        configuration for it. All of it as lines of our own, whatever format it is in.
        """
        task, path = find_task(self.config.task), folder / "tasks.json"
        with atomic_text(path) as file:
            json.dump(tasks, file)
        new = list(task.read(path, OF_TASKS)) if tasks else []
        write_lines(folder / "train.jsonl", map(task.line, together(task, self.config, new)))
        dev = read_dev(task, self.config)
        if dev is not None:
            write_lines(folder / "dev.jsonl", map(task.line, dev.examples))
        data = DataConfig(folder / "train.jsonl", None if dev is None else folder / "dev.jsonl")
        atomic_write(folder / "config.toml", to_toml(replace(self.config, data=data)))
        return folder / "config.toml"

    def _wait(self, process: subprocess.Popen[bytes], run: Path) -> None:
        """Swap the model when its training ended well, and begin the next where enough came meanwhile."""
        code = process.wait()
        with self._lock:
            self._process = None
            again = self._new >= self.wanted.every
        if self._stopping:
            return
        if code:
            say(f"Training {run.parent.name} ended with exit code {code}; the model stays as it was.")
        else:
            try:
                self.service.reload(self.model, run)
            except SpanloomError as error:
                say(f"Training {run.parent.name} made a model that cannot be loaded: {error}")
        if again:
            self.start()

    def stop(self) -> None:
        """End a training that goes on: what is kept is trained on after the next start."""
        with self._lock:
            self._stopping = True
            process = self._process
        if process is not None:
            process.terminate()
            process.wait()


def _cut(path: Path) -> None:
    """Cut off a line that a service which was killed wrote half of, so that the next line is not glued to it."""
    if not path.exists():
        return
    try:
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
            say(f"{path}: half of a line was cut off at its end; Label Studio still has what it said.")
    except OSError as error:
        raise FileError.of(error, path) from error


def kept_tasks(path: Path) -> list[dict[str, Any]]:
    """The tasks that were told, each with the last of its annotations that is not gone, as Label Studio exports them.

    Raises DataError for a line that is damaged.
    """
    tasks: dict[Any, Mapping[str, Any]] = {}
    annotations: dict[Any, dict[Any, Mapping[str, Any]]] = {}
    for line in _lines(path):
        if "gone" in line:
            for own in annotations.values():
                for name in line["gone"]:
                    own.pop(name, None)
            continue
        name, said = line["task"].get("id"), line["annotation"]
        tasks[name] = line["task"]
        own = annotations.setdefault(name, {})
        own.pop(said.get("id"), None)  # so that the last one told is the last
        own[said.get("id")] = said
    return [
        {"id": name, "data": task.get("data") or {}, "annotations": [list(annotations[name].values())[-1]]}
        for name, task in tasks.items()
        if annotations[name]
    ]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield json.loads(line)
        except ValueError as error:
            remedy = "Remove the line: what it said is in Label Studio still."
            raise DataError(
                f"{path}:{number}", f"is damaged: {error}", "a line that the service wrote", remedy
            ) from None


def together(task: Task, config: RunConfig, new: Sequence[Example]) -> list[Example]:
    """The new examples that have gold, and those of the configuration's training data, of the same texts the new.

    Raises DataError where there is none.
    """
    kept = [example for example in new if example.gold is not None]
    texts = {asked(example.input) for example in kept}
    old = [] if config.data.train is None else task.read(config.data.train, replace(config.data, dev=None))
    both = [*(example for example in old if example.gold is not None and asked(example.input) not in texts), *kept]
    if not both:
        raise DataError(str(config.data.train or "annotations"), "nothing is annotated", "annotations to learn from")
    return both
