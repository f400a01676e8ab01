"""What looks like a mistake in gold, counted, with the first few cases and the lines where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import mean, median
from typing import Any

from spanloom.core import Example, Source
from spanloom.errors import DataError

SHOWN = 5  # how many cases of an issue are cited
PASSED_OVER = "mended or passed over when read"
Spellings = dict[tuple[str, str], tuple[str, Source]]  # (kind, folded label) -> the first spelling and where


class Issues:
    """Counts of each issue and where its first few cases stand."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, list[str]] = {}

    def add(self, name: str, source: Source, case: str) -> None:
        self.counts[name] += 1
        first = self.first.setdefault(name, [])
        if len(first) < SHOWN:
            first.append(f"{source}: {' '.join(case.split())}")

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """name -> {count, first: ["path:line: case", …]}, the most frequent first; what never happened is left out."""
        return {name: {"count": count, "first": self.first[name]} for name, count in self.counts.most_common()}


def length_summary(values: Sequence[int]) -> dict[str, float]:
    """mean, median, 95% and longest of some lengths; empty for none."""
    if not values:
        return {}
    ordered = sorted(values)
    longest_but_5_percent = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        "mean": round(mean(ordered), 2),
        "median": median(ordered),
        "95%": longest_but_5_percent,
        "longest": ordered[-1],
    }


def beginning(text: str, limit: int = 60) -> str:
    """What a case cites of a text."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def case_clashes(labels: Iterable[tuple[str, str]], source: Source, seen: Spellings) -> Iterator[tuple[str, str]]:
    """Of (kind, label) pairs those first seen in another case, as (issue, case). `seen` is kept up to date."""
    for kind, label in dict.fromkeys(labels):
        first, where = seen.setdefault((kind, label.casefold()), (label, source))
        if first != label:
            yield "labels that differ only by case", f"{kind} label '{label}', but '{first}' at {where}"


def require_one_spelling(
    examples: Iterable[Example], labels_of: Callable[[Example], Iterable[tuple[str, str]]]
) -> None:
    """Raise DataError where two labels differ only by case, citing both lines: they would be learnt as two things.

    labels_of: the (kind, label) pairs of an example's gold.
    """
    seen: Spellings = {}
    for example in examples:
        for _, found in case_clashes(labels_of(example), example.source, seen):
            raise DataError(
                str(example.source), " ".join(found.split()), "one spelling of a label", "Write it the same everywhere."
            )
