"""Named entities inside named entities. `TASK` and nothing else."""

from spanloom.tasks.nested.task import TASK

__all__ = ["TASK"]
