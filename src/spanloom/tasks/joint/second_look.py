"""A second look at pairs of spans that no window of a long text holds together.

Relations are found inside windows, so that one between distant spans would be missed by construction. Each such pair
whose labels may stand in a relation at all is read again in an excerpt: what stands around the one span, followed by
what stands around the other. The nearest pairs come first and an excerpt answers for every pair in it; how many a text
gets is bounded, since pairs grow with the square of the text.

A model is easily misled by two places of a text that stand side by side: it is believed only where it is sure, and by
default not asked about pairs farther apart, in sentences, than relations were in training. N spans.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import NamedTuple

from spanloom.answers.graph import Graph, with_relations
from spanloom.answers.parts.facts import RELATIONS
from spanloom.contracts import Again
from spanloom.decode.scaling import AS_IS, Scaling
from spanloom.inputs import Relation, Span, Text
from spanloom.tasks.joint.codec import JointCodec
from spanloom.text.counts import several, were
from spanloom.text.windows import Window, around, sentence_ends

MOST = 32
"""Excerpts a text."""

LEAST_SCORE = 0.9
"""What the network's score of a relation in an excerpt must reach."""

PAIR = "pair of distant mentions"

MayRelate = Callable[[str, str], bool]
"""Whether a relation may join a head and a tail of these labels."""


class ExcerptBounds(NamedTuple):
    """What a model reads at once, words and sentences, and in how many sentences a relation stands; None for any."""

    words: int
    sentences: int | None = None
    spread: int | None = None


Pair = tuple[int, int]
"""Two spans by their numbers in text order."""


@dataclass(frozen=True)
class Excerpt:
    """A text to be read again. windows: the parts of the whole text that it is made of; pairs: which it is to judge."""

    text: Text
    windows: Sequence[Window]
    pairs: frozenset[frozenset[Span]]

    def judged(self, graph: Graph, scaling: Scaling = AS_IS) -> list[Relation]:
        """The sure relations that a model's answer for this excerpt gives the pairs, in tokens of the whole text.

        scaling: what the network's scores went through; by its own they are sure.
        """
        found = []
        for relation in graph.relations:
            least = scaling.scaled(RELATIONS, relation.label, LEAST_SCORE)
            if relation.score is not None and relation.score < least:
                continue
            head, tail = self._placed(relation.head), self._placed(relation.tail)
            if head is not None and tail is not None and frozenset((head, tail)) in self.pairs:
                found.append(replace(relation, head=head, tail=tail))
        return found

    def _placed(self, span: Span) -> Span | None:
        """A span of the excerpt in the whole text; None for one that runs over the seam."""
        start = 0
        for low, high in self.windows:
            end = start + high - low
            if start <= span.start and span.end <= end:
                return replace(span, start=span.start - start + low, end=span.end - start + low)
            start = end
        return None


@dataclass(frozen=True)
class Plan:
    """The excerpts of a text, how many pairs they judge, how many more they could, and how many are too far apart."""

    excerpts: Sequence[Excerpt] = ()
    tried: int = 0
    untried: int = 0
    beyond: int = 0


def revisit(text: Text, graph: Graph, places: Sequence[Window], codec: JointCodec, everywhere: bool) -> Again:
    """What `Task.revisit` asks: the excerpts of a text that was read in windows, whose relations join its answer.

    everywhere: pairs farther apart than relations were in training too.
    """
    bounds = ExcerptBounds(codec.max_words, codec.max_sentences, None if everywhere else codec.spread)
    planned = plan(text, graph.spans, places, codec.may_relate, bounds)
    excerpts = planned.excerpts

    def settle(graphs: Sequence[Graph]) -> tuple[Graph, int]:
        pairs = zip(excerpts, graphs, strict=True)
        more = [relation for excerpt, found in pairs for relation in excerpt.judged(found, codec.scaling)]
        return with_relations(graph, more), len(more)

    counts = {"pairs": planned.tried, "untried": planned.untried, "beyond": planned.beyond, "excerpts": len(excerpts)}
    return Again([excerpt.text for excerpt in excerpts], settle, counts, say)


def say(counts: Mapping[str, int]) -> list[str]:
    """What a user should know of the pairs that were scored again, and of those that were not."""
    told = []
    if counts.get("pairs"):
        found = f"{several(counts['excerpts'], 'excerpt')}: {several(counts['found'], 'relation')} found"
        told.append(f"{were(counts['pairs'], PAIR)} scored again in {found}.")
    if counts.get("untried"):
        told.append(f"{were(counts['untried'], PAIR)} not scored, as too many for their texts.")
    if counts.get("beyond"):
        far = f"{were(counts['beyond'], PAIR)} not scored, as farther apart than relations in training"
        told.append(f"{far}: --second-look all scores them too.")
    return told


