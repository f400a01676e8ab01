"""The toolkit's own JSON lines of pictures: `{"image": "cats/1.jpg", "label": "cat"}`, which predictions are written in
too.

The path starts from the folder of the file; in its place may stand the bytes, as `data:image/png;base64,…`. Where
classes may stand together: `"labels"`, a list, which may be empty. A line with neither has no gold. The picture may
also be called `path`, `file`, `file_name`, `filename`, `image_path` or `picture`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.pixels.reading import ENDINGS
from spanloom.read.parts.format import Format
from spanloom.read.parts.gold_labels import ANSWERS, Kinds, gold_of
from spanloom.read.parts.json_items import field, json_items
from spanloom.read.parts.json_keys import Keys, first_keys, other_fields
from spanloom.read.parts.pictures import NAMES, image_at

HEAT = "heat"
"""Of a prediction, where what speaks for its class stands: passed over."""

NAMED = re.compile(rf'"(?:{"|".join(NAMES)})"\s*+:\s*+"(?:data:image/|[^"]*(?:{"|".join(sorted(ENDINGS))})")', re.I)
"""A key with the name of a picture, or with its bytes."""

KEYS = Keys(tuple(frozenset({key}) for key in NAMES), gold=ANSWERS, inputs=(*NAMES, HEAT), classes=True)


def fit(beginning: str) -> int:
    """What `image` is called is a picture; of what is called otherwise its ending says so."""
    sure = NAMES[0] in first_keys(beginning) or NAMED.search(beginning.partition("\n")[0])
    return KEYS.fit(beginning) if sure else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object; no picture is opened here. Raises DataError citing the line."""
    kinds: Kinds = {}
    for source, item in json_items(path, config):
        given = [key for key in NAMES if key in item]
        if len(given) > 1:
            found = f"{' and '.join(map(repr, given))} together"
            raise DataError(str(source), found, "the picture under one key", "Remove the others.")
        value = field(item, given[0] if given else NAMES[0], str, str(source))
        gold, fields = gold_of(item, source, KEYS, kinds, config), other_fields(item, KEYS.read)
        yield Example(image_at(value, path, str(source)), gold, source, fields=fields)


FORMAT = Format(
    name="spanloom",
    shape="JSON: image, the path of a picture; label or labels",
    answer=Label,
    fit=fit,
    read=read,
    keys=KEYS.read,
    keeps=True,
    input=Image,
)
