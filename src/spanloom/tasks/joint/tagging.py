"""The novel tagging scheme (Zheng et al. 2017): one tag a word, place x relation x role. NumPy only.

One tag a word cannot say everything: what is lost is listed by `encode`, with its cause, and stays in the gold that is
scored. B batch, T words, K tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.core import Array, Arrays, Beliefs, Claim, Coverage, LostFact, Row
from spanloom.decode.tagging import Argument, argument_tags, arguments_from_tags, greedy_tags, nearest_pairs
from spanloom.inputs import Relation, Span, Text
from spanloom.tasks.joint.labels import Labels


class TaggingScheme:
    """Targets of a sentence: tags [T], 0 for O; alpha weighs the words with another tag.

    An argument's entity label is its relation's usual one, as tags do not carry it.
    """

    name = "tagging"

    def __init__(self, labels: Labels, alpha: float) -> None:
        self.labels = labels
        self.alpha = alpha
        self.size = 8 * len(labels.relations) + 1
        self._argument_labels: dict[tuple[str, int], str] = {}
        for head, relation, tail in labels.signatures:  # the most frequent first, and the first stays
            self._argument_labels.setdefault((relation, 0), head)
            self._argument_labels.setdefault((relation, 1), tail)

    def encode(self, text: Text, graph: Graph, coverage: Coverage | None = None) -> tuple[Arrays, list[LostFact]]:
        """The targets of a graph without repeated facts, and what decoding them will not give back.

        coverage: of no use here, as one tag a word leaves nothing open.
        """
        tags = np.zeros(len(text.tokens), dtype=np.int64)
        pairs: set[frozenset[Span]] = set()
        unwritten = {relation: self._write(tags, relation, pairs) for relation in graph.relations}
        decoded = self._graph(tags, np.ones(len(tags)))
        return {"tags": tags}, self._not_given_back(text, graph, decoded, unwritten)

    def _write(self, tags: Array, relation: Relation, pairs: set[frozenset[Span]]) -> str:
        """Write a relation's tags in place, or say why it cannot be."""
        head, tail = relation.head, relation.tail
        if (head.start, head.end) == (tail.start, tail.end):
            return "self relation"
        pair = frozenset((head, tail))
        if pair in pairs:
            return "same pair twice"
        number = self.labels.relation_number(relation.label)
        wanted = [(span, argument_tags(span.end - span.start, number, role)) for role, span in enumerate((head, tail))]
        if head.start < tail.end and tail.start < head.end:
            return "overlapping"
        if any(tags[span.start : span.end].any() for span, _ in wanted):
            return "overlapping"
        for span, numbers in wanted:
            tags[span.start : span.end] = numbers
        pairs.add(pair)
        return ""

    def _not_given_back(
        self, text: Text, graph: Graph, decoded: Graph, unwritten: Mapping[Relation, str]
    ) -> list[LostFact]:
        """Every fact that decoding does not give back, with its cause; `unwritten` says why a relation has no tags."""
        places, given = {_places(relation) for relation in decoded.relations}, set(decoded.relations)
        lost = [
            LostFact("relation", relation.label, text.describe(relation), cause or _misread(relation, places))
            for relation, cause in unwritten.items()
            if relation not in given
        ]
        related = {span for relation in graph.relations for span in (relation.head, relation.tail)}
        for span in graph.spans:
            if span in decoded.spans:
                continue
            cause = "in no relation" if span not in related else "in no relation that is kept"
            if any((span.start, span.end) == (other.start, other.end) for other in decoded.spans):
                cause = "entity label"
            lost.append(LostFact("entity", span.label, text.surface(span), cause))
        return lost

    def collate(self, rows: Sequence[Row], width: int) -> Arrays:
        """Targets: tags and weights [B, T], alpha on tags other than O, 0 at padding."""
        tags = np.zeros((len(rows), width), dtype=np.int64)
        weights = np.zeros((len(rows), width), dtype=np.float32)
        for index, row in enumerate(rows):
            tags[index, : row.width] = row.targets["tags"]
            weights[index, : row.width] = np.where(row.targets["tags"] > 0, self.alpha, 1.0)
        return {"tags": tags, "weights": weights}

    def counts(self, rows: Sequence[Row]) -> dict[str, float]:
        return {"tags": float(sum(row.width for row in rows))}

    def perfect(self, targets: Mapping[str, Array]) -> Arrays:
        return {"tags": np.eye(self.size, dtype=np.float32)[targets["tags"]] * 20.0}

    def decode(self, outputs: Mapping[str, Array], lengths: Array, least: float = 0.0) -> list[Graph]:
        """least: of no use here, where a tag is the likeliest one or is not given."""
        logits = outputs["tags"]  # [B, T, K]
        return [self._graph(*greedy_tags(logits[index, :length])) for index, length in enumerate(lengths.tolist())]

    def believed(
        self, outputs: Mapping[str, Array], lengths: Array, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs] | None:
        """None: which pairs are meant depends on what else the tags say."""
        return None

    def _graph(self, tags: Array, probabilities: Array) -> Graph:
        arguments = arguments_from_tags(tags, probabilities)
        spans = {argument: self._span(argument) for argument in arguments}
        relations = tuple(
            Relation(spans[head], spans[tail], self.labels.relations[head.relation], min(head.score, tail.score))
            for head, tail in nearest_pairs(arguments)
        )
        return Graph(tuple(spans.values()), relations)

    def _span(self, argument: Argument) -> Span:
        label = self._argument_labels[self.labels.relations[argument.relation], argument.role]
        return Span(argument.start, argument.end, label, argument.score)

    def limits(self) -> dict[str, int]:
        return {"tags": self.size}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return {"tags": (None, None, self.size)}

    def cells(self, width: int) -> int:
        """Score cells that a sentence of `width` words takes: what memory grows with."""
        return width * self.size


def _places(relation: Relation) -> tuple[int, int, int, int, str]:
    return relation.head.start, relation.head.end, relation.tail.start, relation.tail.end, relation.label


def _misread(relation: Relation, places: set[tuple[int, int, int, int, str]]) -> str:
    """Why a relation that has its tags is not decoded: its entity labels are unusual, or heads and tails cross."""
    return "entity label" if _places(relation) in places else "crossing pairs"
