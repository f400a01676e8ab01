"""In which order findings are to be looked at: by what speaks for an error, as log odds.

An annotation of a label that models are often unsure of is less odd for being doubted than one of a label that they
know well: what is believed of an annotation is compared with what is believed of the annotations of its label
(confident learning compares with their mean: Northcutt et al. 2021, https://arxiv.org/abs/1911.00068).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from spanloom.check.queue.findings import Finding

EDGE = 1e-6
"""Likelihoods are taken for at least this, and for at most 1 less this."""

FEW = 20
"""So many annotations of a label count as much as what is known of all labels."""

Label = tuple[str, str]


def log_odds(sure: float) -> float:
    inside = min(max(sure, EDGE), 1 - EDGE)
    return math.log(inside / (1 - inside))


def usual(findings: Sequence[Finding]) -> Mapping[Label, float]:
    """What is believed of the annotations of each kind and label, as the mean of log odds; of a rare label nearly that
    of all labels of its kind.
    """
    by_kind: dict[str, list[float]] = defaultdict(list)
    by_label: dict[Label, list[float]] = defaultdict(list)
    for finding in findings:
        if finding.annotated is not None:
            odds = log_odds(finding.sure)
            by_kind[finding.annotated.kind].append(odds)
            by_label[finding.annotated.kind, finding.annotated.label].append(odds)
    means = {kind: float(np.mean(odds)) for kind, odds in by_kind.items()}
    return {
        label: (sum(odds) + FEW * means[label[0]]) / (len(odds) + FEW) - means[label[0]]
        for label, odds in by_label.items()
    }


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with their scores, worst first; of those that score alike in the order of the data."""
    scored = [finding._replace(score=score_of(finding)) for finding in findings]
    return sorted(scored, key=lambda finding: (-finding.score, finding.number))


def chance(finding: Finding) -> float:
    """The score of a finding as a chance, in 0..1."""
    return 1 / (1 + math.exp(-finding.score))


def score_of(finding: Finding) -> float:
    if finding.annotated is None:
        return log_odds(finding.likely)
    return -log_odds(finding.sure)
