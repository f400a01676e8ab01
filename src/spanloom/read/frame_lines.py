"""The toolkit's own JSON lines of requests with an intent and slots, in either of the forms in which people have them.

    {"text": "…", "intent": "BookTable", "slots": [{"start": 0, "end": 4, "label": "city"}, …]}    as predictions are
    {"tokens": ["Oslo", …], "tags": ["B-city", …], "intent": "BookTable"}

Offsets count CHARACTERS of the text, half-open. Optional in the first form: `tokens`, `[[start, end], …]`, where they
are not those of the toolkit's own rules, and `text` and `score` of a slot; a slot that cuts a token, or overlaps a
longer one, is lost and counted. An intent is one name: several joined by `#` are kept whole. A line with neither
intent nor slots has no gold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.tagged import Sentence, tagged_examples
from spanloom.read.tag_lines import tagged_item

OF_TEXT = Keys((frozenset({"text"}),), gold=("intent", "slots"), inputs=("text", "tokens", "lost"), classes=True)
OF_TOKENS = Keys((frozenset({"tokens"}),), gold=("intent", "tags"), inputs=("tokens", "lost"), classes=True)
ALL = OF_TEXT.read | OF_TOKENS.read


def fit(beginning: str) -> int:
    return OF_TEXT.fit(beginning) or OF_TOKENS.fit(beginning)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    return tagged_examples(partial(_sentences, path, config), config)


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    for source, item in json_items(path, config):
        sentence = tagged_item(item, source, config, "slots")
        intent = _intent(item, sentence, str(source), config)
        yield dataclasses.replace(sentence, intent=intent, fields=other_fields(item, ALL))


def _intent(item: Item, sentence: Sentence, where: str, config: DataConfig) -> Label | None:
    """The intent, which stands where slots do and nowhere else."""
    if sentence.tags is None and "intent" not in item:
        (OF_TEXT if "text" in item else OF_TOKENS).refuse_other_gold(item, where, config)
        return None
    if sentence.tags is None:
        field(item, "slots" if "text" in item else "tags", list, where)  # says that it is missing
    return Label((class_name(field(item, "intent", str, where), where, "'intent'"),))


FORMAT = Format(
    name="spanloom",
    shape="JSON: text, intent and slots; or tokens, tags and intent",
    answer=Frame,
    fit=fit,
    read=read,
    keys=ALL,
    keeps=True,
)
