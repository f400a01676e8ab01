"""Are labelled pictures well formed: what is in them, and what in them looks like a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from spanloom.check.duplicates import CONTRADICTORY, DUPLICATE, LEAKED
from spanloom.check.issues import Issues, case_clashes, length_summary
from spanloom.check.labels import label_counts, labels_of
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.pixels.likeness import likeness, near_pairs
from spanloom.pixels.reading import content_of, decoded

UNREADABLE = "pictures that cannot be read"
SMALL = 16
"""Pixels of a side below which there is little to see."""
LONG = 4
"""How many times as long as wide, or as wide as long, a picture is whose middle alone is seen."""


@dataclass
class Looked:
    """What is kept of pictures that were looked at, which is not their pixels. examples: those that can be read."""

    examples: list[Example] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)

    @classmethod
    def at(cls, examples: Sequence[Example], issues: Issues) -> Looked:
        """Read each picture to its end, one after the other; what cannot be read is an issue."""
        looked = cls()
        for example in examples:
            where = str(example.source)
            try:
                content = content_of(example.input, where)
                read = decoded(content, example.input, where)
            except DataError as error:
                issues.add(UNREADABLE, example.source, f"{error.found}")
                continue
            looked.examples.append(example)
            looked.digests.append(blake2b(content, digest_size=16).digest())
            looked.hashes.append(likeness(read.pixels))
            looked.sizes.append((read.pixels.shape[1], read.pixels.shape[0]))
            looked.formats[f"{read.format}, {read.mode}"] += 1
        return looked


def check_picture_data(examples: Sequence[Example], dev: Sequence[Example] | None = None) -> dict[str, Any]:
    """Counts and suspected mistakes of labelled pictures, as a plain dict ready for JSON.

    gold: `sizes`, name -> count; `lengths`, of the sides in pixels; `labels`, section -> label -> count; `shares`.
    issues: name -> {count, first: ["path:line: case", …]}: what cannot be read, the same file twice, with the same
    label or another, pictures that look nearly the same (see `pixels/likeness.py`), and labels of a single example.

    dev: what the model is to be scored on; it is searched for pictures of the training data and for what looks like
    one of them, and for labels that training never has.
    """
    issues = Issues()
    looked = Looked.at(examples, issues)
    _alike(looked, issues)
    counts = label_counts(examples)
    spelled: dict[tuple[str, str], Any] = {}
    for example in examples:
        for name, case in case_clashes(labels_of(example), example.source, spelled):
            issues.add(name, example.source, case)
        for _, label in labels_of(example):
            if counts[label] == 1 and len(examples) > 1:
                issues.add("label of a single example", example.source, label)
    for example, (width, height) in zip(looked.examples, looked.sizes, strict=True):
        if min(width, height) < SMALL:
            issues.add(f"pictures of less than {SMALL} pixels", example.source, f"{width} x {height}")
        if max(width, height) > LONG * min(width, height):
            issues.add("long pictures, of which the middle is seen", example.source, f"{width} x {height}")
    gold: dict[str, Any] = {
        "sizes": {"pictures": len(examples), "labels": len(counts), **_sizes(examples)},
        "lengths": _lengths(looked),
        "labels": {"labels": dict(counts.most_common()), "files": dict(looked.formats.most_common())},
        "shares": {"most frequent label": round(max(counts.values(), default=0) / max(len(examples), 1), 4)},
    }
    found = issues.to_dict()
    if dev is not None:
        found |= _compare(looked, counts, dev, gold)
    return {"answers": "label", "gold": gold, "issues": found}


def _alike(looked: Looked, issues: Issues) -> None:
    first: dict[bytes, Example] = {}
    again = set[int]()
    for number, (example, digest) in enumerate(zip(looked.examples, looked.digests, strict=True)):
        known = first.setdefault(digest, example)
        if known is not example:
            again.add(number)
            name = DUPLICATE if known.gold == example.gold else CONTRADICTORY
            issues.add(name, example.source, f"the picture of {known.source} again")
    for number, like in near_pairs(looked.hashes):
        if number not in again:
            one, other = looked.examples[number], looked.examples[like]
            name = "nearly the same picture" + ("" if one.gold == other.gold else ", with other labels")
            issues.add(name, one.source, f"like {other.source}")


def _compare(
    looked: Looked, labels: Counter[str], dev: Sequence[Example], gold: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Issues of the dev data beside the training data; their counts are added to `gold`."""
    issues = Issues()
    others = Looked.at(dev, Issues())  # what cannot be read in dev is said of dev alone
    first = dict(zip(looked.digests[::-1], looked.examples[::-1], strict=True))
    for example, digest in zip(others.examples, others.digests, strict=True):
        if digest in first:
            issues.add(LEAKED, example.source, f"the picture of {first[digest].source} in train")
    for number, like in near_pairs(looked.hashes, others.hashes):
        if others.digests[number] not in first:
            source = looked.examples[like].source
            issues.add("dev pictures nearly the same as one in train", others.examples[number].source, f"like {source}")
    for example in dev:
        for _, label in labels_of(example):
            if label not in labels:
                issues.add("dev labels never seen in train", example.source, label)
    gold["sizes"] |= {"dev pictures": len(dev), **{f"dev {name}": count for name, count in _sizes(dev).items()}}
    gold["labels"]["labels in dev"] = dict(label_counts(dev).most_common())
    return issues.to_dict()


def _sizes(examples: Sequence[Example]) -> dict[str, int]:
    unusual = {
        "without gold": sum(example.gold is None for example in examples),
        "with no label": sum(example.gold is not None and not labels_of(example) for example in examples),
        "with several labels": sum(len(labels_of(example)) > 1 for example in examples),
    }
    return {name: count for name, count in unusual.items() if count}


def _lengths(looked: Looked) -> dict[str, dict[str, float]]:
    if not looked.sizes:
        return {}
    wide, high = zip(*looked.sizes, strict=True)
    return {"pixels across": length_summary(wide), "pixels down": length_summary(high)}
