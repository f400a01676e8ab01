"""What doccano exports: JSON lines, whose shape has changed with its versions.

{"id": 1, "text": "…", "label": [[0, 3, "Person"]]}                       spans; `labels` and `entities` before
{"id": 1, "text": "…", "entities": [{"id", "label", "start_offset", "end_offset"}], "relations": [{"from_id", …}]}
{"id": 1, "text": "…", "annotations": [{"label": 1, "start_offset": 0, "end_offset": 3, "user": 1}]}
{"id": 1, "text": "…", "label": ["good"]}                                 classes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.read.parts.json_items import Item, field
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.texts import tokenized

TEXTS = ("text", "data")
"""The key of the text; one version wrote `data`."""
IDS = ("id", "doc_id")
COMMENTS = "Comments"
ABSENT = ""
"""What a field says in a line that has none where others have one: doccano imports no file of which lines lack any."""
MARKS = ("label", "labels", "entities", "annotations")
KEYS = frozenset((*TEXTS, *IDS, *MARKS, COMMENTS, "relations", "username", "annotation_approver"))


GOLD = Keys((), gold=MARKS, inputs=tuple(KEYS - {*MARKS}))
"""What tells gold under a key that doccano does not have."""


def unlabelled(item: Item, source: Source, config: DataConfig) -> Example:
    """The text of a line, with its id and its other fields, without gold."""
    where = str(source)
    GOLD.refuse_other_gold(item, where, config)
    key = next((key for key in TEXTS if key in item), TEXTS[0])
    text = tokenized(field(item, key, str, where), where, config)
    name = next((key for key in IDS if key in item), None)
    fields: dict[str, Any] = {} if name is None or item[name] == ABSENT else {"id": item[name]}
    fields |= {key: value for key, value in item.items() if key not in KEYS and value != ABSENT}
    fields |= {COMMENTS: item[COMMENTS]} if item.get(COMMENTS) else {}
    if isinstance(fields.get("meta"), Mapping) and not fields["meta"]:
        del fields["meta"]
    return Example(text, None, source, fields=fields)
