"""What tags say: their spans, or the label of each token where they are plain labels.

Tags are anything with `labels`, as `answers.tags.Tags` has them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from spanloom.answers.parts.claims import overlap, span_at
from spanloom.answers.parts.facts import ENTITIES, TOKENS
from spanloom.core import Claim
from spanloom.text.tags import is_bio2, spans_from_tags, tags_from_spans


def claims_of(tags: Any, kind: str = ENTITIES) -> list[Claim]:
    if is_bio2(tags.labels):
        return [Claim(kind, span.label, (span.start, span.end)) for span in spans_from_tags(tags.labels, "bio2")]
    return [Claim(TOKENS, label, (place, place + 1)) for place, label in enumerate(tags.labels)]


def amended(tags: Any, gone: Collection[Claim], come: Sequence[Claim], kind: str = ENTITIES) -> Any:
    """See `Claims`. Scores are left out, as they are of the tags that were."""
    labels = list(tags.labels)
    for claim in come:
        if claim.kind == TOKENS:
            labels[claim.at[0]] = claim.label
    if is_bio2(labels):
        new = [claim for claim in come if claim.kind == kind]
        kept = [
            claim
            for claim in claims_of(tags, kind)
            if claim not in gone and not any(overlap(claim.at, other.at) for other in new)
        ]
        labels = tags_from_spans((span_at(claim.at, claim.label) for claim in (*kept, *new)), len(labels), "bio2")
    return replace(tags, labels=tuple(labels), scores=None)
