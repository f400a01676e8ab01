"""Which task a command takes data for, where a person does not say it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spanloom.write.terminal import tell

if TYPE_CHECKING:
    from spanloom.config import DataConfig
    from spanloom.contracts import Task


def choose_task(
    data: Path,
    config: DataConfig,
    name: str | None,
    to_learn: bool = True,
    speak: Callable[[str], None] = tell,
    able: Callable[[Task], bool] = lambda task: True,
) -> Task:
    """The task that is asked for, or the one that suits the data best, said with the others that would do.

    to_learn: as in `suiting_tasks`. speak: what the choice is said by. able: whether a task will do, if any does.
    """
    from spanloom.run.suits import suiting_tasks
    from spanloom.tasks import find_task

    if name is not None:
        return find_task(name)
    suiting = suiting_tasks(data, config, to_learn)
    best, *others = [task for task in suiting if able(task)] or suiting
    speak(f"{data}: taken for the task '{best.name}': {best.summary}.")
    if others:
        named = ", ".join(task.name for task in others)
        speak(f"  These can read it too: {named}. Choose with --task {others[0].name}, say.")
    return best
