"""Tokens that are blank: what is no word, and what `data.repair` leaves out and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read.parts.json_items import Item, field, of_kind
from spanloom.text.counts import several

BLANK = "a blank token"
REMEDY = "Remove it, or set data.repair = true, which leaves blank tokens out and counts them."


@dataclass(frozen=True)
class Kept:
    """The tokens of a sentence that are not blank.

    numbers: of each token, and of what follows the last, how many that are kept stand before it. notes: what was left
    out, each with its own line.
    """

    words: list[str]
    numbers: list[int]
    notes: tuple[tuple[Source, str], ...] = ()

    @property
    def given(self) -> int:
        """How many tokens there were, blank ones among them."""
        return len(self.numbers) - 1

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where the tokens of a half-open range stand among those that are kept; empty where all of them are blank."""
        return self.numbers[start], self.numbers[end]

    def spans(self, spans: Sequence[Span]) -> tuple[list[Span], list[LostFact]]:
        """Spans among the tokens that are kept, and those that are lost because all of theirs are blank."""
        kept, lost = [], []
        for span in spans:
            start, end = self.place(span.start, span.end)
            if start < end:
                kept.append(Span(start, end, span.label))
            else:
                lost.append(LostFact("entity", span.label, "", BLANK))
        return kept, lost

    def graph(self, spans: Sequence[Span], relations: Sequence[Relation]) -> tuple[Graph, list[LostFact]]:
        """Entities and their relations among the tokens that are kept, and those that are lost."""
        left, lost = self.spans(spans)
        there = set(left)
        moved: list[Relation] = []
        for relation in relations:
            head, tail = (Span(*self.place(end.start, end.end), end.label) for end in (relation.head, relation.tail))
            if head in there and tail in there:
                moved.append(Relation(head, tail, relation.label))
            else:
                lost.append(LostFact("relation", relation.label, relation.label, BLANK))
        return Graph(tuple(left), tuple(moved)), lost


def without_blanks(words: Sequence[str], sources: Sequence[Source], config: DataConfig) -> Kept:
    """Leave blank tokens out with `data.repair`. Raises DataError for one without it.

    sources: the place of each token. Where all have one place the number of the token is said too.
    """
    kept: list[str] = []
    numbers: list[int] = []
    notes: list[tuple[Source, str]] = []
    for number, word in enumerate(words):
        numbers.append(len(kept))
        if word.strip():
            kept.append(word)
            continue
        which = f"token {number}" if sources[0] == sources[-1] and len(words) > 1 else "the token"
        if not config.repair:
            raise DataError(str(sources[number]), f"{which} is {word!r}", "a token that is not blank", REMEDY)
        notes.append((sources[number], f"{which} is {word!r}, left out"))
    return Kept(kept, [*numbers, len(kept)], tuple(notes))


def tokens_of(item: Item, key: str, source: Source, config: DataConfig) -> Kept:
    """The tokens that an object lists under this key, without blank ones. Raises DataError for what is no list of
    words, and as `without_blanks` does.
    """
    where = str(source)
    words = [of_kind(word, str, where, "a token") for word in field(item, key, list, where)]
    return without_blanks(words, [source] * len(words), config)


def blanks_left_out(sentences: Sequence[Sequence[str]], source: Source) -> tuple[tuple[Source, str], ...]:
    """What is said of the blank tokens of a document, which are left out; nothing where there are none."""
    blank = sum(not word.strip() for sentence in sentences for word in sentence)
    return ((source, f"{several(blank, 'blank token')} left out"),) if blank else ()
