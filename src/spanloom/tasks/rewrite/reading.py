"""A dialogue as one sequence of tokens: the turns in order, each with a mark at its end, the utterance last."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from spanloom.core import Array
from spanloom.inputs import Dialogue, Text

MARK = "\n"
"""Stands for the end of a turn; no token of a text is white."""

FAR = 8
TURNS = FAR + 2
"""The numbers of turns: 0 pads, 1 is the utterance, then backwards; beyond FAR they tell the two speakers apart."""

SHARED = 8


@dataclass(frozen=True)
class ReadDialogue:
    """What is read of a dialogue, T tokens with the marks.

    words: the tokens. origins: the text and the number in it of each token, None of a mark. turns: see `TURNS`. shared:
    where each token stands too, as a sum of 1 for the utterance, 2 for the turn before it, 4 for an older one. context:
    how many of the tokens, marks included, stand before the utterance. host: the utterance. rest: the tokens of it that
    are not read, as it is too long. cut: the text of the context that is not read.
    """

    words: tuple[str, ...]
    origins: tuple[tuple[Text, int] | None, ...]
    turns: Array
    shared: Array
    context: int
    host: Text
    rest: tuple[tuple[Text, int], ...]
    cut: tuple[str, ...]

    @property
    def utterance(self) -> tuple[str, ...]:
        return self.words[self.context : -1]

    def context_turns(self) -> list[tuple[str, ...]]:
        """The words of each turn of the context that are read."""
        ends = [at for at, word in enumerate(self.words[: self.context]) if word == MARK]
        return [self.words[start:end] for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]

    def allowed(self) -> Array:
        """Whether a span may go from one token of the context to another, itself or behind it in its turn. [C, C]"""
        turns, words = self.turns[: self.context], np.array([word != MARK for word in self.words[: self.context]], bool)
        number = np.cumsum(~words) - ~words  # far turns have equal numbers
        return np.asarray(np.triu((number[:, None] == number) & words & words[:, None]) & (turns > 1))


def read_dialogue(dialogue: Dialogue, max_words: int) -> ReadDialogue:
    """Read a dialogue, the utterance first of all, then of the context what is nearest to it."""
    *context, last = dialogue.turns
    kept = min(len(last.tokens), max_words - 1)
    room = max_words - 1 - kept
    sizes = [len(turn.tokens) + 1 for turn in context]
    behind = [sum(sizes) - total for total in accumulate(sizes)]  # tokens between a turn and the utterance
    starts = [max(0, size - max(0, room - after)) for size, after in zip(sizes, behind, strict=True)]
    words: list[str] = []
    origins: list[tuple[Text, int] | None] = []
    turns: list[int] = []
    cut: list[str] = []
    for age, turn, start in zip(range(len(context), 0, -1), context, starts, strict=True):
        if start and turn.tokens:
            cut.append(turn.text[: turn.tokens[min(start, len(turn.tokens)) - 1].end])
        if start > len(turn.tokens):
            continue
        words += [*(token.text for token in turn.tokens[start:]), MARK]
        origins += [*((turn, number) for number in range(start, len(turn.tokens))), None]
        turns += [1 + _near(age)] * (len(turn.tokens) - start + 1)
    size = len(words)
    words += [*(token.text for token in last.tokens[:kept]), MARK]
    origins += [*((last, number) for number in range(kept)), None]
    turns += [1] * (kept + 1)
    rest = tuple((last, number) for number in range(kept, len(last.tokens)))
    numbers = np.array(turns, dtype=np.int64)
    return ReadDialogue(tuple(words), tuple(origins), numbers, _shared(words, turns), size, last, rest, tuple(cut))


def _near(age: int) -> int:
    """How many turns ago; of long ago, whose turn it was alone."""
    return age if age <= FAR else FAR - (FAR - age) % 2


def _shared(words: list[str], turns: list[int]) -> Array:
    held: list[set[str]] = [set(), set(), set()]
    for word, turn in zip(words, turns, strict=True):
        held[min(turn, 3) - 1].add(word.casefold())
    bits = [
        sum(1 << other for other, there in enumerate(held) if other != min(turn, 3) - 1 and word.casefold() in there)
        for word, turn in zip(words, turns, strict=True)
    ]
    return np.array([0 if word == MARK else bit for word, bit in zip(words, bits, strict=True)], dtype=np.int64)
