"""The label sets of a joint extraction model and what training data say about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.core import SOME, Example
from spanloom.errors import DataError
from spanloom.text.known import refuse_unknown
from spanloom.text.stored import flag, lists, strings


@dataclass(frozen=True)
class Labels:
    """Entity and relation labels, sorted.

    signatures: (head label, relation, tail label) as seen in training, the most frequent first. flat: no two training
    spans overlap.
    """

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    signatures: tuple[tuple[str, str, str], ...]
    flat: bool

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> Labels:
        """The labels of training examples. Raises DataError where they have no entity at all."""
        graphs: list[Graph] = [example.gold for example in examples if example.gold is not None]
        spans = {span.label for graph in graphs for span in graph.spans} - {SOME}
        counts = Counter(
            (relation.head.label, relation.label, relation.tail.label)
            for graph in graphs
            for relation in graph.relations
        )
        counts = _of_any_kind(counts, spans)
        if not spans:
            where = str(examples[0].source.path) if examples else "training data"
            raise DataError(
                where, "no entity in any sentence", "annotated sentences", "Check that this is the right file."
            )
        ordered = tuple(sorted(counts, key=lambda signature: (-counts[signature], signature)))
        relations = tuple(sorted({relation for _, relation, _ in counts}))
        return cls(tuple(sorted(spans)), relations, ordered, not any(map(_overlaps, graphs)))

    @cached_property
    def _entity_numbers(self) -> dict[str, int]:
        return {label: number for number, label in enumerate(self.entities)}

    @cached_property
    def _relation_numbers(self) -> dict[str, int]:
        return {label: number for number, label in enumerate(self.relations)}

    @cached_property
    def _related(self) -> frozenset[tuple[str, str]]:
        return frozenset((head, tail) for head, _, tail in self.signatures)

    def may_relate(self, head: str, tail: str) -> bool:
        """Whether any relation joined these entity labels, in this order, in training."""
        return (head, tail) in self._related

    def entity_number(self, label: str) -> int:
        return self._entity_numbers[label]

    def relation_number(self, label: str) -> int:
        return self._relation_numbers[label]

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """The entities and the relations of an example whose label the model was not trained on."""
        gold: Graph = example.gold or Graph()
        known = {*self.entities, SOME}
        spans = [("entity label", span.label) for span in gold.spans if span.label not in known]
        relations = (relation.label for relation in gold.relations)
        return spans + [("relation", label) for label in relations if label not in self._relation_numbers]

    def require_known(self, example: Example) -> None:
        """Raises DataError for a gold label that the model was not trained on."""
        for kind, label in self.unknown(example):
            known = self.entities if kind == "entity label" else self.relations
            refuse_unknown([(kind, label)], known, example.source)

    def to_dict(self) -> dict[str, Any]:
        return {
            "entities": list(self.entities),
            "relations": list(self.relations),
            "signatures": [list(signature) for signature in self.signatures],
            "flat": self.flat,
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Labels:
        entities, relations = strings(table, "entities", 1), strings(table, "relations")
        signatures = tuple((head, relation, tail) for head, relation, tail in lists(table, "signatures"))
        for head, relation, tail in signatures:
            if head not in entities or tail not in entities or relation not in relations:
                raise ValueError(f"signatures: {(head, relation, tail)} has a label that the model does not know")
        if {relation for _, relation, _ in signatures} != set(relations):
            raise ValueError("signatures: not of the same relations as the model's")
        return cls(entities, relations, signatures, flag(table, "flat"))


def _of_any_kind(counts: Counter[tuple[str, str, str]], labels: set[str]) -> Counter[tuple[str, str, str]]:
    """The signatures in which a name of some kind stands for every label, unless others say of which it is."""
    told: Counter[tuple[str, str, str]] = Counter()
    untold: Counter[tuple[str, str, str]] = Counter()
    for (head, relation, tail), count in counts.items():
        (untold if SOME in (head, tail) else told)[head, relation, tail] = count
    known = {relation for _, relation, _ in told}
    for (head, relation, tail), count in untold.items():
        if relation not in known:
            heads, tails = ((labels if label == SOME else {label}) for label in (head, tail))
            told.update({(one, relation, other): count for one in heads for other in tails})
    return told


def _overlaps(graph: Graph) -> bool:
    ordered = sorted(graph.spans, key=lambda span: span.start)
    return any(left.end > right.start for left, right in pairwise(ordered))
