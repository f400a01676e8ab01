"""The joint task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from spanloom.answers.graph import Graph, graph_to_dict
from spanloom.answers.parts.facts import RELATIONS
from spanloom.check.gold import check_labels
from spanloom.check.graphs import check_graphs
from spanloom.check.issues import Issues
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Codec, Task, deferred
from spanloom.core import Example
from spanloom.decode.choosing import LOWEST, best_bound
from spanloom.decode.scaling import AS_IS, scored_facts
from spanloom.decode.temperature import calibrated
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.errors import CheckpointError, ConfigError, DataError
from spanloom.inputs import Text
from spanloom.metrics.reliability import reliability
from spanloom.metrics.scorecard import joint_scorecard
from spanloom.read import format_of, read_graphs
from spanloom.read.parts.entities_alone import relations_wanted
from spanloom.read.parts.sources import spelled_strictly
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig, Scheme
from spanloom.tasks.joint.estimate import estimate
from spanloom.tasks.joint.second_look import revisit
from spanloom.tasks.joint.table import TableScheme
from spanloom.text.words import one_text
from spanloom.write.spanloom import example_to_dict

OF_TAGS = "layers"
"""The format of Graph answers that holds tags, which say nothing of relations."""


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return _told_of_tags(relations_wanted(read_graphs(path, config)), path, config)


def _told_of_tags(examples: Iterator[Example], path: Path, config: DataConfig) -> Iterator[Example]:
    """The examples; an error in a file of tags says that mending it does not make it one of relations."""
    try:
        yield from examples
    except DataError as error:
        if not _is_of_tags(path, config):
            raise
        remedy = f"{error.remedy} But tags hold no relations: the task 'nested' learns entities alone."
        raise DataError(error.where, error.found, error.expected, remedy.lstrip()) from error


def _is_of_tags(path: Path, config: DataConfig) -> bool:
    try:
        return format_of(path, config).name == OF_TAGS
    except DataError:
        return False


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Whether gold is well formed, alone and beside `data.dev`, what each scheme can say of it, what training costs."""
    words = RnnConfig()  # what a scheme can say depends on no encoder, so none need be installed
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))

    def codecs_of(some: Sequence[Example]) -> dict[str, Codec]:
        return {
            scheme: JointCodec.fit(some, replace(config.model, scheme=scheme, encoder=words))
            for scheme in get_args(Scheme)
        }

    found = check_graphs(examples, dev, codecs_of, config)
    gold = {**found["gold"], "issues": {**found["gold"]["issues"], **_without_relations(examples)}}
    return {**found, "gold": gold, "estimate": _estimate(examples, config)}


def _without_relations(examples: Sequence[Example]) -> dict[str, Any]:
    """An issue of gold that has no relation at all, which no training accepts."""
    issues = Issues()
    relations = [fact for example in examples for fact in _relations(example)]
    annotated = next((example for example in examples if example.gold is not None), None)
    if annotated is not None and not relations:
        issues.add("no relation in any sentence", annotated.source, "the task 'nested' learns entities alone")
    return issues.to_dict()


def _relations(example: Example) -> list[Any]:
    """The relations of the gold, and those that could not be read."""
    read_ones = () if example.gold is None else example.gold.relations
    return [*read_ones, *(fact for fact in example.lost if fact.kind == "relation")]


def _estimate(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    try:
        return estimate(examples, JointCodec.fit(examples, config.model), config)
    except (ConfigError, CheckpointError) as error:  # the chosen encoder is not here: the audit is still worth having
        return {"unavailable": str(error)}


def _fit(examples: Sequence[Example], config: RunConfig) -> JointCodec:
    check_labels(spelled_strictly(examples, config.data))
    return JointCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Graph], codec: JointCodec) -> dict[str, Any]:
    card = joint_scorecard(examples, predictions, codec.seen)
    return {**card, **reliability(examples, predictions, codec.scaling)}


def _decide(
    examples: Sequence[Example], answers: Callable[[JointCodec], Sequence[Graph]], codec: JointCodec
) -> JointCodec:
    """By the relations, also those that are less likely than not. Raises ConfigError for the scheme of tags."""
    if codec.scheme.name != TableScheme.name:
        raise ConfigError("calibrate", "the scheme 'tagging' has no bound to choose", remedy="Leave --decide out.")
    lowest = codec.with_scaling(AS_IS).with_least(LOWEST)
    relations = [fact for fact in scored_facts(examples, answers(lowest)) if fact.kind == RELATIONS]
    gold = sum(len(example.gold.relations) for example in examples if example.gold is not None)
    return codec.with_least(best_bound(relations, gold))


def _best(scorecard: Mapping[str, Any]) -> float:
    """That of relations; of data without any, that of entities."""
    return float(scorecard["summary"]["relation_f1" if scorecard["size"]["triples"] else "entity_f1"])


def _prepare(text: str | Sequence[str], codec: JointCodec) -> Text:
    return one_text(text)


TASK = Task(
    name="joint",
    summary="entities and the relations between them, many triples a sentence",
    answer=Graph,
    config=JointConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=JointCodec.from_dict,
    build=deferred("spanloom.tasks.joint.model", "build"),
    losses=deferred("spanloom.tasks.joint.model", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=graph_to_dict,
    line=example_to_dict,
    divergence=deferred("spanloom.tasks.joint.model", "divergence"),
    calibrate=calibrated,
    decide=_decide,
    revisit=revisit,
    window=lambda model: model.max_words,
    told=("entity_f1", "relation_f1"),
)
