"""Counts with their nouns, as they are said: `1 relation`, `1,000 relations`."""

from __future__ import annotations

from collections.abc import Mapping


def several(count: int, what: str) -> str:
    """A count with its noun, in the plural where there is not one; of `pair of names` the first word changes."""
    noun, of, rest = what.partition(" of ")
    return f"{count:,} {noun if count == 1 else plural(noun)}{of}{rest}"


def were(count: int, what: str) -> str:
    """A count with its noun and its verb: `1 word was`, `2 words were`."""
    return f"{several(count, what)} {was(count)}"


def was(count: int) -> str:
    return "was" if count == 1 else "were"


def listed(counts: Mapping[str, int]) -> str:
    """Counts by their nouns in the plural, as a scorecard's `size` has them: `1 sentence, 2 entities`."""
    return ", ".join(f"{count:,} {singular(noun) if count == 1 else noun}" for noun, count in counts.items())


def plural(noun: str) -> str:
    """The plural of a noun of ours: `entities` of `entity`, `classes` of `class`, `words` of `word`."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"


def singular(noun: str) -> str:
    """The singular of a plural that `plural` makes; what follows a `with` stays, and so does what is no plural."""
    noun, joined, rest = noun.partition(" with ")
    return f"{_singular(noun)}{joined}{rest}"


def _singular(noun: str) -> str:
    if noun.endswith("us"):
        return noun
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-2] if noun.endswith(("sses", "xes", "ches")) else noun.removesuffix("s")
