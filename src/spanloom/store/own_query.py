"""A person's own SQL, which can read the store and do nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spanloom.errors import ConfigError
from spanloom.store.faults import faults_of
from spanloom.store.search import has_fts5, has_search

_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_PRAGMAS = {"data_version", "table_info", "table_xinfo", "table_list", "index_list", "index_info"}
"""What full-text search asks for itself, and what says which tables and columns there are."""

LOADS = "load_extension"
EXPECTED = "one SELECT over the views facts, mentions and labels, or the tables"


def own_query(connection: sqlite3.Connection, path: Path, sql: str) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """The names of the columns, and the rows one by one. Raises ConfigError for what is no query, or would write."""
    if has_fts5(connection) and has_search(connection):
        connection.execute("SELECT rowid FROM name_search LIMIT 0")  # opens it, for which more than reading is asked
    connection.set_authorizer(_may)
    try:
        with faults_of(path):
            rows = connection.execute(sql)
    except (sqlite3.Error, sqlite3.Warning) as error:  # a warning: more than one statement, before Python 3.12
        raise ConfigError("--sql", _said(error), EXPECTED, "Mend the query.") from error
    if rows.description is None:
        raise ConfigError("--sql", "it asks for nothing", EXPECTED, "Begin it with SELECT.")
    return [column[0] for column in rows.description], _read(rows, path)


def _read(rows: sqlite3.Cursor, path: Path) -> Iterator[tuple[Any, ...]]:
    try:
        with faults_of(path):
            yield from rows
    except sqlite3.Error as error:
        raise ConfigError("--sql", _said(error), EXPECTED, "Mend the query.") from error


def _said(error: Exception) -> str:
    """What SQLite says; of what is not allowed, that this only reads."""
    refused = ("not authorized", "authorization denied")
    return "it would do more than read" if any(words in str(error) for words in refused) else str(error)


def _may(action: int, first: str | None, second: str | None, database: str | None, view: str | None) -> int:
    allowed = action in _READS or (action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS)
    if action == sqlite3.SQLITE_FUNCTION and second == LOADS:
        allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
