"""Classification of the relation between two given spans of a text. `TASK` and nothing else."""

from spanloom.tasks.relation.task import TASK

__all__ = ["TASK"]
