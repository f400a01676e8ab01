"""Which document an example is of, as far as its data say: by a field, by a mark in its file, or by the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path

from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.inputs import Image
from spanloom.read import is_text
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import numbered_lines, opening

DOCUMENT, TEXT = "document", "text"
"""What examples may be kept together by, beside the names of fields."""

FIELDS = ("document", "document_id", "doc_id", "docid", "doc", "doc_key", "file_name", "filename", "title", "pmid")
"""The fields that name a document, the likeliest first."""

MARKS = ("-DOCSTART-", "# newdoc", "#doc")
"""How the lines begin that begin a document in files of columns."""

A_FEW = 10
"""Documents that are kept whole unasked: of fewer, a part could not be what was wanted."""

NamesDocument = Callable[[Example], str | None]


def documents(examples: Sequence[Example], by: str, encoding: str) -> tuple[str, NamesDocument]:
    """What tells the documents apart, in a few words, and what names that of an example, None for one of its own.

    by: "document", "text" for none, the name of a field, or "" for documents where there are a few. Raises ConfigError
    where the data do not say what is asked for.
    """
    if by == TEXT:
        return "", _alone
    found = _by_field(examples, (by,) if by not in ("", DOCUMENT) else FIELDS)
    if found is None and by in ("", DOCUMENT):
        found = _by_file(examples, encoding)
    if found is not None and (by or len({found[1](example) for example in examples}) >= A_FEW):
        return found
    if not by:
        return "", _alone
    seen = ", ".join(dict.fromkeys(name for example in examples for name in example.fields)) or "none"
    missing = "no field of this name" if by != DOCUMENT else "the data do not say which document an example is of"
    raise ConfigError(f"--by {by}", missing, f"one of the fields: {seen[:200]}", "Name the field, or leave --by out.")


def _by_field(examples: Sequence[Example], names: Sequence[str]) -> tuple[str, NamesDocument] | None:
    name = next((name for name in names if any(name in example.fields for example in examples)), None)
    return None if name is None else (f"the field '{name}'", lambda example: _field(example, name))


def _alone(example: Example) -> str | None:
    return None


def _field(example: Example, name: str) -> str | None:
    return None if example.fields.get(name) is None else repr(example.fields[name])


def _by_file(examples: Sequence[Example], encoding: str) -> tuple[str, NamesDocument] | None:
    """Documents by marks in their files or, where there are several files, by these; None where there is but one, and
    of pictures, each of which is a file.
    """
    if isinstance(examples[0].input, Image):
        return None
    starts = {path: _starts(Path(path), encoding) for path in dict.fromkeys(one.source.path for one in examples)}
    if any(starts.values()):
        return "marks in the file", lambda one: _numbered(one, starts[one.source.path])
    return ("their files", lambda example: example.source.path) if len(starts) > 1 else None


def _numbered(example: Example, starts: Sequence[int]) -> str:
    return f"{example.source.path} {bisect_right(starts, example.source.line)}"


def _starts(path: Path, encoding: str) -> list[int]:
    """The numbers of the lines on which documents begin."""
    if not is_text(path) or is_json(opening(path, encoding)):
        return []
    return [number for number, line in numbered_lines(path, encoding) if line.startswith(MARKS)]
