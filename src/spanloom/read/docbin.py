"""spaCy's DocBin (`.spacy`): entities, and relations between them (see `parts/spacy_docs.py`).

Entities are `doc.ents` and the group `sc` of `doc.spans`, in which they may overlap; a document without either has no
gold. Relations are those that spaCy's own project of relation extraction keeps in `doc._.rel`, by the first tokens of
their entities: of several that begin there the longest is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read.parts.entities_alone import NO_RELATIONS
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import of_kind, shown
from spanloom.read.parts.spacy_docs import (
    HALF,
    RELATIONS,
    WHOLE,
    Read,
    begins,
    documents,
    is_docbin,
    left_over,
    spans_of,
)
from spanloom.read.parts.token_spans import parts_of, span_at

ENDS = "[first, last, label, first, last, label, label]"


def fit(beginning: str) -> int:
    return 0  # it is no text


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a document, which errors cite by its number. Raises DataError, MissingExtra."""
    for one in documents(path, config):
        notes = left_over(one)
        said = spans_of(one)
        if said is None:
            yield Example(one.text, None, one.source, mended=tuple(notes), fields=one.fields)
            continue
        spans, lost = said
        if RELATIONS not in one.doc.user_data:
            notes.append((one.source, NO_RELATIONS))
        graph = Graph(tuple(spans), tuple(_relations(one, spans)))
        yield Example(one.text, graph, one.source, lost=tuple(lost), mended=tuple(notes), fields=one.fields)


def _relations(one: Read, spans: Sequence[Span]) -> Iterator[Relation]:
    where = str(one.source)
    for pair, labels in (one.doc.user_data.get(RELATIONS) or {}).items():
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(labels, dict):
            found = f"doc._.rel has {shown({pair: labels})}"
            raise DataError(where, found, "{(first token of head, first token of tail): {label: 1.0}}", "Correct it.")
        for label in sorted(label for label, value in labels.items() if value >= HALF):
            head, tail = (begins(_place(number, one, where), spans) for number in pair)
            if head is None or tail is None:
                found = f"a relation of the tokens {shown(pair)}, at one of which no entity begins"
                remedy = "Correct doc._.rel, or add the entity."
                raise DataError(where, found, "the first tokens of two entities", remedy)
            yield Relation(head, tail, label)
    for value in one.doc.user_data.get(WHOLE) or ():
        *ends, label = parts_of(list(value), (7,), where, f"one of doc.user_data['{WHOLE}']", ENDS)
        head, tail = (
            span_at((_place(first, one, where), _place(last + 1, one, where)), spans, where, name)
            for first, last, name in (ends[:3], ends[3:])
        )
        yield Relation(head, tail, label)


def _place(number: Any, one: Read, where: str) -> int:
    """The place of one of spaCy's tokens among those that are read. Raises DataError for one that there is not."""
    token = of_kind(number, int, where, "a token of a relation")
    if not 0 <= token < len(one.at):
        found = f"a relation of the token {token} in a document of {len(one.at) - 1}"
        raise DataError(where, found, "numbers of its tokens, from 0", "Correct it.")
    return one.at[token]


FORMAT = Format(
    name="spacy",
    shape="a DocBin, spaCy's binary file of documents: doc.ents, doc.spans and doc._.rel",
    answer=Graph,
    fit=fit,
    read=read,
    claims=is_docbin,
    binary=True,
)
