"""The nearest pairs of names that have met before, without looking at all pairs of a text in which names repeat.

`found` are the places of known names in text order, `known` what is recalled of two names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

NamePair = tuple[int, int]
"""The checksums of two names, head and tail."""

NamePlace = tuple[int, int, int]
"""First word, last word, checksum of the name."""

Known = Mapping[NamePair, Sequence[int]]
"""The kinds of items that are recalled of two names."""

RecalledItem = tuple[int, ...]
"""Distance, head's first and last word, tail's first and last word, kind."""


def count_items(found: Sequence[NamePlace], known: Known) -> int:
    """How many items are recalled at all: of each two places that do not overlap, what is known of their names.

    Counted by name, and what overlaps taken off again, as names that repeat have far more pairs of places than places.
    """
    times = Counter(name for *_, name in found)
    total = sum(len(kinds) * times[head] * times[tail] for (head, tail), kinds in known.items())
    for number, (_, last, name) in enumerate(found):
        for following in range(number + 1, len(found)):
            first, _, other = found[following]
            if first > last:
                break
            total -= len(known.get((name, other), ())) + len(known.get((other, name), ()))
    return total


def nearest_items(found: Sequence[NamePlace], known: Known, total: int, most: int) -> list[RecalledItem]:
    """(distance, head's first and last word, tail's, kind) of the `most` nearest items, perhaps of some more.

    Places are compared with the next one, then with the one after that, and so on: those so far apart in order lie at
    least `nearest` words apart, so that the rest need not be looked at once enough items are nearer.
    """
    items: list[RecalledItem] = []
    for step in range(1, len(found)):
        pairs = list(zip(found, islice(found, step, None), strict=False))
        nearest = min(other[0] - one[0] for one, other in pairs)
        if len(items) == total or _enough(items, nearest, most):
            break
        for one, other in pairs:
            if one[1] < other[0]:
                items += _items(one, other, known)
                items += _items(other, one, known)
    return items


def _enough(items: Sequence[RecalledItem], nearest: int, most: int) -> bool:
    """Whether so many items are nearer than that."""
    return len(items) >= most and sum(item[0] < nearest for item in items) >= most


def _items(head: NamePlace, tail: NamePlace, known: Known) -> Iterator[RecalledItem]:
    for kind in known.get((head[2], tail[2]), ()):
        yield abs(head[0] - tail[0]), *head[:2], *tail[:2], kind
