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
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.spacy_docs import HALF, RELATIONS, Read, documents, is_docbin, left_over, spans_of


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
        if not _is_pair(pair, len(one.doc)) or not isinstance(labels, dict):
            found = f"doc._.rel has {shown({pair: labels})}"
            raise DataError(where, found, "{(first token of head, first token of tail): {label: 1.0}}", "Correct it.")
        for label in sorted(label for label, value in labels.items() if value >= HALF):
            head, tail = (span_from(one.at[number], spans, where, pair) for number in pair)
            yield Relation(head, tail, label)


def _is_pair(pair: Any, length: int) -> bool:
    if not isinstance(pair, tuple) or len(pair) != 2:
        return False
    return all(isinstance(number, int) and 0 <= number < length for number in pair)


def span_from(token: int, spans: Sequence[Span], where: str, pair: Any) -> Span:
    """The span that begins at a token, of several the longest. Raises DataError where none does."""
    there = [span for span in spans if span.start == token]
    if not there:
        found = f"a relation of the tokens {shown(pair)}, at one of which no entity begins"
        raise DataError(where, found, "the first tokens of two entities", "Correct doc._.rel, or add the entity.")
    return max(there, key=lambda span: span.end)


FORMAT = Format(
    name="spacy",
    shape="a DocBin, spaCy's binary file of documents: doc.ents, doc.spans and doc._.rel",
    answer=Graph,
    fit=fit,
    read=read,
    claims=is_docbin,
)
