"""The classes in a JSON object: `label`, one, or `labels`, any number, each a string or `{"label", "score"}`."""

from __future__ import annotations

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read.parts.annotations import score_of
from spanloom.read.parts.json_items import Item, field, object_of
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.offsets import class_name

ANSWERS = ("label", "labels")

Kinds = dict[str, tuple[str, int]]
"""What a kind is of -> the first kind seen, and its line."""


def gold_of(item: Item, source: Source, keys: Keys, kinds: Kinds, config: DataConfig) -> Label | None:
    """The gold of an object, None where it has none. All of a file are of one kind.

    keys: of the format, by which gold under another key is refused. Raises DataError citing the line.
    """
    where = str(source)
    given = [key for key in ANSWERS if key in item]
    if len(given) == 2:
        raise DataError(where, "both 'label' and 'labels'", "one of them", "Remove the other.")
    if not given:
        keys.refuse_other_gold(item, where, config)
        return None
    same_kind(kinds, "gold", f"'{given[0]}'", source)
    return _one(item, where) if given[0] == "label" else _several(item, where)


def same_kind(kinds: Kinds, what: str, kind: str, source: Source) -> None:
    """Raise DataError where something is of another kind than the first of its file."""
    first, line = kinds.setdefault(what, (kind, source.line))
    if kind != first:
        found = f"{kind}, but line {line} has {first}"
        raise DataError(str(source), found, "examples of one kind in a file", "Make two files of it.")


def _one(item: Item, where: str) -> Label:
    return Label((class_name(item["label"], where, "'label'"),))


def _several(item: Item, where: str) -> Label:
    scores: dict[str, float | None] = {}
    for value in field(item, "labels", list, where):
        label = value if isinstance(value, dict) else {"label": value}
        if "label" not in label:
            field(object_of(label, where, "a label"), "label", str, where, "labels")
        name = class_name(label["label"], where, "one of 'labels'")
        if name in scores:
            raise DataError(where, f"the label '{name}' is given twice", "each label once", "Remove one.")
        scores[name] = score_of(label, where)
    names = tuple(sorted(scores))
    known = [score for name in names if (score := scores[name]) is not None]
    if known and len(known) < len(names):
        found = f"a score for {len(known)} of {len(names)} labels"
        raise DataError(where, found, "a score for each, or for none", "Fill them in, or remove them.")
    return Label(names, tuple(known) if known else None)
