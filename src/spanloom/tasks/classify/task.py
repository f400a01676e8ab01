"""The classify task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.label import Label, labels_to_dict
from spanloom.check.labels import check_label_data, require_label_spelling
from spanloom.check.parts import with_dev
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task, deferred
from spanloom.core import Example
from spanloom.decode.temperature import calibrated
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.metrics.labels import label_scorecard
from spanloom.metrics.reliability import reliability
from spanloom.read import read
from spanloom.read.parts.sources import spelled_strictly
from spanloom.read.parts.texts import one_or_pair
from spanloom.tasks.classify.codec import ClassifyCodec
from spanloom.tasks.classify.config import ClassifyConfig
from spanloom.text.words import tokenize
from spanloom.write.label_lines import label_line


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return read(path, config, Label)


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Beside `data.dev`, where it is set, which should hold nothing that training holds."""
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))
    most = config.model.max_words
    found = check_label_data(examples, dev, most)
    return with_dev(found, None if dev is None else check_label_data(dev, None, most))


def _fit(examples: Sequence[Example], config: RunConfig) -> ClassifyCodec:
    require_label_spelling(spelled_strictly(examples, config.data))
    return ClassifyCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Label], codec: ClassifyCodec) -> dict[str, Any]:
    card = label_scorecard(examples, predictions, codec.features.knows(), codec.classes.decision == "each")
    return {**card, **reliability(examples, predictions, codec.scaling)}


def _best(scorecard: Mapping[str, Any]) -> float:
    return float(scorecard["overall"][scorecard["rule"]]["f1"])


def _prepare(text: str | Sequence[str], codec: ClassifyCodec) -> Text | TextPair:
    texts = [text] if isinstance(text, str) else list(text)
    if len(texts) != codec.texts:
        found = f"{len(texts)} texts together" if len(texts) > 1 else "one text"
        if codec.texts == 2:
            expected = (
                "exactly two, a first and a second: this model was trained on pairs, and reads no more and no fewer"
            )
            raise DataError("predict", found, expected, "Give two texts at a time.")
        raise DataError("predict", found, "one: this model was trained on single texts", "Give each text by itself.")
    return one_or_pair([Text(each, tokenize(each)) for each in texts], "predict")


TASK = Task(
    name="classify",
    summary="a sentence or a pair of sentences: one class, or several labels",
    answer=Label,
    config=ClassifyConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=ClassifyCodec.from_dict,
    build=deferred("spanloom.tasks.classify.model", "build"),
    losses=deferred("spanloom.nn.heads.classes", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=labels_to_dict,
    line=label_line,
    divergence=deferred("spanloom.nn.heads.classes", "divergence"),
    calibrate=calibrated,
    window=lambda model: model.max_words,
    told=("accuracy", "micro_f1", "exact_match", "macro_f1"),
)
