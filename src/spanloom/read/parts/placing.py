"""Spans that are given in characters and relations between them, entered one by one under names: a graph of them.

What a graph cannot say is lost and counted: a span that cuts a token, and the relations of one.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from spanloom.answers.graph import Graph
from spanloom.core import LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.locate import INSIDE_A_TOKEN
from spanloom.text.marks import stripped
from spanloom.text.words import covering

Place = tuple[int, int]


@dataclass
class Placing:
    """The spans of one text by their names, None for one that is lost, with what is read there; and its relations.

    where: the place that errors cite. unit: what its offsets count.
    """

    text: Text
    where: str
    spans: dict[Hashable, tuple[Span | None, str]] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    lost: list[LostFact] = field(default_factory=list)
    causes: dict[Hashable, str] = field(default_factory=dict)

    def add(self, name: Hashable, place: Place, label: str, score: float | None = None) -> None:
        """Enter a span, without the blanks at its ends. Raises DataError for one outside the text."""
        start, end = place
        if not 0 <= start < end <= len(self.text.text):
            found = f"a span from {start} to {end} in a text of {len(self.text.text)} characters"
            raise DataError(self.where, found, "offsets inside the text, the end after the start", "Correct them.")
        surface = self.text.text[start:end]
        inside = stripped(self.text.text, place)
        tokens = covering(self.text.tokens, *inside) if inside else None
        if tokens is None:
            self.lose(name, label, surface, INSIDE_A_TOKEN)
        else:
            self.spans[name] = Span(*tokens, label, score), surface

    def lose(self, name: Hashable, label: str, surface: str, cause: str) -> None:
        """Enter a span that cannot be kept."""
        self.spans[name], self.causes[name] = (None, surface), cause
        self.lost.append(LostFact("entity", label, surface, cause))

    def relate(self, head: Hashable, tail: Hashable, label: str, score: float | None = None) -> None:
        """Enter a relation, lost where one of its spans is. Raises DataError for a name that no span has."""
        for name in (head, tail):
            if name not in self.spans:
                found = f"a relation '{label}' of {shown(name)}, which no entity is called"
                raise DataError(self.where, found, "the ids of two entities", "Correct the id, or remove the relation.")
        (first, one), (second, other) = self.spans[head], self.spans[tail]
        if first is not None and second is not None:
            self.relations.append(Relation(first, second, label, score))
            return
        cause = self.causes.get(head) or self.causes[tail]
        self.lost.append(LostFact("relation", label, f"{one} -> {label} -> {other}", cause))

    def graph(self) -> Graph:
        """What is entered, without what is lost."""
        return Graph(tuple(span for span, _ in self.spans.values() if span is not None), tuple(self.relations))
