"""What of the data is not learned from, or not scored as it stands, in a sentence each: gold is never lost unsaid."""

from __future__ import annotations

from collections.abc import Sequence

from spanloom.check.data import short_place
from spanloom.check.leaks import Leaks
from spanloom.config import RunConfig
from spanloom.contracts import Task
from spanloom.core import Example, Row
from spanloom.engine.guard import may_read_windows
from spanloom.inputs import Text
from spanloom.text.counts import several

TRUNCATED = "truncated"
"""The cause of what a codec loses behind the words that it reads."""


def cut_off(task: Task, config: RunConfig, examples: Sequence[Example], rows: Sequence[Row], part: str) -> list[str]:
    """Of examples that are longer than the model reads at once, and the gold facts behind that."""
    longer = [number for number, row in enumerate(rows) if row.cut.get("words")]
    if not longer:
        return []
    words = sum(rows[number].cut["words"] for number in longer)
    facts = sum(fact.kind != "text" and fact.cause == TRUNCATED for number in longer for fact in rows[number].lost)
    behind = " and ".join([several(words, "word"), *([several(facts, "gold fact")] if facts else [])])
    limit = "" if task.window is None else f" (model.max_words = {task.window(config.model):,})"
    found = f"Longer than the model reads at once{limit}"
    first = short_place(str(examples[longer[0]].source))
    found += f": {len(longer):,} of {len(rows):,} {part} examples, the first at {first}"
    if part == "training":
        remedy = "Raise model.max_words as far as the encoder reads."
        if may_read_windows(task):
            remedy = "Set train.augment.windows = true to read them in windows."
        return [f"{found}. Cut off there and not learned: {behind}. {remedy}"]
    missed = ", which count as missed" if facts else ""
    later = "; 'spanloom evaluate' reads such texts in windows" if isinstance(examples[longer[0]].input, Text) else ""
    return [f"{found}. Scored up to there while training goes on, without {behind}{missed}{later}."]


def in_training_too(found: Leaks) -> list[str]:
    """Of dev texts that training holds too."""
    if not found.count:
        return []
    remedy = "Take them out of one of the two: dev scores promise more than new texts will get."
    first = short_place(found.first[0])
    return [f"In the training data too: {found.count:,} of {found.of:,} dev texts, the first at {first}. {remedy}"]
