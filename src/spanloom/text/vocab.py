"""A vocabulary: strings to small integers, with padding and unknown, fitted on training data or taken from vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

PAD, UNKNOWN = 0, 1


class Vocabulary:
    """`words[i]` has number i + 2; 0 pads and 1 is unknown."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._numbers = {word: number for number, word in enumerate(self.words, 2)}

    def __len__(self) -> int:
        return len(self.words) + 2

    def __contains__(self, word: str) -> bool:
        return word in self._numbers

    def number(self, word: str) -> int:
        """The word's number; a word never seen is tried in lower case, then is `UNKNOWN`."""
        found = self._numbers.get(word)
        return found if found is not None else self._numbers.get(word.lower(), UNKNOWN)

    @classmethod
    def fit(cls, words: Iterable[str], limit: int = 0, least: int = 1) -> Vocabulary:
        """The words seen at least `least` times, the most frequent first, `limit` of them at most (0: all)."""
        counts = Counter(words)
        kept = sorted(
            (word for word, count in counts.items() if count >= least), key=lambda word: (-counts[word], word)
        )
        return cls(kept[:limit] if limit else kept)
