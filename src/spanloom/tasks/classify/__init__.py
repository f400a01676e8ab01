"""Classification of a sentence or a pair of sentences. `TASK` and nothing else."""

from spanloom.tasks.classify.task import TASK

__all__ = ["TASK"]
