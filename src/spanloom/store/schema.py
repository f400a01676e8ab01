"""The tables of a store. Singular names are tables, plural ones are views for people's own queries.

A text is kept once, by its hash, whatever ids it came under. A `reading` is a text and a model: there is one at most,
so that the same again adds nothing and another model's answers stand beside it. Mentions, facts and classes belong to
a reading. What a mention is of, `entity`, is found by its `key` (see `names.py`).

A fact repeats the entities of its mentions, as only so an index has the facts of an entity in the order of their
scores, however many there are. Offsets are characters of the text, half-open; times are seconds since 1970, UTC.
"""

from __future__ import annotations

APPLICATION = 0x73706C6D
"""What SQLite's header says of whose file it is: "splm"."""

VERSION = 1
"""Of the tables; a store of another is refused."""

TABLES = """
CREATE TABLE model (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, task TEXT NOT NULL, card TEXT NOT NULL,
  at INTEGER NOT NULL);
CREATE TABLE document (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, text TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE own_id (id TEXT NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (id, document)) WITHOUT ROWID;
CREATE TABLE reading (
  id INTEGER PRIMARY KEY, document INTEGER NOT NULL, model INTEGER NOT NULL, at INTEGER NOT NULL,
  UNIQUE (document, model));
CREATE TABLE entity (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE label (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE mention (
  id INTEGER PRIMARY KEY, reading INTEGER NOT NULL, entity INTEGER NOT NULL, label INTEGER NOT NULL,
  start INTEGER NOT NULL, "end" INTEGER NOT NULL, score REAL);
CREATE TABLE fact (
  id INTEGER PRIMARY KEY, reading INTEGER NOT NULL, head INTEGER NOT NULL, relation INTEGER NOT NULL,
  tail INTEGER NOT NULL, score REAL, head_entity INTEGER NOT NULL, tail_entity INTEGER NOT NULL);
CREATE TABLE class (id INTEGER PRIMARY KEY, reading INTEGER NOT NULL, label INTEGER NOT NULL, score REAL);
CREATE INDEX own_id_of_document ON own_id (document);
CREATE INDEX mention_of_reading ON mention (reading);
CREATE INDEX mention_of_entity ON mention (entity, score DESC, label);
CREATE INDEX fact_of_reading ON fact (reading);
CREATE INDEX fact_of_head ON fact (head_entity, score DESC, relation);
CREATE INDEX fact_of_tail ON fact (tail_entity, score DESC, relation);
CREATE INDEX fact_of_relation ON fact (relation, score DESC);
CREATE INDEX class_of_reading ON class (reading);
CREATE INDEX class_of_label ON class (label, score DESC)
"""

NAME = "coalesce((SELECT min(own_id.id) FROM own_id WHERE own_id.document = d.id), lower(hex(substr(d.hash, 1, 8))))"
"""What a document `d` is called: by an id of its own, or by the beginning of its hash."""

SEEN = f"""{NAME} AS document, model.name AS model, datetime(r.at, 'unixepoch') AS at, d.text AS text"""


def _side(name: str) -> str:
    surface = f'substr(d.text, {name}.start + 1, {name}."end" - {name}.start) AS {name}'
    return f'{surface}, {name}_label.name AS {name}_label, {name}.start AS {name}_start, {name}."end" AS {name}_end'


def _sides(*names: str) -> str:
    """The tables that a mention brings along."""
    return " ".join(f"JOIN label {name}_label ON {name}_label.id = {name}.label" for name in names)


_READING = "JOIN reading r ON r.id = {0}.reading JOIN document d ON d.id = r.document JOIN model ON model.id = r.model"

VIEWS = f"""
CREATE VIEW facts AS SELECT f.id, {_side("head")}, relation.name AS relation, {_side("tail")}, f.score,
  head_entity.name AS head_entity, tail_entity.name AS tail_entity, {SEEN}
  FROM fact f JOIN mention head ON head.id = f.head JOIN mention tail ON tail.id = f.tail {_sides("head", "tail")}
  JOIN label relation ON relation.id = f.relation JOIN entity head_entity ON head_entity.id = f.head_entity
  JOIN entity tail_entity ON tail_entity.id = f.tail_entity {_READING.format("f")};
CREATE VIEW mentions AS SELECT m.id, substr(d.text, m.start + 1, m."end" - m.start) AS mention, label.name AS label,
  m.start, m."end", m.score, entity.name AS entity, {SEEN}
  FROM mention m JOIN label ON label.id = m.label JOIN entity ON entity.id = m.entity {_READING.format("m")};
CREATE VIEW labels AS SELECT c.id, label.name AS label, c.score, {SEEN}
  FROM class c JOIN label ON label.id = c.label {_READING.format("c")}
"""

STATEMENTS = tuple(statement for part in (TABLES, VIEWS) for statement in part.split(";") if statement.strip())
