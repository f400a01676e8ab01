"""The last utterance of a dialogue, made self-contained by edits. `TASK` and nothing else."""

from spanloom.tasks.rewrite.task import TASK

__all__ = ["TASK"]
