"""spaCy 2's pairs of a text and its categories, in JSON or in Python (see `parts/spacy_tuples.py`).

A text has the classes of which `cats` says half or more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import object_of
from spanloom.read.parts.json_keys import refuse_alike
from spanloom.read.parts.spacy_cats import classes_of
from spanloom.read.parts.spacy_tuples import CATEGORIES, is_of_it, names, pairs
from spanloom.read.parts.texts import tokenized


def fit(beginning: str) -> int:
    """3 for a pair of a text and a dict with categories."""
    return 3 if is_of_it(beginning) and names(CATEGORIES, beginning) else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a pair. Raises DataError citing its line."""
    for source, (raw, said) in pairs(path, config):
        where = str(source)
        refuse_alike(CATEGORIES, said, (), where, config)
        text = tokenized(raw, where, config)
        notes = tuple((source, f"{key!r} passed over") for key in said if key != CATEGORIES and said[key])
        gold = classes_of(object_of(said[CATEGORIES], where, "'cats'"), where) if CATEGORIES in said else None
        yield Example(text, gold, source, mended=notes)


FORMAT = Format(
    name="spacy-tuples",
    shape="pairs of a text and {'cats': {class: 0.0 or 1.0}}, in JSON or in Python",
    answer=Label,
    fit=fit,
    read=read,
)
