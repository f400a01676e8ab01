"""Progress for the person who watches: a bar with rate and time left on a terminal, elsewhere a plain line at times."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from spanloom.engine.report import EpochReport, Notice, Report, Stage, headline, of_dev
from spanloom.errors import shortened
from spanloom.write.escapes import visible
from spanloom.write.terminal import LONGEST, say, terminal

PAUSE = 10.0
"""Seconds between two plain lines."""


class ConsoleProgress:
    """Shows reports as they come: `with ConsoleProgress() as show: run_training(..., on_report=show)`.

    stream: standard error unless told; what it shows depends on whether that is a terminal. clock: gives seconds.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._show = _Bar(self._stream) if self._stream.isatty() else _Lines(self._stream, clock)

    def __enter__(self) -> ConsoleProgress:
        self._show.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._show.stop()

    def __call__(self, report: Report) -> None:
        """Show one report."""
        if isinstance(report, Notice):
            self._show.say(report.text)
        elif isinstance(report, EpochReport):
            self._show.say(_of_epoch(report))
        elif isinstance(report, Stage):
            self._show.advance(report.name, report.name, report.done, report.total, "")
        else:
            losses = "  ".join(f"{name} {value:.4f}" for name, value in report.losses.items())
            rate = f"{report.sentences / max(report.seconds, 1e-9):.0f} sentences/s"
            text = f"epoch {report.epoch}  {losses}{'  (skipped: float16 overflow)' if report.skipped else ''}"
            self._show.advance("training", text, report.step, report.steps, rate)


class _Bar:
    """A live bar; `key` says which work goes on, `text` describes it and may change."""

    def __init__(self, stream: TextIO) -> None:
        self._key = ""
        self._line = TaskID(0)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}  {task.fields[rate]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=terminal(stream),
        )
        self.start, self.stop = self._bar.start, self._bar.stop

    def advance(self, key: str, text: str, done: int, total: int, rate: str) -> None:
        text = visible(text)
        if key != self._key:
            for old in self._bar.task_ids:
                self._bar.remove_task(old)
            # A resumed run starts where it stands, so that the steps done before do not count as speed.
            self._line = self._bar.add_task(text, total=total, completed=max(done - 1, 0), rate=rate)
            self._key = key
        self._bar.update(self._line, description=text, completed=done, rate=rate)

    def say(self, text: str) -> None:
        self._bar.console.print(shortened(visible(text), LONGEST), soft_wrap=True)


class _Lines:
    """Plain lines, at most one in `PAUSE` seconds, and always the last of each work."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._key = ""
        self._said = -PAUSE
        self._began, self._before = 0.0, 0

    def start(self) -> None:
        self._said = self._clock() - PAUSE

    def stop(self) -> None:
        self._stream.flush()

    def advance(self, key: str, text: str, done: int, total: int, rate: str) -> None:
        now = self._clock()
        if key != self._key:
            self._key, self._began, self._before = key, now, done
        if now - self._said < PAUSE and done < total:
            return
        self._said = now
        left = ""
        if self._before < done < total:
            seconds = round((now - self._began) / (done - self._before) * (total - done))
            left = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02} left"
        self.say("  ".join(part for part in (text, f"{done}/{total}", rate, left) if part))

    def say(self, text: str) -> None:
        say(text, self._stream)


def _of_epoch(report: EpochReport) -> str:
    note = f"  ({report.note})" if report.note else ""
    measured = "".join(f"  training {name} {value:.4f}" for name, value in report.training.items())
    best = "  (best so far)" if report.best else ""
    held = f"  {report.peak_memory / 1e9:.1f} GB at most" if report.peak_memory else ""
    return f"epoch {report.epoch}{measured}  {_on_dev(report)}{best}{note}  {report.seconds:.1f} s{held}"


def _on_dev(report: EpochReport) -> str:
    """What dev says: the measures that training has too, or else the score in points."""
    if report.score is None:
        return "not scored on dev"
    measures = headline(report.scorecard or {})
    same = [f"dev {name} {value:.4f}" for name in report.training for value in of_dev(measures, name)]
    return "  ".join(same) or f"dev {100 * report.score:.1f}"
