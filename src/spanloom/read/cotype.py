"""CoType's JSON lines, in which the New York Times corpus is passed around.

`{"sentText": "…", "relationMentions": [{"em1Text", "em2Text", "label"}], "entityMentions": [{"text", "label"}]}`; the
label `None` means no relation. Ren et al. 2017, https://arxiv.org/abs/1610.08763. Facts are text only and are located.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, object_of
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.locate import Triple, example_of_triples
from spanloom.read.parts.texts import tokenized

KEYS = Keys((frozenset({"sentText"}),), gold=("relationMentions", "entityMentions"), inputs=("sentText",))
NO_RELATION = "None"


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object; `entityMentions` may be left out. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        where = str(source)
        text = tokenized(field(item, "sentText", str, where), where, config)
        KEYS.refuse_misspelt("entityMentions", item, where, config)
        mentions = list(_mentions(item, where)) if "entityMentions" in item else []
        yield example_of_triples(text, list(_triples(item, where)), source, mentions)


def _mentions(item: Item, where: str) -> Iterator[tuple[str, str]]:
    for value in field(item, "entityMentions", list, where):
        mention = object_of(value, where, "an entity mention")
        text, label = (field(mention, key, str, where, "entityMentions") for key in ("text", "label"))
        if not text.strip() or not label.strip():
            found = f"an entity mention with text {text!r} and label {label!r}"
            raise DataError(where, found, "both filled in", "Fill it in, or remove it.")
        yield text, label


def _triples(item: Item, where: str) -> Iterator[Triple]:
    for value in field(item, "relationMentions", list, where):
        mention = object_of(value, where, "a relation mention")
        head, label, tail = (
            field(mention, key, str, where, "relationMentions") for key in ("em1Text", "label", "em2Text")
        )
        if label != NO_RELATION:
            yield head, label, tail


FORMAT = Format(
    name="cotype",
    shape="sentText, relationMentions, entityMentions",
    answer=Graph,
    fit=KEYS.fit,
    read=read,
    keys=KEYS.read,
)
