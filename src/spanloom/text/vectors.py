"""Word vectors from a file: text (`word v1 v2 …` a line, GloVe and word2vec style) or safetensors.

A safetensors vector file holds `vectors` [N, D] float32 and `words`, the N words as UTF-8 bytes (uint8) with a line
feed between them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spanloom.core import Array
from spanloom.errors import DataError, MissingExtra
from spanloom.text.counts import several


def read_vectors(path: Path, limit: int = 0) -> tuple[list[str], Array]:
    """The first `limit` words (0: all) and their vectors [N, D], float32.

    Raises DataError, citing the line of a text file, for what is no vector file.
    """
    if not path.is_file():
        raise DataError(str(path), "no such vector file", remedy="Check model.encoder.vectors.")
    words, vectors = _from_safetensors(path) if path.suffix == ".safetensors" else _from_text(path, limit)
    return (words[:limit], vectors[:limit]) if limit else (words, vectors)


def _from_safetensors(path: Path) -> tuple[list[str], Array]:
    try:
        from safetensors.numpy import load_file
    except ImportError:
        raise MissingExtra("Reading a safetensors vector file", "train") from None
    try:
        table = load_file(path)
    except Exception as error:  # the library's own exception type is not public
        raise DataError(
            str(path), f"not a readable safetensors file ({error})", remedy="Make the file again."
        ) from error
    if set(table) != {"vectors", "words"}:
        raise DataError(
            str(path), f"tensors {sorted(table)}", "'vectors' [N, D] and 'words' (UTF-8 bytes)", "Rename them."
        )
    words = bytes(table["words"]).decode("utf-8", "replace").split("\n")
    vectors = table["vectors"].astype(np.float32)
    if len(words) != len(vectors):
        raise DataError(
            str(path), f"{len(words)} words and {len(vectors)} vectors", "as many of both", "Make it again."
        )
    return words, vectors


def _from_text(path: Path, limit: int) -> tuple[list[str], Array]:
    words: list[str] = []
    rows: list[Array] = []
    # Published files hold a few words that are no UTF-8; no text will ever ask for them.
    with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\r\n ")
            word, *values = line.split(" ")
            # A word may hold spaces (". . ." in GloVe 840B): they are part of it up to the last that is no number.
            while rows and len(values) > len(rows[0]) and not _is_number(values[0]):
                word = f"{word} {values.pop(0)}"
            if number == 1 and len(values) == 1:
                continue  # word2vec's own first line: how many, how wide
            rows.append(_numbers(values, f"{path}:{number}", len(rows[0]) if rows else 0))
            words.append(word)
            if limit and len(words) == limit:
                break
    if not rows:
        raise DataError(str(path), "no vectors in it", "a word and its numbers on each line", "Check the file.")
    return words, np.stack(rows)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(values: list[str], where: str, width: int) -> Array:
    try:
        row = np.array(values, dtype=np.float32)
    except ValueError:
        raise DataError(
            where, "not all of its values are numbers", "a word, then numbers", "Fix or remove it."
        ) from None
    if len(row) == 0 or (width and len(row) != width):
        expected = f"{width} as on the lines above" if width else "a word, then numbers"
        raise DataError(where, several(len(row), "number"), expected, "Fix or remove that line.")
    if not np.isfinite(row).all():
        raise DataError(where, f"the number {row[~np.isfinite(row)][0]}", "finite numbers", "Fix or remove that line.")
    return row
