"""What a store answers: the facts that are asked for and no others, in their order, and a person's own SQL."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spanloom.errors import ConfigError, DataError, SpanloomError
from spanloom.store import Store
from spanloom.store.asked import chosen
from spanloom.store.names import key_of
from spanloom.store.schema import NAME
from spanloom.store.sentence import FAR, REACH, sentence_around
from tests.store.known_model import ANSWERS, NOON, fill, graph, writer

DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two texts by one model, and a day later by another."""
    path = fill(tmp_path / "facts.sqlite")
    return Store(fill(path, "second", NOON + DAY))


def brief(facts: Any) -> list[tuple[str, str, str, float | None]]:
    return [(fact.head.text, fact.relation, fact.tail.text, fact.score) for fact in facts]


def test_an_entity_is_head_or_tail_and_the_surest_come_first(store: Store) -> None:
    found = brief(store.facts(entity="  the  iceland ", model="first"))
    assert found == [
        ("Reykjavik", "capital", "Iceland", 0.9),
        ("Iceland", "contains", "Reykjavik", 0.6),
        ("Oslo", "capital", "ICELAND", 0.1),
        ("Norway", "borders", "ICELAND", None),
    ]


def test_a_fact_says_where_it_stands_and_who_said_so(store: Store) -> None:
    (fact,) = store.facts(entity="Reykjavik", relation="capital", model="second")
    text = ANSWERS["one"]["text"]
    assert text[fact.tail.start : fact.tail.end] == fact.tail.text == "Iceland"
    assert fact.sentence == "Reykjavik is the capital of Iceland."
    assert vars_of(fact.origin) == ("one", "second", "2026-01-02T12:00:00Z")
    (fact, *_) = store.facts(entity="Norway")
    assert fact.tail.entity == "Norway"


def vars_of(origin: Any) -> tuple[str, str, str]:
    return origin.document, origin.model, origin.at


@pytest.mark.parametrize("kind", ["facts", "mentions"])
def test_every_question_has_the_answer_of_a_search_through_all(store: Store, kind: str) -> None:
    """Every combination of what can be asked, compared with a filter in Python over everything."""
    choices: dict[str, tuple[Any, ...]] = {
        "entity": (None, "iceland", "Oslo", "nobody"),
        "relation": (None, "capital", "Country", "nothing"),
        "min_score": (None, 0.5, 0.85),
        "document": (None, "one", "none"),
        "since": (None, "2026-01-02T00:00:00+00:00"),
        "model": (None, "second", "zz"),
    }
    ask = getattr(store, kind)
    everything = list(ask())
    assert len(everything) == 10
    for values in itertools.product(*choices.values()):
        asked = dict(zip(choices, values, strict=True))
        wanted = [row for row in everything if is_meant(row, **asked)]
        assert sorted(map(repr, ask(**asked))) == sorted(map(repr, wanted)), asked


def is_meant(row: Any, entity: str, relation: str, min_score: float, document: str, since: str, model: str) -> bool:
    given = row.to_dict()
    names = [given[key] for key in given if key.endswith("_entity")]
    label = given.get("relation", given.get("mention_label"))
    return (
        (entity is None or key_of(entity) in map(key_of, names))
        and (relation is None or label == relation)
        and (min_score is None or (row.score is not None and row.score >= min_score))
        and (document is None or row.origin.document == document)
        and (since is None or row.origin.at >= "2026-01-02")
        and (model is None or row.origin.model == model)
    )


def test_a_limit_keeps_the_first(store: Store) -> None:
    everything = list(store.facts(entity="Iceland"))
    assert list(store.facts(entity="Iceland", limit=3)) == everything[:3]


@pytest.mark.parametrize(
    ("asked", "indices"),
    [
        ({"entity": "Iceland"}, {"fact_of_head", "fact_of_tail"}),
        ({"entity": "Iceland", "relation": "capital", "min_score": 0.5}, {"fact_of_head", "fact_of_tail"}),
        ({"entity": "Iceland", "since": "2020-01-01", "model": "first"}, {"fact_of_head", "fact_of_tail"}),
        ({"relation": "capital", "min_score": 0.5}, {"fact_of_relation"}),
        ({"document": "one", "relation": "capital"}, {"fact_of_reading"}),
    ],
)
def test_an_index_has_what_is_asked_in_its_order(store: Store, asked: Any, indices: set[str]) -> None:
    """No table is gone through, and but for a document's no score is sorted, however many facts there are."""
    with closing(sqlite3.connect(store.path)) as connection:
        found = chosen(connection, "facts", {**asked, "limit": 5})
        assert found is not None
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {found.sql}", found.values)]
    assert {word for step in plan for word in step.split() if word.startswith("fact_of")} == indices
    assert not any(step.startswith("SCAN") for step in plan)
    assert any(step == "USE TEMP B-TREE FOR ORDER BY" for step in plan) is ("document" in asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"min_score": 1.5}, "min-score: is 1.5; a number from 0 to 1"),
        ({"limit": 0}, "limit: is 0; a whole number above 0"),
        ({"since": "yesterday"}, "since: 'yesterday' is no date; a date such as 2026-01-31"),
    ],
)
def test_what_cannot_be_asked_is_refused(store: Store, asked: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        store.facts(**asked)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Iceland", "ICELAND", True),
        ("New  York\n", "\u00a0new york", True),
        ("The Hague", "Hague", True),
        ("Die Linke", "LINKE", True),
        ("Straße", "STRASSE", True),
        ("Cafe\u0301", "caf\u00e9", True),
        ("La Paz", "Paz", False),
        ("Theodor", "Odor", False),
        ("The", "", False),
        ("New York", "NewYork", False),
    ],
)
def test_when_two_names_are_one_entity(one: str, other: str, same: bool) -> None:
    assert (key_of(one) == key_of(other)) is same


