"""One label a token: parts of speech, named entities, word segmentation. `TASK` and nothing else."""

from spanloom.tasks.tag.task import TASK

__all__ = ["TASK"]
