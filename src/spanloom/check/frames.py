"""Are requests with an intent and slots well formed: what is in them, and what in them looks like a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from spanloom.answers.frame import Frame
from spanloom.check.duplicates import CONTRADICTORY, DUPLICATE, repeated
from spanloom.check.issues import Issues, Spellings, beginning, case_clashes, require_one_spelling
from spanloom.check.tags import check_tags, labels_of, require_tag_spelling, words_of
from spanloom.core import Example
from spanloom.text.tags import OUTSIDE, natural_order

SEVERAL = "#"
"""What joins the intents of a request that has several."""
TOGETHER = f"several intents joined by '{SEVERAL}', kept whole as one"
RENAMED = {"entities": "slots", "labels": "slot labels", "entities in dev": "slots in dev"}


def check_frames(examples: Sequence[Example], dev: Sequence[Example] | None = None) -> dict[str, Any]:
    """Counts and suspected mistakes of requests, as a plain dict ready for JSON.

    gold: `sizes`, name -> count; `lengths` in tokens and in characters; `labels`, section -> label -> count, of which
    "slot tags" are ordered by their slot, then by their place in it; `shares`, name -> a part of 1. issues: name ->
    {count, first: ["path:line: case", …]}.

    dev: what the model is to be scored on; it is searched for requests of the training data, and for labels and words
    that training never has, letter case aside.
    """
    slots = _slots(examples)
    found = check_tags(slots, None if dev is None else _slots(dev))
    gold, counts = found["gold"], intent_counts(examples)
    most = max(counts.values(), default=0)
    parts = {"": examples} if dev is None else {"": examples, "dev ": dev}
    sizes = {_renamed(name): count for name, count in gold["sizes"].items()}
    for prefix, some in parts.items():
        sizes[f"{prefix}intents"] = len(intent_counts(some))
        sizes[f"{prefix}requests with {TOGETHER}"] = sum(SEVERAL in _intent(example) for example in some)
    labels = {"intents": dict(counts.most_common())}
    labels |= {RENAMED.get(name, name): table for name, table in gold["labels"].items()}
    labels["slot tags"] = _tags(examples)
    gold |= {"sizes": sizes, "labels": labels}
    gold["shares"] |= {"most frequent intent": round(most / max(1, len(examples)), 4)}
    again = repeated(examples, words_of, lambda example: example.gold)
    issues = {name: issue for name, issue in found["issues"].items() if name not in (DUPLICATE, CONTRADICTORY)}
    of_intents = _intent_issues(examples, slots, dev, counts)
    return {"answers": "frame", "gold": gold, "issues": {**again, **issues, **of_intents}}


def _renamed(name: str) -> str:
    dev, prefix = name.removeprefix("dev "), "dev " if name.startswith("dev ") else ""
    return prefix + RENAMED.get(dev, dev)


def _intent_issues(
    examples: Sequence[Example], slots: Sequence[Example], dev: Sequence[Example] | None, counts: Counter[str]
) -> dict[str, dict[str, Any]]:
    """Issues of intents, and of their labels and those of slots together: both have them by the same name."""
    issues = Issues()
    spelled: Spellings = {}
    for example, of_slots in zip(examples, slots, strict=True):
        for name, case in case_clashes((*_intents(example), *labels_of(of_slots)), example.source, spelled):
            issues.add(name, example.source, case)
        if SEVERAL in _intent(example):
            issues.add(TOGETHER, example.source, _intent(example))
        if counts[_intent(example)] == 1 and len(examples) > 1:
            issues.add("intent of a single request", example.source, _intent(example))
    for example in dev or ():
        if example.gold is not None and _intent(example) not in counts:
            issues.add(
                "dev intents never seen in train",
                example.source,
                f"{_intent(example)}: {beginning(example.input.text)}",
            )
    return issues.to_dict()


def require_frame_spelling(examples: Sequence[Example]) -> None:
    """Raise DataError where two intents, or two slots, differ only by case: they would be learnt as two things."""
    require_one_spelling(examples, _intents)
    require_tag_spelling(_slots(examples))


def intent_counts(examples: Iterable[Example]) -> Counter[str]:
    """How many requests have each intent."""
    return Counter(name for example in examples for _, name in _intents(example))


def _intents(example: Example) -> Iterator[tuple[str, str]]:
    gold: Frame | None = example.gold
    yield from (("intent", name) for name in gold.intent.names) if gold is not None else ()


def _intent(example: Example) -> str:
    return next((name for _, name in _intents(example)), "")


def _slots(examples: Iterable[Example]) -> list[Example]:
    """The same examples, with the slots alone as their gold."""
    return [replace(example, gold=example.gold and example.gold.slots) for example in examples]


def _tags(examples: Iterable[Example]) -> dict[str, int]:
    counts = Counter(label for example in examples if example.gold for label in example.gold.slots.labels)
    inside = [label for label in counts if label != OUTSIDE]
    return {label: counts[label] for label in sorted(inside, key=lambda tag: (natural_order(tag[2:]), tag))}