def plan(
    text: Text,
    spans: Sequence[Span],
    places: Sequence[Window],
    may_relate: MayRelate,
    bounds: ExcerptBounds,
    most: int = MOST,
) -> Plan:
    """What to read again of a text that was read in windows, `places`, where `spans` were found, in text order."""
    ends = sentence_ends(text)
    apart = PairsApart(spans, places, may_relate, ends, bounds.spread)
    if not apart.near:
        return Plan(beyond=apart.total)
    excerpts: list[Excerpt] = []
    tried: set[Pair] = set()
    for left, right in apart.nearest_first():
        if (left, right) in tried:
            continue
        if len(excerpts) == most:
            break
        both = (spans[left].start, spans[left].end), (spans[right].start, spans[right].end)
        windows = around(both, ends, len(text.tokens), bounds.words, bounds.sentences)
        held = {pair for pair in apart.within(windows) if pair not in tried}
        if held:
            tried |= held
            tokens = tuple(token for low, high in windows for token in text.tokens[low:high])
            pairs = frozenset(frozenset((spans[one], spans[other])) for one, other in held)
            excerpts.append(Excerpt(replace(text, tokens=tokens), windows, pairs))
    return Plan(excerpts, len(tried), apart.near - len(tried), apart.total - apart.near)


class PairsApart:
    """The pairs of spans that stand together in no window and whose labels may relate, never all of them at once.

    Of the windows that begin no later than a span, one reaches farthest behind it. Whatever follows the span and ends
    there or before is in that window with it; the others are those apart from it. ends: of sentences; spread: in how
    many sentences, one behind the other, a pair stands at most, None for any. total, near: pairs at all, and in these.
    """

    def __init__(
        self,
        spans: Sequence[Span],
        places: Sequence[Window],
        may_relate: MayRelate,
        ends: Sequence[int],
        spread: int | None,
    ) -> None:
        self._spans = spans
        self._starts = [span.start for span in spans]
        begins = sorted(start for start, _ in places)
        farthest = list(accumulate((end for _, end in sorted(places)), max))
        self._reach = [farthest[bisect_right(begins, span.start) - 1] for span in spans]  # [N]
        edges = [*ends, places[-1][1]]
        last = len(edges) - 1
        self._bounds = [  # [N], where the sentences end in which a span's partners begin
            edges[last if spread is None else min(last, bisect_right(ends, span.start) + spread - 1)] for span in spans
        ]
        labels = {span.label for span in spans}
        self._partners = {
            label: [
                number
                for number, span in enumerate(spans)
                if may_relate(label, span.label) or may_relate(span.label, label)
            ]
            for label in labels
        }
        self.total = self._count()
        self.near = self.total if spread is None else sum(1 for left in range(len(spans)) for _ in self._right_of(left))

    def _count(self) -> int:
        ends = {
            label: sorted(self._spans[number].end for number in partners) for label, partners in self._partners.items()
        }
        return sum(
            len(ends[span.label]) - bisect_right(ends[span.label], reach)
            for span, reach in zip(self._spans, self._reach, strict=True)
        )

    def nearest_first(self) -> Iterator[Pair]:
        """Every pair, those with the fewest tokens between them first, of equally near ones the surer."""
        ordered = (self._ordered(left) for left in range(len(self._spans)))
        return ((left, right) for _, _, left, right in heapq.merge(*ordered))

    def _ordered(self, left: int) -> Iterator[tuple[int, float, int, int]]:
        """A span's pairs with those to its right: how far apart, how doubtful, and both numbers."""
        span = self._spans[left]
        for right in self._right_of(left):
            other = self._spans[right]
            yield max(0, other.start - span.end), -min(span.score or 0.0, other.score or 0.0), left, right

    def _right_of(self, left: int) -> Iterator[int]:
        partners = self._partners[self._spans[left].label]
        for place in range(bisect_left(partners, left), len(partners)):
            other = self._spans[partners[place]]
            if other.start >= self._bounds[left]:
                break
            if other.end > self._reach[left]:
                yield partners[place]

    def within(self, windows: Sequence[Window]) -> Iterator[Pair]:
        """The pairs of which each span stands in one of these windows."""
        held = [number for window in windows for number in self._inside(window)]
        for place, left in enumerate(held):
            partners = self._partners[self._spans[left].label]
            for right in held[place + 1 :]:
                other = self._spans[right]
                if other.end > self._reach[left] and other.start < self._bounds[left] and _among(right, partners):
                    yield left, right

    def _inside(self, window: Window) -> list[int]:
        low, high = (bisect_left(self._starts, edge) for edge in window)
        return [number for number in range(low, high) if self._spans[number].end <= window[1]]


def _among(number: int, ascending: Sequence[int]) -> bool:
    place = bisect_left(ascending, number)
    return place < len(ascending) and ascending[place] == number
