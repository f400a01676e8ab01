"""The toolkit's own JSON lines of dialogues, which its predictions are written in too.

`{"turns": ["…", "…"], "rewrite": "…"}`: any number of turns, the last of which is rewritten. A turn before it may be
empty. A line without `rewrite` has no gold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from spanloom.answers.rewrite import Rewrite
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Dialogue, Text
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, of_kind
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.texts import checked_text, tokenized
from spanloom.text.words import tokenize

KEYS = Keys((frozenset({"turns"}), frozenset({"rewrite"})), gold=("rewrite",), inputs=("turns",))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        where = str(source)
        turns = [of_kind(turn, str, where, "one of 'turns'") for turn in field(item, "turns", list, where)]
        yield dialogue_example(turns, _rewrite(item, where, config), source, config)


def _rewrite(item: Item, where: str, config: DataConfig) -> str | None:
    if "rewrite" in item:
        return field(item, "rewrite", str, where)
    KEYS.refuse_other_gold(item, where, config)
    return None


def dialogue_example(turns: Sequence[str], rewrite: str | None, source: Source, config: DataConfig) -> Example:
    """Turns and the rewrite of the last. Raises DataError where there is no turn, or where one of the two is empty."""
    where = str(source)
    if not turns:
        raise DataError(where, "a dialogue without a turn", "at least one, the last of which is rewritten", "Add it.")
    for name, text in (("last turn", turns[-1]), ("rewrite", rewrite)):
        if text is not None and not text.strip():
            raise DataError(where, f"the {name} is empty", "words", "Fill it in, or remove the dialogue.")
    context = (Text(turn, tokenize(turn)) if not turn.strip() else tokenized(turn, where, config) for turn in turns)
    gold = None if rewrite is None else Rewrite(checked_text(rewrite, where, config))
    return Example(Dialogue(tuple(context)), gold, source)


FORMAT = Format(name="spanloom", shape="JSON: turns, rewrite", answer=Rewrite, fit=KEYS.fit, read=read, keys=KEYS.read)
