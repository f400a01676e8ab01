"""Texts that are nearly the same, found without comparing each with each: by runs of three words that they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from spanloom.inputs import Input, texts_of

WORDS_TOGETHER = 3
ALIKE = 0.5
"""Two texts are nearly the same where they share so much of the runs of words that either has (Jaccard's index)."""

Run = tuple[str, ...]


def runs_of(item: Input) -> frozenset[Run]:
    """The runs of three words of an input, case aside; of a text that is shorter, itself."""
    found: set[Run] = set()
    for text in texts_of(item):
        words = [token.text.casefold() for token in text.tokens]
        count = max(1, len(words) - WORDS_TOGETHER + 1)
        found.update(tuple(words[start : start + WORDS_TOGETHER]) for start in range(count))
    return frozenset(found)


class Chosen:
    """Inputs of which no two are nearly the same."""

    def __init__(self, inputs: Iterable[Input] = ()) -> None:
        self._sizes: list[int] = []
        self._having: dict[Run, list[int]] = defaultdict(list)
        for item in inputs:
            self.add(item)

    def alike(self, item: Input) -> float:
        """How much an input shares with the one among them that is most like it, in 0..1."""
        runs = runs_of(item)
        shared = Counter(number for run in runs for number in self._having.get(run, ()))
        return max((count / (len(runs) + self._sizes[number] - count) for number, count in shared.items()), default=0.0)

    def add(self, item: Input) -> bool:
        """Take an input, unless one is nearly the same; whether it was taken."""
        if self.alike(item) >= ALIKE:
            return False
        runs = runs_of(item)
        for run in runs:
            self._having[run].append(len(self._sizes))
        self._sizes.append(len(runs))
        return True
