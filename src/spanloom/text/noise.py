"""Noise in a text: tokens left out, neighbours exchanged, letters mistyped, each place of it still told apart.

Leaving out and exchanging words: Wei and Zou 2019, "EDA: Easy Data Augmentation Techniques for Boosting Performance on
Text Classification Tasks". Letters: Belinkov and Bisk 2018, "Synthetic and Natural Noise Both Break Neural Machine
Translation". T tokens.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from spanloom.config import AugmentConfig
from spanloom.core import Array
from spanloom.inputs import Text, Token
from spanloom.text.words import is_visible

Place = tuple[int, int]  # a half-open token range
LetterKind = tuple[str, str]  # of a letter: its category, so its case, and its script
Letters = Mapping[LetterKind, Sequence[str]]


def with_noise(
    text: Text, places: Iterable[Place], settings: AugmentConfig, draw: np.random.Generator
) -> tuple[Text, list[int]]:
    """The text with the noise that `settings` ask for, and the numbers of the tokens that are left, in their new order.

    Every place keeps a token, and different places stay different. Pure: the same text and a generator in the same
    state give the same result.
    """
    places = sorted(places)
    kept = np.flatnonzero(_kept(text, places, settings.token_dropout, draw))
    edges = {int(edge) for edge in np.searchsorted(kept, [edge for place in places for edge in place])}
    order = _swapped(kept.tolist(), edges, settings.swaps, draw)
    words = _mistyped([text.tokens[number].text for number in order], settings.character_noise, draw)
    return _written(words, _gaps(text, kept.tolist())), order


# ---- tokens ----------------------------------------------------------------------------------------------------------


def _kept(text: Text, places: Sequence[Place], rate: float, draw: np.random.Generator) -> Array:
    """Which tokens stay, bool [T]: one in each place, and one of the text that can be seen, if it has any."""
    kept = draw.random(len(text.tokens)) >= rate
    for start, end in places:
        if not kept[start:end].any():
            kept[draw.integers(start, end)] = True
    if len(kept) and not any(is_visible(text.tokens[number].text) for number in np.flatnonzero(kept)):
        seen = [number for number, token in enumerate(text.tokens) if is_visible(token.text)]
        kept[draw.choice(seen or len(kept))] = True
    return _told_apart(kept, places)


def _told_apart(kept: Array, places: Sequence[Place]) -> Array:
    """Places that would become the same one, such as a name and a name inside it, get all their tokens back."""
    while True:
        before = np.concatenate([[0], np.cumsum(kept)])  # [T + 1]
        same: dict[Place, list[Place]] = defaultdict(list)
        for start, end in places:
            same[int(before[start]), int(before[end])].append((start, end))
        clashes = [group for group in same.values() if len(group) > 1]
        if not clashes:
            return kept
        for group in clashes:
            kept[min(start for start, _ in group) : max(end for _, end in group)] = True


def _swapped(numbers: Sequence[int], edges: set[int], rate: float, draw: np.random.Generator) -> list[int]:
    """Some tokens in each other's place, none of them twice, and none across an edge of a span."""
    order = list(numbers)
    wanted = draw.random(len(order)) < rate
    position = 1
    while position < len(order):
        if wanted[position] and position not in edges:
            order[position - 1 : position + 1] = order[position], order[position - 1]
            position += 1
        position += 1
    return order


# ---- letters ---------------------------------------------------------------------------------------------------------


def _mistyped(words: list[str], rate: float, draw: np.random.Generator) -> list[str]:
    """Some of the words with one letter exchanged with the next, left out, or replaced by one from another place."""
    chosen = np.flatnonzero(draw.random(len(words)) < rate)
    if not len(chosen):
        return words
    nearby: dict[LetterKind, list[str]] = defaultdict(list)
    for letter in sorted({character for word in words for character in word if character.isalpha()}):
        nearby[_kind(letter)].append(letter)
    changed = list(words)
    for number in chosen:
        changed[number] = _with_a_slip(words[number], nearby, draw)
    return changed


def _with_a_slip(word: str, nearby: Letters, draw: np.random.Generator) -> str:
    """A word with one slip, of the kinds that it allows; one without any, such as a number, as it is.

    A letter is only left out beside another one, so that a word is never emptied, and replaced by one of its own kind.
    """
    letters = [place for place, character in enumerate(word) if character.isalpha()]
    pairs = [place for place in letters if word[place + 1 : place + 2].isalpha() and word[place] != word[place + 1]]
    replaced = [place for place in letters if len(nearby[_kind(word[place])]) > 1]
    ways = {"exchange": pairs, "leave out": letters if len(letters) > 1 else [], "replace": replaced}
    possible = [way for way, places in ways.items() if places]
    if not possible:
        return word
    way = possible[draw.integers(len(possible))]
    place = ways[way][draw.integers(len(ways[way]))]
    before, letter, after = word[:place], word[place], word[place + 1 :]
    if way == "exchange":
        return before + after[0] + letter + after[1:]
    if way == "leave out":
        return before + after
    others = [other for other in nearby[_kind(letter)] if other != letter]
    return before + others[draw.integers(len(others))] + after


@lru_cache(maxsize=2**12)
def _kind(letter: str) -> LetterKind:
    return unicodedata.category(letter), unicodedata.name(letter, "").partition(" ")[0]


# ---- the text --------------------------------------------------------------------------------------------------------


def _gaps(text: Text, kept: Sequence[int]) -> list[str]:
    """What stands before, between and behind the tokens kept; of the gaps around tokens left out the widest."""
    edges = [0, *(edge for token in text.tokens for edge in (token.start, token.end)), len(text.text)]
    gaps = [text.text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]  # T + 1
    inner = (max(gaps[left + 1 : right + 1], key=len) for left, right in pairwise(kept))
    return [gaps[0], *inner, gaps[-1]]


def _written(words: Sequence[str], gaps: Sequence[str]) -> Text:
    """The text of words and of the gaps around them, one more than words."""
    written, tokens = gaps[0], []
    for word, gap in zip(words, gaps[1:], strict=False):
        tokens.append(Token(word, len(written), len(written) + len(word)))
        written += word + gap
    return Text(written, tuple(tokens))
