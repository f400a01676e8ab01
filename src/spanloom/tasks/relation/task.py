"""The relation task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.relation import relation_to_dict
from spanloom.check.labels import require_label_spelling
from spanloom.check.parts import with_dev
from spanloom.check.relations import check_relations
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task, deferred
from spanloom.core import Example
from spanloom.decode.temperature import calibrated
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.metrics.relations import relation_scorecard
from spanloom.metrics.reliability import reliability
from spanloom.read import read_relations
from spanloom.read.parts.sources import spelled_strictly
from spanloom.tasks.relation.codec import RelationCodec
from spanloom.tasks.relation.config import RelationConfig
from spanloom.text.counts import several
from spanloom.text.marks import read_marks
from spanloom.write.relation_lines import relation_line


def _empty() -> Relation:
    nowhere = Span(0, 0, "")
    return Relation(nowhere, nowhere, "")


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return read_relations(path, config)


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Beside `data.dev`, where it is set, which should hold nothing that training holds."""
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))
    most = config.model.max_words
    found = check_relations(examples, dev, most)
    return with_dev(found, None if dev is None else check_relations(dev, None, most))


def _fit(examples: Sequence[Example], config: RunConfig) -> RelationCodec:
    require_label_spelling(spelled_strictly(examples, config.data))
    return RelationCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Relation], codec: RelationCodec) -> dict[str, Any]:
    card = relation_scorecard(examples, predictions, codec.features.knows(), codec.no_relation)
    return {**card, **reliability(examples, predictions, codec.scaling)}


def _best(scorecard: Mapping[str, Any]) -> float:
    return float(scorecard["overall"][scorecard["rule"]]["f1"])


def _prepare(text: str | Sequence[str], codec: RelationCodec) -> MarkedText:
    if not isinstance(text, str):
        raise DataError("predict", f"{several(len(text), 'text')} together", "one text", "Give each text by itself.")
    return read_marks(text, "predict")


TASK = Task(
    name="relation",
    summary="two spans of a text: the relation between them",
    answer=_empty,
    config=RelationConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=RelationCodec.from_dict,
    build=deferred("spanloom.tasks.relation.model", "build"),
    losses=deferred("spanloom.tasks.relation.model", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=relation_to_dict,
    line=relation_line,
    divergence=deferred("spanloom.tasks.relation.model", "divergence"),
    calibrate=calibrated,
    trial="<e1>Ada</e1> met <e2>Bo</e2>.",
    window=lambda model: model.max_words,
    told=("macro_f1", "accuracy"),
)
