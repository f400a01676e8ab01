"""Full-text search over the names of entities, by SQLite's FTS5.

It has no spaces between Chinese, Japanese and Korean words to go by, so that each character of these counts as a word.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from spanloom.errors import SpanloomError

_CHARACTER = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_TABLE = "CREATE VIRTUAL TABLE name_search USING fts5(name, content='', tokenize='unicode61 remove_diacritics 2')"


class Found(NamedTuple):
    """An entity, by the first spelling that was met, and how often it stands in texts and in facts."""

    name: str
    mentions: int
    facts: int


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Whether this SQLite can search."""
    return connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone() is not None


def has_search(connection: sqlite3.Connection) -> bool:
    """Whether the store has an index of names."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'name_search'").fetchone() is not None


def fill_search(connection: sqlite3.Connection, path: Path) -> None:
    """Make the index of names where there is none yet and SQLite can; in a transaction.

    Raises SpanloomError where there is one that this SQLite cannot write to.
    """
    able, there = has_fts5(connection), has_search(connection)
    if there and not able:
        raise _lacking(path)
    if able and not there:
        connection.execute(_TABLE)
        add_names(connection, connection.execute("SELECT id, key FROM entity"))


def add_names(connection: sqlite3.Connection, names: Iterable[tuple[int, str]]) -> None:
    """Let entities be found, by their keys."""
    rows = ((number, _spaced(key)) for number, key in names)
    connection.executemany("INSERT INTO name_search (rowid, name) VALUES (?, ?)", rows)


def search(connection: sqlite3.Connection, path: Path, words: str, limit: int) -> list[Found]:
    """The entities whose names have all of these words, or begin with them; those that fit best first.

    Raises SpanloomError where this SQLite, or the one that wrote the store, has no FTS5.
    """
    if not has_fts5(connection):
        raise _lacking(path)
    if not has_search(connection):
        remedy = "Write to it once with this one, by 'spanloom predict --store'."
        raise SpanloomError(str(path), "was written by an SQLite without FTS5", "an index of names", remedy)
    phrases = [f'"{_spaced(word)}"*' for word in re.findall(r"\w+", words)]
    if not phrases:
        return []
    asked = """
        SELECT entity.name, (SELECT count(*) FROM mention WHERE entity = entity.id),
          (SELECT count(*) FROM fact WHERE head_entity = entity.id)
          + (SELECT count(*) FROM fact WHERE tail_entity = entity.id AND head_entity <> entity.id)
        FROM (SELECT rowid, rank FROM name_search WHERE name_search MATCH ? ORDER BY rank, rowid LIMIT ?) found
        JOIN entity ON entity.id = found.rowid ORDER BY found.rank, found.rowid"""
    return [Found(*row) for row in connection.execute(asked, (" ".join(phrases), limit))]


def _spaced(name: str) -> str:
    return " ".join(_CHARACTER.sub(r" \1 ", name).split())


def _lacking(path: Path) -> SpanloomError:
    remedy = "Use a Python whose SQLite has it, such as that of python.org."
    return SpanloomError(str(path), f"SQLite {sqlite3.sqlite_version} was built without FTS5", "one with it", remedy)
