"""The multi-head columns in which CoNLL04 is passed around: `#doc` lines, then one token a line, tabs between.

Columns: index, token, BIO2 tag, relation labels, head indices, as `['Live_In']` and `[22]`. A relation stands on the
LAST token of its first argument and names the last token of its second; `['N']` means none. Bekoulis et al. 2018,
https://arxiv.org/abs/1804.07847. The tokens joined by single spaces make the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read.parts.blanks import without_blanks
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import numbered_lines
from spanloom.read.parts.texts import joined
from spanloom.text.counts import several

NO_RELATION = "N"
COLUMNS = 5
LABELS = re.compile(r"\[\s*(?:'[^']+'|\"[^\"]+\")(?:\s*,\s*(?:'[^']+'|\"[^\"]+\"))*\s*\]")
HEADS = re.compile(r"\[\s*\d{1,9}(?:\s*,\s*\d{1,9})*\s*\]")


@dataclass(frozen=True)
class TokenLine:
    """One line of columns; `facts` are (label, index of the tail's last token)."""

    source: Source
    word: str
    tag: str
    facts: tuple[tuple[str, int], ...]

    @property
    def where(self) -> str:
        return str(self.source)


def fit(beginning: str) -> int:
    """How many columns of its own the first line has, which a `#doc` line announces; else 0."""
    first = next((line for line in beginning.split("\n") if line.strip()), "")
    columns = first.split("\t")
    its_own = first.startswith("#doc") or (len(columns) == COLUMNS and columns[0] == "0" and columns[3][:1] == "[")
    return COLUMNS if its_own else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a `#doc` or a blank-line separated block. Raises DataError citing the line."""
    rows: list[TokenLine] = []
    begin = 0  # the line of a `#doc` that has no tokens yet
    source = Source(str(path), 1)
    for number, line in numbered_lines(path, config.encoding):
        is_header = line.startswith("#doc")
        if is_header or not line.strip():
            if rows:
                yield _example(rows, source, config)
                rows, begin = [], 0
            if is_header:
                _refuse_bare_header(path, begin)
                begin = number
            continue
        if not rows:
            source = Source(str(path), begin or number)
        rows.append(_token_line(line, len(rows), Source(str(path), number)))
    if rows:
        yield _example(rows, source, config)
    else:
        _refuse_bare_header(path, begin)


def _refuse_bare_header(path: Path, line: int) -> None:
    if line:
        raise DataError(f"{path}:{line}", "a #doc line with no tokens after it", "its sentence", "Remove the line.")


def _token_line(line: str, index: int, source: Source) -> TokenLine:
    where = str(source)
    columns = line.split("\t")
    if len(columns) != COLUMNS:
        found = f"{several(len(columns), 'tab-separated column')} in {shown(line)}"
        raise DataError(where, found, "5: index, token, tag, relations, heads", "Correct the line.")
    if columns[0] != str(index):
        found = f"token index {shown(columns[0])}"
        raise DataError(where, found, f"{index}, counting from 0 in each sentence", "Correct it, or add a #doc line.")
    labels, heads = columns[3].strip(), columns[4].strip()
    if not LABELS.fullmatch(labels):
        raise DataError(where, f"relations {shown(labels)}", "a list such as ['N']", "Correct the fourth column.")
    if not HEADS.fullmatch(heads):
        raise DataError(
            where, f"heads {shown(heads)}", "a list of token indices such as [3]", "Correct the fifth column."
        )
    names = [single or double for single, double in re.findall(r"'([^']+)'|\"([^\"]+)\"", labels)]
    indices = [int(digits) for digits in re.findall(r"\d+", heads)]
    if len(names) != len(indices):
        found = f"{several(len(names), 'relation')}, {labels}, but {several(len(indices), 'head')}, {heads}"
        raise DataError(where, found, "lists of equal length", "Correct the line.")
    facts = tuple((name, tail) for name, tail in zip(names, indices, strict=True) if name != NO_RELATION)
    return TokenLine(source, columns[1], columns[2].strip(), facts)


def _example(rows: Sequence[TokenLine], source: Source, config: DataConfig) -> Example:
    kept = without_blanks([row.word for row in rows], [row.source for row in rows], config)
    text = joined(kept.words, str(source), config)
    spans = _spans(rows, config.repair)
    ending = {span.end - 1: span for span in spans}
    relations: list[Relation] = []
    for index, row in enumerate(rows):
        for label, last in row.facts:
            if last >= len(rows):
                found = f"relation '{label}' points at token {last} of a sentence of {several(len(rows), 'token')}"
                raise DataError(row.where, found, "an index in the sentence, from 0", "Correct the fifth column.")
            head, tail = _ending(ending, rows, index, label, row), _ending(ending, rows, last, label, row)
            relations.append(Relation(head, tail, label))
    graph, lost = kept.graph(spans, relations)
    return Example(text, graph, source, lost=tuple(lost), mended=kept.notes)


def _ending(ending: dict[int, Span], rows: Sequence[TokenLine], index: int, label: str, row: TokenLine) -> Span:
    if index in ending:
        return ending[index]
    verb = "stands on" if rows[index] is row else "points at"
    found = f"relation '{label}' {verb} token {index}, {shown(rows[index].word)}, which ends no entity"
    raise DataError(row.where, found, "the last token of an entity", "Correct the tags or the relation.")


def _spans(rows: Sequence[TokenLine], repair: bool) -> list[Span]:
    """The spans of BIO2 tags; an I- that continues nothing begins a span if `repair`, else it is an error."""
    spans: list[Span] = []
    before = "O"
    for index, row in enumerate(rows):
        prefix, _, label = row.tag.partition("-")
        if row.tag != "O" and (prefix not in ("B", "I") or not label):
            raise DataError(row.where, f"tag {shown(row.tag)}", "O, B-LABEL or I-LABEL", "Correct the third column.")
        if prefix == "I" and before[2:] == label:
            spans[-1] = Span(spans[-1].start, index + 1, label)
        elif prefix == "I" and not repair:
            found = f"tag '{row.tag}' follows '{before}'"
            raise DataError(row.where, found, f"'B-{label}' first", "Correct the tag, or set data.repair = true.")
        elif prefix != "O":
            spans.append(Span(index, index + 1, label))
        before = row.tag
    return spans


FORMAT = Format(
    name="conll04",
    shape="#doc lines, then columns: index, token, tag, relations, heads",
    answer=Graph,
    fit=fit,
    read=read,
)
