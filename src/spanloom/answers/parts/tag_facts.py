"""The scores of tags: which of their spans, or of their tokens, are right, and other scores for them.

Tags are anything with `labels` and `scores`, as `answers.tags.Tags` has them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.parts.facts import ENTITIES, TOKENS, Rescale, ScoredFact, judges
from spanloom.core import Example
from spanloom.text.tags import is_bio2, spans_from_tags


def facts(example: Example, tags: Any, kind: str = ENTITIES) -> list[ScoredFact]:
    """The spans, each as sure as its least sure token, or the tokens where labels say none.

    Those that its data set does not judge are left aside.
    """
    if tags.scores is None or example.gold is None:
        return []
    gold = example.gold
    if not (is_bio2(gold.labels) and is_bio2(tags.labels)):
        tokens = zip(tags.labels, tags.scores, gold.labels, strict=False)
        return [ScoredFact(TOKENS, label, score, label == wanted) for label, score, wanted in tokens]
    wanted = set(spans_from_tags(gold.labels, "bio2"))
    return [
        ScoredFact(kind, span.label, min(tags.scores[span.start : span.end]), span in wanted)
        for span in spans_from_tags(tags.labels, "bio2")
        if judges(example.covered, span.label)
    ]


def rescaled(tags: Any, rescale: Rescale, kind: str = ENTITIES) -> Any:
    """The tokens of a span by what is known of spans; those outside of all as sure as they were."""
    if tags.scores is None:
        return tags
    if not is_bio2(tags.labels):
        pairs = zip(tags.labels, tags.scores, strict=True)
        return replace(tags, scores=tuple(rescale(TOKENS, label, score) for label, score in pairs))
    scores = list(tags.scores)
    for span in spans_from_tags(tags.labels, "bio2"):
        for place in range(span.start, span.end):
            scores[place] = rescale(kind, span.label, scores[place])
    return replace(tags, scores=tuple(scores))
