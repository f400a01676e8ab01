"""What is asked of a store, and as SQL: the numbers of the rows that it means, in the order in which they are given."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple, TypedDict

from spanloom.errors import ConfigError
from spanloom.store.names import key_of


class Asked(TypedDict, total=False):
    """Which facts, mentions or labels are meant; without any of these, all of them.

    entity: a name, which differs from that in the text by case, spaces or a leading article at most; it may be head or
    tail. relation: the label, also of mentions and of whole texts. min_score: what has no score is left out then.
    document: an own id, or the beginning of the text's hash. since: a date, perhaps with a time, of the answer; local
    time where no other is given. model: the name of its folder, or the beginning of its hash. limit: how many at most.
    """

    entity: str | None
    relation: str | None
    min_score: float | None
    document: str | None
    since: str | datetime | None
    model: str | None
    limit: int | None


class Part(NamedTuple):
    """Conditions on a row, joined by AND, and their parameters."""

    conditions: list[str]
    values: list[object]

    def add(self, condition: str, *values: object) -> None:
        self.conditions.append(condition)
        self.values.extend(values)


class Chosen(NamedTuple):
    """A query for the numbers of rows, in their order, and its parameters."""

    sql: str
    values: list[object]


TABLES = {"facts": ("fact", "relation"), "mentions": ("mention", "label"), "labels": ("class", "label")}
"""What can be asked for: its table, and the column of its label."""


def chosen(connection: sqlite3.Connection, kind: str, asked: Asked) -> Chosen | None:
    """The query for what is asked of a kind of `TABLES`; None where a name in it is of nothing in the store.

    The surest come first; where neither an entity nor a relation is named, all in the order in which they were added.
    """
    table, label = TABLES[kind]
    part = Part([], [])
    found = {
        "relation": _labels(connection, asked.get("relation")),
        "document": _documents(connection, asked.get("document")),
        "model": _models(connection, asked.get("model")),
    }
    if any(numbers == [] for numbers in found.values()):
        return None
    if found["relation"]:
        # The plus keeps the index of relations out where that of an entity, or of a document, has far fewer rows.
        few = asked.get("entity") is not None or found["document"]
        part.add(f"{'+' if few else ''}t.{label} = ?", *found["relation"])
    if (least := asked.get("min_score")) is not None:
        part.add("t.score >= ?", least)
    by_reading = _readings(part, found, asked)
    sides = _sides(connection, table, asked.get("entity"))
    if sides is None:
        return None
    # CROSS JOIN keeps the order of the two tables: a document has few rows, and else the index of the other side rules.
    source = "reading r CROSS JOIN {0} t ON t.reading = r.id" if found["document"] else "{0} t"
    if by_reading and not found["document"]:
        source = "{0} t CROSS JOIN reading r ON r.id = t.reading"
    return _joined(f"t.{label}", source.format(table), part, sides, asked)


def check(asked: Asked) -> None:
    """Raise ConfigError for a score, a date or a limit that cannot be."""
    least, limit = asked.get("min_score"), asked.get("limit")
    if least is not None and not 0 <= least <= 1:
        raise ConfigError("min-score", f"is {least:g}", "a number from 0 to 1", "Name one, such as 0.8.")
    if limit is not None and limit < 1:
        raise ConfigError("limit", f"is {limit}", "a whole number above 0", "Name one, or leave it out.")
    if (since := asked.get("since")) is not None:
        seconds(since)


def seconds(since: str | datetime) -> int:
    """A date as seconds since 1970. Raises ConfigError for what is none."""
    try:
        given = datetime.fromisoformat(since) if isinstance(since, str) else since
        return int(given.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        expected = "a date such as 2026-01-31, or 2026-01-31T12:00"
        raise ConfigError("since", f"'{since}' is no date", expected, "Name one, or leave it out.") from None


def _joined(label: str, source: str, part: Part, sides: list[tuple[str, int]], asked: Asked) -> Chosen:
    """One query, or one for each side that the entity may stand on, by score."""
    by_score = bool(sides) or asked.get("relation") is not None
    queries, values = [], list[object]()
    for condition, number in sides or [("", 0)]:
        conditions = [*([condition] if condition else []), *part.conditions]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        queries.append(f"SELECT t.id, t.score, {label} FROM {source}{where}")
        values += [*([number] * condition.count("?")), *part.values]
    order = f" ORDER BY {'2 DESC, 3, 1' if by_score else '1'}"
    limit = ""
    if (most := asked.get("limit")) is not None:
        limit, values = " LIMIT ?", [*values, most]
    return Chosen(" UNION ALL ".join(queries) + order + limit, values)


def _readings(part: Part, found: dict[str, list[int] | None], asked: Asked) -> bool:
    """Add what is asked of readings; whether anything is."""
    since = asked.get("since")
    for column in ("document", "model"):
        if numbers := found[column]:
            part.add(f"r.{column} IN ({', '.join('?' * len(numbers))})", *numbers)
    if since is not None:
        part.add("r.at >= ?", seconds(since))
    return bool(found["document"] or found["model"] or since is not None)


def _sides(connection: sqlite3.Connection, table: str, name: str | None) -> list[tuple[str, int]] | None:
    """Conditions that say which rows are of an entity, none where none is asked for; None where there is no such."""
    if name is None:
        return []
    row = connection.execute("SELECT id FROM entity WHERE key = ?", (key_of(name),)).fetchone()
    if row is None or table == "class":
        return None
    if table == "mention":
        return [("t.entity = ?", row[0])]
    return [("t.head_entity = ?", row[0]), ("t.tail_entity = ? AND t.head_entity <> ?", row[0])]


def _labels(connection: sqlite3.Connection, name: str | None) -> list[int] | None:
    return _numbers(connection, "SELECT id FROM label WHERE name = ?", name)


def _models(connection: sqlite3.Connection, name: str | None) -> list[int] | None:
    asked = "SELECT id FROM model WHERE name = ?1 OR (length(?1) >= 8 AND substr(hash, 1, length(?1)) = lower(?1))"
    return _numbers(connection, asked, name)


def _documents(connection: sqlite3.Connection, name: str | None) -> list[int] | None:
    asked = "SELECT document FROM own_id WHERE id = ?"
    found = _numbers(connection, asked, name)
    if found or name is None or len(name) < 8 or len(name) % 2:
        return found
    try:
        low = bytes.fromhex(name)
    except ValueError:
        return found
    rows = connection.execute("SELECT id FROM document WHERE hash BETWEEN ? AND ?", (low, low.ljust(32, b"\xff")))
    return [number for (number,) in rows]


def _numbers(connection: sqlite3.Connection, asked: str, name: str | None) -> list[int] | None:
    """The numbers of what has this name; None where nothing is named."""
    return None if name is None else [number for (number,) in connection.execute(asked, (name,))]
