"""What `queue.py` measured, and what a person who read said, as Markdown: printed by it, and put into docs/queue.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

MENDED = ("clean", "dirty", "mended", "random")
"""What models are trained on in the end."""

HEADS = (
    "set",
    "seeds",
    "errors",
    "average precision",
    "of wrong ones",
    "of missing ones",
    "precision at so many",
    "F1 after training on clean data / with errors / mended / mended at random",
)
COUNTED = ("average_precision", "wrong", "missing", "precision_at_errors")

READ = "read.json"
"""Counts and kinds of what was read of queues of real annotations, in which nothing was planted."""

VERDICTS = ("wrong", "unclear", "right")
"""Of an annotation that a finding doubts, or of a place where it misses one."""

READ_HEADS = ("read", "findings", "errors", "unclear", "false alarms", "kinds of errors")

Found = Mapping[str, Sequence[Mapping[str, Any]]]


def queue_tables(results: Path) -> list[str]:
    """The lines of all that there is: means over the seeds, cleanlab beside some of them, and what was read."""
    found = _results(results)
    parts = [_planted(found), _beside(found), _read(results / READ)]
    return [line for part in parts if part for line in ("", *part)][1:]


def _results(folder: Path) -> Found:
    sets: dict[str, list[Mapping[str, Any]]] = {}
    for file in sorted(folder.glob("*.json")):
        if re.fullmatch(r".+-\d+", file.stem):
            one = json.loads(file.read_text(encoding="utf-8"))
            sets.setdefault(one["set"], []).append(one)
    return sets


def _planted(sets: Found) -> list[str]:
    lines = []
    for name, found in sets.items():
        own = [one["queue"] for one in found]
        seeds = ", ".join(str(one["seed"]) for one in found)
        figures = [f"{fmean(row[key] for row in own):.2f}" for key in COUNTED]
        lines.append([f"`{name}`", seeds, f"{own[0]['errors']:,}", *figures, _f1(found, "f1")])
        if epochs := {one["longer"]["epochs"] for one in found if "longer" in one}:
            heading = f"the same, F1 of models of {max(epochs)} epochs"
            lines.append([heading, *[""] * (len(HEADS) - 2), _f1(found, "longer")])
    return _markdown(HEADS, lines)


def _f1(found: Sequence[Mapping[str, Any]], key: str) -> str:
    """The means of what stands under a key, of the seeds that have it."""
    trained = [one[key] for one in found if key in one]
    means = " / ".join(f"{100 * fmean(row[kind] for row in trained):.1f}" for kind in MENDED) if trained else ""
    return f"{means} ({len(trained)} of them)" if 0 < len(trained) < len(found) else means


def _beside(sets: Found) -> list[str]:
    """In tokens and in sentences, beside cleanlab with the same models' probabilities."""
    lines = []
    for name, found in sets.items():
        pairs = [one["beside"] for one in found if "beside" in one]
        for unit in ("tokens", "sentences") if pairs else ():
            ours, theirs = (fmean(pair[who][unit] for pair in pairs) for who in ("spanloom", "cleanlab"))
            lines.append([f"`{name}`", f"in {unit}", f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.2f}"])
    return _markdown(("average precision", "", "spanloom", "cleanlab", "times"), lines)


def _read(file: Path) -> list[str]:
    if not file.exists():
        return []
    lines = []
    for name, found in json.loads(file.read_text(encoding="utf-8")).items():
        counts = [found[verdict] for verdict in VERDICTS]
        assert sum(found["kinds"].values()) == counts[0], f"{name}: kinds of every error"
        kinds = ", ".join(f"{kind} {count}" for kind, count in found["kinds"].items())
        lines.append([f"`{name}`", sum(counts), *counts, kinds])
    return _markdown(READ_HEADS, lines)


def _markdown(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> list[str]:
    rows = [f"| {' | '.join(map(str, line))} |" for line in lines]
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows] if rows else []
