"""A queue on a terminal: its first findings, each with where it stands and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from rich.console import Console
from rich.text import Text as Cell

from spanloom.write.cells import brief, name_cell, print_parts

SHOWN = 10
CONTEXT = 40
"""Characters of the text that are shown before and behind what a finding is about."""

Line = Mapping[str, Any]


def print_queue(lines: Iterable[Line], console: Console | None = None) -> None:
    """Print the first findings of a queue; `console` defaults to the terminal."""
    found = [(line, finding) for line in lines for finding in line["findings"]]
    parts = [part for number, pair in enumerate(islice(found, SHOWN), 1) for part in _shown(number, *pair)]
    if len(found) > SHOWN:
        parts.append(Cell(f"and {len(found) - SHOWN:,} more", style="dim"))
    if parts:
        print_parts(parts, console)


def _shown(number: int, line: Line, finding: Line) -> Iterator[Cell]:
    yield Cell.assemble(
        f"{number:>2}  ",
        name_cell(finding["issue"], "yellow"),
        f" {finding['score']:.2f}  ",
        (brief(line["source"]), "dim"),
    )
    yield Cell.assemble("    ", _context(line, finding))
    for name in ("annotated", "believed"):
        claim = finding[name]
        if claim is not None:
            yield Cell.assemble(f"    {name} ", (brief(claim_text(claim)), "cyan"), f" ({claim['score']:.2f})")
    for sentence in reasons(finding):
        yield Cell(f"    {brief(sentence)}", style="dim")


def claim_text(claim: Line) -> str:
    """A statement on one line."""
    if "head" in claim:
        return f"{claim['head']['text']} -> {claim['label']} -> {claim['tail']['text']}"
    return f"{claim['label']}: {claim['text']}" if "text" in claim else str(claim["label"])


def reasons(finding: Line) -> Iterator[str]:
    """What else is said of the same words and of the same text."""
    if similar := finding.get("similar"):
        yield "elsewhere: " + ", ".join(f"{label or 'nothing'} {count:,}" for label, count in similar.items())
    if equal := finding.get("equal"):
        where = f", the first at {equal['first']}" if "first" in equal else ""
        yield f"the same text again: {equal['same']} say the same, {equal['other']} do not{where}"


def _context(line: Line, finding: Line) -> str:
    """What stands around the place that a finding is about, or the beginning of the text."""
    text = str(line.get("text") or line.get("first") or "")
    claim = finding["annotated"] or finding["believed"]
    places = [claim[end] for end in ("head", "tail") if end in claim] or [claim]
    if "start" not in places[0]:
        return brief(text[: 4 * CONTEXT])
    start = max(0, min(place["start"] for place in places) - CONTEXT)
    end = max(place["end"] for place in places) + CONTEXT
    return brief(f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}")
