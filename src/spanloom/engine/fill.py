"""What the sources of the training data leave open, filled in by what a model that was trained before believes of it.

A first model of several sources learns nothing where none of them says anything; a second one learns there from the
first: self-training, as of Scudder 1965 (https://doi.org/10.1109/TIT.1965.1053799).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from spanloom.answers import kind_of
from spanloom.answers.parts.claims import clash, overlap
from spanloom.check.data import Part
from spanloom.config import RunConfig
from spanloom.contracts import Task
from spanloom.core import SOME, Beliefs, Claim, Coverage, Example
from spanloom.decode.believed import believed, claims_of
from spanloom.engine.device import pick_device
from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.model_folder import load_model, task_named
from spanloom.engine.repeat import repeatable
from spanloom.engine.report import Notice, Report, Stage
from spanloom.errors import ConfigError
from spanloom.read.parts.sources import labels_of

SURE = 0.5
"""How likely a statement has to be."""


def filled(task: Task, config: RunConfig, part: Part, on_report: Callable[[Report], None]) -> Part:
    """The training part with what the run `data.fill` believes where its sources annotate nothing; after that they
    annotate all labels.

    Raises CheckpointError for a run that does not load, ConfigError for one of another task, or that lacks a label, and
    for data that say what texts are as a whole: such classes are chosen from those of their own source.
    """
    folder = config.data.fill
    assert folder is not None, "asked for where it is set"
    if any(not claim.at for example in part.examples for claim in claims_of(example)):
        found = f"is set, but '{task.name}' has classes of whole texts, of which no source leaves one open"
        raise ConfigError("data.fill", found, "a task of names and relations", "Leave it out.")
    beliefs = _beliefs(task, config, part.examples, folder, on_report)
    entities, relations = labels_of(part.examples)
    whole = Coverage("", frozenset(entities), frozenset(relations))
    overlapping = any(_overlap(claims_of(example)) for example in part.examples)
    examples, added, where = [], 0, 0
    for example, own in zip(part.examples, beliefs, strict=True):
        gone, come = lacking(example, own, overlapping)
        gold, claims = example.gold, kind_of(example.gold).claims
        if come and claims is not None:
            gold = claims.amended(gold, gone, come)
            more = len(claims.of(gold)) - len(claims.of(example.gold)) + len(gone)
            added, where = added + more, where + bool(more)
        source = "" if example.covered is None else example.covered.source
        examples.append(replace(example, gold=gold, covered=replace(whole, source=source)))
    remark = f"{added:,} statements that no source annotates are learned from {folder.name}, in {where:,} texts."
    on_report(Notice(remark))
    return replace(part, examples=examples, remarks=[*part.remarks, remark])


def lacking(example: Example, beliefs: Beliefs, overlapping: bool) -> tuple[list[Claim], list[Claim]]:
    """Of what is believed, that which the source of an example leaves open and its gold does not contradict: the names
    of some kind that go, and the statements that come. overlapping: names of the data may overlap.
    """
    coverage = example.covered
    if coverage is None:
        return [], []
    here = list(claims_of(example))
    gone: list[Claim] = []
    come: list[Claim] = []
    for claim in sorted(beliefs, key=lambda claim: -beliefs[claim]):
        if beliefs[claim] < SURE:
            break
        if not _open(claim, coverage) or claim in here:
            continue
        some = claim._replace(label=SOME)
        if some in here and some not in gone:
            gone.append(some)
            come.append(claim)
        elif len(claim.at) == 4 or not any(
            claim.at == other.at if overlapping else clash(claim, other) for other in [*here, *come]
        ):
            come.append(claim)
    return gone, come


def _open(claim: Claim, coverage: Coverage) -> bool:
    """Whether a source says nothing of such a statement."""
    if len(claim.at) == 4:
        return claim.label not in coverage.relations
    return coverage.related_only or claim.label not in coverage.entities


def _overlap(claims: Sequence[Claim]) -> bool:
    return any(overlap(*two) for two in pairwise(sorted(claim.at for claim in claims if len(claim.at) == 2)))


def _beliefs(
    task: Task, config: RunConfig, examples: Sequence[Example], folder: Path, on_report: Callable[[Report], None]
) -> list[Beliefs]:
    named = task_named(folder)
    if named != task.name:
        raise ConfigError("data.fill", f"{folder} is of the task '{named}'", f"a run of '{task.name}'", "Name one.")
    device = pick_device()
    _, _, codec, model = load_model(folder, lambda name: task)
    known = {label for labels in codec.known().values() for label in labels}
    for label in sorted(set().union(*labels_of(examples)) - known):
        found = f"the model of {folder} does not know '{label}', which the training data have"
        raise ConfigError("data.fill", found, "a run on the same sources", "Train it first, without data.fill.")
    with repeatable(device, config.train.threads):
        return believed(
            TorchBackend(model.to(device), device),
            codec,
            examples,
            lambda done: on_report(Stage("filling", min(done, len(examples)), len(examples))),
        )
