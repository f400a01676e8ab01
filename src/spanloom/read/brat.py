"""brat standoff: a text in a `.txt` file, what is marked in it in the `.ann` file beside it, or folders of such pairs.

    T1<TAB>Person 0 10<TAB>Maria Lind          offsets in characters, half-open; `0 5;9 14` has two fragments
    R1<TAB>founder_of Arg1:T1 Arg2:T2

A text is one example, its id the name of its files, with that of the folders inside. What no graph here can say is lost
and counted: a span of several fragments (unless only white space parts them), one that cuts a token, and the relations
of either. Events, attributes, normalizations, equivalences and notes are passed over, and counted by their kind.
Stenetorp et al. 2012, https://aclanthology.org/E12-2021.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import numbered_lines, whole_text
from spanloom.read.parts.locate import INSIDE_A_TOKEN
from spanloom.read.parts.texts import is_utf8, tokenized
from spanloom.text.words import covering

MARKS, TEXT = ".ann", ".txt"
DISCONTINUOUS = "discontinuous"
OF_AN_EVENT = "an argument is an event"
PASSED_OVER = {
    "E": "event",
    "A": "attribute",
    "M": "attribute",
    "N": "normalization",
    "*": "equivalence",
    "#": "note",
}
ID = re.compile(r"[TREAMN#]\d\S*|\*")
PLACE = re.compile(r"\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*")


class Misplaced(DataError):
    """A span whose text does not stand at its offsets."""


@dataclass
class Marks:
    """What the lines of an `.ann` file say of one text: spans by their id, None for one that is lost, with its text."""

    spans: dict[str, tuple[Span | None, str]] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    lost: list[LostFact] = field(default_factory=list)
    passed_over: list[tuple[Source, str]] = field(default_factory=list)


def fit(beginning: str) -> int:
    return 0  # one of the two files alone is no data


def claims(path: Path) -> bool:
    """A `.ann` file, the `.txt` file of one, or a folder with any in it or in the folders inside."""
    if path.is_dir():
        return any(_marked(path))
    return path.is_file() and path.suffix in (MARKS, TEXT) and path.with_suffix(MARKS).is_file()


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a text, those of a folder and of the folders inside by name. Raises DataError citing the line."""
    for file in sorted(_marked(path)) if path.is_dir() else [path.with_suffix(MARKS)]:
        text = file.with_suffix(TEXT)
        if not text.is_file():
            raise DataError(str(file), f"there is no {text.name} beside it", "the text it marks", "Put it there.")
        name = file.relative_to(path).with_suffix("") if path.is_dir() else Path(file.stem)
        example = _in_either(file, whole_text(text, config.encoding, newline=""), str(text), config)
        yield replace(example, fields={"id": name.as_posix()} if is_utf8(str(name)) else {})


def _in_either(file: Path, raw: str, where: str, config: DataConfig) -> Example:
    """The text as it stands there or, where its marks do not fit it so, with line ends that count as one character.

    What wrote the marks on Windows may have counted them so.
    """
    try:
        return _example(file, tokenized(raw, where, config), config)
    except Misplaced:
        if "\r\n" not in raw:
            raise
        with suppress(Misplaced):
            return _example(file, tokenized(raw.replace("\r\n", "\n"), where, config), config)
        raise


def _marked(folder: Path) -> Iterator[Path]:
    """The files of marks in a folder and in those inside, links followed; hidden ones are no data (macOS' `._`)."""
    seen: set[tuple[int, int]] = set()
    _is_new(folder, seen)
    for place, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        folders[:] = sorted(name for name in folders if name[0] != "." and _is_new(Path(place, name), seen))
        yield from (Path(place, name) for name in files if name.endswith(MARKS) and name[0] != ".")


