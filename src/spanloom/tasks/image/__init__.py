"""Classification of pictures. `TASK` and nothing else."""

from spanloom.tasks.image.task import TASK

__all__ = ["TASK"]
