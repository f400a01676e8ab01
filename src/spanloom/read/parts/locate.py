"""Facts given as text only, located in their sentence.

Of all places where the head and the tail stand on token boundaries, the closest pair that does not overlap is taken. Of
equally close pairs, one that reuses places already taken in the sentence is preferred, then the first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from spanloom.answers.graph import Graph
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text

Place = tuple[int, int]  # a half-open token range
NOT_LOCATED = "not located"
INSIDE_A_TOKEN = "inside a token"


@dataclass
class Locator:
    """Finds strings in one sentence, each string once. `taken` are the places chosen so far."""

    text: Text
    taken: set[Place] = field(default_factory=set)
    _found: dict[str, list[Place]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._starts = {token.start: index for index, token in enumerate(self.text.tokens)}
        self._ends = {token.end: index + 1 for index, token in enumerate(self.text.tokens)}

    def places(self, surface: str) -> list[Place]:
        """The token ranges that read exactly like `surface`, in order."""
        if surface not in self._found:
            self._found[surface] = list(self._search(surface))
        return self._found[surface]

    def _search(self, surface: str) -> Iterable[Place]:
        at = self.text.text.find(surface)
        while at >= 0:
            first, last = self._starts.get(at), self._ends.get(at + len(surface))
            if first is not None and last is not None:
                yield first, last
            at = self.text.text.find(surface, at + 1)

    def why_lost(self, *surfaces: str) -> str:
        """The cause to report when one of these strings has no place."""
        missing = [surface for surface in surfaces if not self.places(surface)]
        inside = missing and all(surface in self.text.text for surface in missing)
        return INSIDE_A_TOKEN if inside else NOT_LOCATED

    def pair(self, head: str, tail: str) -> tuple[Place, Place, bool] | None:
        """The places of a head and a tail and whether another pair is as close, or None where one has no place."""
        heads, tails = self.places(head), self.places(tail)
        pairs = nearest(heads, tails)
        if not pairs:
            return None
        best = min(pairs, key=lambda pair: (-len(self.taken.intersection(pair)), min(pair), pair))
        self.taken.update(best)
        return *best, len(pairs) > 1


def nearest(heads: Sequence[Place], tails: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Every pair of places with the fewest tokens between; those that overlap only where all do. Both in order."""
    return _closest(heads, tails) or _overlapping(heads, tails)


def _closest(heads: Sequence[Place], tails: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Every pair with the fewest tokens between, none overlapping. A head's two neighbours are closest to it."""
    starts, ends = [tail[0] for tail in tails], [tail[1] for tail in tails]
    pairs: list[tuple[int, Place, Place]] = []
    for head in heads:
        before, after = bisect_right(ends, head[0]) - 1, bisect_left(starts, head[1])
        if before >= 0:
            pairs.append((head[0] - ends[before], head, tails[before]))
        if after < len(tails):
            pairs.append((starts[after] - head[1], head, tails[after]))
    gap = min((pair[0] for pair in pairs), default=0)
    return [(head, tail) for distance, head, tail in pairs if distance == gap]


def _overlapping(heads: Sequence[Place], tails: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Every overlapping pair; a place that is both the head's and the tail's comes only if there is no other."""
    ends = [tail[1] for tail in tails]
    pairs: list[tuple[Place, Place]] = []
    for head in heads:
        for tail in tails[bisect_right(ends, head[0]) :]:
            if tail[0] >= head[1]:
                break
            pairs.append((head, tail))
    return [pair for pair in pairs if pair[0] != pair[1]] or pairs


Triple = tuple[str, str, str]  # head text, relation, tail text


def example_of_triples(
    text: Text,
    triples: Iterable[Triple],
    source: Source,
    mentions: Iterable[tuple[str, str]] = (),
    label: str = "Entity",
) -> Example:
    """An example whose facts are text.

    mentions: (text, label) of known entities; an entity that is none of them has the label `label`. Triples that are
    given twice count once. Raises DataError for an empty head, tail or relation.
    """
    locator = Locator(text)
    named = list(dict.fromkeys((surface.strip(), kind) for surface, kind in mentions))
    labels = dict(reversed(named))  # of two labels the first
    spans: dict[Span, None] = {}
    relations: list[Relation] = []
    lost: list[LostFact] = []
    ambiguous = 0
    for head, relation, tail in dict.fromkeys(_stripped(triple, source) for triple in triples):
        found = locator.pair(head, tail)
        if found is None:
            cause = locator.why_lost(head, tail)
            lost.append(LostFact("relation", relation, f"{head} -> {relation} -> {tail}", cause))
            continue
        ends = Span(*found[0], labels.get(head, label)), Span(*found[1], labels.get(tail, label))
        ambiguous += found[2]
        spans.update(dict.fromkeys(ends))
        relations.append(Relation(*ends, relation))
    for surface, kind in named:
        places = locator.places(surface) if surface else []
        if not places:
            lost.append(LostFact("entity", kind, surface, locator.why_lost(surface)))
        elif not any(Span(*place, kind) in spans for place in places):
            spans[Span(*places[0], kind)] = None
    ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end, span.label)))
    return Example(text, Graph(ordered, tuple(relations)), source, by_text=True, ambiguous=ambiguous, lost=tuple(lost))


def _stripped(triple: Triple, source: Source) -> Triple:
    for name, value in zip(("head", "relation", "tail"), triple, strict=True):
        if not value.strip():
            found = f"the {name} of {list(triple)!r} is empty"
            raise DataError(str(source), found, "a head, a relation and a tail", "Fill it in, or remove the triple.")
    return triple[0].strip(), triple[1].strip(), triple[2].strip()
