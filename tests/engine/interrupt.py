"""Pressing Ctrl-C at a step."""

from __future__ import annotations

import signal
from collections.abc import Callable

from spanloom.engine.report import Report, StepReport


def ctrl_c_at(step: int) -> Callable[[Report], None]:
    def press(report: Report) -> None:
        if isinstance(report, StepReport) and report.step == step:
            signal.raise_signal(signal.SIGINT)

    return press
