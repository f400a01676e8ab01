"""Which column of a table holds the label and which the texts: as set, else by the header's names, else by content."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read.parts.json_items import shown

LABEL_NAMES = "label labels class gold goldlabel target 标签 类别"
OTHER_LABEL_NAMES = (
    "category sentiment intent quality polarity topic stance emotion rating stars score isduplicate relation y"
)
TEXT_NAMES = (
    "text texts sentence string review utterance query question answer tweet comment content document passage premise "
    "hypothesis title headline phrase message body first second 文本 句子 内容"
)
LABELS, OTHER_LABELS, TEXTS = (frozenset(names.split()) for names in (LABEL_NAMES, OTHER_LABEL_NAMES, TEXT_NAMES))
PAIRS = (
    ("premise", "hypothesis"), ("first", "second"), ("question", "answer"), ("question", "sentence"),
    ("query", "document"), ("query", "passage"), ("query", "title"),
)  # fmt: skip
SENTENCE_ENDS = (".", "!", "?", "\u3002", "\uff01", "\uff1f")
LISTED = 20  # columns, in an error
ENOUGH = 10  # rows, to judge a column by how often its values come again


@dataclass(frozen=True)
class Columns:
    """Indices of the label's column and of one or two texts' columns; whether the first row names the columns."""

    label: int
    texts: tuple[int, ...]
    header: bool


def find_columns(cells: Sequence[Sequence[str]], path: Path, config: DataConfig) -> Columns:
    """The columns of a table from its first rows, equally wide. Raises DataError where it is not clear."""
    header = _has_header(cells, path, config)
    label = _column("label_column", config.label_column, cells[0], header, path)
    texts = [
        column
        for key in ("text_column", "second_column")
        if (column := _column(key, getattr(config, key), cells[0], header, path)) is not None
    ]
    if config.second_column is not None and config.text_column is None:
        raise DataError(str(path), "data.second_column without data.text_column", "both", "Set data.text_column too.")
    names, body = ([_plain(name) for name in cells[0]] if header else []), cells[header:]
    if label is None:
        label = _named_label(names, texts)
    if not texts:
        texts = _named_texts(names, label)
    if body and (label is None or not texts):
        label, texts = _by_content(body, label, texts, may_pair=not header)
    if label is None or not texts:
        listed = _listed(f"{number} {shown(name, 30)}" for number, name in enumerate(cells[0]))
        found = f"which columns hold the label and the texts is not clear: {listed}"
        remedy = "Set data.label_column and data.text_column (data.second_column too, for pairs), by name or number."
        raise DataError(str(path), found, "one label and one or two texts", remedy)
    if len({label, *texts}) < 1 + len(texts):
        found = f"the label and the texts in columns {[label, *texts]}"
        raise DataError(str(path), found, "a column of its own for each", "Set data.label_column and data.text_column.")
    return Columns(label, tuple(texts), header)


def _listed(names: Iterable[str]) -> str:
    """Names in a row, cut where they are very many."""
    first = list(islice(names, LISTED + 1))
    return ", ".join([*first[:LISTED], *("…" for _ in first[LISTED:])])


def _column(key: str, wanted: str | int | None, first: Sequence[str], header: bool, path: Path) -> int | None:
    """The index of the column that a setting asks for. Raises DataError where there is none."""
    numbers = f"a number from 0 to {len(first) - 1}, or from -{len(first)} to -1"
    if isinstance(wanted, str):
        names = [name.strip() for name in first]
        if names.count(wanted.strip()) == 1 and header:
            return names.index(wanted.strip())
        near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
        found, expected = f"no column named {shown(wanted)}", f"the columns are {_listed(map(shown, names))}"
        if not header:
            found, expected = f"data.{key} is {shown(wanted)}, but the table has no header", numbers
        elif wanted.strip() in names:
            found, expected = f"several columns named {shown(wanted)}", numbers
        elif near:
            expected = f"did you mean {near[0]!r}?"
        raise DataError(str(path), found, expected, f"Set data.{key} to {'a number' if not header else 'one of them'}.")
    if wanted is not None and not -len(first) <= wanted < len(first):
        found = f"data.{key} is {wanted}, but a row has {len(first)} columns"
        raise DataError(str(path), found, numbers, f"Set data.{key} to one of them.")
    return None if wanted is None else wanted % len(first)


def _has_header(cells: Sequence[Sequence[str]], path: Path, config: DataConfig) -> bool:
    """Whether the first row names the columns. Raises DataError where it may or may not."""
    if config.header != "auto":
        return config.header == "yes"
    if any(isinstance(wanted, str) for wanted in (config.text_column, config.second_column, config.label_column)):
        return True
    if not all(map(_may_be_a_name, cells[0])):
        return False
    columns = list(zip(*cells, strict=True))
    for first, *others in columns:
        name = _plain(first)
        is_known = name in LABELS | OTHER_LABELS or _text_role(name) is not None
        if (is_known and first not in others) or (others and all(map(_is_number, others)) and not _is_number(first)):
            return True
    comes_again = any(first in others for first, *others in columns)
    sentences = sum(not all(map(_may_be_a_name, row)) for row in cells[1:])
    if len(cells) > ENOUGH and not comes_again and 10 * sentences > 9 * (len(cells) - 1):
        found = f"the first row, {shown(list(cells[0]))}, may name the columns or be an example"
        raise DataError(str(path), found, "a header or none", 'Set data.header to "yes" or "no".')
    return False


def _may_be_a_name(cell: str) -> bool:
    return len(cell) <= 40 and len(cell.split()) <= 4 and not cell.rstrip().endswith(SENTENCE_ENDS)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _named_label(names: Sequence[str], taken: Sequence[int]) -> int | None:
    for known in (LABELS, OTHER_LABELS):
        named = [index for index, name in enumerate(names) if name in known and index not in taken]
        if named:
            return named[0] if len(named) == 1 else None
    return None


def _text_role(name: str) -> tuple[str, int] | None:
    """`text` is ("text", 0), `sentence1` and `1sentence` are ("sentence", 1), `text_b` is ("text", 2)."""
    if name in TEXTS:
        return name, 0
    for base, mark in ((name[1:], name[:1]), (name[:-1], name[-1:])):
        if base in TEXTS and mark in ("1", "2", "a", "b"):
            return base, 1 if mark in "1a" else 2
    return None


def _named_texts(names: Sequence[str], label: int | None) -> list[int]:
    """The columns of one text, or of a first and a second, that the header names; none where it names other texts."""
    roles: Mapping[tuple[str, int], int] = {
        role: index for index, name in enumerate(names) if index != label and (role := _text_role(name))
    }
    if len(roles) == 1:
        return list(roles.values())
    for base in TEXTS:
        if set(roles) == {(base, 1), (base, 2)}:
            return [roles[base, 1], roles[base, 2]]
    for first, second in PAIRS:
        if set(roles) == {(first, 0), (second, 0)}:
            return [roles[first, 0], roles[second, 0]]
    return []


def _by_content(
    body: Sequence[Sequence[str]], label: int | None, texts: list[int], may_pair: bool
) -> tuple[int | None, list[int]]:
    """What is still open: labels come again and are shorter than texts, which do not; numbering is neither.

    may_pair: two texts are a pair. Where a header names them otherwise (a title and a body, say) nobody knows.
    """
    columns = [[cell.strip() for cell in column] for column in zip(*body, strict=True)]
    values = [len(set(column)) for column in columns]
    lengths = [mean(len(cell) for cell in column) for column in columns]
    is_enough = len(body) >= ENOUGH
    repeated = [is_enough and 2 * count <= len(body) for count in values]
    numbering = [is_enough and not repeated[index] and _are_numbers(column) for index, column in enumerate(columns)]
    rest = [index for index in range(len(columns)) if index not in (label, *texts) and not numbering[index]]
    if label is None and rest:
        shortest = min(rest, key=lambda index: lengths[index])
        is_class = [index for index in rest if repeated[index]] == [shortest] and values[shortest] > 1
        if is_class or (not is_enough and len(columns) == 2 and values[shortest] == min(values)):
            label = shortest
    if label is not None and not texts:
        others = [index for index in rest if index != label]
        if len(others) == 1 or (len(others) == 2 and may_pair and not any(repeated[index] for index in others)):
            texts = others
    return label, texts


def _are_numbers(column: Sequence[str]) -> bool:
    return all(" " not in cell and any(character.isdigit() for character in cell) for cell in column)