def _refuse(error: OSError) -> NoReturn:
    """Raise DataError for a folder that cannot be looked into: what is marked there is not to be passed over."""
    found = f"cannot be read ({error.strerror})"
    raise DataError(str(error.filename), found, "a folder that may be looked into", "Allow it, or move it elsewhere.")


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether a folder was not met before, under whatever name: a link may lead back to where it stands."""
    try:
        at = folder.stat()
    except OSError as error:
        _refuse(error)
    is_new = (at.st_dev, at.st_ino) not in seen
    seen.add((at.st_dev, at.st_ino))
    return is_new


def _example(file: Path, text: Text, config: DataConfig) -> Example:
    marks = Marks()
    later: list[tuple[str, list[str]]] = []  # relations may stand before the spans that they join
    for number, line in numbered_lines(file, config.encoding):
        where = f"{file}:{number}"
        name, *cells = line.split("\t")
        kind = name[:1] if ID.fullmatch(name) else ""
        if kind in PASSED_OVER:
            said = " ".join([name, *cells])[:60]
            marks.passed_over.append((Source(str(file), number), f"{PASSED_OVER[kind]} passed over: {said}"))
        elif kind == "T":
            _add_span(marks, name, cells, text, where)
        elif kind == "R":
            later.append((where, cells))
        elif line.strip():
            raise DataError(
                where, shown(line), "a line that begins with T1, R1 or the like and a tab", "Correct the line."
            )
    for where, cells in later:
        _add_relation(marks, cells, where)
    spans = tuple(span for span, _ in marks.spans.values() if span is not None)
    graph = Graph(spans, tuple(marks.relations))
    return Example(text, graph, Source(str(file), 1), lost=tuple(marks.lost), mended=tuple(marks.passed_over))


def _add_span(marks: Marks, name: str, cells: Sequence[str], text: Text, where: str) -> None:
    label, _, place = cells[0].partition(" ") if cells else ("", "", "")
    if len(cells) < 2 or not label or not PLACE.fullmatch(place):
        found = f"{name} says {shown(' '.join(cells))}"
        raise DataError(where, found, "LABEL START END, a tab, and the text there", "Correct the line.")
    if name in marks.spans:
        raise DataError(where, f"{name} is given twice", "one line for each id", "Give one of them another id.")
    fragments = [_fragment(part, text, where) for part in place.split(";")]
    surface = cells[1]
    there = " ".join(text.text[start:end] for start, end in fragments)
    if there.split() != surface.split():
        found = f"{name} is {shown(surface)}, where {shown(there)} stands"
        remedy = "Correct the offsets (not bytes, not tokens), or name the text's own encoding in data.encoding."
        raise Misplaced(where, found, "the text at its offsets", remedy)
    start, end = _trimmed(text.text, fragments[0][0], fragments[-1][1])
    apart = any(text.text[before:after].strip() for (_, before), (after, _) in pairwise(fragments))
    inside = None if apart or start >= end else covering(text.tokens, start, end)
    marks.spans[name] = (Span(*inside, label) if inside else None, surface)
    if inside is None:
        marks.lost.append(LostFact("entity", label, surface, DISCONTINUOUS if apart else INSIDE_A_TOKEN))


def _fragment(part: str, text: Text, where: str) -> tuple[int, int]:
    start, end = map(int, part.split())
    if not start < end <= len(text.text):
        found = f"a span from {start} to {end} in a text of {len(text.text)} characters"
        raise Misplaced(where, found, "offsets inside the text, the end after the start", "Correct the offsets.")
    return start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends."""
    surface = text[start:end]
    return start + len(surface) - len(surface.lstrip()), end - len(surface) + len(surface.rstrip())


def _add_relation(marks: Marks, cells: Sequence[str], where: str) -> None:
    """Enter a relation, lost where one of its spans is."""
    label, *arguments = (cells[0].split() if cells else []) or [""]
    names = [argument.rpartition(":")[2] for argument in arguments]
    if len(names) != 2:
        found = f"a relation that says {shown(' '.join(cells))}"
        raise DataError(where, found, "LABEL Arg1:T1 Arg2:T2", "Correct the line.")
    events = [name for name in names if name.startswith("E")]
    for name in names:
        if name not in marks.spans and name not in events:
            raise DataError(where, f"an argument is {name}", "the id of a T line of the file", "Correct the id.")
    (head, first), (tail, second) = (marks.spans.get(name, (None, name)) for name in names)
    if head is not None and tail is not None:
        marks.relations.append(Relation(head, tail, label))
        return
    causes = {fact.text: fact.cause for fact in marks.lost if fact.kind == "entity"}
    cause = OF_AN_EVENT if events else causes.get(first) or causes[second]
    marks.lost.append(LostFact("relation", label, f"{first} -> {label} -> {second}", cause))


FORMAT = Format(
    name="brat",
    shape="a .ann file beside its .txt file, or a folder of them",
    answer=Graph,
    fit=fit,
    read=read,
    flat=True,
    claims=claims,
)