@pytest.mark.parametrize(
    ("text", "places", "expected"),
    [
        ("Ah. B is C! D.", [(4, 5), (9, 10)], "B is C!"),
        ("J. K. Rowling wrote it. So.", [(6, 13)], "J. K. Rowling wrote it."),
        ("北京很大。东京是日本的首都。好。", [(5, 7)], "东京是日本的首都。"),
        ("one\ntwo three\nfour", [(4, 7)], "two three"),
        ("x" * 400 + " Ada " + "y" * 400, [(401, 404)], f"…{'x' * (REACH - 1)} Ada {'y' * (REACH - 1)}…"),
        ("Ada left. " + "So. " * FAR + "Bo stayed.", [(0, 3), (4 * FAR + 10, 4 * FAR + 12)], "Ada left. … Bo stayed."),
        ("Ada", [(0, 3)], "Ada"),
    ],
)
def test_the_sentence_around(text: str, places: Any, expected: str) -> None:
    assert sentence_around(text, *places) == expected


# ---- search and SQL --------------------------------------------------------------------------------------------------


def test_names_are_found_by_their_words(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite"
    names = ["Press Bergen", "Bergen", "São Paulo", "冰岛大学", "C++"]
    text = " ".join(names)
    with writer(path) as into:
        into.add(text, graph(text, [(name, "Name") for name in names], (0, "in", 1, 0.5)))
    store = Store(path)
    assert [tuple(found) for found in store.search("berg")] == [("Bergen", 1, 1), ("Press Bergen", 1, 1)]
    assert [found.name for found in store.search("bergen press")] == ["Press Bergen"]
    assert [found.name for found in store.search("sao")] == ["São Paulo"]
    assert [found.name for found in store.search("大学")] == ["冰岛大学"]
    assert [found.name for found in store.search("C")] == ["C++"]
    for nothing in ("", "  ", '"', "*", "x OR bergen", "岛冰"):
        assert store.search(nothing) == []


def test_an_sqlite_that_cannot_search_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    able = fill(tmp_path / "able.sqlite")
    with monkeypatch.context() as patched:
        patched.setattr("spanloom.store.search.has_fts5", lambda connection: False)
        plain = fill(tmp_path / "plain.sqlite")
        assert len(list(Store(plain).facts(entity="Iceland"))) == 4
        for path in (able, plain):
            with pytest.raises(SpanloomError, match=r"SQLite [\d.]+ was built without FTS5"):
                Store(path).search("Oslo")
        with pytest.raises(SpanloomError, match="was built without FTS5"):
            fill(able, "second")
    with pytest.raises(SpanloomError, match="was written by an SQLite without FTS5"):
        Store(plain).search("Oslo")
    fill(plain, "second")
    assert [found.name for found in Store(plain).search("Oslo")] == ["Oslo"]


def test_a_query_of_ones_own(store: Store) -> None:
    rows = list(store.query("SELECT head, tail, document FROM facts WHERE relation = 'contains' AND model = 'first'"))
    assert rows == [{"head": "Iceland", "tail": "Reykjavik", "document": "one"}]
    assert list(store.query("SELECT count(*) AS n FROM mentions")) == [{"n": 10}]
    assert list(store.query("SELECT * FROM labels")) == []
    assert [len(row["hash"]) for row in store.query("SELECT hash FROM document")] == [64, 64]
    counted = store.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n")
    assert [row["i"] for row in counted] == [1, 2, 3]
    found = "SELECT rowid FROM name_search WHERE name_search MATCH 'oslo'"
    assert len(list(store.query(found))) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM fact",
        "UPDATE document SET text = ''",
        "INSERT INTO name_search (rowid, name) VALUES (9, 'x')",
        "DROP TABLE fact",
        "CREATE TEMP TABLE mine (a)",
        "ATTACH 'new.sqlite' AS other",
        "VACUUM INTO 'new.sqlite'",
        "PRAGMA query_only = 0",
        "PRAGMA writable_schema = 1",
        "BEGIN",
        "SELECT load_extension('x')",
        "WITH a AS (SELECT 1) INSERT INTO label (name) SELECT 'x' FROM a",
    ],
)
def test_a_query_that_would_do_more_than_read_is_refused(
    store: Store, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = store.path.read_bytes()
    with pytest.raises(ConfigError, match="--sql: it would do more than read; one SELECT over the views"):
        list(store.query(sql))
    assert store.path.read_bytes() == before
    assert not (tmp_path / "new.sqlite").exists()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("SELCT 1", 'near "SELCT": syntax error'),
        ("SELECT none_such FROM facts", "no such column: none_such"),
        ("", "it asks for nothing"),
        ("SELECT abs(-9223372036854775808)", "integer overflow"),
    ],
)
def test_a_query_that_is_none_is_refused(store: Store, sql: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        list(store.query(sql))


def test_a_store_in_a_folder_that_may_only_be_read_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert len(list(store.facts())) == 10


def test_a_damaged_store_is_said_to_be(store: Store) -> None:
    content = bytearray(store.path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    store.path.write_bytes(content)
    with pytest.raises(DataError, match=r"is damaged; a store of facts\. Put a copy of it back"):
        list(store.facts(entity="Iceland"))


def test_the_views_call_a_document_what_facts_do(store: Store) -> None:
    assert "own_id" in NAME
    assert {row["document"] for row in store.query("SELECT document FROM facts")} == {"one", "two"}
