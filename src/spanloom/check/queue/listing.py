"""What is listed of data that were judged: texts, worst first, each with what looks wrong in it, as lines of JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from spanloom.answers import kind_of
from spanloom.check.near import Chosen
from spanloom.check.queue.evidence import Evidence
from spanloom.check.queue.findings import Finding, exclusive_kinds, findings, said
from spanloom.check.queue.lines import claim_to_dict, finding_to_dict, proposed
from spanloom.check.queue.ranking import chance, ranked
from spanloom.check.queue.unsure import UNSURE, doubts, most_unsure
from spanloom.contracts import Task
from spanloom.core import Beliefs, Claim, Example


@dataclass(frozen=True)
class Wanted:
    """What is to be listed. budget: texts at most, none nearly the same as another; None for all. least: how likely an
    error has to be. propose: the texts have what is believed in place of what is annotated.
    """

    budget: int | None = None
    least: float = 0.5
    propose: bool = False


@dataclass(frozen=True)
class Judged:
    """Examples with what is believed of them, by models that have not seen them.

    reliability: see `calibrated`. remarks: what a person should know of how they were judged.
    """

    task: Task
    examples: Sequence[Example]
    beliefs: Sequence[Beliefs]
    reliability: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    @cached_property
    def evidence(self) -> Evidence:
        """What all of them say of the same words; it orders what is found, and says why."""
        return Evidence(self.examples)


def all_findings(judged: Judged) -> tuple[list[Finding], int]:
    """Everything that may be said of the annotated examples, worst first, and how many annotations nothing can be."""
    exclusive = exclusive_kinds(judged.examples)
    found: list[Finding] = []
    annotations = 0
    for number, (example, beliefs) in enumerate(zip(judged.examples, judged.beliefs, strict=True)):
        if example.gold is not None:
            annotations += len(said(example))
            found += findings(number, example, beliefs, exclusive)
    return ranked(found, judged.evidence), annotations - sum(finding.annotated is not None for finding in found)


def lines_of(judged: Judged, found: Sequence[Finding], wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The texts with what is found in them, and behind them those that nobody has annotated."""
    by_text: dict[int, list[Finding]] = {}
    for finding in found:
        if chance(finding) >= wanted.least:
            by_text.setdefault(finding.number, []).append(finding)
    chosen, rank = Chosen(), 0
    for number, own in by_text.items():
        example = judged.examples[number]
        if wanted.budget is not None and (rank == wanted.budget or not chosen.add(example.input)):
            continue
        rank += 1
        told = [finding_to_dict(finding, example, judged.evidence.why(finding), chance(finding)) for finding in own]
        shown = replace(example, gold=proposed(example, own)) if wanted.propose else example
        marked = {"proposed": True} if wanted.propose else {}
        yield {**_head(example, rank, told[0]["score"]), **marked, "findings": told, **judged.task.line(shown)}
    yield from _unannotated(judged, wanted, chosen, rank)


def _unannotated(judged: Judged, wanted: Wanted, chosen: Chosen, rank: int) -> Iterator[dict[str, Any]]:
    exclusive = exclusive_kinds(judged.examples)
    pool = [
        doubts(number, beliefs, exclusive)
        for number, (example, beliefs) in enumerate(zip(judged.examples, judged.beliefs, strict=True))
        if example.gold is None
    ]
    for each in most_unsure(pool, judged.examples):
        example = judged.examples[each.number]
        if wanted.budget is not None and (rank == wanted.budget or not chosen.add(example.input)):
            continue
        rank += 1
        told = [
            {"issue": UNSURE, "kind": claim.kind, "score": round(1 - sure, 4), "annotated": None}
            | {"believed": claim_to_dict(example.input, claim, sure)}
            for claim, sure in each.claims.items()
        ]
        shown = with_answer(example, judged.task, each.claims) if wanted.propose else example
        yield {**_head(example, rank, round(each.errors, 4)), "findings": told, **judged.task.line(shown)}


def with_answer(example: Example, task: Task, claims: Collection[Claim]) -> Example:
    """An example that nobody has annotated with what a model answers, where its statements make a whole answer."""
    kind = kind_of(task.answer())
    if kind.claims is None or (kind.of_graph is None and any(claim.at for claim in claims)):
        return example
    empty = task.answer() if kind.of_graph is None else kind.of_graph((), (), len(example.input.tokens))
    return replace(example, gold=kind.claims.amended(empty, (), list(claims)))


def _head(example: Example, rank: int, score: float) -> dict[str, Any]:
    return {**example.fields, "rank": rank, "source": str(example.source), "score": score}
