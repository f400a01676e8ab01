"""The tasks are the folders beside this file: each holds one task, and nothing else has to know its name.

Others come from packages of their own, which name them as entry points of the group `spanloom.tasks`:

    [project.entry-points."spanloom.tasks"]
    leaves = "leaf_task:TASK"
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from spanloom.contracts import Task
from spanloom.errors import ConfigError

FOLDER = Path(__file__).parent

GROUP = "spanloom.tasks"
"""Of the entry points by which other packages bring tasks."""


def task_names() -> list[str]:
    """Every task that is installed, in alphabetical order."""
    return sorted({*_own(), *_brought()})


def find_task(name: str) -> Task:
    """The task of that name. Raises ConfigError, naming the nearest one, where there is none, and where a package that
    brings it does not work. Imports no torch.
    """
    if name in _own():
        task: Task = importlib.import_module(f"spanloom.tasks.{name}").TASK
        return task
    if name in _brought():
        return _loaded(_brought()[name])
    names = task_names()
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"the tasks are: {', '.join(names)}"
    raise ConfigError("task", f"there is no task '{name}'", hint, "'spanloom tasks' lists them.")


def home_of(name: str) -> Path:
    """The folder of a task's own files. Raises ConfigError as `find_task` does."""
    task = find_task(name)
    if name in _own():
        return FOLDER / task.name
    spec = importlib.util.find_spec(_brought()[name].module)
    return Path(spec.origin or "").parent if spec is not None else Path()


def _own() -> set[str]:
    return {module.name for module in pkgutil.iter_modules(__path__) if module.ispkg}


@cache
def _brought() -> dict[str, EntryPoint]:
    """Tasks of other packages, by name; none may take the place of one of spanloom's own."""
    return {point.name: point for point in entry_points(group=GROUP)}


def _loaded(point: EntryPoint) -> Task:
    where = f"the task '{point.name}' of the package {point.dist.name if point.dist else point.module}"
    try:
        task = point.load()
    except Exception as error:  # whatever another package's code raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ConfigError(where, f"cannot be imported ({reason})", remedy="Install it again, or remove it.") from error
    if not isinstance(task, Task) or task.name != point.name:
        found = (
            f"{point.value} is {f'the task {task.name!r}' if isinstance(task, Task) else f'a {type(task).__name__}'}"
        )
        expected = f"a spanloom.contracts.Task whose name is {point.name!r}"
        raise ConfigError(where, found, expected, "Ask whoever made the package, or remove it.")
    return task
