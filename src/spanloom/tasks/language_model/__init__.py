"""Language models: how likely each character, word or wordpiece is after those before it. `TASK` and nothing else."""

from spanloom.tasks.language_model.task import TASK

__all__ = ["TASK"]
