"""Spans to one tag a token and back, in the schemes that data and models use. A tag is a string such as `B-Loc`.

    bio1   I-X inside; B-X only where a span follows another of the same label at once (Ramshaw & Marcus 1995)
    bio2   B-X begins every span, I-X goes on with it
    bioes  S-X for a span of one token, else B-X, I-X …, E-X
    bmes   the same with M-X in place of I-X
    bilou  the same with U-X for a span of one token and L-X for the last of a longer one (spaCy: biluo)

`O` is outside. Word segmentation has tags without a label (`B M E S`): theirs is "word".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from spanloom.core import Array
from spanloom.inputs import Span

SCHEMES = ("bio1", "bio2", "bioes", "bmes", "bilou")
PLACES = {"bio1": "BI", "bio2": "BI", "bioes": "BIES", "bmes": "BMES", "bilou": "BILU"}  # in it, last, alone
OTHER_NAMES = {"iob": "bio1", "iob1": "bio1", "bio": "bio2", "iob2": "bio2", "iobes": "bioes", "biluo": "bilou"}
OUTSIDE = "O"
EDGE = ""  # what stands before the first tag and after the last
WORD = "word"  # the label of a tag that has none
DIGITS = re.compile(r"(\d+)")
WITH_A_LABEL = re.compile(r"[BIMESLU]-.")

READ_AS = str.maketrans("MLU", "IES")

Parts = tuple[str, str]  # (place, label); the place is B, I, E, S or O, whatever the scheme calls it


@lru_cache(maxsize=2**14)
def parts_of(tag: str, scheme: str) -> Parts | None:
    """The place and the label of a tag, `M`, `L`, `U` read as `I`, `E`, `S`; None for one that the scheme has not."""
    if tag in (OUTSIDE, EDGE):
        return OUTSIDE, ""
    place, hyphen, label = tag.partition("-")
    if len(place) != 1 or place not in PLACES[scheme] or (hyphen and not label):
        return None
    return place.translate(READ_AS), label or WORD


def tag_names(labels: Iterable[str], scheme: str) -> list[str]:
    """Every tag over these labels; "O" is number 0."""
    return [OUTSIDE, *(f"{place}-{label}" for label in labels for place in PLACES[scheme])]


def natural_order(label: str) -> tuple[list[str | int], str]:
    """A sort key: alphabetical, but numbers in it by their size, so that `line2` stands before `line10`."""
    parts = DIGITS.split(label)  # text and digits in turn, so that like is compared with like
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], label


def is_bio2(tags: Iterable[str]) -> bool:
    """Whether these are tags of spans, all of them `O`, `B-LABEL` or `I-LABEL`, and not plain labels."""
    return all(tag == OUTSIDE or tag[:2] in ("B-", "I-") for tag in tags)


# ---- spans to tags and back ------------------------------------------------------------------------------------------


def tags_from_spans(spans: Iterable[Span], length: int, scheme: str) -> list[str]:
    """The tags of a sentence of `length` tokens. Where spans overlap the longest stays and the others are left out."""
    tags = [OUTSIDE] * length
    kept = without_overlaps(spans)
    for span in kept:
        tags[span.start : span.end] = _of_one(span.end - span.start, span.label, scheme)
    if scheme == "bio1":
        ends = {(span.end, span.label) for span in kept}
        for span in kept:
            if (span.start, span.label) in ends:
                tags[span.start] = f"B-{span.label}"
    return tags


def without_overlaps(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans, in order, of those that overlap the longest, of several as long the first; none twice."""
    kept: list[Span] = []
    taken: set[int] = set()
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if taken.isdisjoint(range(span.start, span.end)):
            kept.append(span)
            taken.update(range(span.start, span.end))
    return tuple(sorted(kept, key=lambda span: span.start))


def _of_one(length: int, label: str, scheme: str) -> list[str]:
    """The tags of one span that follows no other."""
    if scheme in ("bio1", "bio2"):
        return [f"{'B' if scheme == 'bio2' else 'I'}-{label}", *[f"I-{label}"] * (length - 1)]
    begin, inside, last, alone = tuple(PLACES[scheme])
    if length == 1:
        return [f"{alone}-{label}"]
    return [f"{begin}-{label}", *[f"{inside}-{label}"] * (length - 2), f"{last}-{label}"]


