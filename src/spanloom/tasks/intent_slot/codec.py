"""Examples to arrays and back for intents and slots: an encoder's features, and an intent's and tags' numbers.

B batch, T tokens, K tags, I intents. NumPy only.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.parts.facts import INTENTS, SLOTS
from spanloom.axes import Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.batch.openness import OpenTags, covered_entities
from spanloom.batch.targets import tag_targets
from spanloom.config import check_values
from spanloom.core import Array, Arrays, Batch, Beliefs, Claim, Example, LostFact, Row
from spanloom.decode.beliefs import class_beliefs, tag_beliefs
from spanloom.decode.classes import SURE
from spanloom.decode.out_of_scope import fit_threshold, strangeness
from spanloom.decode.scaling import CALIBRATION, SCORES, ScaledCodec, stored_scaling
from spanloom.decode.tags import best_tags, perfect_tags, tag_sizes
from spanloom.decode.viterbi import softmax
from spanloom.encoders import fit_features, load_features
from spanloom.encoders.contract import Features
from spanloom.tasks.intent_slot.config import IntentSlotConfig
from spanloom.text.known import refuse_unknown
from spanloom.text.seen import Seen
from spanloom.text.stored import choice, flag, part, real, strings, whole, wholes
from spanloom.text.tags import natural_order, spans_from_tags
from spanloom.text.tagset import Tagset
from spanloom.text.windows import usual_sentences


class IntentSlotCodec(ScaledCodec):
    """What a model of intents and slots knows besides its weights.

    intents: their names, in order. loss: of a softmax head, None for a CRF. max_words, max_sentences: of a window.
    share: of in-scope requests that may be rejected. calibration: what was fitted on dev data: the `threshold` of
    `out_of_scope` beyond which a request is rejected, and on how many `examples`; None where nothing was fitted.
    """

    def __init__(
        self,
        features: Features,
        intents: Sequence[str],
        tagset: Tagset,
        seen: Seen,
        settings: Mapping[str, Any],
        calibration: Mapping[str, float] | None = None,
        sources: bool = False,
    ) -> None:
        self.features = features
        self.intents = tuple(intents)
        self.tagset = tagset
        self.seen = seen
        self.settings = dict(settings)
        self.calibration = calibration
        self.sources = OpenTags(tagset) if sources else None
        self.max_words: int = int(settings["max_words"])
        self.max_sentences: int = int(settings["max_sentences"])
        self.loss = {"focal_gamma": 0.0, "label_smoothing": 0.0} if settings["head"] == "softmax" else None
        self._numbers = {name: number for number, name in enumerate(self.intents)}

    @classmethod
    def fit(cls, examples: Sequence[Example], config: IntentSlotConfig) -> IntentSlotCodec:
        """Raises ConfigError for a setting out of range, DataError where no request has a slot."""
        check_values(config, "model.")
        gold: list[Frame] = [example.gold for example in examples if example.gold is not None]
        tagset = Tagset.fit([frame.slots.labels for frame in gold], config.scheme, examples[0].source.path)
        intents = sorted({frame.intent.names[0] for frame in gold}, key=natural_order)
        sentences = ([token.text for token in example.input.tokens] for example in examples)
        features = fit_features(sentences, config.encoder, config.max_words)
        seen = Seen.of_tags(
            [(example.input, example.gold and example.gold.slots.labels) for example in examples], are_spans=True
        )
        settings = {name: getattr(config, name) for name in ("head", "max_words", "confidence", "out_of_scope")}
        settings["max_sentences"] = usual_sentences(example.input for example in examples)
        return cls(features, intents, tagset, seen, settings, sources=any(example.covered for example in examples))

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold. Raises DataError for a label never trained on."""
        tokens = example.input.tokens[: self.max_words]
        cut = Counter({"words": len(example.input.tokens) - len(tokens)})
        inputs = self.features.encode([token.text for token in tokens], cut)
        targets: Arrays = {}
        lost, group = list(example.lost), ""
        if example.gold is not None:
            self.require_known(example)
            gold: Frame = example.gold
            group = gold.intent.names[0]
            labels = gold.slots.labels[: len(tokens)]
            if self.sources is None:
                targets = {"tags": self.tagset.encode(labels)}
            else:
                targets = self.sources.encode(labels, example.covered)
                targets["judged_intents"] = covered_entities(self.intents, example.covered)
            targets["intents"] = np.array(self._numbers[group])
            beyond = (span for span in spans_from_tags(gold.slots.labels, "bio2") if span.end > len(tokens))
            lost += [LostFact("entity", span.label, example.input.surface(span), "truncated") for span in beyond]
        length = self.features.length(inputs)
        return Row(inputs, targets, length, len(tokens), tuple(lost), group, cut=+cut)

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """The intents and the slots of a request that training never had."""
        if example.gold is None:
            return []
        intents = [("intent", name) for name in example.gold.intent.names if name not in self._numbers]
        return intents + self.tagset.unknown(example.gold.slots.labels)

    def require_known(self, example: Example) -> None:
        """Raises DataError, citing the line, for an intent or a slot that training never had."""
        if example.gold is None:
            return
        intents = [fact for fact in self.unknown(example) if fact[0] == "intent"]
        refuse_unknown(intents, self.intents, example.source)
        self.tagset.require_known(example.gold.slots.labels, example.source)

    def known(self) -> dict[str, Sequence[str]]:
        """The intents and the slots of training data."""
        return {"intent": self.intents, **self.tagset.known()}

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Targets: intents [B], tags [B, T] and what their loss needs.

        Of several sources also judged_intents [B, I], from which a request's intent is chosen.
        """
        width, inputs = pad_inputs(rows, self.declared())
        targets: Arrays = {}
        if rows[0].targets:
            targets = tag_targets(rows, width, inputs["lengths"], self.loss)
            names = [name for name in ("intents", "judged_intents") if name in rows[0].targets]
            targets |= {name: np.stack([row.targets[name] for row in rows]) for name in names}
        return Batch(inputs, targets, {"intents": float(len(rows)), "tags": float(sum(row.width for row in rows))})

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Frame]:
        """`intents` [B, I], `emissions` [B, T, K] and, of a CRF, its other scores -> an answer for each."""
        slots = best_tags(outputs, batch.inputs["lengths"], self.tagset, self.settings["confidence"])
        sure, strange = softmax(outputs["intents"]), strangeness(outputs["intents"])
        threshold = np.inf if self.calibration is None else self.calibration["threshold"]
        best = sure.argmax(axis=1).tolist()
        frames = [
            Frame(Label((self.intents[number],), (float(row[number]),)), tags, odd, odd > threshold)
            for number, row, tags, odd in zip(best, sure, slots, strange.tolist(), strict=True)
        ]
        return self.scaled(frames)

    def believed(
        self, outputs: Mapping[str, Array], batch: Batch, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs]:
        """Of every intent, and of slots over all sequences of tags."""
        slots = tag_beliefs(outputs, batch.inputs["lengths"], self.tagset, claimed, SLOTS)
        sure = softmax(outputs["intents"])
        return [{**class_beliefs(row, self.intents, INTENTS), **spans} for row, spans in zip(sure, slots, strict=True)]

    def with_threshold(self, answers: Sequence[Frame]) -> IntentSlotCodec:
        """The codec with the threshold that the answers for dev requests call for; itself where none is asked for."""
        scores = [answer.out_of_scope for answer in answers if answer.out_of_scope is not None]
        if not self.settings["out_of_scope"] or not scores:
            return self
        fitted = copy.copy(self)
        threshold = fit_threshold(scores, self.settings["out_of_scope"])
        fitted.calibration = {"threshold": threshold, "examples": len(scores)}
        return fitted

    def perfect(self, batch: Batch) -> Arrays:
        intents = SURE * np.eye(len(self.intents), dtype=np.float32)[batch.targets["intents"]]
        return {"intents": intents, **perfect_tags(batch.targets["tags"], self.tagset)}

    def declared(self) -> dict[str, Declared]:
        return self.features.declared()

    def limits(self) -> dict[str, int]:
        return {**limits_of(self.declared()), "tags": len(self.tagset.tags), "intents": len(self.intents)}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return {"intents": (None, len(self.intents)), **tag_sizes(self.tagset, crf=self.loss is None)}

    def to_dict(self) -> dict[str, Any]:
        table: dict[str, Any] = {
            "features": self.features.to_dict(),
            "intents": list(self.intents),
            "tags": self.tagset.to_dict(),
            "seen": self.seen.to_list(),
            "settings": self.settings,
        }
        fitted = {**(self.calibration or {}), **self.stored_scaling().get(CALIBRATION, {})}
        return {**table, CALIBRATION: fitted} if fitted else table

    def tokenizer_json(self) -> str | None:
        return self.features.tokenizer_json()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> IntentSlotCodec:
        features = load_features(part(table, "features"), tokenizer_json)
        tagset, seen = Tagset.from_dict(part(table, "tags")), Seen(wholes(table, "seen", most=2**32 - 1))
        settings, scaling = part(table, "settings"), stored_scaling(table)
        choice(settings, "head", ("crf", "softmax"))
        flag(settings, "confidence")
        real(settings, "out_of_scope", 0, 1)
        for name in ("max_words", "max_sentences"):
            whole(settings, name, 1)
        fitted = {key: value for key, value in (table.get(CALIBRATION) or {}).items() if key != SCORES}
        if fitted:
            real(fitted, "threshold")
        codec = cls(features, strings(table, "intents", 2), tagset, seen, settings, fitted or None)
        return codec.with_scaling(scaling)
