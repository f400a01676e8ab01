"""The rewrite task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.rewrite import Rewrite, rewrite_to_dict
from spanloom.check.parts import with_dev
from spanloom.check.rewrites import check_rewrites
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task, deferred
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Dialogue, Text
from spanloom.metrics.rewriting import rewrite_scorecard
from spanloom.read import read
from spanloom.tasks.rewrite.codec import RewriteCodec
from spanloom.tasks.rewrite.config import RewriteConfig
from spanloom.tasks.rewrite.scheme import EditScheme
from spanloom.text.words import tokenize
from spanloom.write.dialogue_lines import dialogue_line


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return read(path, config, Rewrite)


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Beside `data.dev`, where it is set, which should hold nothing that training holds."""
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))
    scheme = EditScheme(config.model.insertions, config.model.max_words)

    def lost_of(example: Example) -> Sequence[LostFact]:
        return scheme.encode(example)[2]

    found = check_rewrites(examples, lost_of, dev)
    return with_dev(found, None if dev is None else check_rewrites(dev, lost_of))


def _fit(examples: Sequence[Example], config: RunConfig) -> RewriteCodec:
    return RewriteCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Rewrite], codec: RewriteCodec) -> dict[str, Any]:
    return rewrite_scorecard(examples, predictions)


def _best(scorecard: Mapping[str, Any]) -> float:
    return float(scorecard["overall"][scorecard["rule"]]["f1"])


def _prepare(texts: str | Sequence[str], codec: RewriteCodec) -> Dialogue:
    turns = [texts] if isinstance(texts, str) else list(texts)
    if not turns:
        raise DataError(
            "predict", "a dialogue without a turn", "at least one, the last of which is rewritten", "Add it."
        )
    return Dialogue(tuple(Text(turn, tokenize(turn)) for turn in turns))


TASK = Task(
    name="rewrite",
    summary="the last utterance of a dialogue, made self-contained by edits",
    answer=Rewrite,
    config=RewriteConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=RewriteCodec.from_dict,
    build=deferred("spanloom.tasks.rewrite.model", "build"),
    losses=deferred("spanloom.tasks.rewrite.model", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=rewrite_to_dict,
    line=dialogue_line,
    window=lambda model: model.max_words,
    told=("exact_match", "bleu", "restored_1_f1", "restored_2_f1", "restored_3_f1"),
)
