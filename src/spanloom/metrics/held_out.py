"""Beliefs of models in data that they have not seen, moved so that they mean what they say, and how far they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from spanloom.answers.parts.claims import key_of
from spanloom.answers.parts.facts import ScoredFact
from spanloom.core import Beliefs, Example
from spanloom.decode.beliefs import LEAST
from spanloom.decode.believed import claims_of
from spanloom.decode.scaling import Scaling
from spanloom.decode.temperature import fit_scaling
from spanloom.metrics.reliability import expected_error

Judged = tuple[Example, Beliefs]


def facts_of(judged: Judged) -> Iterator[ScoredFact]:
    """What is believed of an example as scored facts: right is what its gold says.

    What is hardly likely is left aside, also where gold says it: of what gold does not say it is not even known.
    """
    example, beliefs = judged
    key = key_of(example)
    said = set(map(key, claims_of(example)))
    for claim, sure in beliefs.items():
        if sure >= LEAST:
            yield ScoredFact(claim.kind, claim.label, sure, key(claim) in said)


def scaled(beliefs: Beliefs, scaling: Scaling) -> Beliefs:
    return {claim: scaling.scaled(claim.kind, claim.label, sure) for claim, sure in beliefs.items()}


def common_scaling(parts: Sequence[Sequence[Judged]]) -> Scaling:
    """What is fitted on all parts: for examples that are in none of them."""
    return fit_scaling(fact for part in parts for each in part for fact in facts_of(each))


def averaged(several: Sequence[Beliefs]) -> Beliefs:
    """What several models believe on average; what one of them leaves out is hardly likely to it."""
    if len(several) == 1:
        return several[0]
    claims = dict.fromkeys(claim for beliefs in several for claim in beliefs)
    return {claim: sum(beliefs.get(claim, 0.0) for beliefs in several) / len(several) for claim in claims}


def calibrated(parts: Sequence[Sequence[Judged]]) -> tuple[list[list[Beliefs]], dict[str, dict[str, Any]]]:
    """The beliefs of each part, a fold say, by what is fitted on the others; and by kind of fact how reliable they are:
    `facts`, their number, and the expected calibration `error`, that of the models themselves as `error_before`.
    """
    facts = [[fact for each in part for fact in facts_of(each)] for part in parts]
    found, before, after = list[list[Beliefs]](), defaultdict(list), defaultdict(list)
    for number, part in enumerate(parts):
        others = [fact for other, own in enumerate(facts) if other != number for fact in own]
        scaling = fit_scaling(others)
        found.append([scaled(beliefs, scaling) for _, beliefs in part])
        for fact in facts[number]:
            before[fact.kind].append((fact.score, fact.right))
            after[fact.kind].append((scaling.scaled(*fact[:3]), fact.right))
    table = {
        kind: {"facts": len(pairs), "error": _error(pairs), "error_before": _error(before[kind])}
        for kind, pairs in after.items()
    }
    return found, table


def _error(pairs: Sequence[tuple[float, bool]]) -> float:
    scores, right = np.array([score for score, _ in pairs]), np.array([right for _, right in pairs], dtype=np.float64)
    return expected_error(scores, right)