def spans_from_tags(tags: Sequence[str], scheme: str) -> list[Span]:
    """The spans of a sentence, in order. Raises ValueError for a tag that the scheme does not have.

    Tags in an illegal order are read as `conlleval` reads them: whatever is tagged stands in a span, and one begins
    wherever the tag before cannot go on.
    """
    spans: list[Span] = []
    before: Parts = (OUTSIDE, "")
    for position, tag in enumerate(tags):
        parts = parts_of(tag, scheme)
        if parts is None:
            raise ValueError(f"{tag!r} is no tag of {scheme}")
        place, label = parts
        if place != OUTSIDE:
            begins = place in "BS" or before[0] in "OES" or before[1] != label
            start = position if begins else spans.pop().start
            spans.append(Span(start, position + 1, label))
        before = parts
    return spans


def convert_tags(tags: Sequence[str], source: str, target: str) -> list[str]:
    """Tags of one scheme in another. Raises ValueError for a tag that the source scheme does not have."""
    return tags_from_spans(spans_from_tags(tags, source), len(tags), target)


# ---- what may follow what --------------------------------------------------------------------------------------------


def may_follow(previous: str, tag: str, scheme: str) -> bool:
    """Whether a tag may stand behind another; `EDGE` for what is before the first and after the last."""
    before, parts = parts_of(previous, scheme), parts_of(tag, scheme)
    if before is None or parts is None:
        return False
    place, label = parts
    continues = before[0] in "BI" and before[1] == label
    if scheme == "bio1":
        return place != "B" or continues
    if scheme == "bio2":
        return place != "I" or continues
    return (place in "IE" and continues) if before[0] in "BI" else place not in "IE"


def illegal(tags: Sequence[str], scheme: str) -> list[tuple[int, str, str]]:
    """Where a tag may not follow the one before it, as (position, previous, tag).

    `EDGE` is the previous tag at position 0, and the tag at position `len(tags)` where a span is left open.
    """
    pairs = pairwise([EDGE, *tags, EDGE])
    return [(at, previous, tag) for at, (previous, tag) in enumerate(pairs) if not may_follow(previous, tag, scheme)]


def transitions(labels: Sequence[str], scheme: str) -> tuple[Array, Array, Array]:
    """What may follow what among K tags, as bool arrays: [K, K] from row to column, first [K] and last [K]."""
    allowed = np.array([[may_follow(before, after, scheme) for after in labels] for before in labels], dtype=bool)
    start = np.array([may_follow(EDGE, tag, scheme) for tag in labels], dtype=bool)
    end = np.array([may_follow(tag, EDGE, scheme) for tag in labels], dtype=bool)
    return allowed.reshape(len(labels), len(labels)), start, end


# ---- which scheme ----------------------------------------------------------------------------------------------------


def tag_pairs(sequences: Iterable[Sequence[str]]) -> Counter[tuple[str, str]]:
    """How often a tag follows another in these sentences, `EDGE` standing before the first and after the last.

    Streamed: what is kept grows with the tags there are, not with the sentences.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for tags in sequences:
        pairs.update(pairwise([EDGE, *tags, EDGE]))
    return pairs


def tag_counts(pairs: Mapping[tuple[str, str], int]) -> Counter[str]:
    """How often each tag is there."""
    counts: Counter[str] = Counter()
    for (_, tag), count in pairs.items():
        counts[tag] += count
    del counts[EDGE]
    return counts


def tag_scheme(pairs: Counter[tuple[str, str]]) -> str | None:
    """The scheme that sentences with these pairs break least often; None for plain labels such as parts of speech."""
    counts = tag_counts(pairs)
    if not _are_spans(counts):
        return None
    return min(("bio2", "bioes", "bmes", "bilou", "bio1"), key=lambda scheme: _breaches(pairs, counts, scheme))


def _are_spans(counts: Counter[str]) -> bool:
    """Whether these tags are those of spans; a few that are not, such as a misspelt one, do not make them labels."""
    inside = Counter({tag: count for tag, count in counts.items() if tag != OUTSIDE})
    if "B" in inside and len(inside) > 1 and inside.keys() <= set("BIMESLU"):
        return True
    with_a_label = sum(count for tag, count in inside.items() if WITH_A_LABEL.match(tag))
    return bool(counts) and 2 * with_a_label >= inside.total()


def _breaches(pairs: Counter[tuple[str, str]], counts: Counter[str], scheme: str) -> tuple[int, int]:
    """How many tags the scheme does not have or does not allow where they stand; of these the first weigh more."""
    unknown = sum(count for tag, count in counts.items() if parts_of(tag, scheme) is None)
    wrong = sum(
        count
        for (previous, tag), count in pairs.items()
        if parts_of(previous, scheme) and parts_of(tag, scheme) and not may_follow(previous, tag, scheme)
    )
    return unknown + wrong, unknown
