"""Are dialogues and their rewrites well formed, and which rewrites can edits not write?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from spanloom.check.duplicates import leaked, repeats
from spanloom.check.issues import Issues, beginning, length_summary
from spanloom.core import Example
from spanloom.inputs import Text
from spanloom.text.edits import SPACING
from spanloom.text.words import tokenize

UNWRITTEN = "edits cannot write the rewrite"

EncodeLoss = Callable[[Example], Sequence[Any]]
"""An example to the `LostFact`s that its codec declares."""


def check_rewrites(
    examples: Sequence[Example], lost_of: EncodeLoss, dev: Sequence[Example] | None = None
) -> dict[str, Any]:
    """Counts and suspected mistakes of dialogues, and what edits lose of them, as a plain dict ready for JSON.

    gold: `sizes`, name -> count; `lengths` of dialogues in tokens, turns and characters; `shares`, name -> a part of 1:
    dialogues that edits cannot write (spaces aside, which scores do not count), and by cause those that lose something.
    issues: name -> {count, first: ["path:line: case", …]}, the causes among them. dev: what the model is to be scored
    on; its own shares stand beside the others.
    """
    issues = Issues()
    for name, source, case in repeats(examples, _tokens, lambda example: example.gold and example.gold.text):
        issues.add(name, source, case)
    for example in examples:
        for name, case in _odd(example):
            issues.add(name, example.source, case)
    gold: dict[str, Any] = {
        "sizes": _sizes(examples),
        "lengths": _lengths(examples),
        "labels": {},
        "shares": _lost(examples, lost_of, issues),
    }
    found = issues.to_dict()
    if dev is not None:
        shares = _lost(dev, lost_of, Issues())
        gold["sizes"] |= {f"dev {name}": count for name, count in _sizes(dev).items()}
        gold["shares"] |= {f"dev: {name}": share for name, share in shares.items()}
        found |= leaked(examples, dev)
    return {"answers": "rewrite", "gold": gold, "issues": found}


def _lost(examples: Sequence[Example], lost_of: EncodeLoss, issues: Issues) -> dict[str, float]:
    """The share of dialogues with something lost, and of each cause, whose cases are entered as issues."""
    counts: Counter[str] = Counter()
    for example in examples:
        facts = lost_of(example)
        counts[UNWRITTEN] += any(fact.kind == "rewrite" and fact.cause != SPACING for fact in facts)
        for fact in facts:
            name = f"not written by edits: {fact.cause}" if fact.kind == "rewrite" else f"context {fact.cause}"
            issues.add(name, example.source, beginning(f"{_shown(example)} -> {fact.text}"))
        counts.update({f"by cause: {fact.cause}" for fact in facts})
    return {name: round(count / max(1, len(examples)), 4) for name, count in counts.most_common()}


def _odd(example: Example) -> list[tuple[str, str]]:
    """What looks like a mistake, and the case at hand."""
    turns: tuple[Text, ...] = example.input.turns
    found = [("empty turn of context", _shown(example))] if any(not turn.tokens for turn in turns[:-1]) else []
    if len(turns) == 1:
        found.append(("no context", beginning(turns[0].text)))
    if example.gold is None:
        return [*found, ("no gold", beginning(turns[-1].text))]
    if [token.text for token in tokenize(example.gold.text)] == [token.text for token in turns[-1].tokens]:
        found.append(("nothing to rewrite", beginning(turns[-1].text)))
    return found


def _sizes(examples: Sequence[Example]) -> dict[str, int]:
    turns = [turn for example in examples for turn in example.input.turns]
    without = sum(example.gold is None for example in examples)
    sizes = {"dialogues": len(examples), "turns": len(turns), "tokens": sum(len(turn.tokens) for turn in turns)}
    return sizes | ({"without gold": without} if without else {})


def _lengths(examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    dialogues = [example.input.turns for example in examples]
    return {
        "tokens": length_summary([sum(len(turn.tokens) for turn in turns) for turns in dialogues]),
        "characters": length_summary([sum(len(turn.text) for turn in turns) for turns in dialogues]),
        "turns": length_summary([len(turns) for turns in dialogues]),
    }


def _tokens(example: Example) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(token.text for token in turn.tokens) for turn in example.input.turns)


def _shown(example: Example) -> str:
    return " | ".join(turn.text for turn in example.input.turns)
