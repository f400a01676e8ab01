"""The toolkit's own JSON lines of labelled texts, which its predictions are written in too.

`{"text": "…", "label": "…"}`, or `{"first": "…", "second": "…", "label": "…"}` for a pair. Where labels may stand
together: `"labels"`, a list of strings or of `{"label", "score"}`, which may be empty. `"texts"`, a list, stands for
`text` or for `first` and `second`. A line with neither `label` nor `labels` has no gold. All examples of a file are of
one kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.read.parts.annotations import score_of
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, object_of, of_kind
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.texts import one_or_pair, tokenized

TEXTS = ("text", "texts", "first", "second", "third", "fourth", "fifth")
ANSWERS = ("label", "labels")
KEYS = Keys(tuple(frozenset({key}) for key in (*TEXTS, *ANSWERS)), gold=ANSWERS, inputs=TEXTS, classes=True)


def fit(beginning: str) -> int:
    return KEYS.fit(beginning)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    kinds: dict[str, tuple[str, int]] = {}  # what a kind is of -> the first kind seen, and its line
    for source, item in json_items(path, config):
        where = str(source)
        text, fields = _input(item, where, config), other_fields(item, KEYS.read)
        _same_kind(kinds, "input", "a pair of texts" if isinstance(text, TextPair) else "one text", source)
        key = _answer_key(item, where, config)
        if key is None:
            yield Example(text, None, source, fields=fields)
            continue
        _same_kind(kinds, "gold", f"'{key}'", source)
        gold = _one(item, where) if key == "label" else _several(item, where)
        yield Example(text, gold, source, fields=fields)


def _input(item: Item, where: str, config: DataConfig) -> Text | TextPair:
    given = [key for key in TEXTS if key in item]
    if given[:2] == ["first", "second"]:
        texts = [field(item, key, str, where) for key in given]
    elif given in (["first"], ["second"]):
        field(item, "second" if given == ["first"] else "first", str, where)  # says that it is missing
    elif given == ["texts"]:
        texts = [of_kind(text, str, where, "one of 'texts'") for text in field(item, "texts", list, where)]
    elif given in (["text"], []):
        texts = [field(item, "text", str, where)]
    else:
        names = ", ".join(f"'{key}'" for key in given)
        expected = "'text' alone, 'texts' alone, or 'first' and 'second'"
        raise DataError(where, f"{names} together", expected, "Keep one of these forms.")
    return one_or_pair([tokenized(text, where, config) for text in texts], where)


def _answer_key(item: Item, where: str, config: DataConfig) -> str | None:
    given = [key for key in ANSWERS if key in item]
    if len(given) == 2:
        raise DataError(where, "both 'label' and 'labels'", "one of them", "Remove the other.")
    if given:
        return given[0]
    KEYS.refuse_other_gold(item, where, config)
    return None


def _same_kind(kinds: dict[str, tuple[str, int]], what: str, kind: str, source: Source) -> None:
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


FORMAT = Format(
    name="spanloom",
    shape="JSON: text, or first and second; label or labels",
    answer=Label,
    fit=fit,
    read=read,
    keys=KEYS.read,
    keeps=True,
)
