"""What the lines of a file in columns are, told by its beginning: comments, a header, tokens; and what columns hold.

A line that begins with `#` is a comment where it stands before a sentence and is no token: `# text = Rain`, `# newdoc`,
or one with another number of cells than the tokens have. A hash or a hashtag with a tag is a token like any other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from spanloom.errors import DataError
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import OPENING
from spanloom.text.tag_spelling import BEFORE, look_like_spans

DOCUMENT = "-DOCSTART-"
BLANKS = re.compile(r"[ \t]+")
LOOKED_AT = 200  # lines by which a format is told
MOST = 20_000  # lines by which columns are told
NEARLY_ALL = 0.95

MAY_BE_COMMENT = re.compile(r"#(?:[\s#]|$|(?:begin|end|doc|newdoc|newpar|sent_id|text)\b|[\w.:]+ ?=)")
KEY_AND_VALUE = re.compile(r"#\s*[\w.:-]+\s*=(?:\s|$)")
LIKE_A_COMMENT = re.compile(r"^#\s*(?:newdoc|newpar)\b|^##+ |=|://|\t\S* ")
COUNT = re.compile(r"[0-9]{1,9}")
PART_COUNT = re.compile(r"[0-9]{1,9}[-.][0-9]{1,9}")
"""The number of a multiword token or of an empty node, which are no words."""

TOKEN_NAMES = frozenset(("token", "tokens", "word", "words", "form", "text", "surface", "wordform", "word_form"))
TAG_NAMES = frozenset(("tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "ner-tag", "ne", "net", "bio",
                       "iob", "bio2", "iob2", "bioes", "entity", "entities", "entity_tag", "gold", "class",
                       "ne-coarse-lit"))  # fmt: skip
OTHER_NAMES = frozenset(("pos", "pos_tag", "upos", "xpos", "chunk", "chunk_tag", "lemma"))
SENTENCE_NAMES = frozenset({"sentence #", "sentence#", "sentence", "sentence_id", "sentence id", "sent", "sent_id"})

TAG = re.compile(r"[Oo]|(?i:[BIMESLU])[-_:|/.].+|.+[-_:|/.](?i:[BIMESLU])", re.DOTALL)
"""A tag of spans, in any spelling of `text/tag_spelling.py`."""

NumberedRow = tuple[int, list[str]]  # the number of a line and its cells


@dataclass(frozen=True)
class Layout:
    """What a file's beginning shows.

    sentences: the rows in it that are tokens for sure. unsure: those before a sentence that may be comments. bare:
    every line begins with a tab, which parts nothing. tabs: all rows are parted by tabs. names: the header's, in small
    letters, and header: its line; () and 0 without one.
    """

    sentences: list[list[NumberedRow]] = field(repr=False)
    unsure: Sequence[NumberedRow] = field(default=(), repr=False)
    bare: bool = False
    tabs: bool = False
    names: tuple[str, ...] = ()
    header: int = 0

    @cached_property
    def rows(self) -> list[NumberedRow]:
        return [row for sentence in self.sentences for row in sentence]

    @cached_property
    def width(self) -> int:
        """How many columns most rows have; 0 without rows."""
        return next((width for width, _ in Counter(len(cells) for _, cells in self.rows).most_common(1)), 0)

    @cached_property
    def first(self) -> int:
        """The line on which the first row of that width stands."""
        return next((number for number, cells in self.rows if len(cells) == self.width), 0)

    @cached_property
    def sentence_column(self) -> int | None:
        """The column that says where a sentence begins, if the header names one."""
        return next((place for place, name in enumerate(self.names) if name in SENTENCE_NAMES), None)

    def cells(self, line: str) -> list[str]:
        return cells_of(line[1:] if self.bare and line.startswith("\t") else line)

    @cached_property
    def counts(self) -> list[Counter[str]]:
        """What stands in each column and how often, in the rows that have as many cells as most."""
        rows = [cells for _, cells in self.rows if len(cells) == self.width]
        return [Counter(cells) for cells in zip(*rows, strict=True)]

    @cached_property
    def spans(self) -> list[bool]:
        """Whether what stands in each column looks like tags of spans, or like outside alone."""
        return [look_like_spans(counts) or set(counts) <= {"O", "o"} for counts in self.counts]

    def labels(self, place: int) -> set[str]:
        """The labels of a column of tags, whatever their place in a span."""
        return {match["label"] for tag in self.counts[place] for match in [BEFORE.fullmatch(tag)] if match}

    def is_filler(self, place: int) -> bool:
        """Whether a column says nothing: one and the same everywhere, or mostly a mark for nothing."""
        counts = self.counts[place]
        empty = sum(counts[mark] for mark in ("_", "-", "*", ""))
        return len(counts) == 1 or 2 * empty >= counts.total()

    @cached_property
    def counts_tokens(self) -> bool:
        """Whether the first column counts the tokens, of each sentence or of the whole file, from 0 or 1."""
        if self.width < 2 or self.sentence_column == 0:
            return False
        runs = [[cells[0] for _, cells in sentence] for sentence in self.sentences]
        if max(map(len, runs), default=0) < 2:
            return False
        fits = sum(map(_counts, runs))
        return fits >= NEARLY_ALL * len(runs) or _counts([cell for run in runs for cell in run])

    @cached_property
    def all_numbers(self) -> bool:
        """Whether numbers stand in the first column of nearly all rows, of which there are some."""
        numbers = sum(bool(COUNT.fullmatch(cells[0]) or PART_COUNT.fullmatch(cells[0])) for _, cells in self.rows)
        return len(self.rows) > 2 and numbers >= NEARLY_ALL * len(self.rows)


def layout_of(beginning: str, most: int = MOST) -> Layout:
    """What the beginning of a file shows, by that many of its lines."""
    lines = beginning.split("\n")
    if len(beginning) >= OPENING:
        lines.pop()  # cut
    told = [(number, line) for number, line in islice(enumerate(lines, 1), most) if not line.startswith(DOCUMENT)]
    tokens = [line for _, line in told if line.strip(" \t") and not line.startswith("#")]
    bare, tabs = (all(map(test, tokens)) for test in (lambda line: line[0] == "\t", lambda line: "\t" in line[1:]))
    sentences: list[list[NumberedRow]] = [[]]
    unsure: list[NumberedRow] = []
    for number, line in told:
        if not line.strip(" \t"):
            sentences.append([])
        else:
            sure = not KEY_AND_VALUE.match(line) and (sentences[-1] or not MAY_BE_COMMENT.match(line))
            (sentences[-1] if sure else unsure).append((number, cells_of(line[bare:])))
    sentences = [rows for rows in sentences if rows] or [[row] for row in unsure]
    names = _header(sentences) if sentences else ()
    header = sentences[0].pop(0)[0] if names else 0
    layout = Layout([rows for rows in sentences if rows], unsure, bare, tabs, names, header)
    return layout if len(names) == layout.width else replace(layout, names=())


def _header(sentences: Sequence[Sequence[NumberedRow]]) -> tuple[str, ...]:
    """The names that the first row gives the columns, in small letters; none where it is a token."""
    (_, cells), *others = [row for rows in sentences for row in rows]
    names = tuple(name.strip().casefold() for name in cells)
    below = {row[-1] for _, row in others}
    return names if are_names(names) and cells[-1] not in below else ()


def are_names(cells: Sequence[str]) -> bool:
    """Whether these are the names of a column of tokens and one of tags."""
    names = {cell.strip("# ").casefold() for cell in cells}
    return bool(names & TOKEN_NAMES and names & (TAG_NAMES | OTHER_NAMES))


def _counts(cells: Sequence[str]) -> bool:
    """Whether these are the numbers from 0 or 1, but for multiword tokens and empty nodes."""
    numbers = [int(cell) for cell in cells if COUNT.fullmatch(cell)]
    rest = sum(bool(PART_COUNT.fullmatch(cell)) for cell in cells)
    if not numbers or numbers[0] > 1 or len(numbers) + rest < len(cells):
        return False
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


class Comments:
    """Which of the lines before a sentence are comments. tags: the columns that hold tags."""

    def __init__(self, layout: Layout, tags: Sequence[int]) -> None:
        self.layout, self.tags = layout, tags
        self.known = {tag for place in tags for tag in layout.counts[place]}
        self.spans = any(layout.spans[place] for place in tags)

    def note(self, line: str, cells: Sequence[str], where: str, inside: bool) -> str | None:
        """None for a token; for a comment what is to be said of passing it over, mostly nothing.

        inside: in a sentence, where only `# key = value` is one. Raises DataError for what may as well be a token.
        """
        if inside:
            return "" if KEY_AND_VALUE.match(line) and len(cells) != self.layout.width else None
        if not MAY_BE_COMMENT.match(line):
            return None
        if KEY_AND_VALUE.match(line):
            return ""
        if len(cells) != self.layout.width or (self.layout.tabs and "\t" not in line):
            rest = BLANKS.split(line.strip(" \t"))[1:]
            return None if rest and self.known.issuperset(rest) else ""  # a token that lacks a cell is no comment
        tags = [cells[place] for place in self.tags]
        if self.known.issuperset(tags) or all(
            cell in there for cell, there in zip(cells[1:], self.layout.counts[1:], strict=True)
        ):
            return None
        if LIKE_A_COMMENT.search(line) or are_names(cells):
            return ""
        if "\t" in line or (self.spans and all(map(TAG.fullmatch, tags))):
            return None
        if self.spans:
            return f"{shown(line)} is taken for a comment: no tag stands in it"
        found = f"{shown(line)} is a comment, or a token with the tag {shown(tags[-1])}, which no other has"
        remedy = "Remove it if it is a comment; put a tab behind the token if it is one."
        raise DataError(where, found, "what is which to be clear", remedy)


def cells_of(line: str) -> list[str]:
    """Only blanks and tabs part columns: other white space does not."""
    return [cell.strip(" ") for cell in line.split("\t")] if "\t" in line else BLANKS.split(line.strip(" "))
