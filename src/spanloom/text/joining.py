"""The text that given tokens stand in: spaces between words, none between Chinese and Japanese characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spanloom.text.words import HAN_AND_KANA, MARKS_ON_HAN

WIDE = re.compile(rf"[{HAN_AND_KANA}\u3001-\u3020\u3030\u303d\u30fb\ufe30-\ufe4f\uff01-\uff60]")  # marks too
HAN = re.compile(rf"[{HAN_AND_KANA}]")
ONE_CHARACTER = re.compile(rf".[{MARKS_ON_HAN}]*", re.DOTALL)
NEARLY_ALL = 0.95


def spaces(words: Sequence[str], by_character: bool = False) -> list[bool]:
    """Whether a space stands before each word.

    by_character: the words are the single characters of Chinese text, its Latin letters and digits too: no spaces.
    Otherwise none stands between two Chinese or Japanese characters; and in a sentence with more such words than
    others none stands on either side of one, so that only neighbours in another script are kept apart.
    """
    if by_character:
        return [False] * len(words)
    han = sum(1 for word in words if HAN.search(word))
    mostly_han = han > sum(1 for word in words if any(map(str.isalpha, word))) - han
    spaced = [False] * len(words)
    for position in range(1, len(words)):
        touching = [WIDE.match(words[position - 1][-1:]), WIDE.match(words[position])]
        spaced[position] = not (any(touching) if mostly_han else all(touching))
    return spaced


class CharacterCount:
    """Counts the words of a whole file, to tell whether they are the single characters of Chinese text."""

    def __init__(self) -> None:
        self.words = self.single = 0
        self.has_han = False

    def add(self, words: Iterable[str]) -> None:
        for word in words:
            self.words += 1
            if ONE_CHARACTER.fullmatch(word):
                self.single += 1
                self.has_han = self.has_han or bool(HAN.match(word))

    @property
    def by_character(self) -> bool:
        """A few longer tokens, such as a mark for an unknown character, change nothing."""
        return self.has_han and self.single >= NEARLY_ALL * self.words
