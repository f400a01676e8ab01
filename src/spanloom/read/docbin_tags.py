"""spaCy's DocBin (`.spacy`): a tag a token (see `parts/spacy_docs.py`).

`data.tag_column` says which: `ents` (the entities, the default where there are any), `tag` or `pos`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import ConfigError
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.otherwise import OVERLAPS
from spanloom.read.parts.spacy_docs import Read, documents, is_docbin, left_over, spans_of
from spanloom.text.tags import tags_from_spans, without_overlaps

ENTITIES = "ents"
FIELDS = {"tag": "TAG", "pos": "POS"}
LOOKED_AT = 100


def fit(beginning: str) -> int:
    return 0  # it is no text


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a document, which errors cite by its number. Raises DataError, ConfigError, MissingExtra."""
    column = _column(path, config)
    for one in documents(path, config):
        notes = tuple(left_over(one, relations=False))
        gold, lost = _tags(one, column)
        yield Example(one.text, gold, one.source, lost=tuple(lost), mended=notes, fields=one.fields)


def _column(path: Path, config: DataConfig) -> str:
    known = (ENTITIES, *FIELDS)
    wanted = config.tag_column
    if wanted is None:
        first = list(islice(documents(path, config), LOOKED_AT))
        if any(spans_of(one) is not None for one in first):
            return ENTITIES
        return next((name for name, field in FIELDS.items() if any(one.doc.has_annotation(field) for one in first)),
                    ENTITIES)  # fmt: skip
    if wanted not in known:
        found = f"data.tag_column is {shown(wanted)}"
        raise ConfigError(str(path), found, f"one of {', '.join(known)}", "Set it to one of these.")
    return str(wanted)


def _tags(one: Read, column: str) -> tuple[Tags | None, list[LostFact]]:
    if column in FIELDS:
        if not one.doc.has_annotation(FIELDS[column]):
            return None, []
        words = [token for token in one.doc if token.text.strip()]
        return Tags(tuple((word.tag_ if column == "tag" else word.pos_) or "_" for word in words)), []
    said = spans_of(one)
    if said is None:
        return None, []
    spans, lost = said
    kept = without_overlaps(spans)
    lost += [LostFact("entity", span.label, one.text.surface(span), OVERLAPS) for span in spans if span not in kept]
    return Tags(tuple(tags_from_spans(kept, len(one.text.tokens), "bio2"))), lost


FORMAT = Format(
    name="spacy",
    shape="a DocBin, spaCy's binary file of documents: doc.ents, or token.tag_ or token.pos_ by data.tag_column",
    answer=Tags,
    fit=fit,
    read=read,
    claims=is_docbin,
    binary=True,
)
