"""Is a text fit to learn a language from: what it is made of, what comes again, and what a model of it cannot see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spanloom.check.issues import Issues, beginning
from spanloom.check.leaks import folded
from spanloom.core import Example, Source
from spanloom.text.units import UnitCodec
from spanloom.text.vocab import UNKNOWN

SHORT = 20
"""Characters below which a line may well come again."""


def check_texts(examples: Sequence[Example], dev: Sequence[Example] | None, units: UnitCodec) -> dict[str, Any]:
    """Counts of texts and what looks like a mistake in them, as a plain dict ready for JSON.

    gold: `sizes`, name -> count; `lengths` is empty; `labels`, section -> the most frequent units and their counts;
    `shares`, name -> a part of 1: characters that are read as others or not at all, and units of no known kind. issues:
    name -> {count, first: ["path:line: case", …]}: lines of some length that come again, and are in both parts.
    """
    issues = Issues()
    known: dict[str, Source] = {}
    for example in examples:
        for line, source in lines_of(example):
            known.setdefault(folded(line), source)
    _repeated(examples, issues)
    counts = _counts(examples, units)
    gold: dict[str, Any] = {
        "sizes": _sizes(examples, counts),
        "lengths": {},
        "labels": {"units": dict(counts.most_common())},
        "shares": _shares(examples, counts, units),
    }
    if dev is not None:
        of_dev = _counts(dev, units)
        gold["sizes"] |= {f"dev {name}": count for name, count in _sizes(dev, of_dev).items()}
        gold["shares"] |= {f"dev {name}": part for name, part in _shares(dev, of_dev, units).items()}
        for example in dev:
            for line, source in lines_of(example):
                if (first := known.get(folded(line))) is not None:
                    issues.add("dev line that is in train", source, f"{beginning(line)} is at {first} in train")
    return {"answers": "surprisal", "gold": gold, "issues": issues.to_dict()}


def _repeated(examples: Iterable[Example], issues: Issues) -> None:
    known: dict[str, Source] = {}
    for example in examples:
        for line, source in lines_of(example):
            first = known.setdefault(line, source)
            if first is not source:
                issues.add("line that comes again", source, f"{beginning(line)} was at {first}")


def lines_of(example: Example) -> Iterator[tuple[str, Source]]:
    """The lines of some length, and where they stand; one that was cut in two is two."""
    text = example.input.text
    blank = len(text) - len(text.lstrip())  # the source is that of the first token
    number = example.source.line - text.count("\n", 0, blank)
    for line in text.split("\n"):
        if len(line.strip()) >= SHORT:
            yield line.strip(), Source(example.source.path, number)
        number += 1


def _counts(examples: Iterable[Example], units: UnitCodec) -> Counter[str]:
    return Counter(name for example in examples for name in units.reader.read(example.input).names)


def _sizes(examples: Sequence[Example], counts: Counter[str]) -> dict[str, int]:
    return {
        "texts": len(examples),
        "characters": sum(len(example.input.text) for example in examples),
        "tokens": sum(len(example.input.tokens) for example in examples),
        "units": counts.total(),
        "different units": len(counts),
    }


def _shares(examples: Sequence[Example], counts: Counter[str], units: UnitCodec) -> dict[str, float]:
    """Of the units, those of no known kind; of the characters, those that are gone when the units are joined again."""
    unknown = sum(count for name, count in counts.items() if units.number(name) == UNKNOWN)
    characters = sum(len(example.input.text) for example in examples)
    kept = 0
    for example in examples:
        read = units.reader.read(example.input).names
        known = [name for name in read if units.number(name) != UNKNOWN]
        kept += (Counter(example.input.text) & Counter(units.reader.join(known))).total()
    return {
        "unknown units": round(unknown / max(counts.total(), 1), 6),
        "characters lost in encoding": round(1 - kept / max(characters, 1), 6),
    }
