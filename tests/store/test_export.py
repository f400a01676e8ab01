"""Each export, read back by a library that knows its format."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from typing import Any

import networkx
import pyarrow.parquet
import pytest
import rdflib

from spanloom.errors import ConfigError, MissingExtra
from spanloom.store import Store
from spanloom.store.export import GRAPHS, TABLES, Sources, export
from spanloom.store.kept import COLUMNS
from tests.store.known_model import graph, writer

HOSTILE = '=1+1 <a href="x">&amp;\t"\\ ;,\'\x01\x7f é 冰岛 😀\u2028'
"""Markup, quotes, formulas, what XML cannot hold, and what parts lines."""
LABEL = "a;b/c <d> 'é'"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    text = f"Ada met {HOSTILE} .\nAda left.\rBo"
    answer = graph(
        text,
        [("Ada", "Person"), (HOSTILE, LABEL), ("Ada", "Person"), ("Bo", "@Person")],
        (0, LABEL, 1, 0.1 + 0.2),
        (1, "-met", 0, None),
        (2, LABEL, 3, 1e-7),
    )
    with writer(tmp_path / "facts.sqlite") as into:
        into.add(text, answer, HOSTILE)
    return Store(tmp_path / "facts.sqlite")


def exported(store: Store, path: Path, kind: str = "facts") -> list[dict[str, Any]]:
    """Write it, and give what is to be found there."""
    rows = {"facts": store.facts, "mentions": store.mentions, "labels": store.labels}[kind]
    count = export(path, Sources(kind, rows, store.facts))
    wanted = [row.to_dict() for row in rows()]
    assert count == len(wanted)
    return wanted


@pytest.mark.parametrize("kind", COLUMNS)
def test_csv(store: Store, tmp_path: Path, kind: str) -> None:
    wanted = exported(store, tmp_path / "facts.csv", kind)
    with (tmp_path / "facts.csv").open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        found = list(table)
    assert tuple(table.fieldnames or ()) == COLUMNS[kind]
    assert [{name: value.removeprefix("'") for name, value in row.items()} for row in found] == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in wanted
    ]
    cells = [value for row in found for value in row.values()]
    assert not any(cell.startswith(("=", "@", "+", "-")) for cell in cells)
    if kind == "facts":
        assert [row["head"][:2] for row in found] == ["Ad", "'=", "Ad"]
        assert [row["relation"] for row in found] == [LABEL, "'-met", LABEL]


@pytest.mark.parametrize("kind", COLUMNS)
def test_parquet(store: Store, tmp_path: Path, kind: str) -> None:
    wanted = exported(store, tmp_path / "facts.parquet", kind)
    table = pyarrow.parquet.read_table(tmp_path / "facts.parquet")
    assert table.to_pylist() == wanted
    types = dict(zip(table.schema.names, map(str, table.schema.types), strict=True))
    assert types["score"] == "double"
    assert {types[name] for name in types if name.endswith(("start", "end"))} <= {"int64"}


def test_graphml(store: Store, tmp_path: Path) -> None:
    wanted = exported(store, tmp_path / "facts.graphml")
    found = networkx.read_graphml(tmp_path / "facts.graphml", force_multigraph=True)
    assert found.is_directed()
    names = {node: data["name"] for node, data in found.nodes(data=True)}
    readable = {row[key]: xml_text(row[key]) for row in wanted for key in ("head_entity", "tail_entity")}
    assert sorted(names.values()) == sorted(readable.values())
    edges = {
        (names[head], data["relation"], names[tail], data.get("score"), data["sentence"], data["document"])
        for head, tail, data in found.edges(data=True)
    }
    assert edges == {
        (
            *(xml_text(row[key]) for key in ("head_entity", "relation", "tail_entity")),
            row["score"],
            xml_text(row["sentence"]),
            xml_text(row["document"]),
        )
        for row in wanted
    }
    ElementTree.parse(tmp_path / "facts.graphml")


def xml_text(text: str) -> str:
    return text.replace("\x01", "\ufffd")


@pytest.mark.parametrize(("ending", "form"), [("nt", "nt"), ("ttl", "turtle")])
def test_rdf(store: Store, tmp_path: Path, ending: str, form: str) -> None:
    wanted = exported(store, tmp_path / f"facts.{ending}")
    found = rdflib.Graph().parse(tmp_path / f"facts.{ending}", format=form)
    about = rdflib.Namespace("urn:spanloom:about:")
    names = dict(found.subject_objects(rdflib.RDFS.label))
    said = set()
    for statement in found.subjects(rdflib.RDF.type, rdflib.RDF.Statement):
        head, relation, tail = (found.value(statement, rdflib.RDF[role]) for role in ("subject", "predicate", "object"))
        assert (head, relation, tail) in found
        score = found.value(statement, about.score)
        texts = (str(found.value(statement, about[name])) for name in ("sentence", "document", "model"))
        number = None if score is None else score.toPython()
        said.add((str(names[head]), rdf_name(relation), str(names[tail]), number, *texts))
    assert said == {
        tuple(row[key] for key in ("head_entity", "relation", "tail_entity", "score", "sentence", "document", "model"))
        for row in wanted
    }


def rdf_name(relation: Any) -> str:
    from urllib.parse import unquote

    return unquote(str(relation).removeprefix("urn:spanloom:relation:"))


def test_both_kinds_of_rdf_say_the_same(store: Store, tmp_path: Path) -> None:
    from rdflib.compare import isomorphic

    for ending in ("nt", "ttl"):
        exported(store, tmp_path / f"facts.{ending}")
    one = rdflib.Graph().parse(tmp_path / "facts.nt", format="nt")
    other = rdflib.Graph().parse(tmp_path / "facts.ttl", format="turtle")
    assert len(one) > 20
    assert isomorphic(one, other)


def test_neo4j(store: Store, tmp_path: Path) -> None:
    wanted = exported(store, tmp_path / "facts.neo4j.zip")
    with zipfile.ZipFile(tmp_path / "facts.neo4j.zip") as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    nodes, relationships = (
        list(csv.DictReader(io.StringIO(texts[name], newline=""))) for name in ("nodes.csv", "relationships.csv")
    )
    names = {node["id:ID"]: node["name"] for node in nodes}
    assert {node["name"]: node[":LABEL"] for node in nodes} == {
        "Ada": "Person", HOSTILE: LABEL.replace(";", ","), "Bo": "@Person"
    }  # fmt: skip
    assert [
        (names[row[":START_ID"]], row[":TYPE"], names[row[":END_ID"]], row["score:double"], row["sentence"])
        for row in relationships
    ] == [
        (
            *(row[key] for key in ("head_entity", "relation", "tail_entity")),
            "" if row["score"] is None else str(row["score"]),
            row["sentence"],
        )
        for row in wanted
    ]


@pytest.mark.parametrize("ending", [*TABLES, *GRAPHS])
def test_a_store_of_nothing_makes_a_file_of_nothing(tmp_path: Path, ending: str) -> None:
    writer(tmp_path / "facts.sqlite").close()
    assert exported(Store(tmp_path / "facts.sqlite"), tmp_path / f"facts{ending}") == []
    assert (tmp_path / f"facts{ending}").exists()


def test_a_name_that_says_no_format_or_another_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no ending of these; one of \.csv, \.parquet, \.graphml"):
        exported(store, tmp_path / "facts.zip")
    with pytest.raises(ConfigError, match=r"holds facts, not mentions\. Export to \.csv or \.parquet"):
        exported(store, tmp_path / "facts.ttl", "mentions")


def test_parquet_without_its_library_is_said(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install 'spanloom\[formats\]'"):
        exported(store, tmp_path / "facts.parquet")
