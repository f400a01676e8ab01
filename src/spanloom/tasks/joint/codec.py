"""Examples to arrays and back for joint extraction: an encoder's features on one side, a scheme's targets on the other.

NumPy only. `JointCodec` is the same for both schemes; what a scheme can say is in `table.py` and `tagging.py`.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.axes import Axis, Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.core import Array, Arrays, Batch, Beliefs, Claim, Example, LostFact, Row
from spanloom.decode.scaling import CALIBRATION, ScaledCodec, stored_scaling
from spanloom.encoders import fit_features, load_features
from spanloom.encoders.contract import Features
from spanloom.errors import ConfigError
from spanloom.inputs import Text
from spanloom.tasks.joint.config import JointConfig
from spanloom.tasks.joint.labels import Labels
from spanloom.tasks.joint.memory import Memory
from spanloom.tasks.joint.table import TableScheme
from spanloom.tasks.joint.tagging import TaggingScheme
from spanloom.text.stored import choice, flag, optional, part, real, whole
from spanloom.text.windows import sentence_ends, usual_sentences

LEAST = "least"
"""Where what was fitted keeps the score that a relation must be above."""

RECALLED = Axis("recalled")
"""M, of what memory.py recalls of a sentence."""


class JointCodec(ScaledCodec):
    """What a joint extraction model knows besides its weights: features, labels, scheme and limits.

    max_words: longer sentences are cut, and what is cut off is declared lost; predicting cuts them into windows
    instead. max_sentences: of a window, as training had them: a model of single sentences does far worse on several at
    once. spread: how many sentences a relation runs through, likewise: beyond that none is looked for. memory: the
    names that met in training data, None where an export left them out; recall: whether tables make use of it. sources:
    training data are of several sources that annotate different things.
    """

    def __init__(
        self,
        features: Features,
        labels: Labels,
        scheme: str,
        max_words: int,
        max_sentences: int,
        spread: int,
        alpha: float,
        memory: Memory | None,
        recall: bool,
        sources: bool = False,
    ) -> None:
        self.features = features
        self.labels = labels
        self.scheme = TableScheme(labels, sources) if scheme == TableScheme.name else TaggingScheme(labels, alpha)
        self.alpha = alpha
        self.max_words: int = max_words
        self.max_sentences: int = max_sentences
        self.spread = spread
        self.memory = memory
        self.recall = recall and isinstance(self.scheme, TableScheme)
        self.least = 0.0

    @classmethod
    def fit(cls, examples: Sequence[Example], config: JointConfig) -> JointCodec:
        sentences = ([token.text for token in example.input.tokens] for example in examples)
        features = fit_features(sentences, config.encoder, config.max_words)
        labels = Labels.fit(examples)
        most = usual_sentences(example.input for example in examples)
        limits = config.max_words, most, _spread(examples)
        memory = Memory.fit([item for item in examples if item.covered is None or item.covered.relations], labels)
        sources = any(example.covered for example in examples)
        if sources and config.scheme == TaggingScheme.name:
            found = "is 'tagging', which cannot leave open what a source does not annotate"
            raise ConfigError("model.scheme", found, "'table' for several sources", "Set model.scheme = 'table'.")
        return cls(features, labels, config.scheme, *limits, config.alpha, memory, config.recall, sources)

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold. Raises DataError for a label never trained on."""
        text: Text = example.input
        lost = list(example.lost)
        cut: Counter[str] = Counter()
        if len(text.tokens) > self.max_words:
            cut["words"] = len(text.tokens) - self.max_words
            text = Text(text.text, text.tokens[: self.max_words])
        inputs = self.features.encode([token.text for token in text.tokens], cut)
        if self.recall:
            whole = example.origin or example.input
            assert self.memory is not None, "what recalls has something to recall"
            inputs["recalled"], inputs["recalled_at"] = self.memory.recall(text, whole, cut)
        targets: Arrays = {}
        if example.gold is not None:
            self.require_known(example)
            graph, beyond = _truncated(example.input, _distinct(example.gold), len(text.tokens))
            targets, unsaid = self.scheme.encode(text, graph, example.covered)
            lost += beyond + unsaid
        length = self.features.length(inputs)
        return Row(inputs, targets, length, len(text.tokens), tuple(lost), cut=cut)

    def with_least(self, least: float) -> JointCodec:
        """The same codec that gives the relations whose score, a logit, is above this; 0 is what training aims at."""
        changed = copy.copy(self)
        changed.least = least
        return changed

    def may_relate(self, head: str, tail: str) -> bool:
        """Whether training had a relation from an entity of the first label to one of the second."""
        return self.labels.may_relate(head, tail)

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """The entities and the relations of an example whose label training never had."""
        return self.labels.unknown(example)

    def require_known(self, example: Example) -> None:
        """Raises DataError, citing the line, for an entity label or a relation that training never had."""
        self.labels.require_known(example)

    def known(self) -> dict[str, Sequence[str]]:
        """The labels of training data by their kind."""
        return {"entity label": self.labels.entities, "relation": self.labels.relations}

    def collate(self, rows: Sequence[Row]) -> Batch:
        width, inputs = pad_inputs(rows, self.declared())
        targets = self.scheme.collate(rows, width) if rows[0].targets else {}
        return Batch(inputs, targets, self.scheme.counts(rows))

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Graph]:
        return self.scaled(self.scheme.decode(outputs, batch.inputs["lengths"], self.least))

    def believed(
        self, outputs: Mapping[str, Array], batch: Batch, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs] | None:
        """Of spans and relations; None of the scheme of tags, which says them by its one answer alone."""
        return self.scheme.believed(outputs, batch.inputs["lengths"], claimed)

    def perfect(self, batch: Batch) -> Arrays:
        return self.scheme.perfect(batch.targets)

    def declared(self) -> dict[str, Declared]:
        if not self.recall:
            return self.features.declared()
        kinds, places = Declared((RECALLED,), 2 + len(self.labels.relations)), Declared((RECALLED, 4), self.max_words)
        return {**self.features.declared(), "recalled": kinds, "recalled_at": places}

    def limits(self) -> dict[str, int]:
        return {**limits_of(self.declared()), **self.scheme.limits()}

    @property
    def seen(self) -> Callable[[str, str], bool] | None:
        """Whether a pair of texts stood in a relation in training; None where that is not known any more."""
        return None if self.memory is None else self.memory.seen

    def shipped(self) -> JointCodec:
        """Without the names that met in training, where nothing is made of them: they are a good part of a bundle."""
        if self.recall:
            return self
        changed = copy.copy(self)
        changed.memory = None
        return changed

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return self.scheme.output_sizes()

    def to_dict(self) -> dict[str, Any]:
        return {
            "features": self.features.to_dict(),
            "labels": self.labels.to_dict(),
            "scheme": self.scheme.name,
            "max_words": self.max_words,
            "max_sentences": self.max_sentences,
            "spread": self.spread,
            "alpha": self.alpha,
            **({} if self.memory is None else {"memory": self.memory.to_dict()}),
            "recall": self.recall,
            **self._fitted(),
        }

    def _fitted(self) -> dict[str, Any]:
        """What was fitted on dev data, under one key; nothing where nothing was."""
        fitted = self.stored_scaling().get(CALIBRATION, {})
        least = {LEAST: self.least} if self.least else {}
        return {CALIBRATION: {**fitted, **least}} if fitted or least else {}

    def tokenizer_json(self) -> str | None:
        return self.features.tokenizer_json()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> JointCodec:
        features = load_features(part(table, "features"), tokenizer_json)
        labels = Labels.from_dict(part(table, "labels"))
        spread = whole(table, "spread", 1) if "spread" in table else 1
        limits = whole(table, "max_words", 1), whole(table, "max_sentences", 1), spread
        known = part(table, "memory") if flag(table, "recall") else optional(part, table, "memory")
        memory = None if known is None else Memory.from_dict(known, len(labels.relations))
        scheme = choice(table, "scheme", (TableScheme.name, TaggingScheme.name))
        codec = cls(features, labels, scheme, *limits, real(table, "alpha"), memory, flag(table, "recall"))
        fitted = table.get(CALIBRATION) or {}
        least = real(fitted, LEAST) if LEAST in fitted else 0.0
        return codec.with_scaling(stored_scaling(table)).with_least(least)


