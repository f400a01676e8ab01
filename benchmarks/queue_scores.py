"""How early a queue lists the errors that are known: average precision, beside chance and beside cleanlab."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from planting import Planted

from spanloom.answers.parts.facts import ENTITIES
from spanloom.check.queue.findings import Finding
from spanloom.core import Array, Claim, Example
from spanloom.decode.believed import claims_of

OUTSIDE = "O"


def average_precision(hits: Sequence[bool], errors: int) -> float:
    """The mean over all errors of the precision down to each; of one that is never listed 0."""
    right = np.asarray(hits, dtype=np.float64)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float((precision * right).sum() / errors)


def hit(finding: Finding, errors: Collection[tuple[int, Claim | None, Claim | None]]) -> bool:
    """Whether a finding shows an error: the annotation that is wrong, or exactly what is missing."""
    if finding.annotated is not None:
        return (finding.number, finding.annotated, None) in errors
    return (finding.number, None, finding.believed) in errors


def keys(errors: Sequence[Planted]) -> dict[tuple[int, Claim | None, Claim | None], Planted]:
    return {(one.number, one.wrong, None if one.wrong is not None else one.right): one for one in errors}


def scores(
    found: Sequence[Finding], errors: Sequence[Planted], kind: str, examples: Sequence[Example]
) -> dict[str, Any]:
    """Of the findings of a kind, worst first: over all errors, over wrong and over missing ones alone, by what was
    planted; and the precision of as many as there are errors.

    chance: what a random order of all annotations of the kind comes to for wrong ones.
    """
    known = keys(errors)
    ranked = [finding for finding in found if finding.about.kind == kind]
    hits = [hit(finding, known) for finding in ranked]
    wrong = [one for one in errors if one.wrong is not None]
    doubted = [place for place, finding in enumerate(ranked) if finding.annotated is not None]
    missing = [place for place, finding in enumerate(ranked) if finding.annotated is None]
    annotations = sum(claim.kind == kind for example in examples for claim in claims_of(example))
    return {
        "errors": len(errors),
        "listed": len(ranked),
        "annotations": annotations,
        "average_precision": average_precision(hits, len(errors)),
        "wrong": average_precision([hits[place] for place in doubted], len(wrong)),
        "missing": average_precision([hits[place] for place in missing], len(errors) - len(wrong)),
        "precision_at_errors": float(np.mean(hits[: len(errors)])),
        "chance": {"wrong": len(wrong) / annotations, "all": len(errors) / len(ranked)},
        "of": {how: _share(ranked, [one for one in errors if one.how == how], len(errors)) for how in _ways(errors)},
    }


def _ways(errors: Sequence[Planted]) -> list[str]:
    return sorted({one.how for one in errors})


def _share(found: Sequence[Finding], errors: Sequence[Planted], most: int) -> float:
    """How many of these errors are among as many findings of their kind as there are errors of all ways."""
    known = keys(errors)
    return sum(hit(finding, known) for finding in found[:most]) / len(errors)


# ---- beside cleanlab, in tokens and in sentences ---------------------------------------------------------------------


def classes_of(example: Example) -> list[str]:
    """The class of each token, as cleanlab's own example of this data set takes it: the label of its span, or O."""
    found = [OUTSIDE] * len(example.input.tokens)
    for claim in claims_of(example):
        if claim.kind == ENTITIES:
            found[claim.at[0] : claim.at[1]] = [claim.label] * (claim.at[1] - claim.at[0])
    return found


def token_scores(found: Sequence[Finding], examples: Sequence[Example]) -> list[Array]:
    """How much the queue speaks against the class of each token: as its worst finding that would change it."""
    scores = [np.full(len(example.input.tokens), -np.inf) for example in examples]
    classes = [classes_of(example) for example in examples]
    for finding in found:
        own = scores[finding.number]
        for token in _tokens(finding):
            label = finding.believed.label if _covers(finding.believed, token) else OUTSIDE  # type: ignore[union-attr]
            if classes[finding.number][token] != label:
                own[token] = max(own[token], finding.score)
    return scores


def _tokens(finding: Finding) -> set[int]:
    claims = [claim for claim in (finding.annotated, finding.believed) if claim is not None and claim.kind == ENTITIES]
    return {token for claim in claims for token in range(*claim.at)}


def _covers(claim: Claim | None, token: int) -> bool:
    return claim is not None and claim.at[0] <= token < claim.at[1]


def beside(
    ours: Sequence[Array], theirs: Sequence[Array], clean: Sequence[Example], dirty: Sequence[Example]
) -> Mapping[str, Mapping[str, float]]:
    """The average precision of both orders over tokens, and over sentences as bad as their worst token.

    ours, theirs: how much speaks against each token, larger is worse. Ties go by the order of the data.
    """
    wrong = [
        np.array([one != other for one, other in zip(classes_of(before), classes_of(after), strict=True)])
        for before, after in zip(clean, dirty, strict=True)
    ]
    truth, sentences = np.concatenate(wrong), np.array([own.any() for own in wrong])
    table = {}
    for name, scores in (("spanloom", ours), ("cleanlab", theirs)):
        worst = np.array([own.max(initial=-np.inf) for own in scores])
        table[name] = {
            "tokens": _in_order(np.concatenate(scores), truth),
            "sentences": _in_order(worst, sentences),
        }
    return table


def _in_order(scores: Array, right: Array) -> float:
    order = np.argsort(-scores, kind="stable")
    return average_precision(right[order].tolist(), int(right.sum()))
