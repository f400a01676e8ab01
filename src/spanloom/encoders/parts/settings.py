"""Settings that several kinds of encoders have. A kind's own table is put together from these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from spanloom.config import setting
from spanloom.config.ranges import Count, CountOrNone, Fraction, FractionBelowOne, Layers, Range, Width, WidthOrNone
from spanloom.encoders.contract import EncoderConfig
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class Spelled(EncoderConfig):
    """Words are known by their spelling too."""

    char_width: Width = setting(25, "width of the vectors of characters")
    char_filters: WidthOrNone = setting(50, "filters of the convolution over each word's characters, 0 for none")
    hashed_rows: Annotated[int, Range(0, 10**7)] = setting(
        0, "rows of the tables of hashed sub-words (text/hashed.py), 0 for none"
    )
    hashed_width: Width = setting(96, "width of the vector of each hashed sub-word")
    hashed_affixes: tuple[Count, ...] = setting((3,), "lengths of the prefixes and suffixes among the hashed sub-words")
    shape_width: WidthOrNone = setting(16, "width of the vector of a word's case and script, 0 for none")


@dataclass(frozen=True)
class OfWords(Spelled):
    """Words have vectors, drawn or from a file, which are trained."""

    word_width: WidthOrNone = setting(100, "width of random word vectors, 0 for none")
    vectors: Path | None = setting(None, "a file of word vectors, text or safetensors, of a width of its own")
    vocabulary: CountOrNone = setting(50_000, "words at most, from the file and from the training data, 0 for all")
    min_count: Count = setting(
        1, "how often a word of the training data must stand there, so that unknown words are learned too"
    )
    freeze_vectors: bool = setting(
        False, "train no vector of the file, else those of words that the training data hold"
    )
    word_dropout: Fraction = setting(0.05, "how many words' vectors are hidden in training")


@dataclass(frozen=True)
class Recurrent(EncoderConfig):
    """Recurrent layers stand above."""

    layers: Layers = setting(1, "recurrent layers above the words, 0 for none")
    hidden: Width = setting(192, "width of those layers, in each direction")
    cell: Literal["lstm", "gru", "rnn"] = setting("lstm", "what those layers are made of")
    direction: Literal["both", "forward"] = setting("both", "which way they read")


@dataclass(frozen=True)
class Pretrained(EncoderConfig):
    """What was trained before is trained on, as far as is wanted."""

    dropout: FractionBelowOne = setting(0.1, "part of the pretrained encoder's own numbers that is hidden in training")
    freeze: Literal["none", "embeddings", "all"] = setting(
        "embeddings", "what of it is never trained: the vectors of the units that it reads, or all of it"
    )
    unfreeze_epochs: CountOrNone = setting(
        0, "train the new layers alone for so many epochs, then after each so many one more layer from the top; 0: all"
    )


@dataclass(frozen=True)
class OfPieces(Recurrent, OfWords, Pretrained):
    """A pretrained transformer over wordpieces, the words' spelling beside it, and their vectors where wanted."""

    word_width: WidthOrNone = setting(0, "width of random word vectors, 0 for none")
    pooling: Literal["first", "mean", "ends"] = setting("mean", "how the vectors of a word's wordpieces become one")
    mix_layers: bool = setting(True, "read a learned mean of all layers of the transformer, not the last alone")
    attention: bool = setting(True, "let the pair tables of the task 'joint' read the transformer's attention maps")


def check_unfreezing(config: Pretrained) -> None:
    """Raise ConfigError where layers are to be trained one after the other, and none is to be trained."""
    if config.unfreeze_epochs and config.freeze == "all":
        found = f"is {config.unfreeze_epochs}, but freeze = 'all' trains none"
        raise ConfigError("model.encoder.unfreeze_epochs", found, remedy="Set it to 0.")


def check_something_read(config: OfWords) -> None:
    """Raise ConfigError where nothing is read of a word."""
    sizes = config.word_width, config.char_filters, config.shape_width, config.hashed_rows
    if not config.vectors and not any(sizes):
        raise ConfigError(
            "model.encoder",
            "word_width, char_filters, shape_width and hashed_rows are all 0 and there is no vector file",
            "at least one thing that is read of a word",
            "Set one of them.",
        )
