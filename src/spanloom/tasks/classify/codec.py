"""Examples to arrays and back for classification: an encoder's features on one side, the classes on the other.

B batch, P pieces, T words, K classes. NumPy only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spanloom.answers.label import Label
from spanloom.axes import Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.batch.pad import pad
from spanloom.config import check_values
from spanloom.core import Array, Arrays, Batch, Example, LostFact, Row
from spanloom.decode.class_codec import ClassCodec
from spanloom.decode.classes import Classes
from spanloom.decode.scaling import stored_scaling
from spanloom.encoders import fit_features, load_features
from spanloom.encoders.contract import Features
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Text, texts_of
from spanloom.tasks.classify.config import ClassifyConfig
from spanloom.text.stored import choice, part, whole
from spanloom.text.words import is_visible


class ClassifyCodec(ClassCodec):
    """What a classifier knows besides its weights: features, classes, how its loss weighs, and limits.

    texts: how many it reads together, 1 or 2. max_words: of an example; what is cut off is declared lost.
    Predicting reads a longer text in windows instead, and cuts the two of a pair. loss: see `Classes.weighing`.
    sources: training data are of several sources that annotate different classes.
    """

    def __init__(
        self,
        features: Features,
        classes: Classes,
        texts: int,
        max_words: int,
        loss: Mapping[str, Any],
        sources: bool = False,
    ) -> None:
        self.features = features
        self.classes = classes
        self.texts = texts
        self.max_words: int = max_words
        self.loss = dict(loss)
        self.sources = sources

    @classmethod
    def fit(cls, examples: Sequence[Example], config: ClassifyConfig) -> ClassifyCodec:
        """Raises ConfigError for a setting out of range, DataError for data without a label."""
        check_values(config, "model.")
        classes = Classes.fit(examples, config.labels, config.loss, config.threshold)
        words = ([token.text for token in text.tokens] for example in examples for text in texts_of(example.input))
        features = fit_features(words, config.encoder, config.max_words)
        texts = len(texts_of(examples[0].input))
        room = features.room(texts)
        limit = config.max_words if room is None else min(config.max_words, room)
        loss = classes.weighing(examples, config.focal_gamma, config.label_smoothing, config.class_weights)
        sources = any(example.covered for example in examples)
        if sources and config.label_smoothing:
            found = f"is {config.label_smoothing}, but not every source has every class"
            raise ConfigError("model.label_smoothing", found, "0 with several sources", "Leave it out.")
        return cls(features, classes, texts, limit, loss, sources)

    @property
    def siamese(self) -> bool:
        """Whether the two texts of a pair are read each by itself, not in one row."""
        return self.texts == 2 and not self.features.joined

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold.

        With gold, a text without any visible character raises DataError, as a label never trained on does. Without, as
        when predicting, one without a token is read as one unknown word: the other text of a pair may still say much.
        """
        self._require_number(example)
        texts = texts_of(example.input)
        targets: Arrays = {}
        if example.gold is not None:
            self.require_known(example)
            _require_visible(texts, example)
            targets = {"classes": self.classes.encode(example)}
            if self.sources:
                targets["judged"] = self.classes.judged(example.covered)
        kept = proportional([len(text.tokens) for text in texts], self.max_words)
        words = [[token.text for token in text.tokens[:size]] or [""] for text, size in zip(texts, kept, strict=True)]
        lost = [*example.lost, *_cut_off(texts, kept, example.gold)]
        cut = Counter({"words": sum(len(text.tokens) for text in texts) - sum(kept)})
        width, inputs = self._inputs(words, cut)
        group = "" if example.gold is None else " + ".join(example.gold.names) or "no label"
        return Row(inputs, targets, width * (1 + self.siamese), width, tuple(lost), group, cut=+cut)

    def _inputs(self, words: Sequence[Sequence[str]], cut: Counter[str]) -> tuple[int, Arrays]:
        """The width and the arrays of one row of pieces, or of the words of a text, or, [2, ...], of those of two."""
        if not self.siamese:
            inputs = self.features.encode_row(words, cut=cut)
            return int(inputs["lengths"]), inputs
        arrays = [self.features.encode(text, cut) for text in words]
        rows = [Row(inputs, {}, len(text), len(text)) for inputs, text in zip(arrays, words, strict=True)]
        return pad_inputs(rows, self.features.declared())

    def _require_number(self, example: Example) -> None:
        if len(texts_of(example.input)) != self.texts:
            here, there = ("a pair of texts", "one text") if self.texts == 2 else ("one text", "a pair of texts")
            found = f"{there}, but the model reads {here}"
            expected, remedy = f"{here} in every example", "Mend the example, or the column names."
            raise DataError(str(example.source), found, expected, remedy)

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Inputs [B, ...], or [B, 2, ...] of two texts in words; targets: classes [B] or [B, S], and their loss.

        Of several sources also judged [B, S], the scores from which the source's own classes are chosen.
        """
        if self.siamese:
            inputs = {name: pad([row.inputs[name] for row in rows], 0) for name in rows[0].inputs}
        else:
            _, inputs = pad_inputs(rows, self.declared())
        return Batch(inputs, self.targets(rows), {"classes": float(len(rows))})

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Label]:
        return self.scaled(self.classes.decode(outputs["classes"]))

    def merge(self, answers: Sequence[Label], sizes: Sequence[int]) -> Label:
        """The answer for a text from those for its windows of these sizes, by the mean of their probabilities."""
        sure = np.array([answer.probabilities for answer in answers])  # [N, K]
        (answer,) = self.scaled([self.classes.answer(np.average(sure, axis=0, weights=sizes))])
        return answer

    def declared(self) -> dict[str, Declared]:
        declared = self.features.declared()
        if not self.siamese:
            return declared
        return {name: replace(each, axes=(2, *each.axes)) for name, each in declared.items()}

    def limits(self) -> dict[str, int]:
        return {**limits_of(self.declared()), "classes": self.classes.limit}

    def to_dict(self) -> dict[str, Any]:
        return {
            "features": self.features.to_dict(),
            "classes": self.classes.to_dict(),
            "texts": self.texts,
            "limit": self.max_words,
            "loss": self.loss,
            **self.stored_scaling(),
        }

    def tokenizer_json(self) -> str | None:
        return self.features.tokenizer_json()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> ClassifyCodec:
        features = load_features(part(table, "features"), tokenizer_json)
        classes, loss = Classes.from_dict(part(table, "classes")), part(table, "loss")
        codec = cls(features, classes, choice(table, "texts", (1, 2)), whole(table, "limit", 1), loss)
        return codec.with_scaling(stored_scaling(table))


def proportional(sizes: Sequence[int], limit: int) -> list[int]:
    """How many words of each text to keep, `limit` together at most and one at least of each that has any."""
    total = sum(sizes)
    if total <= limit:
        return list(sizes)
    return [min(size, max(1, size * limit // total)) for size in sizes]


def _cut_off(texts: Sequence[Text], kept: Sequence[int], gold: Label | None) -> list[LostFact]:
    label = ", ".join(gold.names) if gold is not None else ""
    return [
        LostFact("text", label, text.text[text.tokens[size].start :], "truncated")
        for text, size in zip(texts, kept, strict=True)
        if size < len(text.tokens)
    ]


def _require_visible(texts: Sequence[Text], example: Example) -> None:
    for text in texts:
        if not is_visible(text.text):
            found = f"the text {text.text!r} has nothing to read in it"
            raise DataError(str(example.source), found, "at least one word", "Fill it in, or remove the example.")
