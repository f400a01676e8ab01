"""What the layers of WebAnno and INCEpTION hold, which are types of UIMA: names, relations, or what a parser says.

A layer of spans is read as entities, unless it is one of a linguistic preprocessing. Its label is the value of one of
its features: `value` or `label`, or else the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LINGUISTIC = re.compile(
    r".*\.(?:segmentation|lexmorph|syntax|semantics|metadata|transform|coref|anomaly|phonetics)\.type\..*"
    r"|uima\..*|.*\.api\.xml\..*"
)
"""Layers of what a linguistic preprocessing says, by the names that DKPro gives them."""
LABELS = ("value", "label", "category", "type", "class")
"""Features that say what kind of thing is meant, the first that is there being read."""


def short(layer: str) -> str:
    """The name of a layer without its package: the label of an annotation that says no more."""
    return layer.rpartition(".")[2]


def is_linguistic(layer: str) -> bool:
    return LINGUISTIC.fullmatch(layer) is not None


def label_feature(features: Iterable[str]) -> str | None:
    """The feature that is read as the label; None where a layer has none."""
    names = list(features)
    known = {name.casefold(): name for name in reversed(names)}
    return next((known[name] for name in LABELS if name in known), names[0] if names else None)
