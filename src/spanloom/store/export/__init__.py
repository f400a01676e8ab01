"""What a store gives, as a file for other programs: tables of rows, and graphs of facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from spanloom.errors import ConfigError
from spanloom.store.export.graphml import write_graphml
from spanloom.store.export.neo4j import write_neo4j
from spanloom.store.export.tables import write_csv, write_parquet
from spanloom.store.export.triples import write_ntriples, write_turtle
from spanloom.store.kept import COLUMNS, Fact, Label, Mention

TABLES = {".csv": write_csv, ".parquet": write_parquet}
GRAPHS = {
    ".graphml": write_graphml,
    ".nt": write_ntriples,
    ".ttl": write_turtle,
    ".neo4j.zip": write_neo4j,
}
"""By how the name of the file ends: what writes rows of any kind, and what writes facts alone."""


class Sources(NamedTuple):
    """What is to be written: each call begins anew. kind: what the rows are, a key of `COLUMNS`."""

    kind: str
    rows: Callable[[], Iterator[Fact | Mention | Label]]
    facts: Callable[[], Iterator[Fact]]


def require_format(path: Path, kind: str) -> str:
    """How the name of a file ends. Raises ConfigError where that says no format, or one that holds facts alone."""
    endings = [*TABLES, *GRAPHS]
    ending = next((ending for ending in endings if path.name.lower().endswith(ending)), None)
    if ending is None:
        remedy = "Give it one of these endings."
        raise ConfigError("--export", f"'{path}' has no ending of these", f"one of {', '.join(endings)}", remedy)
    if kind != "facts" and ending in GRAPHS:
        found, remedy = f"'{path}' holds facts, not {kind}", f"Export to {' or '.join(TABLES)}, or leave --show out."
        raise ConfigError("--export", found, remedy=remedy)
    return ending


def export(path: Path, sources: Sources) -> int:
    """Write a file whole or not at all, in the format that its name ends in; how many rows.

    Raises ConfigError for a name that says no format, FileError where it cannot be written, MissingExtra for Parquet
    without pyarrow.
    """
    ending = require_format(path, sources.kind)
    if ending in TABLES:
        rows = (row.to_dict() for row in sources.rows())
        return TABLES[ending](path, COLUMNS[sources.kind], rows)
    return GRAPHS[ending](path, sources.facts)
