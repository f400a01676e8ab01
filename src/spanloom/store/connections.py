"""Connections to a store: one kind reads and can do nothing else, the other makes the tables where there are none."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spanloom.errors import DataError, FileError
from spanloom.store.faults import WAIT, faults_of
from spanloom.store.schema import APPLICATION, STATEMENTS, VERSION
from spanloom.store.search import fill_search
from spanloom.write.atomic import make_folder

CACHE = 131_072
"""KiB of a writer's pages in memory: the indices of entities are written to in no order."""
CHECKPOINT = 32_000
"""Pages of the log after which they are written into the file: the more, the fewer are written twice."""


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing, whatever it is asked. Raises FileError and DataError for what is no store."""
    if not path.exists():
        remedy = "Check the path; 'spanloom predict --store' writes one."
        raise FileError(str(path), "no such file", "a store of facts", remedy)
    if path.is_dir():
        raise FileError(str(path), "a directory, not a file", "a store of facts", "Name a file inside it.")
    with faults_of(path):
        connection = _connect(f"{path.absolute().as_uri()}?mode=ro{_alone(path)}")
        with _closed_on_error(connection):
            connection.execute("PRAGMA query_only = ON")
            if not _is_store(connection, path):
                raise DataError(str(path), "is empty", "a store of facts", "Name one that predict --store wrote.")
    return connection


def open_to_write(path: Path) -> sqlite3.Connection:
    """A connection in which transactions are begun and ended by hand. Raises FileError and DataError."""
    try:
        make_folder(path.parent)
    except OSError as error:
        raise FileError.of(error, path) from error
    with faults_of(path):
        connection = _connect(path.absolute().as_uri())
        with _closed_on_error(connection):
            if not _is_store(connection, path):
                _create(connection, path)
            # Where another opens it at the same moment this fails, and that one, or the next, will do it.
            with suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = WAL")
            # A log is whole whenever it is read, and after a power cut only the last batches may be missing.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{CACHE}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
            with transaction(connection):
                fill_search(connection, path)
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block or nothing of it; nobody else writes meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself ends it where the disk is full
            connection.execute("ROLLBACK")
        raise


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _alone(path: Path) -> str:
    """What is added for a folder that nobody can write to: then there is no log, and nobody to wait for."""
    readable_only = not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists()
    return "&immutable=1" if readable_only else ""


def _is_store(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether there are tables of ours, rather than none. Raises DataError for those of others, or of another time."""
    application, version, tables = _signature(connection)
    if application != APPLICATION:
        if not tables and not version:
            return False
        remedy = "Name one that 'spanloom predict --store' wrote, or a new file."
        raise DataError(str(path), "is an SQLite file of another program", "a store of facts", remedy)
    if version != VERSION:
        remedy = "Read it with the spanloom that wrote it, or write a new one."
        raise DataError(str(path), f"is a store of version {version}", f"version {VERSION}", remedy)
    return True


def _signature(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Whose file it is, of which version, and how many tables it has, at one moment: another may be making them."""
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    finally:
        if alone:
            connection.execute("ROLLBACK")
    return application, version, tables


def _create(connection: sqlite3.Connection, path: Path) -> None:
    with transaction(connection):
        if _is_store(connection, path):  # another made it in the meantime
            return
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        for statement in STATEMENTS:
            connection.execute(statement)
