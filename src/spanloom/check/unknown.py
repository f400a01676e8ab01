"""Labels of gold that a model was never trained on: what it is bound to miss, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from spanloom.contracts import Codec
from spanloom.core import Example
from spanloom.text.counts import several

SHOWN = 8
"""Labels that are named."""


class UnknownLabels:
    """How many facts have each label that training never had, by the kind of the label."""

    def __init__(self, counts: Counter[tuple[str, str]]) -> None:
        self.counts = counts

    @classmethod
    def of(cls, codec: Codec, examples: Iterable[Example]) -> UnknownLabels:
        return cls(Counter(fact for example in examples for fact in codec.unknown(example)))

    def to_dict(self) -> dict[str, Any]:
        """facts: how many; labels: each with its kind and its own number of facts, the most frequent first."""
        labels = [{"kind": kind, "label": label, "facts": count} for (kind, label), count in self.counts.most_common()]
        return {"facts": self.counts.total(), "labels": labels}


def unknown_sentence(table: dict[str, Any], part: str) -> str:
    """What a person should know of `UnknownLabels.to_dict()`, "" where there is nothing. part: "the dev data", say."""
    labels = table["labels"]
    if not labels:
        return ""
    named = [f"{item['kind']} '{item['label']}' ({item['facts']:,})" for item in labels[:SHOWN]]
    more = [f"{len(labels) - SHOWN:,} more"] if len(labels) > SHOWN else []
    facts = several(table["facts"], "fact")
    return (
        f"Counted as missed, for a label that training never had: {facts} of {part}: {', '.join(named + more)}. "
        "Set data.unknown_labels = 'error' to refuse them."
    )
