"""Joint extraction of entities and relations. `TASK` and nothing else."""

from spanloom.tasks.joint.task import TASK

__all__ = ["TASK"]
