"""An encoder that knows a word by its letters alone, in any order. Nothing in spanloom knows of it.

The folder beside this file stands in for that of spanloom, `encoders/letters/`: see `a_new_encoder`.
B batch, T words, L letters a word, W width.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

import spanloom.encoders
from spanloom.axes import WORDS, Axis, Declared
from spanloom.batch.pad import pad
from spanloom.config import setting
from spanloom.config.ranges import Count, Width
from spanloom.core import Array, Arrays
from spanloom.encoders.contract import Encoder, EncoderConfig, EncoderSize, Features, Wanted
from spanloom.errors import ConfigError
from spanloom.text.vocab import Vocabulary

HERE = Path(__file__).parent
LETTERS = Axis("letters", 4)
"""L."""


@dataclass(frozen=True)
class LettersConfig(EncoderConfig):
    """Letters in any order."""

    kind: Literal["letters"] = "letters"
    letter_width: Width = setting(12, "width of the vectors of letters")
    most: Count = setting(10, "letters of a word that are read")


class LetterFeatures(Features):
    def __init__(self, letters: Vocabulary, most: int) -> None:
        self.letters = letters
        self.most = most

    def encode(self, words: Sequence[str], cut: Counter[str] | None = None) -> Arrays:
        numbers = [[self.letters.number(letter) for letter in word[: self.most]] for word in words]
        spelled: Array = pad([np.array(each, dtype=np.int64) for each in numbers], 0)  # [T, L]
        return {"letters": spelled, "lengths": np.array(len(words))}

    def declared(self) -> dict[str, Declared]:
        return {"letters": Declared((WORDS, LETTERS), len(self.letters), exact=True), "lengths": Declared()}

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "letters", "letters": list(self.letters.words), "most": self.most}


def fit(sentences: Iterable[Sequence[str]], config: LettersConfig, max_words: int) -> LetterFeatures:
    return LetterFeatures(
        Vocabulary.fit(letter for words in sentences for word in words for letter in word), config.most
    )


def load(table: Mapping[str, Any], tokenizer_json: str | None) -> LetterFeatures:
    return LetterFeatures(Vocabulary(table["letters"]), table["most"])


def build(config: LettersConfig, features: LetterFeatures, wanted: Wanted) -> Any:
    import torch
    from torch import Tensor, nn

    from spanloom.nn.encoder import EncoderModule, EncoderOutput

    class Letters(EncoderModule):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(len(features.letters), config.letter_width, padding_idx=0)
            self.width, self.architecture = config.letter_width + wanted.beside, {}

        def forward(self, letters: Tensor, lengths: Tensor, beside: Tensor | None = None) -> EncoderOutput:
            words = torch.tanh(self.table(letters).sum(dim=2))  # [B, T, W]
            return EncoderOutput(words if beside is None else torch.cat([words, beside], dim=-1), None)

    return Letters()


def above(config: LettersConfig, width: int, dropout: float) -> Any:
    from spanloom.encoders.parts.modules.above import LayersAbove

    return LayersAbove(width)


def size(config: LettersConfig, features: LetterFeatures) -> EncoderSize:
    return EncoderSize(trained=len(features.letters) * config.letter_width, width=config.letter_width)


def check(config: LettersConfig) -> None:
    if config.most == 1:
        raise ConfigError("model.encoder.most", "is 1", "two letters at least", "Set it to 10, say.")


ENCODER = Encoder(LettersConfig, fit, load, build, above, size, check)


def a_new_encoder(patch: Callable[..., None]) -> None:
    """Let spanloom find the encoder in the folder beside this file. patch: see monkeypatch."""
    patch(spanloom.encoders, "__path__", [*spanloom.encoders.__path__, str(HERE / "encoders")])


def forget() -> None:
    """Let the next import of the encoder begin anew."""
    sys.modules.pop("spanloom.encoders.letters", None)
