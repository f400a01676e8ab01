"""A queue as lines: a text each with what looks wrong in it, in the characters of that text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.parts.claims import span_at
from spanloom.check.queue.findings import Finding
from spanloom.core import Claim, Example, Place
from spanloom.inputs import MarkedText, Text


def claim_to_dict(item: Any, claim: Claim, sure: float | None = None) -> dict[str, Any]:
    """A statement as a user sees it. score: how likely it is held to be."""
    found: dict[str, Any] = {"label": claim.label}
    text: Text = item.text if isinstance(item, MarkedText) else item
    if len(claim.at) == 2:
        found |= _place(text, claim.at)
    elif claim.at:
        found |= {"head": _place(text, claim.head), "tail": _place(text, claim.tail)}
    return found if sure is None else {**found, "score": round(sure, 4)}


def _place(text: Text, place: Place) -> dict[str, Any]:
    start, end = text.characters(span_at(place))
    return {"start": start, "end": end, "text": text.text[start:end]}


def finding_to_dict(finding: Finding, example: Example, why: Mapping[str, Any], score: float) -> dict[str, Any]:
    """What looks wrong, how likely it is wrong, and why: both sides with their scores, and what `Evidence.why` has."""
    item, annotated, believed = example.input, finding.annotated, finding.believed
    return {
        "issue": finding.issue,
        "kind": finding.about.kind,
        "score": round(score, 4),
        "annotated": None if annotated is None else claim_to_dict(item, annotated, finding.sure),
        "believed": None if believed is None else claim_to_dict(item, believed, finding.likely),
        **why,
    }


def proposed(example: Example, findings: Sequence[Finding]) -> Any:
    """The gold of an example as it would be if everything that these findings say were so."""
    claims = kind_of(example.gold).claims
    assert claims is not None, "gold that says statements"
    gone = [finding.annotated for finding in findings if finding.annotated is not None]
    come = [finding.believed for finding in findings if finding.believed is not None]
    return claims.amended(example.gold, gone, come)
