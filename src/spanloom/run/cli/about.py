"""`spanloom tasks` and `spanloom doctor`: what is here, and does it work."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def tasks(json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False) -> None:
    """List the tasks that models can be trained for."""
    from spanloom.tasks import find_task, task_names

    summaries = {name: find_task(name).summary for name in task_names()}
    if json_:
        print(json.dumps(summaries, ensure_ascii=False))
        return
    width = max(map(len, summaries), default=0)
    for name, summary in summaries.items():
        print(f"{name:<{width}}  {summary}")


def doctor(json_: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False) -> None:
    """Check this installation and this machine: packages, GPU, PyTorch, speed, one prediction."""
    from spanloom.run.doctor import diagnose

    findings = list(diagnose())
    if json_:
        print(json.dumps([vars(finding) for finding in findings], ensure_ascii=False))
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            print(f"{finding.state:<6}  {finding.name:<{width}}  {finding.detail}")
    if any(finding.state == "fault" for finding in findings):
        raise typer.Exit(2)
