"""Examples to arrays and back for nested entities: an encoder's features on one side, a table of spans on the other.

B batch, T words, K labels, N spans. NumPy only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.answers.parts.facts import ENTITIES
from spanloom.axes import Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.batch.openness import coverage_arrays, open_cells
from spanloom.config import check_values
from spanloom.core import SOME, Array, Arrays, Batch, Beliefs, Claim, Example, LostFact, Row
from spanloom.decode.beliefs import labelled_places
from spanloom.decode.classes import SURE
from spanloom.decode.scaling import ScaledCodec, stored_scaling
from spanloom.decode.spans import cross, spans_from_table, without_clashes
from spanloom.encoders import fit_features, load_features
from spanloom.encoders.contract import Features
from spanloom.errors import DataError
from spanloom.inputs import Span, Text
from spanloom.tasks.nested.config import NestedConfig
from spanloom.text.known import refuse_unknown
from spanloom.text.seen import Seen
from spanloom.text.stored import flag, part, strings, whole, wholes
from spanloom.text.windows import usual_sentences

SPANS_A_WORD = 4
"""Spans that are decoded at most, beside a hundred: against an untrained model's swarm."""


class NestedCodec(ScaledCodec):
    """What a model of nested entities knows besides its weights: features, labels, what may overlap, and limits.

    flat: no two answers overlap. crossing: training had spans that overlap and neither of which holds the other; only
    then answers may. max_words: longer sentences are cut, and what is cut off is declared lost; predicting cuts them
    into windows instead. max_sentences: of a window, as training had them. seen: the names that training had. sources:
    training data are of several sources that annotate different things.
    """

    def __init__(
        self,
        features: Features,
        labels: Sequence[str],
        flat: bool,
        crossing: bool,
        max_words: int,
        max_sentences: int,
        seen: Seen,
        sources: bool = False,
    ) -> None:
        self.features = features
        self.labels = tuple(labels)
        self.flat = flat
        self.crossing = crossing
        self.max_words: int = max_words
        self.max_sentences: int = max_sentences
        self.seen = seen
        self.sources = sources
        self._numbers = {label: number for number, label in enumerate(self.labels)}

    @classmethod
    def fit(cls, examples: Sequence[Example], config: NestedConfig) -> NestedCodec:
        """Raises ConfigError for a setting out of range, DataError where no sentence has an entity."""
        check_values(config, "model.")
        labels = sorted({span.label for example in examples for span in _spans(example)} - {SOME})
        if not labels:
            where = str(examples[0].source.path) if examples else "training data"
            raise DataError(
                where, "no entity in any sentence", "annotated sentences", "Check that this is the right file."
            )
        crossing = any(cross(*pair) for example in examples for pair in combinations(_spans(example), 2))
        sentences = ([token.text for token in example.input.tokens] for example in examples)
        features = fit_features(sentences, config.encoder, config.max_words)
        names = ((example.input.surface(span), span.label) for example in examples for span in _spans(example))
        limits = config.max_words, usual_sentences(example.input for example in examples)
        sources = any(example.covered for example in examples)
        return cls(features, labels, config.flat, crossing, *limits, Seen.fit((), names), sources)

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold. Raises DataError for a label never trained on."""
        text: Text = example.input
        tokens = text.tokens[: self.max_words]
        cut = Counter({"words": len(text.tokens) - len(tokens)})
        inputs = self.features.encode([token.text for token in tokens], cut)
        targets: Arrays = {}
        lost = list(example.lost)
        if example.gold is not None:
            self.require_known(example)
            kept, unsaid = self._sayable(text, example.gold, len(tokens))
            some = [span for span in kept if span.label == SOME]
            cells = [[span.start, span.end - 1, self._numbers[span.label]] for span in kept if span.label != SOME]
            targets = {"spans": np.array(cells, dtype=np.int64).reshape(-1, 3)}
            if self.sources:
                targets |= coverage_arrays(self.labels, example.covered, some)
            lost += unsaid
            lost += [LostFact("entity", SOME, text.surface(span), "its kind is not annotated") for span in some]
        length = self.features.length(inputs)
        return Row(inputs, targets, length, len(tokens), tuple(lost), cut=+cut)

    def _sayable(self, text: Text, gold: Graph, words: int) -> tuple[list[Span], list[LostFact]]:
        """The gold spans that the table can say, the longer one of two that clash, and the others with their causes."""
        spans = list(dict.fromkeys(gold.spans))
        causes = {span: "truncated" for span in spans if span.end > words}
        kept: dict[tuple[int, int], Span] = {}
        for span in spans:
            if span not in causes and kept.setdefault((span.start, span.end), span) is not span:
                causes[span] = "same place, two labels"
        ordered = sorted(kept.values(), key=lambda span: (span.start - span.end, span.start))
        if self.flat or not self.crossing:
            sayable = without_clashes(ordered, self.flat)
            for span in set(ordered).difference(sayable):
                causes[span] = "overlapping" if self.flat else "crossing"
            ordered = sayable
        most = self._most(words)
        causes |= dict.fromkeys(ordered[most:], "too many spans")
        lost = [LostFact("entity", span.label, text.surface(span), causes[span]) for span in spans if span in causes]
        lost += [
            LostFact("relation", relation.label, text.describe(relation), "a task without relations")
            for relation in dict.fromkeys(gold.relations)
        ]
        return ordered[:most], lost

    def _most(self, words: int) -> int:
        return max(100, SPANS_A_WORD * words)

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """The entities of an example whose label training never had."""
        known = {*self.labels, SOME}
        return [("entity label", span.label) for span in _spans(example) if span.label not in known]

    def require_known(self, example: Example) -> None:
        """Raises DataError, citing the line, for a label that training never had."""
        refuse_unknown(self.unknown(example), self.labels, example.source)

    def known(self) -> dict[str, Sequence[str]]:
        """The labels of training data."""
        return {"entity label": self.labels}

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Targets: spans [B, T, T] (first word, last word), 0 for none and k + 1 for label k, and lengths [B].

        Of several sources also open [B, T, T, K + 1]: what a cell may be, as far as its source says.
        """
        width, inputs = pad_inputs(rows, self.declared())
        targets: Arrays = {}
        if rows[0].targets:
            spans = np.zeros((len(rows), width, width), dtype=np.int64)
            for index, row in enumerate(rows):
                first, last, label = row.targets["spans"].T
                spans[index, first, last] = label + 1
            targets = {"spans": spans, "lengths": inputs["lengths"]}
            if self.sources:
                targets["open"] = np.stack([self._open(row, width) for row in rows])
        judged = [row for row in rows if "covered" not in row.targets or row.targets["covered"].any()]
        return Batch(inputs, targets, {"spans": float(sum(row.width for row in judged))})

    def _open(self, row: Row, width: int) -> Array:
        """[T, T, K + 1]: where gold has a label, that alone; elsewhere none, and what the source leaves open."""
        first, last, label = row.targets["spans"].T
        some = row.targets["some"]
        spans = np.stack([label, first, last], axis=1)
        cells = open_cells(row.targets, spans, width, self.flat)  # [K, T, T]
        cells[:, first, last] = False
        cells[label, first, last] = True
        none = np.ones((1, width, width), dtype=bool)
        none[0, first, last] = none[0, some[:, 0], some[:, 1]] = False
        return np.concatenate([none, cells]).transpose(1, 2, 0)

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Graph]:
        """The graphs, without relations, that scores `spans` [B, T, T, K] (first word, last word) say."""
        tables, lengths = outputs["spans"], batch.inputs["lengths"].tolist()
        return self.scaled([self._graph(tables[index, :length, :length]) for index, length in enumerate(lengths)])

    def believed(
        self, outputs: Mapping[str, Array], batch: Batch, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs]:
        """Of spans: a place has one of the labels, or none, whose score is 0."""
        tables = zip(outputs["spans"], batch.inputs["lengths"].tolist(), claimed, strict=True)
        return [labelled_places(table[:size, :size], self.labels, claims, ENTITIES) for table, size, claims in tables]

    def _graph(self, scores: Array) -> Graph:
        cut: Counter[str] = Counter()
        found = spans_from_table(scores.transpose(2, 0, 1), self.flat, self._most(len(scores)), self.crossing, cut)
        spans = (
            Span(start, end, self.labels[label], _probability(scores[start, end - 1], label))
            for start, end, label, _ in found
        )
        return Graph(tuple(spans), dropped=cut.total())

    def perfect(self, batch: Batch) -> Arrays:
        gold = np.eye(len(self.labels) + 1, dtype=np.float32)[batch.targets["spans"]][..., 1:]
        return {"spans": SURE * (2 * gold - 1)}

    def declared(self) -> dict[str, Declared]:
        return self.features.declared()

    def limits(self) -> dict[str, int]:
        return limits_of(self.declared())

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return {"spans": (None, None, None, len(self.labels))}

    def to_dict(self) -> dict[str, Any]:
        return {
            "features": self.features.to_dict(),
            "labels": list(self.labels),
            "flat": self.flat,
            "crossing": self.crossing,
            "max_words": self.max_words,
            "max_sentences": self.max_sentences,
            "seen": self.seen.to_list(),
            **self.stored_scaling(),
        }

    def tokenizer_json(self) -> str | None:
        return self.features.tokenizer_json()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> NestedCodec:
        features = load_features(part(table, "features"), tokenizer_json)
        overlaps = flag(table, "flat"), flag(table, "crossing")
        limits = whole(table, "max_words", 1), whole(table, "max_sentences", 1)
        seen = Seen(wholes(table, "seen", most=2**32 - 1))
        codec = cls(features, strings(table, "labels", 1), *overlaps, *limits, seen)
        return codec.with_scaling(stored_scaling(table))


def _spans(example: Example) -> tuple[Span, ...]:
    gold: Graph = example.gold or Graph()
    return gold.spans


def _probability(scores: Array, label: int) -> float:
    """Of a label, from the scores [K] of all at its place; no label scores 0."""
    raised = np.append(scores.astype(np.float64), 0.0)
    raised = np.exp(raised - raised.max())
    return float(raised[label] / raised.sum())
