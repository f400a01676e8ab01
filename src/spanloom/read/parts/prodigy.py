"""What Prodigy's `db-out` gives: JSON lines, each with the answer that somebody gave to it.

A line that was rejected or ignored says nothing that is to be learned, so it is left out and counted. One without an
answer is one that nobody was asked about: what it has stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.annotators import PREDICTIONS, WHEN
from spanloom.read.parts.annotators import WHO as SIGNED
from spanloom.read.parts.json_items import Item, json_items, shown
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.left_out import Note, noted

ANSWER, ACCEPT = "answer", "accept"
LEFT_OUT = ("reject", "ignore")
OWN = (
    "_input_hash _task_hash _view_id _timestamp _annotator_id _session_id _is_binary tokens answer options accept "
    "config html priority score"
)
"""Keys that are Prodigy's own."""
OWN_KEYS = frozenset((*OWN.split(), "text", "spans", "relations", "label"))
GOLD = Keys((), gold=("spans", "relations", "accept", "label"), inputs=tuple(OWN_KEYS))
"""What tells gold under a key that Prodigy does not have."""
WHO = ("_annotator_id", "_session_id")


def examples(path: Path, config: DataConfig, one: Callable[[Source, Item, DataConfig], Example]) -> Iterator[Example]:
    """An example of each line that counts, by `one`, and with the notes of those that do not."""
    return noted(
        (source, item) if isinstance(item, str) else one(source, item, config)
        for source, item in accepted(path, config)
    )


def accepted(path: Path, config: DataConfig) -> Iterator[tuple[Source, Item] | Note]:
    """The lines that count, those of `data.annotator` where it is set, and notes of those that do not.

    Raises DataError where nobody of that name answered, and for an answer that Prodigy does not have.
    """
    wanted, names = config.annotator, dict[str, None]()
    found = wanted is None or wanted.startswith(PREDICTIONS)
    for source, item in json_items(path, config):
        answer = item.get(ANSWER, ACCEPT)
        if answer in LEFT_OUT:
            yield source, f"item that was {answer}{'ed' if answer == 'reject' else 'd'}, left out: {_beginning(item)}"
            continue
        if answer != ACCEPT:
            remedy = "Correct it."
            raise DataError(str(source), f"the answer {shown(answer)}", "accept, reject or ignore", remedy)
        who = [str(item[key]) for key in WHO if item.get(key)]
        names.update(dict.fromkeys(who))
        if wanted is not None and not wanted.startswith(PREDICTIONS) and wanted not in who:
            yield source, f"item of another annotator, left out: {' '.join(who) or 'nobody'}"
            continue
        found = True
        GOLD.refuse_other_gold(item, str(source), config)
        yield source, item
    if not found:
        listed = ", ".join(list(names)[:20]) or "nobody"
        remedy = "Set data.annotator to one of these, or leave it out."
        raise DataError(str(path), f"nothing annotated by '{wanted}'", f"one of: {listed}", remedy)


def people(path: Path, config: DataConfig) -> list[str]:
    """What those are called who accepted something."""
    taken = (item for _, item in json_items(path, config) if item.get(ANSWER, ACCEPT) == ACCEPT)
    return list(dict.fromkeys(str(item[WHO[0]]) for item in taken if item.get(WHO[0])))


def decided(path: Path, config: DataConfig) -> bool:
    """Whether each line has an answer; one that has none is a task that nobody was asked about."""
    return all(ANSWER in item for _, item in json_items(path, config))


def fields_of(item: Item, config: DataConfig) -> dict[str, Any]:
    """What else a line says; where a person is named whose answers are wanted, who answered, and when."""
    found = other_fields(item, OWN_KEYS)
    if config.annotator is None or config.annotator.startswith(PREDICTIONS):
        return found
    when = item.get("_timestamp")
    at = {} if not isinstance(when, int) else {WHEN: datetime.fromtimestamp(when, UTC).isoformat()}
    return {**found, SIGNED: config.annotator, **at}


def _beginning(item: Item) -> str:
    return shown(item.get("text", ""), 40)
