"""What a request wants and the details that it gives: an intent and slots. `TASK` and nothing else."""

from spanloom.tasks.intent_slot.task import TASK

__all__ = ["TASK"]
