"""How far `predict` is, for the person who watches: on a terminal alone, and only where that shows no answers."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from spanloom.text.counts import several
from spanloom.write.terminal import terminal
from spanloom.write.told import Told

if TYPE_CHECKING:
    from spanloom.run.cli.answers import Answers, How
    from spanloom.run.cli.entries import Inputs

Item = TypeVar("Item")


def watched(answers: Answers, inputs: Inputs, how: How, before: int = 0, hidden: bool = False) -> Iterator[Told]:
    """The answers as they come, with a bar on standard error where that is a terminal: how many, how many a second,
    and how long the rest will take. before: how many texts were answered by an earlier process.
    hidden: show none, as where the answers go to the same terminal.
    """
    counted = ((told, 1, _share(inputs, how, number)) for number, told in enumerate(answers, before + 1))
    return with_bar(counted, before, _share(inputs, how, before), hidden)


def with_bar(
    items: Iterable[tuple[Item, int, float]], before: int, share: float, hidden: bool = False
) -> Iterator[Item]:
    """The items as they come, with a bar on standard error where that is a terminal. Each comes with how many texts it
    adds and which part of all is then done. before, share: the same of what was done when it begins.
    """
    if hidden or not sys.stderr.isatty():
        yield from (item for item, _, _ in items)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=terminal(sys.stderr), transient=True) as bar:
        line = bar.add_task("", total=1.0)
        bar.update(line, completed=share)
        began, done = time.monotonic(), 0
        for item, texts, share in items:
            yield item
            done += texts
            rate = done / max(time.monotonic() - began, 1e-9)
            text = f"{several(before + done, 'text')}  {rate:,.0f} a second"
            bar.update(line, description=text, completed=share)


def _share(inputs: Inputs, how: How, done: int) -> float:
    """The part of the texts that is answered: of the bytes of the files, or of the texts that are wanted at most."""
    by_bytes = (inputs.gauge.share() if inputs.gauge is not None else None) or 0.0
    return max(by_bytes, done / how.limit if how.limit else 0.0)
