"""Examples to arrays and back for tagging: an encoder's features on one side, the numbers of tags on the other.

B batch, T tokens, K tags. NumPy only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.answers.parts.facts import ENTITIES
from spanloom.answers.tags import Tags
from spanloom.axes import Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.batch.openness import OpenTags
from spanloom.batch.targets import tag_targets
from spanloom.core import Array, Arrays, Batch, Beliefs, Claim, Example, LostFact, Row
from spanloom.decode.beliefs import tag_beliefs
from spanloom.decode.scaling import ScaledCodec, stored_scaling
from spanloom.decode.tags import best_tags, perfect_tags, tag_sizes
from spanloom.encoders import fit_features, load_features
from spanloom.encoders.contract import Features
from spanloom.inputs import Text
from spanloom.tasks.tag.config import TagConfig, check_settings
from spanloom.text.seen import Seen
from spanloom.text.stored import flag, optional, part, whole, wholes
from spanloom.text.tags import spans_from_tags
from spanloom.text.tagset import Tagset
from spanloom.text.windows import usual_sentences


class TagCodec(ScaledCodec):
    """What a tagging model knows besides its weights: features, tags, what training had seen, and limits.

    loss: of a softmax head: "focal_gamma", "label_smoothing" and, where tags weigh differently, "class_weights" [K];
    None for a CRF. max_words: longer sentences are cut, and what is cut off is declared lost; predicting cuts them into
    windows instead. max_sentences: of a window, as training had them. confidence: answers say how sure each label is.
    sources: training data are of several sources that annotate different labels.
    """

    def __init__(
        self,
        features: Features,
        tagset: Tagset,
        seen: Seen,
        loss: Mapping[str, Any] | None,
        max_words: int,
        max_sentences: int,
        confidence: bool,
        sources: bool = False,
    ) -> None:
        self.features = features
        self.tagset = tagset
        self.seen = seen
        self.loss = loss
        self.max_words: int = max_words
        self.max_sentences: int = max_sentences
        self.confidence = confidence
        self.sources = OpenTags(tagset) if sources else None

    @classmethod
    def fit(cls, examples: Sequence[Example], config: TagConfig) -> TagCodec:
        """Raises ConfigError for settings that contradict each other, DataError where no token has a label but O."""
        sources = any(example.covered for example in examples)
        check_settings(config, sources)
        gold = [example.gold for example in examples if example.gold is not None]
        tagset = Tagset.fit([tags.labels for tags in gold], config.scheme, examples[0].source.path)
        sentences = ([token.text for token in example.input.tokens] for example in examples)
        features = fit_features(sentences, config.encoder, config.max_words)
        loss: dict[str, Any] | None = None
        if config.head == "softmax":
            loss = {"focal_gamma": config.focal_gamma, "label_smoothing": config.label_smoothing}
            if config.class_weights == "balanced":
                loss["class_weights"] = tagset.balanced(tags.labels for tags in gold)
        most = usual_sentences(example.input for example in examples)
        sentences_seen = [(example.input, example.gold and example.gold.labels) for example in examples]
        seen = Seen.of_tags(sentences_seen, tagset.scheme is not None)
        return cls(features, tagset, seen, loss, config.max_words, most, config.confidence, sources)

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold. Raises DataError for a label never trained on."""
        tokens = example.input.tokens[: self.max_words]
        cut = Counter({"words": len(example.input.tokens) - len(tokens)})
        inputs = self.features.encode([token.text for token in tokens], cut)
        targets: Arrays = {}
        lost = list(example.lost)
        if example.gold is not None:
            self.require_known(example)
            # What a cut leaves of a span is a span of its own: the window that is read when predicting shows no more.
            labels = example.gold.labels[: len(tokens)]
            if self.sources is None:
                targets = {"tags": self.tagset.encode(labels)}
            else:
                targets = self.sources.encode(labels, example.covered)
            lost += self._cut_off(example.input, example.gold, len(tokens))
        length = self.features.length(inputs)
        return Row(inputs, targets, length, len(tokens), tuple(lost), cut=+cut)

    def _cut_off(self, text: Text, gold: Tags, kept: int) -> list[LostFact]:
        """The spans, or the labels where they say none, that reach beyond the first `kept` tokens."""
        if kept == len(text.tokens):
            return []
        if self.tagset.scheme is None:
            rest = zip(gold.labels[kept:], text.tokens[kept:], strict=True)
            return [LostFact("tag", label, token.text, "truncated") for label, token in rest]
        spans = (span for span in spans_from_tags(gold.labels, "bio2") if span.end > kept)
        return [LostFact("entity", span.label, text.surface(span), "truncated") for span in spans]

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """The spans, or the tokens where labels say none, whose label training never had."""
        return [] if example.gold is None else self.tagset.unknown(example.gold.labels)

    def require_known(self, example: Example) -> None:
        """Raises DataError, citing the line, for a label that training never had."""
        if example.gold is not None:
            self.tagset.require_known(example.gold.labels, example.source)

    def known(self) -> dict[str, Sequence[str]]:
        """The labels of training data."""
        return self.tagset.known()

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Targets: tags [B, T]; for a CRF lengths [B]; for softmax weights [B, T], 0 at padding, and its loss.

        Of several sources also open [B, T, K], the tags that each leaves open.
        """
        width, inputs = pad_inputs(rows, self.declared())
        targets = tag_targets(rows, width, inputs["lengths"], self.loss) if rows[0].targets else {}
        return Batch(inputs, targets, {"tags": float(sum(row.width for row in rows))})

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Tags]:
        """The best legal tags of each sentence: `emissions` [B, T, K] and, of a CRF, its other scores."""
        return self.scaled(best_tags(outputs, batch.inputs["lengths"], self.tagset, self.confidence))

    def believed(
        self, outputs: Mapping[str, Array], batch: Batch, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs]:
        """Of spans over all sequences of tags, or of tokens where labels say none."""
        return tag_beliefs(outputs, batch.inputs["lengths"], self.tagset, claimed, ENTITIES)

    def perfect(self, batch: Batch) -> Arrays:
        return perfect_tags(batch.targets["tags"], self.tagset)

    def declared(self) -> dict[str, Declared]:
        return self.features.declared()

    def limits(self) -> dict[str, int]:
        return {**limits_of(self.declared()), "tags": len(self.tagset.tags)}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return tag_sizes(self.tagset, crf=self.loss is None)

    def to_dict(self) -> dict[str, Any]:
        return {
            "features": self.features.to_dict(),
            "tags": self.tagset.to_dict(),
            "seen": self.seen.to_list(),
            "loss": self.loss,
            "max_words": self.max_words,
            "max_sentences": self.max_sentences,
            "confidence": self.confidence,
            **self.stored_scaling(),
        }

    def tokenizer_json(self) -> str | None:
        return self.features.tokenizer_json()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> TagCodec:
        features = load_features(part(table, "features"), tokenizer_json)
        tagset, seen = Tagset.from_dict(part(table, "tags")), Seen(wholes(table, "seen", most=2**32 - 1))
        limits = whole(table, "max_words", 1), whole(table, "max_sentences", 1)
        codec = cls(features, tagset, seen, optional(part, table, "loss"), *limits, flag(table, "confidence"))
        return codec.with_scaling(stored_scaling(table))
