"""Examples that come again: within a file, with the same gold or with another, and in training and dev data both."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from spanloom.check.issues import Issues
from spanloom.check.leaks import asked
from spanloom.core import Example, Source

KeyOfExample = Callable[[Example], Hashable]
DUPLICATE = "duplicate examples"
CONTRADICTORY = "contradictory examples"
LEAKED = "dev examples that are in train"


def repeats(examples: Iterable[Example], key: KeyOfExample, gold: KeyOfExample) -> Iterator[tuple[str, Source, str]]:
    """Each example whose input came before: `DUPLICATE` or `CONTRADICTORY`, its source, and where it was first.

    key: what two equal inputs share, such as their tokens. gold: what two equal answers share. Every later example is
    compared with the first of its input.
    """
    seen: dict[Hashable, Example] = {}
    for example in examples:
        first = seen.setdefault(key(example), example)
        if first is not example:
            name = DUPLICATE if gold(first) == gold(example) else CONTRADICTORY
            yield name, example.source, f"the input of {first.source} again"


def repeated(examples: Iterable[Example], key: KeyOfExample, gold: KeyOfExample) -> dict[str, dict[str, Any]]:
    """Issues by name, `DUPLICATE` and `CONTRADICTORY`, each {count, first}; one that never happened is left out."""
    issues = Issues()
    for name, source, case in repeats(examples, key, gold):
        issues.add(name, source, case)
    return issues.to_dict()


def leaks(train: Iterable[Example], dev: Iterable[Example]) -> Iterator[tuple[str, Source, str]]:
    """Each dev example whose input is in the training data too: `LEAKED`, its source, and where it is in train.

    White space and case aside, which a model hardly heeds, and which a copy often has otherwise.
    """
    known: dict[str, Example] = {}
    for example in train:
        known.setdefault(asked(example.input), example)
    for example in dev:
        first = known.get(asked(example.input))
        if first is not None:
            aside = "" if first.input == example.input else ", white space and case aside"
            yield LEAKED, example.source, f"the input of {first.source} in train{aside}"


def leaked(train: Iterable[Example], dev: Iterable[Example]) -> dict[str, dict[str, Any]]:
    """The same as an issue by its name; nothing where there is none."""
    issues = Issues()
    for name, source, case in leaks(train, dev):
        issues.add(name, source, case)
    return issues.to_dict()
