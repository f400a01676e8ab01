"""The tag task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.tags import Tags, tags_to_dict
from spanloom.check.audit import audit_windows
from spanloom.check.parts import with_cut, with_dev
from spanloom.check.tags import check_tags, require_tag_spelling
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task, deferred
from spanloom.core import Example
from spanloom.decode.temperature import calibrated
from spanloom.inputs import Text
from spanloom.metrics.reliability import reliability
from spanloom.metrics.tags import tag_scorecard
from spanloom.read import read_tags
from spanloom.read.parts.sources import spelled_strictly
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig
from spanloom.text.words import one_text
from spanloom.write.tag_lines import tag_line


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return read_tags(path, config)


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Beside `data.dev`, where it is set, which should hold nothing that training holds."""
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))
    most = config.model.max_words
    found = with_dev(check_tags(examples, dev), None if dev is None else with_cut(check_tags(dev), dev, most))
    return {**found, "windows": audit_windows(examples, config)}


def _fit(examples: Sequence[Example], config: RunConfig) -> TagCodec:
    require_tag_spelling(spelled_strictly(examples, config.data))
    return TagCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Tags], codec: TagCodec) -> dict[str, Any]:
    card = tag_scorecard(examples, predictions, codec.seen)
    return {**card, **reliability(examples, predictions, codec.scaling)}


def _best(scorecard: Mapping[str, Any]) -> float:
    return float(scorecard["overall"][scorecard["rule"]]["f1"])


def _prepare(text: str | Sequence[str], codec: TagCodec) -> Text:
    return one_text(text)


TASK = Task(
    name="tag",
    summary="one label a token: parts of speech, named entities, word segmentation",
    answer=Tags,
    config=TagConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=TagCodec.from_dict,
    build=deferred("spanloom.tasks.tag.model", "build"),
    losses=deferred("spanloom.tasks.tag.model", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=tags_to_dict,
    line=tag_line,
    divergence=deferred("spanloom.tasks.tag.model", "divergence"),
    calibrate=calibrated,
    window=lambda model: model.max_words,
    told=("entity_f1", "accuracy", "macro_f1"),
)
