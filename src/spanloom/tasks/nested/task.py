"""The nested task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph, graph_to_dict
from spanloom.check.gold import check_labels
from spanloom.check.graphs import check_graphs
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Codec, Task, deferred
from spanloom.core import Example
from spanloom.decode.temperature import calibrated
from spanloom.encoders import encoder_size
from spanloom.encoders.estimate import HeadSize, estimate
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.errors import CheckpointError, ConfigError
from spanloom.inputs import Text
from spanloom.metrics.nested import nested_scorecard
from spanloom.metrics.reliability import reliability
from spanloom.read import read_graphs
from spanloom.read.parts.entities_alone import entities_wanted
from spanloom.read.parts.sources import spelled_strictly
from spanloom.tasks.nested.codec import NestedCodec
from spanloom.tasks.nested.config import NestedConfig
from spanloom.text.words import one_text
from spanloom.write.spanloom import example_to_dict


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return entities_wanted(read_graphs(path, config))


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Whether gold is well formed, alone and beside `data.dev`, and what span tables and flat tags can say of it."""
    words = RnnConfig()  # what can be said depends on no encoder, so none need be installed
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))

    def codecs_of(some: Sequence[Example]) -> dict[str, Codec]:
        return {
            name: NestedCodec.fit(some, replace(config.model, flat=flat, encoder=words))
            for name, flat in (("span table", False), ("flat tags (BIO)", True))
        }

    return {**check_graphs(examples, dev, codecs_of, config), "estimate": _estimate(examples, config)}


def _estimate(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """What training would cost, or why that cannot be said: the audit is worth having without the encoder."""
    try:
        codec = NestedCodec.fit(examples, config.model)
        encoder = encoder_size(config.model.encoder, codec.features)
    except (ConfigError, CheckpointError) as error:
        return {"unavailable": str(error)}
    inner, labels = config.model.projection + 1, len(codec.labels)
    weights = 2 * encoder.width * config.model.projection + labels * inner * inner
    head = HeadSize(weights, lambda words: words * words * labels, inner)
    return estimate(examples, codec, config, encoder, head)


def _fit(examples: Sequence[Example], config: RunConfig) -> NestedCodec:
    check_labels(spelled_strictly(examples, config.data))
    return NestedCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Graph], codec: NestedCodec) -> dict[str, Any]:
    card = nested_scorecard(examples, predictions, codec.seen)
    return {**card, **reliability(examples, predictions, codec.scaling)}


def _best(scorecard: Mapping[str, Any]) -> float:
    return float(scorecard["overall"][scorecard["rule"]]["f1"])


def _prepare(text: str | Sequence[str], codec: NestedCodec) -> Text:
    return one_text(text)


TASK = Task(
    name="nested",
    summary="named entities, inside one another as deep as they go",
    answer=Graph,
    config=NestedConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=NestedCodec.from_dict,
    build=deferred("spanloom.tasks.nested.model", "build"),
    losses=deferred("spanloom.tasks.nested.model", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=graph_to_dict,
    line=example_to_dict,
    divergence=deferred("spanloom.tasks.nested.model", "divergence"),
    calibrate=calibrated,
    window=lambda model: model.max_words,
    told=("entity_f1", "outer_f1", "inner_f1"),
)
