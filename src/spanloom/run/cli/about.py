"""`spanloom tasks` and `spanloom doctor`: what is here, and does it work."""

from __future__ import annotations

from typing import Annotated

import typer

from spanloom.write.terminal import tell, tell_json


def tasks(json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False) -> None:
    """List the tasks that models can be trained for."""
    from spanloom.tasks import find_task, task_names

    summaries = {name: find_task(name).summary for name in task_names()}
    if json_:
        tell_json(summaries)
        return
    width = max(map(len, summaries), default=0)
    for name, summary in summaries.items():
        tell(f"{name:<{width}}  {summary}")


def doctor(json_: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False) -> None:
    """Check this installation and this machine: packages, GPU, PyTorch, speed, one prediction."""
    from spanloom.run.doctor import diagnose

    findings = list(diagnose())
    if json_:
        tell_json([vars(finding) for finding in findings])
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            tell(f"{finding.state:<6}  {finding.name:<{width}}  {finding.detail}")
    if any(finding.state == "fault" for finding in findings):
        raise typer.Exit(2)
