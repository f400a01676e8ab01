"""Facts as the two tables that `neo4j-admin database import` takes, in one archive.

    unzip facts.neo4j.zip
    neo4j-admin database import full --nodes=nodes.csv --relationships=relationships.csv --multiline-fields=true

Text stays as it is here, also what a spreadsheet would compute: no spreadsheet reads it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from spanloom.store.kept import Fact
from spanloom.store.names import key_of
from spanloom.write.atomic import atomic_file

NODES = ("id:ID", "name", ":LABEL")
RELATIONSHIPS = (":START_ID", ":END_ID", ":TYPE", "score:double", "sentence", "document", "model", "at:datetime")
BETWEEN = ";"
"""Stands between the labels of a node, so that it cannot stand in one."""


def write_neo4j(path: Path, facts: Callable[[], Iterator[Fact]]) -> int:
    """Write `relationships.csv`, a row a fact, and `nodes.csv`, an entity a row with the labels of its mentions."""
    names: dict[str, str] = {}
    labels: dict[str, dict[str, None]] = {}
    count = 0

    def relationships() -> Iterator[Sequence[object]]:
        nonlocal count
        for fact in facts():
            count += 1
            keys = [key_of(name.entity) for name in (fact.head, fact.tail)]
            for key, name in zip(keys, (fact.head, fact.tail), strict=True):
                names[key] = name.entity
                labels.setdefault(key, {})[name.label.replace(BETWEEN, ",")] = None
            origin = fact.origin
            yield *keys, fact.relation, fact.score, fact.sentence, origin.document, origin.model, origin.at

    with (
        atomic_file(path, "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        _member(archive, "relationships.csv", RELATIONSHIPS, relationships())
        nodes = ((key, name, BETWEEN.join(labels[key])) for key, name in names.items())
        _member(archive, "nodes.csv", NODES, nodes)
    return count


def _member(archive: zipfile.ZipFile, name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with archive.open(name, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
        table = csv.writer(text, lineterminator="\n")
        table.writerow(heads)
        table.writerows(rows)
