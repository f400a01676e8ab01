"""How large an encoder is, told from its configuration alone: what an estimate of memory and time starts from. NumPy
only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from spanloom.axes import limits_of
from spanloom.encoders.contract import EncoderSize
from spanloom.encoders.parts.pieces import PieceFeatures
from spanloom.encoders.parts.settings import OfPieces, OfWords, Pretrained, Recurrent, Spelled
from spanloom.encoders.parts.words import WordFeatures, vector_width
from spanloom.nn.layers.counts import character_weights, recurrent_weights
from spanloom.text.lookup import WordLookup
from spanloom.text.pretrained import UNUSED, encoder_number, read_encoder_config, weight_shapes

WORD_VECTORS = ("word_embeddings.weight", "tok_embeddings.weight")
"""How the name of the table of word vectors ends, in BERT and its like, and in ModernBERT."""


class Above(NamedTuple):
    """Layers above the words: their weights, the width that they answer in, and how many numbers a token leaves."""

    weights: int
    width: int
    inner: int


def recurrent_above(config: Recurrent) -> Callable[[int], Above]:
    """Vectors of a width -> the recurrent layers above them."""

    def above(width: int) -> Above:
        if not config.layers:
            return Above(0, width, 0)
        ways = 2 if config.direction == "both" else 1
        weights = recurrent_weights(width, config.hidden, config.layers, config.cell, ways)
        return Above(weights, ways * config.hidden, config.layers * ways * config.hidden)

    return above


def size_of_words(
    config: OfWords, features: WordFeatures, above: Callable[[int], Above], read: EncoderSize | None = None
) -> EncoderSize:
    """Of an encoder that starts from words. read: of what reads the sentence beside them."""
    read = read or EncoderSize()
    vectors = 0 if features.words is None else vector_width(config)
    spelled, tables = spelling(config, features.lookup)
    top = above(vectors + read.width + spelled)
    trained = 0 if features.words is None else vectors * (len(features.words) - features.frozen)
    return EncoderSize(
        products=top.weights + read.products,
        trained=top.weights + tables + trained + read.trained,
        frozen=vectors * features.frozen + read.frozen,
        inner=top.inner + read.inner,
        width=top.width,
        maps=read.maps,
    )


def size_of_pieces(config: OfPieces, features: PieceFeatures, folder: Path) -> EncoderSize:
    """Of a pretrained encoder in a folder. Raises CheckpointError where its files are not there."""
    table = read_encoder_config(folder)
    # The second names are DistilBERT's; what a file leaves out is as in BERT-base.
    inside = encoder_number(folder, table, ("hidden_size", "dim"), 768)
    layers = encoder_number(folder, table, ("num_hidden_layers", "n_layers"), 12)
    heads = encoder_number(folder, table, ("num_attention_heads", "n_heads"), 12)
    shapes = _without_heads(weight_shapes(folder / "model.safetensors"))
    whole = sum(map(math.prod, shapes.values()))
    vectors = sum(math.prod(shape) for name, shape in shapes.items() if name.endswith(WORD_VECTORS))
    products = sum(
        math.prod(shape)
        for name, shape in shapes.items()
        if len(shape) == 2 and not any(part in name for part in ("embeddings", *UNUSED))
    )
    mixture = layers + 1 if config.mix_layers else 0
    trained, frozen = learnt(config, whole, vectors)
    read = EncoderSize(
        products=products // 3 if config.freeze == "all" else products,
        trained=mixture + trained,
        frozen=frozen,
        inner=layers * inside,
        width=inside,
        maps=layers * heads if config.attention else 0,
    )
    return size_of_words(config, features, recurrent_above(config), read)


def _without_heads(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The weights of the encoder in a file that may hold what stood above it in its own training, which is not loaded:
    they are named like the table of word vectors.
    """
    words = next((name for name in shapes if name.endswith(WORD_VECTORS)), "")
    prefix = words.partition("embeddings.")[0]
    return {name: shape for name, shape in shapes.items() if name.startswith(prefix)}


def learnt(config: Pretrained, whole: int, embeddings: int) -> tuple[int, int]:
    """Of the weights of something pretrained, how many are trained, and how many are not."""
    trained = {"none": whole, "embeddings": whole - embeddings, "all": 0}[config.freeze]
    return trained, whole - trained


def spelling(config: Spelled, lookup: WordLookup) -> tuple[int, int]:
    """The width of what a word looks like, and the weights that make it."""
    limits = limits_of(lookup.declared())
    characters, hashed = limits.get("characters", 0), limits.get("hashed", 0)
    width = config.shape_width + (config.char_filters if characters else 0)
    width += lookup.attributes * config.hashed_width if hashed else 0
    spelled = character_weights(characters, config.char_width, config.char_filters) if characters else 0
    return width, limits["shapes"] * config.shape_width + hashed * config.hashed_width + spelled
