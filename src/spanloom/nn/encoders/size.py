"""How large an encoder is, told from its configuration alone: what an estimate of memory and time starts from. NumPy
only."""

from __future__ import annotations

from typing import NamedTuple

from spanloom.config import EncoderConfig
from spanloom.text.features import Features, WordFeatures
from spanloom.text.hashed import attribute_count
from spanloom.text.language_models import language_model_folders
from spanloom.text.pretrained import encoder_folder, encoder_number, read_encoder_config

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


UNITS_A_WORD = {"character": 6, "word": 1, "piece": 2}
"""What a language model reads for one word, about."""


class EncoderSize(NamedTuple):
    """products: weights that every token is multiplied by, those that learn nothing counted by a third, as they are
    passed forward only. trained, frozen: all weights, tables among them. inner: numbers that one token leaves inside
    the encoder, layer by layer. width: of the answer. maps: attention maps that there are.
    """

    products: int
    trained: int
    frozen: int
    inner: int
    width: int
    maps: int


def encoder_size(config: EncoderConfig, features: Features) -> EncoderSize:
    """The size of the encoder that `build_encoder` would make. Raises ConfigError where its files are not there."""
    limits = features.limits()
    hashed = config.hashed_width if "hashed" in limits else 0
    characters = config.char_filters if "characters" in limits else 0
    looks = config.shape_width + characters + attribute_count(config.hashed_affixes) * hashed
    tables = limits.get("hashed", 0) * hashed
    if isinstance(features, WordFeatures):
        words = config.word_width if features.words is not None else 0
        read = _language_models(config) if features.units is not None else EncoderSize(0, 0, 0, 0, 0, 0)
        above, width = _above(config, words + read.width + looks)
        trained = above + tables + words * (limits.get("words", 0) - features.frozen) + read.trained
        frozen = words * features.frozen + read.frozen
        return EncoderSize(above + read.products, trained, frozen, config.layers * width + read.inner, width, 0)
    folder = encoder_folder(config.kind, config.path)
    table = read_encoder_config(folder)
    # The second names are DistilBERT's; what a file leaves out is as in BERT-base.
    inside = encoder_number(folder, table, ("hidden_size", "dim"), 768)
    layers = encoder_number(folder, table, ("num_hidden_layers", "n_layers"), 12)
    heads = encoder_number(folder, table, ("num_attention_heads", "n_heads"), 12)
    inner = encoder_number(folder, table, ("intermediate_size", "hidden_dim"), 4 * inside)
    pretrained, embeddings = layers * (4 * inside * inside + 2 * inside * inner), limits["pieces"] * inside
    above, width = _above(config, inside + looks)
    learnt = {"none": pretrained + embeddings, "embeddings": pretrained, "all": 0}[config.freeze]
    return EncoderSize(
        above + (pretrained // 3 if config.freeze == "all" else pretrained),
        above + tables + learnt,
        pretrained + embeddings - learnt,
        layers * inside,
        width,
        layers * heads,
    )


def _language_models(config: EncoderConfig) -> EncoderSize:
    """Of the language models that a configuration names, by the word."""
    products = layers = embeddings = inner = width = 0
    for _, units, settings in language_model_folders(config).values():
        hidden, deep, embedding = (int(settings[name]) for name in ("hidden", "layers", "embedding"))
        gates, a_word = GATES[settings["cell"]] * hidden, UNITS_A_WORD[settings["unit"]]
        above = gates * (hidden + (deep - 1) * 2 * hidden)
        layers += above + gates * (embedding or len(units))
        products += a_word * (above + gates * embedding)  # a one-hot vector is looked up
        embeddings += len(units) * embedding
        inner += a_word * deep * hidden
        width += hidden
    learnt = {"none": layers + embeddings, "embeddings": layers, "all": 0}[config.freeze]
    return EncoderSize(
        products // 3 if config.freeze == "all" else products, learnt, layers + embeddings - learnt, inner, width, 0
    )


def _above(config: EncoderConfig, inside: int) -> tuple[int, int]:
    """Weights of the layers above vectors of this width, and the width that they answer in."""
    if not config.layers:
        return 0, inside
    hidden = config.hidden
    if config.kind == "cnn":
        return hidden * (inside + config.layers * config.window * hidden), hidden
    ways = 2 if config.direction == "both" else 1
    one = ways * GATES[config.cell] * hidden
    return one * (inside + hidden + (config.layers - 1) * (ways + 1) * hidden), ways * hidden
