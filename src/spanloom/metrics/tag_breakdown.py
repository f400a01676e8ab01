"""Tokens and spans by whether training had them, by the length of spans, and by the length of the sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spanloom.core import Example, LostFact
from spanloom.inputs import Span
from spanloom.metrics.matching import Match, Tally

SurfaceSeen = Callable[[str, str], bool]
Table = dict[str, dict[str, Any]]
Counted = tuple[str, str, bool | None, bool | None]  # breakdown, bin, a gold fact found?, a predicted one correct?

SEEN = ("seen in training", "never seen")
LENGTHS = ("1", "2", "3", "4", "5+")
SIZES = ("1-10", "11-20", "21-30", "31-40", "41+")
WORDS, NAMES = "tokens, by the word", "entities, by name and label"
SPANS, SENTENCES = "entities, by length in tokens", "entities, by length of the sentence"
TOKENS = "tokens, by length of the sentence"


@dataclass(frozen=True, slots=True)
class TaggedPair:
    """One sentence: its gold and predicted labels [T], and the spans that they say matched under each rule.

    matches: None where labels are plain.
    """

    example: Example
    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    matches: dict[str, Match[Span]] | None

    def correct(self) -> list[bool]:
        return [label == other for label, other in zip(self.gold, self.predicted, strict=True)]

    def lost(self) -> list[LostFact]:
        """The spans that the reader could not place."""
        return list(self.example.lost) if self.matches is not None else []

    def hits(self) -> Iterator[tuple[Span, bool | None, bool | None]]:
        """The gold and the predicted spans, strictly matched: whether each was found (None for a predicted one), and
        whether it is correct (None for a gold one).
        """
        if self.matches is None:
            return
        match = self.matches["strict"]
        yield from ((span, found, None) for span, found in zip(match.gold, match.found, strict=True))
        yield from ((span, None, correct) for span, correct in zip(match.predicted, match.correct, strict=True))


def tag_breakdowns(judged: Sequence[TaggedPair], seen: SurfaceSeen | None) -> dict[str, Table]:
    """Name of the breakdown -> bin -> score: recall of the gold facts in the bin, precision of the predicted ones."""
    bins = {WORDS: SEEN, NAMES: SEEN, SPANS: LENGTHS, SENTENCES: SIZES, TOKENS: SIZES}
    return tabulated(bins, (fact for item in judged for fact in (*_tokens(item, seen), *_spans(item, seen))))


def tabulated(bins: Mapping[str, Sequence[str]], facts: Iterable[Counted]) -> dict[str, Table]:
    """Name of the breakdown -> bin -> score, of the bins that hold anything."""
    tables = {name: {key: Tally() for key in keys} for name, keys in bins.items()}
    for name, key, found, correct in facts:
        if found is not None:
            tables[name][key].add_gold(found)
        if correct is not None:
            tables[name][key].add_predicted(correct)
    scores = {
        name: {key: tally.score() for key, tally in table.items() if tally.gold or tally.predicted}
        for name, table in tables.items()
    }
    return {name: table for name, table in scores.items() if table}


def size_bin(tokens: int) -> str:
    """The bin of `SIZES` of a sentence."""
    return SIZES[min(max(tokens - 1, 0) // 10, 4)]


def length_bin(span: Span) -> str:
    """The bin of `LENGTHS` of a span."""
    return LENGTHS[min(span.end - span.start, 5) - 1]


def _tokens(item: TaggedPair, seen: SurfaceSeen | None) -> Iterator[Counted]:
    size = size_bin(len(item.gold))
    for token, correct in zip(item.example.input.tokens, item.correct(), strict=True):
        if seen is not None:
            yield WORDS, seen_bin(seen(token.text, "")), correct, correct
        if item.matches is None:
            yield TOKENS, size, correct, correct


def _spans(item: TaggedPair, seen: SurfaceSeen | None) -> Iterator[Counted]:
    size = size_bin(len(item.gold))
    for span, found, correct in item.hits():
        yield SENTENCES, size, found, correct
        yield SPANS, length_bin(span), found, correct
        if seen is not None:
            yield NAMES, seen_bin(seen(item.example.input.surface(span), span.label)), found, correct
    for fact in item.lost():
        yield SENTENCES, size, False, None
        if seen is not None:
            yield NAMES, seen_bin(seen(fact.text, fact.label)), False, None


def seen_bin(seen: bool) -> str:
    """The bin of `SEEN`."""
    return SEEN[0] if seen else SEEN[1]
