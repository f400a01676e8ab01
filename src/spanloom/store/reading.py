"""From the numbers of rows to what a store gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from spanloom.store.asked import Asked, chosen
from spanloom.store.kept import Fact, Label, Mention, Name, Origin
from spanloom.store.schema import NAME
from spanloom.store.sentence import REACH, sentence_around

DOCUMENTS = 64
"""Texts that are held: many facts in a row stand in the same."""

_ORIGIN = f"r.document, {NAME}, model.name, strftime('%Y-%m-%dT%H:%M:%SZ', r.at, 'unixepoch')"
_READING = "JOIN reading r ON r.id = t.reading JOIN document d ON d.id = r.document JOIN model ON model.id = r.model"


def _name(side: str) -> str:
    return f'{side}.start, {side}."end", {side}_label.name, {side}_entity.name'


def _tables(side: str) -> str:
    return (
        f"JOIN mention {side} ON {side}.id = t.{side} JOIN label {side}_label ON {side}_label.id = {side}.label"
        f" JOIN entity {side}_entity ON {side}_entity.id = {side}.entity"
    )


_FACT = f"""SELECT relation.name, t.score, {_name("head")}, {_name("tail")}, {_ORIGIN} FROM fact t {_tables("head")}
  {_tables("tail")} JOIN label relation ON relation.id = t.relation {_READING} WHERE t.id = ?"""
_MENTION = f"""SELECT t.score, t.start, t."end", label.name, entity.name, {_ORIGIN} FROM mention t
  JOIN label ON label.id = t.label JOIN entity ON entity.id = t.entity {_READING} WHERE t.id = ?"""
_LABEL = f"""SELECT t.score, label.name, {_ORIGIN} FROM class t JOIN label ON label.id = t.label {_READING}
  WHERE t.id = ?"""


class Reader:
    """Reads through one connection, row by row."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._text = lru_cache(DOCUMENTS)(self._text_of)

    def facts(self, asked: Asked) -> Iterator[Fact]:
        for relation, score, *row in self._rows("facts", _FACT, asked):
            text = self._text(row[8])
            head, tail = _named(text, row[:4]), _named(text, row[4:8])
            sentence = sentence_around(text, (head.start, head.end), (tail.start, tail.end))
            yield Fact(head, relation, tail, score, sentence, Origin(*row[9:]))

    def mentions(self, asked: Asked) -> Iterator[Mention]:
        for score, *row in self._rows("mentions", _MENTION, asked):
            text = self._text(row[4])
            name = _named(text, row[:4])
            yield Mention(name, score, sentence_around(text, (name.start, name.end)), Origin(*row[5:]))

    def labels(self, asked: Asked) -> Iterator[Label]:
        for score, label, document, *row in self._rows("labels", _LABEL, asked):
            text = self._text(document)
            beginning = " ".join(text[:REACH].split())
            yield Label(label, score, f"{beginning}…" if len(text) > REACH else beginning, Origin(*row))

    def _rows(self, kind: str, each: str, asked: Asked) -> Iterator[tuple[Any, ...]]:
        found = chosen(self.connection, kind, asked)
        if found is not None:
            for number, *_ in self.connection.execute(found.sql, found.values):
                yield self.connection.execute(each, (number,)).fetchone()

    def _text_of(self, document: int) -> str:
        return str(self.connection.execute("SELECT text FROM document WHERE id = ?", (document,)).fetchone()[0])


def _named(text: str, row: list[Any]) -> Name:
    start, end, label, entity = row
    return Name(text[start:end], label, start, end, entity)
