"""Which examples are held out together: a fold each, so that what judges an example has seen nothing like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from spanloom.check.leaks import asked
from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.text.counts import several

FILES_A_FOLD = 4
"""Where there are so many files for each fold, a file is taken for a document, and stays whole."""


def groups_of(examples: Sequence[Example], folds: int) -> list[int]:
    """The number of each example's group: those of one text, white space and case aside, and those of one document.

    A document is a file where the data are spread over many.
    """
    keys = [[f"text {asked(example.input)}"] for example in examples]
    files = Counter(example.source.path for example in examples)
    if len(files) >= FILES_A_FOLD * folds:
        for own, example in zip(keys, examples, strict=True):
            own.append(f"file {example.source.path}")
    first: dict[str, int] = {}
    parents = list(range(len(examples)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    for number, own in enumerate(keys):
        for key in own:
            low, high = sorted((root(first.setdefault(key, number)), root(number)))
            parents[high] = low
    return [root(number) for number in range(len(examples))]


def assign(examples: Sequence[Example], folds: int, seed: int) -> list[int]:
    """The fold of each example, of about the same size each. Pure: by the texts and the seed, in whatever order.

    Raises ConfigError where there are fewer groups than folds.
    """
    groups: dict[int, list[int]] = {}
    for number, group in enumerate(groups_of(examples, folds)):
        groups.setdefault(group, []).append(number)
    if len(groups) < folds:
        found = f"is {folds}, and the data have {several(len(groups), 'different text')}"
        raise ConfigError("--folds", found, "at most one fold a text", "Lower it, or annotate more.")

    def chance(members: Sequence[int]) -> bytes:
        key = min(asked(examples[number].input) for number in members)
        return blake2b(f"{seed}\n{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()

    sizes, places = [0] * folds, [0] * len(examples)
    for members in sorted(groups.values(), key=lambda members: (-len(members), chance(members))):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members)
        for number in members:
            places[number] = fold
    return places
