"""Examples to arrays and back for relations: the words with markers around both spans, and how far each is from them.

B batch, P pieces, T words, K relations. NumPy only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.answers.parts.facts import RELATIONS
from spanloom.axes import WORDS, Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.core import Array, Arrays, Batch, Beliefs, Claim, Example, LostFact, Row
from spanloom.decode.beliefs import class_beliefs
from spanloom.decode.class_codec import ClassCodec
from spanloom.decode.classes import Classes
from spanloom.decode.scaling import stored_scaling
from spanloom.encoders import fit_features, load_features
from spanloom.encoders.contract import Features
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.tasks.relation.config import RelationConfig, check_settings
from spanloom.text.marks import MARKS, insert
from spanloom.text.stored import part, strings, whole
from spanloom.text.windows import Window, holding

REACH = 30
"""Words beyond which distances are no longer told apart."""

INSIDE = REACH + 1
"""The number of the distance 0, which words of a span have; 0 is none at all, that of padding and special pieces."""

PLAIN_MARKS = ("$", "$", "#", "#")
"""What stands for `MARKS` where a vocabulary of pieces has none to spare for them (Wu and He 2019)."""


class RelationCodec(ClassCodec):
    """What a relation classifier knows besides its weights.

    markers: the four words that are written before and behind head and tail. limit: words of a text at most; what is
    left out around or between the spans is declared lost. no_relation: labels that say that there is none.
    loss: see `Classes.weighing`.
    """

    def __init__(
        self,
        features: Features,
        classes: Classes,
        markers: Sequence[str],
        limit: int,
        no_relation: Sequence[str],
        loss: Mapping[str, Any],
    ) -> None:
        self.features = features
        self.classes = classes
        self.markers = tuple(markers)
        self.limit = limit
        self.no_relation = tuple(no_relation)
        self.loss = dict(loss)

    @classmethod
    def fit(cls, examples: Sequence[Example], config: RelationConfig) -> RelationCodec:
        """Raises ConfigError for a setting out of range, DataError for data without a label."""
        check_settings(config)
        classes = Classes.fit(examples, "single", "cross_entropy", 0.5)
        words = (_marked(example.input, (0, len(example.input.text.tokens)))[0] for example in examples)
        features = fit_features(words, config.encoder, config.max_words)
        own = features.with_words(MARKS)
        features, markers = (features, PLAIN_MARKS) if own is None else (own, MARKS)
        loss = classes.weighing(examples, config.focal_gamma, config.label_smoothing, config.class_weights)
        return cls(features, classes, markers, config.max_words, config.no_relation, loss)

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold.

        Raises DataError for a label never trained on, and for spans that are longer than all that the encoder reads.
        """
        item: MarkedText = example.input
        targets: Arrays = {}
        if example.gold is not None:
            self.require_known(example)
            targets = {"classes": self.classes.encode(example)}
        kept = self._kept(example)
        cut = Counter({"words": len(item.text.tokens) - sum(end - start for start, end in kept)})
        words, head, tail = _marked(item, *kept, markers=self.markers)
        distances = {"from_head": distance(len(words), *head), "from_tail": distance(len(words), *tail)}
        inputs = self.features.encode_row([words], distances, cut)
        width = len(inputs["from_head"])
        group = "" if example.gold is None else example.gold.label
        lost = *example.lost, *_left_out(example, kept)
        return Row(inputs, targets, width, width, lost, group, item=item, cut=+cut)

    def _kept(self, example: Example) -> list[Window]:
        """The windows of the text that are read."""
        item: MarkedText = example.input
        head, tail, n_tokens = _place(item.head), _place(item.tail), len(item.text.tokens)
        room = self.features.room(1)
        if room is None:
            return holding(n_tokens, head, tail, self.limit)
        room -= len(MARKS)
        kept = holding(n_tokens, head, tail, min(self.limit, room))
        words = sum(end - start for start, end in kept)
        if words > room:
            found = f"head and tail have {words} words together"
            remedy = "Mark shorter spans, or train with an encoder that starts from words."
            raise DataError(str(example.source), found, f"at most {room}, which is what the encoder reads", remedy)
        return kept

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Inputs [B, ...]; targets: classes [B] and what their loss goes by."""
        _, inputs = pad_inputs(rows, self.declared())
        return Batch(inputs, self.targets(rows), {"classes": float(len(rows))}, tuple(row.item for row in rows))

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Relation]:
        """The likeliest relation of each pair of spans, with its probability."""
        labels = self.classes.decode(outputs["classes"])
        return self.scaled(
            [
                Relation(item.head, item.tail, label.names[0], label.scores[0] if label.scores else None)
                for item, label in zip(batch.items, labels, strict=True)
            ]
        )

    def believed(
        self, outputs: Mapping[str, Array], batch: Batch, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs]:
        """Of every relation between the two spans."""
        labels = self.classes.decode(outputs["classes"])
        places = [(*_place(item.head), *_place(item.tail)) for item in batch.items]
        return [
            class_beliefs(label.probabilities or (), self.classes.names, RELATIONS, place)
            for label, place in zip(labels, places, strict=True)
        ]

    def declared(self) -> dict[str, Declared]:
        return {**self.features.declared(), **dict.fromkeys(("from_head", "from_tail"), Declared((WORDS,), 2 * INSIDE))}

    def limits(self) -> dict[str, int]:
        return {**limits_of(self.declared()), "classes": self.classes.limit}

    def to_dict(self) -> dict[str, Any]:
        return {
            "features": self.features.to_dict(),
            "classes": self.classes.to_dict(),
            "markers": list(self.markers),
            "limit": self.limit,
            "no_relation": list(self.no_relation),
            "loss": self.loss,
            **self.stored_scaling(),
        }

    def tokenizer_json(self) -> str | None:
        return self.features.tokenizer_json()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> RelationCodec:
        features = load_features(part(table, "features"), tokenizer_json)
        classes, markers = Classes.from_dict(part(table, "classes")), strings(table, "markers", 4, distinct=False)
        limit, none = whole(table, "limit", 1), strings(table, "no_relation")
        codec = cls(features, classes, markers, limit, none, part(table, "loss"))
        return codec.with_scaling(stored_scaling(table))


def distance(n_words: int, start: int, end: int) -> Array:
    """[T]: how far each word is from the span `start..end`, in words, negative before it, moved so that 0 is free."""
    place = np.arange(n_words)
    away = np.minimum(place - start, 0) + np.maximum(place - end + 1, 0)
    return np.asarray(np.clip(away, -REACH, REACH) + INSIDE)


def _place(span: Span) -> Window:
    return span.start, span.end


def _marked(item: MarkedText, *kept: Window, markers: Sequence[str] = MARKS) -> tuple[list[str], Window, Window]:
    """The words of these windows with markers in them, and where the spans stand then."""
    numbers = [number for start, end in kept for number in range(start, end)]
    words = [item.text.tokens[number].text for number in numbers]

    def moved(span: Span) -> Window:
        start = numbers.index(span.start)
        return start, start + span.end - span.start

    return insert(words, moved(item.head), moved(item.tail), markers)


def _left_out(example: Example, kept: Sequence[Window]) -> list[LostFact]:
    """The parts of the text before, between and behind what is kept."""
    text = example.input.text
    label = "" if example.gold is None else example.gold.label
    edges = [0, *(edge for window in kept for edge in window), len(text.tokens)]
    gaps = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]
    return [LostFact("text", label, text.surface(Span(*gap, "")), "truncated") for gap in gaps]
