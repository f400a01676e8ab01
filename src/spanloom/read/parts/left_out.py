"""Items of a file that make no example: they are said with the example behind them, or, behind the last, with that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from spanloom.core import Example, Source
from spanloom.errors import DataError

Note = tuple[Source, str]


def kind_of_note(case: str) -> str:
    """The kind by which a note is counted: `note passed over` of `note passed over: #1 …`; "" where it says none."""
    kind, mark, _ = case.partition(": ")
    return kind if mark and "'" not in kind else ""


def nothing() -> Iterable[Note]:
    return ()


def noted(items: Iterable[Example | Note], ending: Callable[[], Iterable[Note]] = nothing) -> Iterator[Example]:
    """The examples, what is between them in `Example.mended`. ending: what is to be said when all are read.

    Raises DataError where there is no example, only what was left out.
    """
    held: Example | None = None
    waiting: list[Note] = []
    try:
        for item in items:
            if not isinstance(item, Example):
                waiting.append(item)
                continue
            if held is not None:
                yield held
            held, waiting = replace(item, mended=(*waiting, *item.mended)), []
        waiting += ending()
    except DataError:
        if held is not None:
            yield held  # what was whole is not lost with what was not
        raise
    if held is not None:
        yield replace(held, mended=(*held.mended, *waiting))
    elif waiting:
        source, case = waiting[0]
        found = f"nothing is left of the file ({case}" + (f", and {len(waiting) - 1:,} more)" if waiting[1:] else ")")
        raise DataError(str(source), found, "at least one example", "Accept some in the tool, or check data.annotator.")
