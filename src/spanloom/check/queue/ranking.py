"""In which order findings are to be looked at: by what speaks for an error, as log odds.

Four things speak for it. How little an annotation is believed, and how much what would be said in its place: the
difference of their log odds, as an annotation that is hard to learn has no better rival, and one that is wrong has.
What the same words, or the same pair of names, are annotated as elsewhere. And of relations whether entities of such
labels are usually related so: what is rare among the annotations of a relation is odd, however sure a model is that has
learnt it from odd annotations. Against an error speaks that somebody wrote an annotation down.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from spanloom.check.queue.evidence import Evidence
from spanloom.check.queue.findings import Finding, said
from spanloom.core import Claim, Example, Place

EDGE = 0.02
"""Likelihoods are taken for at least this, and for at most 1 less this: models that learnt from data with errors do not
know better than that.
"""

NOTHING = 0.1
"""How much of the likelihood that an annotation lacks is taken to say that nothing should stand there."""

DELIBERATE = 1.5
"""How much it speaks for an annotation that somebody wrote it down, in log odds; what is missing may be unseen."""

ELSEWHERE = 0.5
"""How much what is annotated elsewhere weighs beside what a model believes, which sees what stands around the words."""

Ends = tuple[str, str]


def log_odds(sure: float) -> float:
    inside = min(max(sure, EDGE), 1 - EDGE)
    return math.log(inside / (1 - inside))


def chance(finding: Finding) -> float:
    """The score of a finding as a chance, in 0..1."""
    return 1 / (1 + math.exp(-finding.score))


def ranked(findings: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """The findings with their scores, worst first; of those that score alike in the order of the data."""
    usual = UsualEnds(evidence.examples)
    scored = [finding._replace(score=score_of(finding, usual, evidence)) for finding in findings]
    return sorted(scored, key=lambda finding: (-finding.score, finding.number))


def score_of(finding: Finding, usual: UsualEnds, evidence: Evidence) -> float:
    """How much speaks for an error."""
    elsewhere = ELSEWHERE * _elsewhere(finding, evidence)
    if finding.annotated is None:
        return log_odds(finding.likely) + elsewhere + usual.log_share(finding.number, finding.about, counted=False)
    likely = max(finding.likely, NOTHING * (1 - finding.sure))
    margin = (log_odds(likely) - log_odds(finding.sure)) / 2
    return margin + elsewhere - DELIBERATE - usual.log_share(finding.number, finding.annotated, counted=True)


def _elsewhere(finding: Finding, evidence: Evidence) -> float:
    """How much speaks for an error in what is annotated elsewhere, as log odds: for what is believed, against what is
    annotated, or the mean of both.
    """
    sides = [
        sign * _share(evidence.of_words(finding.number, claim), claim.label)
        for claim, sign in ((finding.annotated, -1), (finding.believed, 1))
        if claim is not None
    ]
    return sum(sides) / len(sides)


def _share(counts: Counter[str], label: str) -> float:
    """The log odds of a label among what is annotated; 0 where nothing is."""
    return log_odds((counts[label] + 0.5) / (counts.total() + 1))


@dataclass(frozen=True)
class UsualEnds:
    """Which labels the head and the tail of each relation have, in all annotations."""

    examples: Sequence[Example]

    def log_share(self, number: int, claim: Claim, counted: bool) -> float:
        """The logarithm of the part of the annotations of a relation that have ends of the same labels; 0 where all
        have, and of what is no relation. counted: it is one of them itself, and is left aside.
        """
        if len(claim.at) != 4 or len(self._every) < 2:
            return 0.0
        ends = self._ends(number, claim)
        same, every = self._counts[claim.label, ends] - counted, self._of_label[claim.label] - counted
        return math.log((same + 0.5) / (every + 1))

    def _ends(self, number: int, claim: Claim) -> Ends:
        labels = self._labels[number]
        return labels.get(claim.head, ""), labels.get(claim.tail, "")

    @cached_property
    def _labels(self) -> list[dict[Place, str]]:
        return [{claim.at: claim.label for claim in said(example) if len(claim.at) == 2} for example in self.examples]

    @cached_property
    def _counts(self) -> Counter[tuple[str, Ends]]:
        return Counter(
            (claim.label, self._ends(number, claim))
            for number, example in enumerate(self.examples)
            for claim in said(example)
            if len(claim.at) == 4
        )

    @cached_property
    def _of_label(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (label, _), count in self._counts.items():
            found[label] += count
        return found

    @cached_property
    def _every(self) -> set[Ends]:
        return {ends for _, ends in self._counts}
