"""Tags of spans that are spelled in another way than `B-LABEL`: `B_PER`, `PER-B`, `b-per`, a small `o` for outside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spanloom.text.tags import OTHER_NAMES, OUTSIDE, PLACES, WITH_A_LABEL, tag_counts, tag_pairs, tag_scheme

SMALL_OUTSIDE = "o"
BEFORE = re.compile(r"(?P<place>[BIMESLU])(?P<mark>[-_:|/.])(?P<label>.+)", re.IGNORECASE | re.DOTALL)
BEHIND = re.compile(r"(?P<label>.+)(?P<mark>[-_:|/.])(?P<place>[BIMESLU])", re.IGNORECASE | re.DOTALL)
ALPHABETS = tuple(map(set, PLACES.values()))


@dataclass(frozen=True)
class TagReading:
    """How the tags of a file are meant: their scheme, None for plain labels, and what those in another spelling say."""

    scheme: str | None
    respelled: Mapping[str, str] = field(default_factory=dict)

    def read(self, tags: Sequence[str]) -> list[str]:
        return [self.respelled.get(tag, tag) for tag in tags]

    @property
    def note(self) -> str:
        """What is said of the spelling, nothing where it is the usual one."""
        changed = ", ".join(f"'{tag}' as '{usual}'" for tag, usual in sorted(self.respelled.items()) if tag != usual)
        return f"tags in another spelling are read, {changed}" if changed else ""


def tag_reading(sequences: Iterable[Sequence[str]], setting: str = "auto") -> TagReading:
    """How the tags of all these sentences are meant. setting: the scheme that is asked for, "none" for plain labels."""
    pairs = tag_pairs(sequences)
    if setting == "none":
        return TagReading(None)
    usual = respelled(tag_counts(pairs))
    if usual:
        read: Counter[tuple[str, str]] = Counter()
        for (before, tag), count in pairs.items():
            read[usual.get(before, before), usual.get(tag, tag)] += count
        pairs = read
    return TagReading(tag_scheme(pairs) if setting == "auto" else OTHER_NAMES.get(setting, setting), usual)


def respelled(counts: Mapping[str, int]) -> dict[str, str]:
    """The tags that are spelled in another way, with the way that the toolkit has; none where they may be plain labels.

    counts: every tag of a file and how often it is there. Sure are tags that all have a place on the same side of the
    same mark, the places being those of one scheme, with something outside or something that begins.
    """
    inside = {tag: count for tag, count in counts.items() if tag not in (OUTSIDE, SMALL_OUTSIDE)}
    outside = {SMALL_OUTSIDE: OUTSIDE} if SMALL_OUTSIDE in counts else {}
    usual = sum(count for tag, count in inside.items() if WITH_A_LABEL.match(tag))
    if 2 * usual >= sum(inside.values()):
        return outside
    for spelling in (BEFORE, BEHIND):
        found = {tag: match for tag in inside if (match := spelling.fullmatch(tag))}
        places = {match["place"].upper() for match in found.values()}
        marks = {match["mark"] for match in found.values()}
        sure = len(found) == len(inside) and len(marks) == 1 and any(places <= letters for letters in ALPHABETS)
        if sure and ("B" in places or len(inside) < len(counts)):
            return outside | {tag: f"{match['place'].upper()}-{match['label']}" for tag, match in found.items()}
    return {}


def look_like_spans(counts: Mapping[str, int]) -> bool:
    """Whether half of the tags inside, or more, could be those of spans in some spelling."""
    inside = {tag: count for tag, count in counts.items() if tag not in (OUTSIDE, SMALL_OUTSIDE)}
    for spelling in (BEFORE, BEHIND):
        found = {tag: match["place"].upper() for tag in inside if (match := spelling.fullmatch(tag))}
        if found and 2 * sum(inside[tag] for tag in found) >= sum(inside.values()):
            return "B" in found.values() or len(inside) < len(counts)
    return False
