"""Two parts of data, training and dev: what each is checked for alone, said of each by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spanloom.answers import kind_of
from spanloom.check.issues import Issues, beginning
from spanloom.core import Example
from spanloom.text.counts import several

DEV = "dev: "
"""What the name of an issue of the dev data alone begins with."""


def with_dev(found: Mapping[str, Any], of_dev: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a check found, with the issues that it found in the dev data alone."""
    if of_dev is None:
        return dict(found)
    return {**found, "issues": found["issues"] | {f"{DEV}{name}": issue for name, issue in of_dev["issues"].items()}}


def with_cut(found: Mapping[str, Any], examples: Iterable[Example], max_words: int) -> dict[str, Any]:
    """What a check found, with the sentences that are longer than the model reads at once, and the gold behind that."""
    issues = Issues()
    for example in examples:
        tokens = len(example.input.tokens)
        if tokens > max_words:
            behind = kind_of(example.gold).behind(example.gold, max_words)
            case = f"{tokens} tokens, {several(behind, 'gold fact')} behind: {beginning(example.input.text)}"
            issues.add(f"more than {max_words} tokens, cut off there", example.source, case)
    return {**found, "issues": found["issues"] | issues.to_dict()}
