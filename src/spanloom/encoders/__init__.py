"""The encoders are the folders beside this file: each holds one kind, and nothing else has to know its name.

`parts/` holds what two or more share.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from spanloom.config import Choice, check_values
from spanloom.encoders.contract import Encoder, EncoderConfig, EncoderSize, Features, Wanted
from spanloom.encoders.minilm.config import MinilmConfig
from spanloom.text.stored import choice

PARTS = "parts"


def encoder_kinds() -> list[str]:
    """Every kind of encoder that is installed, in alphabetical order."""
    return list(_encoders(tuple(__path__)))


def find_encoder(kind: str) -> Encoder:
    """The encoder of that kind. Imports no torch."""
    return _encoders(tuple(__path__))[kind]


def encoder_tables() -> dict[str, type[EncoderConfig]]:
    """The `[model.encoder]` table of each kind."""
    return {kind: encoder.config for kind, encoder in _encoders(tuple(__path__)).items()}


@cache
def _encoders(path: tuple[str, ...]) -> dict[str, Encoder]:
    """By the kind that its table says: a folder has the same name, with _ where a kind has a hyphen."""
    names = sorted(module.name for module in pkgutil.iter_modules(path) if module.ispkg and module.name != PARTS)
    encoders = [importlib.import_module(f"{__name__}.{name}").ENCODER for name in names]
    return {encoder.config.kind: encoder for encoder in encoders}


EncoderChoice = Annotated[EncoderConfig, Choice(encoder_tables)]
"""The type of a task's setting `encoder`."""

DEFAULT = MinilmConfig()


def fit_features(sentences: Iterable[Sequence[str]], config: EncoderConfig, max_words: int) -> Features:
    """The features that this encoder reads, fitted on the words of the training sentences.

    max_words: of a sentence. Raises ConfigError for a setting that this kind of encoder cannot honour.
    """
    check_encoder(config)
    return find_encoder(config.kind).fit(sentences, config, max_words)


def check_encoder(config: EncoderConfig) -> None:
    """Raise ConfigError naming the first setting of an encoder that is out of its range or contradicts another."""
    check_values(config, "model.encoder.")
    find_encoder(config.kind).check(config)


def load_features(table: Mapping[str, Any], tokenizer_json: str | None) -> Features:
    """The features that `to_dict` described. Raises ValueError for what is damaged."""
    return find_encoder(choice(table, "kind", encoder_kinds())).load(table, tokenizer_json)


def build_encoder(config: EncoderConfig, features: Features, wanted: Wanted) -> Any:
    """The `EncoderModule` of a configuration, to be the attribute `encoder` of a model; its inputs are those of
    `features`. Raises CheckpointError or DataError for pretrained files.
    """
    return find_encoder(config.kind).build(config, features, wanted)


def layers_above(config: EncoderConfig, width: int, dropout: float) -> Any:
    """The layers above of a configuration, over vectors of this width: for a task that puts more below them."""
    return find_encoder(config.kind).above(config, width, dropout)


def encoder_size(config: EncoderConfig, features: Features) -> EncoderSize:
    """The size of what `build_encoder` would make. Raises ConfigError or CheckpointError where files are not there."""
    return find_encoder(config.kind).size(config, features)