def _spread(examples: Sequence[Example]) -> int:
    """Sentences from the first to the last of a relation, both counted, as 95 of 100 have at most."""
    counts = [1]
    for example in examples:
        ends = sentence_ends(example.input)
        for relation in (example.gold or Graph()).relations:
            first, last = sorted((relation.head.start, relation.tail.start))
            counts.append(bisect_right(ends, last) - bisect_right(ends, first) + 1)
    return int(np.percentile(counts, 95, method="inverted_cdf"))


def _distinct(graph: Graph) -> Graph:
    """The graph with each fact once: what is given twice is one fact, and lost at most once."""
    return Graph(tuple(dict.fromkeys(graph.spans)), tuple(dict.fromkeys(graph.relations)))


def _truncated(text: Text, graph: Graph, words: int) -> tuple[Graph, list[LostFact]]:
    """The part of a graph that stands in the first `words` words, and the rest as lost facts."""
    if words == len(text.tokens):
        return graph, []
    spans = tuple(span for span in graph.spans if span.end <= words)
    relations = tuple(item for item in graph.relations if max(item.head.end, item.tail.end) <= words)
    lost = [LostFact("entity", span.label, text.surface(span), "truncated") for span in graph.spans if span.end > words]
    kept = set(relations)
    lost += [
        LostFact("relation", item.label, text.describe(item), "truncated")
        for item in graph.relations
        if item not in kept
    ]
    return Graph(spans, relations), lost
