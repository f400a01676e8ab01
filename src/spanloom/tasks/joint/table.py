"""The table scheme: spans and relations as cells of score tables, so overlapping triples need nothing special.

B batch, T words, L entity labels, R relations, N spans, M relations of a sentence. NumPy only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.answers.parts.facts import ENTITIES
from spanloom.batch.openness import TagParts, coverage_arrays, covered_relations, open_cells
from spanloom.core import SOME, Array, Arrays, Beliefs, Claim, Coverage, LostFact, Row
from spanloom.decode.beliefs import cell_beliefs, pair_beliefs, probabilities
from spanloom.decode.spans import ScoredSpan, sigmoid, spans_from_table
from spanloom.decode.triples import triples_from_tables
from spanloom.inputs import Relation, Span, Text
from spanloom.tasks.joint.labels import Labels
from spanloom.text.tags import tag_names, tags_from_spans


class TableScheme:
    """Targets of a sentence: tags [T], spans [N, 3] (label, first word, last word), relations [M, 5] (relation, head's
    first and last word, tail's first and last word); words are counted inclusively.

    sources: the training data are of several sources, of which each annotates what it annotates; then also "related"
    [R], which relations it does, and what `coverage_arrays` says of entities.
    """

    name = "table"

    def __init__(self, labels: Labels, sources: bool = False) -> None:
        self.labels = labels
        self.sources = sources
        self.tags = tag_names(labels.entities, "bioes")
        self._tag_numbers = {tag: number for number, tag in enumerate(self.tags)}
        self._parts = TagParts(self.tags, labels.entities)
        self._allowed = self._allowed_types()

    def _allowed_types(self) -> Array | None:
        """[R, L, L]: which entity labels each relation joined in training; None where there is one label only."""
        size = len(self.labels.entities)
        if size < 2:
            return None
        allowed = np.zeros((len(self.labels.relations), size, size), dtype=bool)
        for head, relation, tail in self.labels.signatures:
            allowed[self._numbers(relation, head, tail)] = True
        return allowed

    def _numbers(self, relation: str, head: str, tail: str) -> tuple[int, int, int]:
        """Where a relation between two entity labels stands in [R, L, L]."""
        numbers = self.labels.entity_number
        return self.labels.relation_number(relation), numbers(head), numbers(tail)

    def encode(self, text: Text, graph: Graph, coverage: Coverage | None = None) -> tuple[Arrays, list[LostFact]]:
        """The targets of a graph without repeated facts, and what decoding them will not give back."""
        lost: list[LostFact] = []
        spans, labelled = self._spans(text, graph, lost)
        relations = []
        for relation in graph.relations:
            head, tail = relation.head, relation.tail
            if (head.start, head.end) == (tail.start, tail.end):
                lost.append(LostFact("relation", relation.label, text.describe(relation), "self relation"))
                continue
            number = self.labels.relation_number(relation.label)
            relations.append([number, head.start, head.end - 1, tail.start, tail.end - 1])
            if head not in labelled or tail not in labelled:
                lost.append(LostFact("relation", relation.label, text.describe(relation), "its entity is lost"))
            elif self._allowed is not None and not self._allowed[self._numbers(relation.label, head.label, tail.label)]:
                lost.append(LostFact("relation", relation.label, text.describe(relation), "entity labels new to it"))
        first = self.labels.entities[0]  # stands for names of some kind, whose tags are open
        named = (replace(span, label=first) if span.label == SOME else span for span in graph.spans)
        tags = [self._tag_numbers[tag] for tag in tags_from_spans(named, len(text.tokens), "bioes")]
        targets = {
            "tags": np.array(tags, dtype=np.int64),
            "spans": np.array(spans, dtype=np.int64).reshape(-1, 3),
            "relations": np.array(relations, dtype=np.int64).reshape(-1, 5),
        }
        if self.sources:
            some = [span for span in graph.spans if span.label == SOME]
            targets |= coverage_arrays(self.labels.entities, coverage, some)
            targets["related"] = covered_relations(self.labels.relations, coverage)
        return targets, lost

    def _spans(self, text: Text, graph: Graph, lost: list[LostFact]) -> tuple[list[list[int]], set[Span]]:
        """Every span as a target, and those that decoding can give back: one label a place, no overlaps where flat.

        Perfect scores are all equal, so the order is that in which decoding settles ties.
        """
        spans: list[list[int]] = []
        kept: set[Span] = set()
        for span in sorted(graph.spans, key=lambda span: (span.start, span.end, span.label)):
            if span.label == SOME:
                lost.append(LostFact("entity", span.label, text.surface(span), "its kind is not annotated"))
                continue
            spans.append([self.labels.entity_number(span.label), span.start, span.end - 1])
            same = any((span.start, span.end) == (other.start, other.end) for other in kept)
            crossing = self.labels.flat and any(span.start < other.end and other.start < span.end for other in kept)
            if same or crossing:
                cause = "same place, two labels" if same else "overlapping"
                lost.append(LostFact("entity", span.label, text.surface(span), cause))
            else:
                kept.add(span)
        return spans, kept

    def collate(self, rows: Sequence[Row], width: int) -> Arrays:
        """Dense targets: tags and weights [B, T], spans [B, L, T, T], heads and tails [B, R, T, T] (bool).

        Of several sources also what no loss may judge, open_tags [B, T, K] and open_spans [B, L, T, T], and of which
        relations it may judge the cells, related [B, R].
        """
        size = len(rows)
        tags = np.zeros((size, width), dtype=np.int64)
        weights = np.zeros((size, width), dtype=np.float32)
        spans = np.zeros((size, len(self.labels.entities), width, width), dtype=bool)
        heads = np.zeros((size, len(self.labels.relations), width, width), dtype=bool)
        tails = np.zeros_like(heads)
        for index, row in enumerate(rows):
            tags[index, : row.width] = row.targets["tags"]
            weights[index, : row.width] = 1.0
            label, first, last = row.targets["spans"].T
            spans[index, label, first, last] = True
            relation, head_first, head_last, tail_first, tail_last = row.targets["relations"].T
            heads[index, relation, head_first, tail_first] = True
            tails[index, relation, head_last, tail_last] = True
        targets: Arrays = {"tags": tags, "weights": weights, "spans": spans, "heads": heads, "tails": tails}
        return {**targets, **self._open(rows, width)} if self.sources else targets

    def _open(self, rows: Sequence[Row], width: int) -> Arrays:
        open_tags = np.zeros((len(rows), width, len(self.tags)), dtype=bool)
        open_spans = np.zeros((len(rows), len(self.labels.entities), width, width), dtype=bool)
        for index, row in enumerate(rows):
            open_tags[index, : row.width] = self._parts.open(row.targets["tags"], row.targets)
            open_spans[index] = open_cells(row.targets, row.targets["spans"], width, self.labels.flat)
        related = np.stack([row.targets["related"] for row in rows])
        return {"open_tags": open_tags, "open_spans": open_spans, "related": related}

    def counts(self, rows: Sequence[Row]) -> dict[str, float]:
        """Words, and sentences: of several sources those in which there is something to judge."""
        entities = relations = list(rows)
        if self.sources and rows[0].targets:
            entities = [row for row in rows if row.targets["covered"].any()]
            relations = [row for row in rows if row.targets["related"].any()]
        words = float(sum(row.width for row in entities))
        return {"tags": words, "spans": float(len(entities)), "relations": float(len(relations))}

    def perfect(self, targets: Mapping[str, Array]) -> Arrays:
        """Scores of +1 for what is there and -1 for what is not."""
        tables = {name: np.where(targets[name], 1.0, -1.0).astype(np.float32) for name in ("spans", "heads", "tails")}
        return {"tags": np.eye(len(self.tags), dtype=np.float32)[targets["tags"]], **tables}

    def decode(self, outputs: Mapping[str, Array], lengths: Array, least: float = 0.0) -> list[Graph]:
        """least: what the score of a relation, a logit, must be above."""
        return [
            self._graph(least, *(outputs[name][index, :, :length, :length] for name in ("spans", "heads", "tails")))
            for index, length in enumerate(lengths.tolist())
        ]

    def believed(
        self, outputs: Mapping[str, Array], lengths: Array, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs]:
        """Each cell by itself: of spans, and of relations between those that are likely or claimed."""
        found = []
        for index, (length, claims) in enumerate(zip(lengths.tolist(), claimed, strict=True)):
            spans, heads, tails = (
                outputs[name][index, :, :length, :length] for name in ("spans", "heads", "tails")
            )  # [L or R, T, T]
            likely = cell_beliefs(probabilities(spans), self.labels.entities, claims, ENTITIES)
            found.append({**likely, **pair_beliefs(likely, heads, tails, self.labels.relations, claims)})
        return found

    def _graph(self, least: float, spans: Array, heads: Array, tails: Array) -> Graph:
        cut: Counter[str] = Counter()
        found = spans_from_table(spans, self.labels.flat, cut=cut)
        nodes = [self._span(span) for span in found]
        relations = [
            Relation(nodes[item.head], nodes[item.tail], self.labels.relations[item.relation], sigmoid(item.score))
            for item in triples_from_tables(found, heads, tails, self._allowed, least, cut=cut)
        ]
        return Graph(tuple(nodes), tuple(relations), cut.total())

    def _span(self, span: ScoredSpan) -> Span:
        return Span(span.start, span.end, self.labels.entities[span.label], sigmoid(span.score))

    def limits(self) -> dict[str, int]:
        return {"tags": len(self.tags)}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        entities, relations = len(self.labels.entities), len(self.labels.relations)
        pairs = dict.fromkeys(("heads", "tails"), (None, relations, None, None))
        return {"tags": (None, None, len(self.tags)), "spans": (None, entities, None, None), **pairs}

    def cells(self, width: int) -> int:
        """Score cells that a sentence of `width` words takes: what memory grows with."""
        return width * width * (len(self.labels.entities) + 2 * len(self.labels.relations))
