"""Which examples are held out together: a fold each, so that what judges an example has seen nothing like it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from spanloom.check.leaks import asked
from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.text.counts import several


def together(keys: Iterable[tuple[str, str | None]]) -> list[list[int]]:
    """The indices that share a text or a document, or are linked by some that do, in groups by their first."""
    leader: list[int] = []
    seen: dict[tuple[str, str], int] = {}

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = index = leader[leader[index]]
        return index

    for index, (text, document) in enumerate(keys):
        leader.append(index)
        for key in [("text", text)] + ([("document", document)] if document is not None else []):
            first, own = sorted((lead(seen.setdefault(key, index)), lead(index)))
            leader[own] = first
    groups: dict[int, list[int]] = {}
    for index in range(len(leader)):
        groups.setdefault(lead(index), []).append(index)
    return list(groups.values())


def assign(
    examples: Sequence[Example], folds: int, seed: int, documents: Sequence[str | None] | None = None
) -> list[int]:
    """The fold of each example, of about the same size each. Pure: by the texts and the seed, in whatever order.

    Equal texts, white space and case aside, are in one fold, and so is a document. documents: which each is of, None
    for one of its own. Raises ConfigError where there are fewer groups than folds.
    """
    texts = [asked(example.input) for example in examples]
    groups = together(zip(texts, documents or [None] * len(texts), strict=True))
    if len(groups) < folds:
        what = "text or document" if documents else "text"
        found = f"is {folds}, and the data have {several(len(groups), what)} apart from one another"
        raise ConfigError("--folds", found, "at most one fold for each", "Lower it, or annotate more.")

    def chance(members: Sequence[int]) -> bytes:
        key = min(texts[number] for number in members)
        return blake2b(f"{seed}\n{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()

    sizes, places = [0] * folds, [0] * len(examples)
    for members in sorted(groups, key=lambda members: (-len(members), chance(members))):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members)
        for number in members:
            places[number] = fold
    return places
