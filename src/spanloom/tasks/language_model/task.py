"""The language_model task, put together from the functions of the folders above."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.surprisal import Surprisal, surprisal_to_dict
from spanloom.check.parts import with_dev
from spanloom.check.texts import check_texts, lines_of
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task, deferred
from spanloom.core import Example
from spanloom.inputs import Text
from spanloom.metrics.surprisal import surprisal_scorecard
from spanloom.read import read
from spanloom.tasks.language_model.codec import LanguageModelCodec
from spanloom.tasks.language_model.config import LanguageModelConfig
from spanloom.tasks.language_model.generate import generate
from spanloom.tasks.language_model.stripes import arrange
from spanloom.text.words import one_text
from spanloom.write.text_lines import text_line


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return read(path, config, Surprisal)


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Beside `data.dev`, where it is set, as a codec fitted on the examples reads both."""
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))
    units = _fit(examples, config).units
    return with_dev(check_texts(examples, dev, units), None if dev is None else check_texts(dev, None, units))


def _fit(examples: Sequence[Example], config: RunConfig) -> LanguageModelCodec:
    return LanguageModelCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Surprisal], codec: LanguageModelCodec) -> dict[str, Any]:
    return surprisal_scorecard(examples, predictions, [codec.size(example.input) for example in examples])


def _best(scorecard: Mapping[str, Any]) -> float:
    return 1.0 / float(scorecard["overall"]["perplexity"]["value"])


def _prepare(text: str | Sequence[str], codec: LanguageModelCodec) -> Text:
    return one_text(text)


def _measures(losses: Mapping[str, float]) -> dict[str, float]:
    return {"perplexity": math.exp(losses["units"])}


TASK = Task(
    name="language_model",
    summary="how likely each character, word or wordpiece is after those before it",
    answer=Surprisal,
    config=LanguageModelConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=LanguageModelCodec.from_dict,
    build=deferred("spanloom.tasks.language_model.model", "build"),
    losses=deferred("spanloom.tasks.language_model.model", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=surprisal_to_dict,
    line=text_line,
    arrange=arrange,
    carried=("state",),
    measures=_measures,
    questions=lines_of,
    generate=generate,
    window=lambda model: model.max_words,
    told=("perplexity",),
)
