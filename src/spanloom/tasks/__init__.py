"""The tasks are the folders beside this file: each holds one task, and nothing else has to know its name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from pathlib import Path

from spanloom.contracts import Task
from spanloom.errors import ConfigError

FOLDER = Path(__file__).parent


def task_names() -> list[str]:
    """Every task that is installed, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def find_task(name: str) -> Task:
    """The task of that name. Raises ConfigError, naming the nearest one, where there is none. Imports no torch."""
    names = task_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"the tasks are: {', '.join(names)}"
        raise ConfigError("task", f"there is no task '{name}'", hint, "'spanloom tasks' lists them.")
    module = importlib.import_module(f"spanloom.tasks.{name}")
    task: Task = module.TASK
    return task
