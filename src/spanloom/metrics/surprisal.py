"""The scorecard of language models: one plain dict, saved as JSON.

Perplexity is 2 to the mean bits of a unit: among how many equally likely units the model wavers. It depends on what the
units are; bits per character do not, so that a model of characters and one of words can be compared by them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from spanloom.answers.surprisal import Surprisal
from spanloom.core import Array, Example
from spanloom.metrics.measures import kept, measured
from spanloom.metrics.pairing import require_one_each

WORST = 20


class Size(Protocol):
    """How much there is to foretell in a text."""

    @property
    def characters(self) -> int: ...
    @property
    def units(self) -> int: ...
    @property
    def unknown(self) -> int: ...


def surprisal_scorecard(
    examples: Sequence[Example], predictions: Sequence[Surprisal], sizes: Sequence[Size]
) -> dict[str, Any]:
    """Score how surprised a model was. sizes: of each text, as the model reads it. Keys of the result:

    answers    "surprisal"
    rule       the row of `overall` that models are judged by
    summary    flat: perplexity, bits_per_unit, bits_per_character, unknown (a part in 0..1)
    size       texts, tokens, units, unknown units, characters
    overall    row -> value, and but for the unknown units an interval (95%, over texts)
    errors     worst: the texts with the most bits a unit, and the most surprising tokens of each
    measured   row -> what `spanloom compare` needs of it, see `measures.kept`
    gold_hash  of the texts: what makes two scorecards comparable

    Raises DataError when there is not one prediction an example.
    """
    require_one_each(examples, predictions, "text")
    bits = np.array([sum(answer.bits) for answer in predictions])  # [N]
    units = np.array([size.units for size in sizes])
    characters = np.array([size.characters for size in sizes])
    unknown = sum(size.unknown for size in sizes)
    by_unit, by_character = np.stack([bits, units], axis=1), np.stack([bits, characters], axis=1)
    rate = measured(by_unit, "mean")
    perplexity = {"value": 2.0 ** rate["value"], "interval": [2.0**bound for bound in rate["interval"]]}
    overall: dict[str, Any] = {
        "perplexity": perplexity,
        "bits per unit": rate,
        "bits per character": measured(by_character, "mean"),
        "unknown units": {"value": unknown / max(int(units.sum()), 1)},
    }
    names = {"perplexity": "perplexity", "bits per unit": "bits_per_unit", "bits per character": "bits_per_character"}
    return {
        "answers": "surprisal",
        "rule": "perplexity",
        "summary": {
            **{short: overall[name]["value"] for name, short in names.items()},
            "unknown": overall["unknown units"]["value"],
        },
        "size": {
            "texts": len(examples),
            "tokens": sum(len(answer.bits) for answer in predictions),
            "units": int(units.sum()),
            "unknown units": unknown,
            "characters": int(characters.sum()),
        },
        "overall": overall,
        "labels": {},
        "breakdown": {},
        "errors": {"types": {}, "confusions": [], "worst": _worst(examples, predictions, bits / np.maximum(units, 1))},
        "measured": {"bits per character": kept(by_character, "mean", unit="bits", better="lower")},
        "gold_hash": _hash(examples),
    }


def _worst(examples: Sequence[Example], predictions: Sequence[Surprisal], by_unit: Array) -> list[dict[str, Any]]:
    found = []
    for number in np.argsort(-by_unit, kind="stable")[:WORST].tolist():
        example, bits = examples[number], np.array(predictions[number].bits)
        tokens = [(example.input.tokens[place].text, bits[place]) for place in np.argsort(-bits, kind="stable")[:8]]
        errors = [{"type": f"{value:.1f} bits", "gold": text, "predicted": ""} for text, value in tokens]
        found.append({"source": str(example.source), "text": example.input.text[:200], "errors": errors})
    return found


def _hash(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(example.input.text).encode("utf-8"))
    return digest.hexdigest()
