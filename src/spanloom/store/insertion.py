"""A batch of answers as rows of the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from spanloom.store.search import add_names, has_search

if TYPE_CHECKING:
    from spanloom.store.model import Model

Mention = tuple[str, str, str, int, int, float | None]
"""The key of its entity, the name, the label, start and end in characters, and the score."""

Fact = tuple[int, str, int, float | None]
"""The places of head and tail among the mentions, the relation between, and the score."""

Class = tuple[str, float | None]


class Waiting(NamedTuple):
    """A text and its answer. digest: of the text; id: the user's own."""

    digest: bytes
    text: str
    id: str | None
    at: int
    mentions: Sequence[Mention]
    facts: Sequence[Fact]
    classes: Sequence[Class]


class Insertion:
    """Inserts into a store, inside one transaction of its connection, so that numbers can be given without asking.

    counts: what was new, by the names of `writer.Written`.
    """

    def __init__(self, connection: sqlite3.Connection, model: Model, now: float) -> None:
        self.connection = connection
        self.model = self._model(model, int(now))
        self.counts = {"texts": 0, "known": 0, "mentions": 0, "facts": 0, "labels": 0}
        self._labels: dict[str, int] = {}
        self._entities: dict[str, int] = {}
        self._new: list[tuple[int, str]] = []

    def insert(self, batch: Iterable[Waiting]) -> None:
        """Insert the answers of those that this model has not answered yet."""
        mentions: list[tuple[object, ...]] = []
        facts: list[tuple[object, ...]] = []
        classes: list[tuple[object, ...]] = []
        first = self._next("mention")
        for item in batch:
            reading = self._reading(item)
            if reading is None:
                self.counts["known"] += 1
                continue
            self.counts["texts"] += 1
            begin, entities = first + len(mentions), []
            for key, name, label, start, end, score in item.mentions:
                entities.append(self._entity(key, name))
                row = (first + len(mentions), reading, entities[-1], self._label(label), start, end, score)
                mentions.append(row)
            for head, relation, tail, score in item.facts:
                sides = entities[head], entities[tail]
                facts.append((reading, begin + head, self._label(relation), begin + tail, score, *sides))
            classes += [(reading, self._label(label), score) for label, score in item.classes]
        many = self.connection.executemany
        many("INSERT INTO mention VALUES (?, ?, ?, ?, ?, ?, ?)", mentions)
        many(
            "INSERT INTO fact (reading, head, relation, tail, score, head_entity, tail_entity)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            facts,
        )
        many("INSERT INTO class (reading, label, score) VALUES (?, ?, ?)", classes)
        if self._new and has_search(self.connection):
            add_names(self.connection, self._new)
        self.counts |= {"mentions": len(mentions), "facts": len(facts), "labels": len(classes)}

    def _next(self, table: str) -> int:
        (last,) = self.connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
        return int(last) + 1

    def _reading(self, item: Waiting) -> int | None:
        """The number of a new reading of this text; None where this model has read it before."""
        run = self.connection.execute
        run("INSERT OR IGNORE INTO document (hash, text, at) VALUES (?, ?, ?)", (item.digest, item.text, item.at))
        (document,) = run("SELECT id FROM document WHERE hash = ?", (item.digest,)).fetchone()
        if item.id is not None:
            run("INSERT OR IGNORE INTO own_id VALUES (?, ?)", (item.id, document))
        asked = "INSERT OR IGNORE INTO reading (document, model, at) VALUES (?, ?, ?)"
        added = run(asked, (document, self.model, item.at))
        return added.lastrowid if added.rowcount else None

    def _model(self, model: Model, now: int) -> int:
        asked = "INSERT OR IGNORE INTO model (hash, name, task, card, at) VALUES (?, ?, ?, ?, ?)"
        self.connection.execute(asked, (model.hash, model.name, model.task, model.card, now))
        return int(self.connection.execute("SELECT id FROM model WHERE hash = ?", (model.hash,)).fetchone()[0])

    def _label(self, name: str) -> int:
        if name not in self._labels:
            self.connection.execute("INSERT OR IGNORE INTO label (name) VALUES (?)", (name,))
            (number,) = self.connection.execute("SELECT id FROM label WHERE name = ?", (name,)).fetchone()
            self._labels[name] = number
        return self._labels[name]

    def _entity(self, key: str, name: str) -> int:
        if key not in self._entities:
            found = self.connection.execute("SELECT id FROM entity WHERE key = ?", (key,)).fetchone()
            if found is None:
                self.connection.execute("INSERT INTO entity (key, name) VALUES (?, ?)", (key, name))
                found = self.connection.execute("SELECT last_insert_rowid()").fetchone()
                self._new.append((found[0], key))
            self._entities[key] = found[0]
        return self._entities[key]
