"""What of the data is not learned from, or not scored as it stands, in a sentence each: gold is never lost unsaid."""

from __future__ import annotations

from collections.abc import Sequence

from spanloom.check.leaks import Leaks
from spanloom.config import RunConfig
from spanloom.core import Example, Row, Task, Text
from spanloom.engine.guard import may_read_windows

TRUNCATED = "truncated"
"""The cause of what a codec loses behind the words that it reads."""


def left_out(examples: Sequence[Example], part: str) -> list[str]:
    """Of examples without gold. part: "training" or "dev"."""
    without = [example for example in examples if example.gold is None]
    if not without:
        return []
    what = "not trained on" if part == "training" else "not scored"
    first = f"the first is at {without[0].source}"
    return [f"{len(without):,} of {len(examples):,} {part} examples have no gold answer and are {what}; {first}."]


def cut_off(task: Task, config: RunConfig, examples: Sequence[Example], rows: Sequence[Row], part: str) -> list[str]:
    """Of examples that are longer than the model reads at once, and the gold facts behind that."""
    longer = [number for number, row in enumerate(rows) if row.cut.get("words")]
    if not longer:
        return []
    words = sum(rows[number].cut["words"] for number in longer)
    facts = sum(fact.kind != "text" and fact.cause == TRUNCATED for number in longer for fact in rows[number].lost)
    behind = f"{words:,} words" + (f" and {facts:,} gold facts" if facts else "")
    limit = f"(model.max_words = {config.model.max_words:,})"
    first = f"The first is at {examples[longer[0]].source}."
    found = f"{len(longer):,} of {len(rows):,} {part} examples are longer than the model reads at once {limit}"
    if part == "training":
        remedy = "Raise model.max_words as far as the encoder reads."
        if may_read_windows(task, config):
            remedy = "Set train.augment.windows = true to read them in windows."
        return [f"{found}: {behind} are cut off and not learned. {first} {remedy}"]
    missed = " Gold there counts as missed." if facts else ""
    later = " 'spanloom evaluate' reads such texts in windows." if isinstance(examples[longer[0]].input, Text) else ""
    return [
        f"{found}: while training goes on, they are scored without the {behind} behind that.{missed}{later} {first}"
    ]


def leaked(found: Leaks) -> list[str]:
    """Of dev texts that training holds too."""
    if not found.count:
        return []
    where = f"the first is at {found.first[0]}"
    remedy = "Take them out of one of the two: dev scores promise more than new texts will get."
    return [f"{found.count:,} of {found.of:,} dev texts stand in the training data too, {where}. {remedy}"]
