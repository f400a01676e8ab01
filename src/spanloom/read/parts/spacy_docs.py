"""spaCy's DocBin, the binary files (`.spacy`) that spaCy 3 trains on: documents with their tokens and annotations.

It is zlib over msgpack, of which spaCy makes documents; no code of a pipeline runs. https://spacy.io/api/docbin
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spanloom.config import DataConfig
from spanloom.core import LostFact, Source
from spanloom.errors import DataError, MissingExtra, SpanloomError
from spanloom.inputs import Span, Text, Token
from spanloom.read.parts import packed
from spanloom.read.parts.blanks import BLANK
from spanloom.read.parts.json_keys import OF_SOME_TASK
from spanloom.read.parts.texts import checked_text
from spanloom.text.counts import several

GROUPS = ("sc", "spanloom")
"""The groups of spans that are entities: that of spaCy's span categorizer, and that of our own component."""
EXTENSION = "._."
RELATIONS = (EXTENSION, "rel", None, None)
"""Where spaCy's relation extraction keeps relations: {(first token of head, first token of tail): {label: 1.0}}."""
WHOLE = "relations"
"""Where we keep those relations that first tokens do not tell, as [first, last, label, first, last, label, label]."""
HALF = 0.5


class Read(NamedTuple):
    """A document: where it stands, itself, its text without blank tokens, and the place of each of its tokens in it."""

    source: Source
    doc: Any
    text: Text
    at: Sequence[int]
    fields: Mapping[str, Any]


def is_docbin(path: Path) -> bool:
    """Whether a file is a DocBin, whatever its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return packed.is_docbin(file.read(packed.HEAD))


def library() -> Any:
    """spaCy. Raises MissingExtra without it."""
    try:
        return importlib.import_module("spacy")
    except ModuleNotFoundError:
        raise MissingExtra("spaCy's DocBin", "formats") from None


def documents(path: Path, config: DataConfig) -> Iterator[Read]:
    """The documents of a file, one behind the other. Raises DataError for what is no DocBin, MissingExtra."""
    spacy = library()
    docs = iter(_docs(path, spacy))
    number = 0
    while True:
        try:
            doc = next(docs, None)
        except SpanloomError:
            raise
        except Exception as error:  # whatever a damaged file makes of spaCy
            raise _damaged(path, error) from None
        if doc is None:
            return
        number += 1
        yield _read(doc, Source(str(path), number), config)


def _docs(path: Path, spacy: Any) -> Iterator[Any]:
    bin_ = spacy.tokens.DocBin()
    content = path.read_bytes()
    packed.refuse_swollen(content, path)
    try:
        bin_.from_bytes(content)
    finally:
        gc.enable()  # which reading msgpack turns off, and leaves off where it fails
    yield from bin_.get_docs(spacy.Vocab())


def _damaged(path: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return DataError(str(path), f"cannot be read as a DocBin ({reason})", "a whole file of spaCy 3", "Write it again.")


def _read(doc: Any, source: Source, config: DataConfig) -> Read:
    """Blank tokens, which spaCy makes of line breaks, are none; the text keeps them."""
    checked_text(doc.text, str(source), config)
    tokens: list[Token] = []
    at = []
    for token in doc:
        at.append(len(tokens))
        if token.text.strip():
            tokens.append(Token(token.text, token.idx, token.idx + len(token.text)))
    fields = {key: plain(value) for key, value in _own_data(doc) if is_plain(value)}
    return Read(source, doc, Text(doc.text, tuple(tokens)), [*at, len(tokens)], fields)


def _own_data(doc: Any) -> list[tuple[str, Any]]:
    """What `doc.user_data` holds under names that are none of those with a meaning here, nor of an extension."""
    return [pair for pair in doc.user_data.items() if isinstance(pair[0], str) and pair[0] not in OF_SOME_TASK]


def is_plain(value: Any) -> bool:
    """Whether JSON can hold a value of `doc.user_data`, which may be an array or bytes."""
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(inner) for key, inner in value.items())
    return value is None or isinstance(value, str | bool | int | float)


def plain(value: Any) -> Any:
    """A plain value with lists for tuples, which msgpack does not tell apart."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def spans_of(read: Read) -> tuple[list[Span], list[LostFact]] | None:
    """The entities of a document and those that are lost; None where nobody says which there are."""
    doc = read.doc
    groups = [group for name, group in doc.spans.items() if name in GROUPS]
    if not groups and not doc.has_annotation("ENT_IOB"):
        return None
    found: dict[Span, None] = {}
    lost: list[LostFact] = []
    for span in (*doc.ents, *(span for group in groups for span in group)):
        start, end = read.at[span.start], read.at[span.end]
        if start < end:
            found[Span(start, end, span.label_)] = None
        else:
            lost.append(LostFact("entity", span.label_, "", BLANK))
    return list(found), lost


def begins(token: int, spans: Sequence[Span]) -> Span | None:
    """The span that a relation of its first token is of: of several the longest, and of these the first."""
    return max((span for span in spans if span.start == token), key=lambda span: span.end, default=None)


def left_over(read: Read, classes: bool = False, relations: bool = True) -> list[tuple[Source, str]]:
    """What a document says beside what is read: other groups of spans, classes, relations, identities of entities."""
    doc = read.doc
    kinds = [f"group of spans '{name}'" for name, group in doc.spans.items() if name not in GROUPS and len(group)]
    kinds += ["categories"] if doc.cats and not classes else []
    kinds += ["relations"] if doc.user_data.get(RELATIONS) and not relations else []
    odd = [key for key, value in _own_data(doc) if not is_plain(value)]
    kinds += [f"doc.user_data['{key}']" for key in odd]
    blank = sum(not token.ent_iob for token in doc) if doc.has_annotation("ENT_IOB") else 0
    notes = [f"tokens of which no entities are said, read as outside: {several(blank, 'token')}"] if blank else []
    kinds += ["identities of entities"] if any(span.kb_id_ or span.id_ for span in doc.ents) else []
    return [(read.source, case) for case in (*(f"{kind} passed over" for kind in kinds), *notes)]
