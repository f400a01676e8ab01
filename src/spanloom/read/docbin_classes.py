"""spaCy's DocBin (`.spacy`): the classes of texts, `doc.cats` (see `parts/spacy_docs.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.read.parts.format import Format
from spanloom.read.parts.spacy_cats import classes_of
from spanloom.read.parts.spacy_docs import documents, is_docbin, left_over


def fit(beginning: str) -> int:
    return 0  # it is no text


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a document, which errors cite by its number. Raises DataError, MissingExtra."""
    for one in documents(path, config):
        gold = classes_of(one.doc.cats, str(one.source)) if one.doc.cats else None
        yield Example(one.text, gold, one.source, mended=tuple(left_over(one, classes=True)), fields=one.fields)


FORMAT = Format(
    name="spacy",
    shape="a DocBin, spaCy's binary file of documents: doc.cats",
    answer=Label,
    fit=fit,
    read=read,
    claims=is_docbin,
    binary=True,
)
