"""Dialogues in columns, a line each, without header: two turns of context, the utterance, and its rewrite if known.

Columns stand apart by a TAB, or by two throughout the file, as in the data of Su et al. 2019,
https://aclanthology.org/P19-1003. Between single TABs a turn of context may be empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.rewrite import Rewrite
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.dialogue_lines import dialogue_example
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import numbered_lines, opening
from spanloom.text.counts import several

TURNS = 3
COLUMNS = (TURNS, TURNS + 1)


def fit(beginning: str) -> int:
    """How many tabs are on the first line."""
    return 0 if is_json(beginning) else beginning.strip("\r\n").partition("\n")[0].count("\t")


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line; blank lines are passed over. Raises DataError citing the line."""
    apart = _separator(opening(path, config.encoding))
    for number, line in numbered_lines(path, config.encoding):
        if line.strip():
            source = Source(str(path), number)
            cells = _cells(line, apart, str(source))
            yield dialogue_example(cells[:TURNS], cells[TURNS] if len(cells) > TURNS else None, source, config)


def _cells(line: str, apart: str, where: str) -> list[str]:
    cells = [cell.strip(" ") for cell in line.split(apart)]
    if any("\t" in cell for cell in cells):
        raise DataError(where, "a single TAB", "two between columns, as on other lines of this file", "Add the other.")
    if len(cells) not in COLUMNS:
        found = several(len(cells), "column")
        expected = "3 (two turns of context and the utterance) or 4 (its rewrite too)"
        remedy = (
            'Correct the line; dialogues of other sizes are read from JSON lines, {"turns": ["…", "…"], "rewrite": "…"}'
        )
        raise DataError(where, found, expected, f"{remedy}.")
    return cells


def _separator(beginning: str) -> str:
    """Of two TABs and one, that which cuts more lines into as many columns as there should be."""
    lines = beginning.split("\n")
    return max(("\t", "\t\t"), key=lambda apart: sum(line.count(apart) + 1 in COLUMNS for line in lines))


FORMAT = Format(name="tsv", shape="TSV: context, context, utterance, rewrite", answer=Rewrite, fit=fit, read=read)
