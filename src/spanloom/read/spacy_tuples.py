"""spaCy 2's pairs of a text and its entities, in JSON or in Python (see `parts/spacy_tuples.py`).

Offsets count characters, half-open. `links`, `heads`, `deps` and `tags` are passed over and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.entities_alone import NO_RELATIONS
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, of_kind, shown
from spanloom.read.parts.json_keys import refuse_alike
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.placing import Placing
from spanloom.read.parts.spacy_tuples import CATEGORIES, is_of_it, names, pairs
from spanloom.read.parts.texts import tokenized

ENTITIES = "entities"


def fit(beginning: str) -> int:
    """2 for a pair of a text and a dict, 1 more for entities in it; 0 where all that is said is categories."""
    entities = names(ENTITIES, beginning)
    return 2 + entities if is_of_it(beginning) and (entities or not names(CATEGORIES, beginning)) else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a pair. Raises DataError citing its line."""
    for source, (text, said) in pairs(path, config):
        yield _example(text, said, source, config)


def _example(raw: str, said: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    refuse_alike(ENTITIES, said, (), where, config)
    text = tokenized(raw, where, config)
    others = [key for key in said if key != ENTITIES and said[key]]
    notes = [(source, f"{key!r} passed over") for key in others]
    if ENTITIES not in said:
        return Example(text, None, source, mended=tuple(notes))
    placing = Placing(text, where)
    values = said[ENTITIES]
    for number, value in enumerate(values if isinstance(values, (list, tuple)) else [values]):
        if not isinstance(value, (list, tuple)) or len(value) < 3:
            raise DataError(where, f"an entity that is {shown(value)}", "[start, end, label]", "Correct the line.")
        start, end = (of_kind(offset, int, where, "an offset") for offset in value[:2])
        placing.add(number, (start, end), class_name(value[2], where, "the label of an entity"))
    mended = (*notes, (source, NO_RELATIONS))
    return Example(text, placing.graph(), source, lost=tuple(placing.lost), mended=mended)


FORMAT = Format(
    name="spacy-tuples",
    shape="pairs of a text and {'entities': [[start, end, label]]}, in JSON or in Python",
    answer=Graph,
    fit=fit,
    read=read,
    flat=True,
)
