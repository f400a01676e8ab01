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
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.read.parts.format import Format
from spanloom.read.parts.gold_labels import ANSWERS, Kinds, gold_of, same_kind
from spanloom.read.parts.json_items import Item, field, json_items, of_kind
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.texts import one_or_pair, tokenized

TEXTS = ("text", "texts", "first", "second", "third", "fourth", "fifth")
KEYS = Keys(tuple(frozenset({key}) for key in (*TEXTS, *ANSWERS)), gold=ANSWERS, inputs=TEXTS, classes=True)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    kinds: Kinds = {}
    for source, item in json_items(path, config):
        text = _input(item, str(source), config)
        same_kind(kinds, "input", "a pair of texts" if isinstance(text, TextPair) else "one text", source)
        yield Example(text, gold_of(item, source, KEYS, kinds, config), source, fields=other_fields(item, KEYS.read))


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


FORMAT = Format(
    name="spanloom",
    shape="JSON: text, or first and second; label or labels",
    answer=Label,
    fit=KEYS.fit,
    read=read,
    keys=KEYS.read,
    keeps=True,
)
