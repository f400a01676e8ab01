"""The intent_slot task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.frame import Frame, frame_to_dict
from spanloom.check.frames import check_frames, require_frame_spelling
from spanloom.check.parts import with_cut, with_dev
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task, deferred
from spanloom.core import Example
from spanloom.decode.temperature import calibrated
from spanloom.inputs import Text
from spanloom.metrics.frames import frame_scorecard
from spanloom.metrics.reliability import reliability
from spanloom.read import read
from spanloom.read.parts.sources import spelled_strictly
from spanloom.tasks.intent_slot.codec import IntentSlotCodec
from spanloom.tasks.intent_slot.config import IntentSlotConfig
from spanloom.text.words import one_text
from spanloom.write.frame_lines import frame_line


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return read(path, config, Frame)


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Beside `data.dev`, where it is set, which should hold nothing that training holds."""
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))
    most = config.model.max_words
    found = with_cut(check_frames(examples, dev), examples, most)
    return with_dev(found, None if dev is None else with_cut(check_frames(dev), dev, most))


def _fit(examples: Sequence[Example], config: RunConfig) -> IntentSlotCodec:
    require_frame_spelling(spelled_strictly(examples, config.data))
    return IntentSlotCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Frame], codec: IntentSlotCodec) -> dict[str, Any]:
    card = frame_scorecard(examples, predictions, codec.seen, codec.calibration)
    return {**card, **reliability(examples, predictions, codec.scaling)}


def _best(scorecard: Mapping[str, Any]) -> float:
    return float(scorecard["overall"]["sentence"]["accuracy"])


def _prepare(text: str | Sequence[str], codec: IntentSlotCodec) -> Text:
    return one_text(text)


def _calibrate(examples: Sequence[Example], answers: Sequence[Frame], codec: IntentSlotCodec) -> IntentSlotCodec:
    return calibrated(examples, answers, codec).with_threshold(answers)


TASK = Task(
    name="intent_slot",
    summary="what a request wants and the details that it gives: one intent and slots",
    answer=Frame,
    config=IntentSlotConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=IntentSlotCodec.from_dict,
    build=deferred("spanloom.tasks.intent_slot.model", "build"),
    losses=deferred("spanloom.tasks.intent_slot.model", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=frame_to_dict,
    line=frame_line,
    divergence=deferred("spanloom.tasks.intent_slot.model", "divergence"),
    calibrate=_calibrate,
    window=lambda model: model.max_words,
    told=("sentence_accuracy", "intent_accuracy", "slot_f1"),
)
