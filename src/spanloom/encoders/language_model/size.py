"""How large language models and the layers above them are. NumPy only."""

from __future__ import annotations

import math

from spanloom.encoders.contract import EncoderSize
from spanloom.encoders.language_model.config import LanguageModelEncoderConfig
from spanloom.encoders.language_model.features import ReadFeatures
from spanloom.encoders.language_model.runs import PREFIX, WEIGHTS, language_model_folders
from spanloom.encoders.parts.size import learnt, recurrent_above, size_of_words
from spanloom.text.pretrained import weight_shapes

FIRST = f"{PREFIX}recurrence.layers.0.weight_ih_l0"
"""What reads the units, or their vectors."""

UNITS_A_WORD = {"character": 6, "word": 1, "piece": 2}
"""What a language model reads for one word, about."""


def size(config: LanguageModelEncoderConfig, features: ReadFeatures) -> EncoderSize:
    """Of what `build` makes. Raises ConfigError or CheckpointError where a run that is named is not there."""
    return size_of_words(config, features, recurrent_above(config), _read(config))


def _read(config: LanguageModelEncoderConfig) -> EncoderSize:
    """Of the language models that a configuration names, by the word."""
    products = whole = vectors = inner = width = 0
    for model in language_model_folders(config).values():
        settings, shapes = model.settings, weight_shapes(model.folder / WEIGHTS)
        own = {name: math.prod(shape) for name, shape in shapes.items() if name.startswith(PREFIX)}
        table = sum(count for name, count in own.items() if name.startswith(f"{PREFIX}embedding."))
        hidden, deep = int(settings["hidden"]), int(settings["layers"])
        # A one-hot vector is looked up: no product is made of it.
        looked_up = 0 if table else own.get(FIRST, 0)
        a_word = UNITS_A_WORD[settings["unit"]]
        products += a_word * (sum(own.values()) - table - looked_up)
        whole, vectors = whole + sum(own.values()), vectors + table
        inner += a_word * deep * hidden
        width += hidden
    trained, frozen = learnt(config, whole, vectors)
    return EncoderSize(products // 3 if config.freeze == "all" else products, trained, frozen, inner, width)
