"""The text that given tokens stand in: spaces between words, none between Chinese and Japanese characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from spanloom.inputs import Text, Token
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


def side_by_side(words: Sequence[str], spaced: Sequence[bool]) -> Text:
    """The text that words make, and its tokens. spaced: whether a space stands before each; before the first never."""
    parts: list[str] = []
    tokens: list[Token] = []
    at = 0
    for position, word in enumerate(words):
        if position and spaced[position]:
            parts.append(" ")
            at += 1
        parts.append(word)
        tokens.append(Token(word, at, at + len(word)))
        at += len(word)
    return Text("".join(parts), tuple(tokens))


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


def written(tokens: Sequence[tuple[Text, int]], host: Text | None = None) -> str:
    """The text that tokens of several texts make side by side. Each is a text and the token's number in it.

    Between two that are neighbours in one text stands what stands there; elsewhere a space or none, by `spaces`, by
    what touched each in its own text (a mark after it, `'s`), and by brackets and currency signs, which touch what
    follows. host: the text that the others are put into; behind a word of it stays the space that it has there.
    """
    words = [text.tokens[number].text for text, number in tokens]
    parts: list[str] = []
    for position, spaced in enumerate(spaces(words)):
        text, number = tokens[position]
        if position:
            before, last = tokens[position - 1]
            if before is text and number == last + 1:
                parts.append(_gap(text, number))
            elif before is host and last + 1 < len(host.tokens) and _gap(host, last + 1):
                parts.append(_gap(host, last + 1))
            elif spaced and not _touches_what_precedes(text, number) and not _opens(words[position - 1]):
                parts.append(" ")
        parts.append(words[position])
    return "".join(parts)


def _gap(text: Text, number: int) -> str:
    """What stands before a token of a text, after its neighbour."""
    return text.text[text.tokens[number - 1].end : text.tokens[number].start]


def _touches_what_precedes(text: Text, number: int) -> bool:
    word = text.tokens[number].text
    return number > 0 and not _gap(text, number) and (not word[0].isalnum() or word.lower() in ("n't", "n\u2019t"))


def _opens(word: str) -> bool:
    return unicodedata.category(word[-1]) in ("Ps", "Pi", "Sc")
