"""WebAnno TSV 3, the files that WebAnno wrote and INCEpTION writes: names, and relations between them.

A file is a document, and an example; with `data.by_sentence` a sentence is. Its tokens are those of the file. Which
layers are read as entities, and what their labels are, says `parts/uima_layers.py`. What stands beside them is passed
over, and counted by its kind. A folder may hold files, or folders with a file for each user, as exports have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.read.parts.format import Format
from spanloom.read.parts.uima_document import of_folder
from spanloom.read.parts.webanno import FORMAT_LINE
from spanloom.read.parts.webanno_gold import document

ENDING = ".tsv"
MARK, BEGINS = b"\xef\xbb\xbf", b"#FORMAT=WebAnno TSV 3"


def fit(beginning: str) -> int:
    """3 for the line that begins every such file."""
    return 3 * bool(FORMAT_LINE.fullmatch(beginning.partition("\n")[0]))


def claims(path: Path) -> bool:
    """A folder with such files in it or in the folders inside."""
    return path.is_dir() and any(True for _ in _files(path))


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob(f"*{ENDING}")):
        if file.is_file() and not file.name.startswith("."):
            with file.open("rb") as opened:
                is_one = opened.read(len(MARK + BEGINS)).removeprefix(MARK).startswith(BEGINS)
            if is_one:
                yield file


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a document, or a sentence. Raises DataError citing the line."""
    if path.is_dir():
        return of_folder(path, _files(path), partial(document, config=config), config)
    return document(path, config).examples(config)


FORMAT = Format(
    name="webanno",
    shape="WebAnno TSV 3: #FORMAT, the layers, then units with their offsets and a column for each feature",
    answer=Graph,
    fit=fit,
    read=read,
    flat=True,
    sentences=True,
    claims=claims,
)
