"""Examples to arrays and back for rewriting: a dialogue as one sequence, and the edits of its last turn.

B batch, T tokens with the marks, K insertions at most, M places of what is inserted. NumPy only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.answers.rewrite import Rewrite
from spanloom.axes import WORDS, Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.batch.pad import pad
from spanloom.config import check_values
from spanloom.contracts import Codec
from spanloom.core import Array, Arrays, Batch, Example, Row
from spanloom.decode.classes import SURE
from spanloom.decode.edits import Edits, EditScores, likely_edits
from spanloom.encoders import fit_features, load_features
from spanloom.encoders.contract import Features
from spanloom.tasks.rewrite.config import RewriteConfig
from spanloom.tasks.rewrite.reading import SHARED, TURNS, ReadDialogue, read_dialogue
from spanloom.tasks.rewrite.scheme import EditScheme, written_text, written_tokens
from spanloom.text.stored import part, whole


class RewriteCodec(Codec):
    """What a rewriter knows besides its weights: features, and the scheme of its edits with its limits."""

    texts = 0  # that `prepare` takes together: any number

    def __init__(self, features: Features, scheme: EditScheme) -> None:
        self.features = features
        self.scheme = scheme
        self.max_words = scheme.max_words  # tokens of a dialogue that are read

    @classmethod
    def fit(cls, examples: Sequence[Example], config: RewriteConfig) -> RewriteCodec:
        """Raises ConfigError for a setting out of range."""
        check_values(config, "model.")
        read = (read_dialogue(example.input, config.max_words).words for example in examples)
        features = fit_features(read, config.encoder, config.max_words)
        return cls(features, EditScheme(config.insertions, config.max_words))

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold."""
        reading, targets, lost = self.scheme.encode(example)
        whole = sum(len(turn.tokens) for turn in example.input.turns)
        cut = Counter({"words": whole - sum(origin is not None for origin in reading.origins)})
        inputs = {**self.features.encode(reading.words, cut), "turns": reading.turns, "shared": reading.shared}
        length = self.features.length(inputs)
        return Row(inputs, targets, length, len(reading.words), lost, item=reading, cut=+cut)

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """Nothing: there are no labels."""
        return []

    def require_known(self, example: Example) -> None:
        """Whatever words an example has, they can be read."""

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Targets: those of the rows, padded, and chosen [B, K]."""
        width, inputs = pad_inputs(rows, self.declared())
        targets: Arrays = {}
        if rows[0].targets:
            for name, fill in (("turns", 0), ("marks", 0), ("deleted", 0)):
                targets[name] = pad([row.targets[name] for row in rows], fill, (width,))
            most = max(1, *(len(row.targets["insertions"]) for row in rows), 1)
            targets["insertions"] = pad([row.targets["insertions"] for row in rows], -1, (most, 4))
            targets["chosen"] = np.stack([row.targets["chosen"] for row in rows])
        counts = dict.fromkeys(("insertions", "deletions"), float(len(rows)))
        return Batch(inputs, targets, counts, tuple(row.item for row in rows))

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Rewrite]:
        """The most probable text of each dialogue; its score is the probability of all edits found that write it."""
        return [self._answer(outputs, number, reading) for number, reading in enumerate(batch.items)]

    def _answer(self, outputs: Mapping[str, Array], number: int, reading: ReadDialogue) -> Rewrite:
        before, after = slice(reading.context), slice(reading.context, len(reading.words))
        tokens = slice(reading.context, len(reading.words) - 1)
        scores = EditScores(
            outputs["none"][number],
            outputs["starts"][number, :, after, before],
            outputs["ends"][number, :, after, before],
            outputs["spans"][number, before, before],
            outputs["deleted"][number, tokens],
            outputs["instead"][number, after, tokens],
            reading.allowed(),
        )
        sure: dict[tuple[str, ...], float] = {}
        first: dict[tuple[str, ...], Edits] = {}
        for log_p, edits in likely_edits(scores):
            words = tuple(reading.words[at] for at in written_tokens(reading, edits))
            sure[words] = sure.get(words, 0.0) + math.exp(log_p)
            first.setdefault(words, edits)
        best = max(sure, key=sure.__getitem__)
        return Rewrite(written_text(reading, first[best]), min(1.0, sure[best]))

    def perfect(self, batch: Batch) -> Arrays:
        size, width = batch.targets["turns"].shape
        outputs = {name: np.full((size, self.scheme.insertions, width, width), -SURE) for name in ("starts", "ends")}
        outputs["none"] = np.full((size, self.scheme.insertions), SURE)
        outputs["spans"] = outputs["instead"] = np.zeros((size, width, width))
        outputs["deleted"] = np.where(batch.targets["deleted"] > 0, SURE, -SURE)
        for row, listed in enumerate(batch.targets["insertions"]):
            for number, place, start, last in listed[::-1]:  # the first place of each comes last, and stays
                if number >= 0:
                    outputs["starts"][row, number] = outputs["ends"][row, number] = outputs["none"][row, number] = -SURE
                    outputs["starts"][row, number, place, start] = outputs["ends"][row, number, place, last] = SURE
        return {name: array.astype(np.float32) for name, array in outputs.items()}

    def declared(self) -> dict[str, Declared]:
        return {
            **self.features.declared(),
            "turns": Declared((WORDS,), TURNS),
            "shared": Declared((WORDS,), SHARED),
        }

    def limits(self) -> dict[str, int]:
        return {**limits_of(self.declared()), "marks": 2, "deleted": 2}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return {
            "none": (None, self.scheme.insertions),
            **dict.fromkeys(("starts", "ends"), (None, self.scheme.insertions, None, None)),
            **dict.fromkeys(("spans", "instead"), (None, None, None)),
            "deleted": (None, None),
        }

    def to_dict(self) -> dict[str, Any]:
        scheme = {"insertions": self.scheme.insertions, "max_words": self.scheme.max_words}
        return {"features": self.features.to_dict(), **scheme}

    def tokenizer_json(self) -> str | None:
        return self.features.tokenizer_json()

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> RewriteCodec:
        features = load_features(part(table, "features"), tokenizer_json)
        return cls(features, EditScheme(whole(table, "insertions", 1), whole(table, "max_words", 1)))
