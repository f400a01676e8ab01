"""`spanloom facts` and `predict --store` from outside: arguments in, output and exit code out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from spanloom.run.cli import main
from spanloom.store import Store
from spanloom.store.connections import open_to_write
from spanloom.text.counts import several
from tests.store.known_model import fill

SENTENCE = "Bobby Fischer dished out in March at a news conference in Reykjavik , Iceland ."

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    return str(fill(tmp_path / "facts.sqlite"))


def test_a_table_has_the_sentence_under_each_fact(store: str, capsys: Captured) -> None:
    assert main(["facts", store, "--entity", "the iceland", "--min-score", "0.5"]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "Head       Relation  Tail       Score  Document",
        "Reykjavik  capital   Iceland    0.90   one",
        "  Reykjavik is the capital of Iceland.",
        "Iceland    contains  Reykjavik  0.60   one",
        "  Reykjavik is the capital of Iceland.",
        "",
    ]


def test_a_second_model_is_named(store: str, capsys: Captured) -> None:
    fill(Path(store), "second")
    assert main(["facts", store, "--relation", "contains"]) == 0
    head, one, _, other, *_ = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in (head, one, other)] == ["Model", "first", "second"]
    assert main(["facts", store, "--relation", "contains", "--model", "second"]) == 0
    assert "second" not in capsys.readouterr().out


def test_more_than_is_shown_is_said(store: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["spanloom.run.cli.facts"], "SHOWN", 2)
    assert main(["facts", store]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 6
    assert shown.err == "There are more facts; --limit 10 shows 10 of them.\n"
    assert main(["facts", store, "--limit", "3"]) == 0
    assert capsys.readouterr().err == ""


def test_json_lines_hold_all_of_it(store: str, capsys: Captured) -> None:
    assert main(["facts", store, "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [fact.to_dict() for fact in Store(store).facts()]
    assert main(["facts", store, "--json", "--show", "mentions", "--entity", "Oslo"]) == 0
    (mention,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (mention["mention"], mention["mention_label"]) == ("Oslo", "City")


def test_nothing_found_says_what_there_is(store: str, capsys: Captured) -> None:
    assert main(["facts", store, "--entity", "Iceland", "--show", "labels"]) == 0
    assert capsys.readouterr().err == "No labels found.\nThere are facts and mentions of it: --show facts.\n"
    assert main(["facts", store, "--entity", "nobody"]) == 0
    assert "No entity is called 'nobody'; --search looks for names" in capsys.readouterr().err


def test_search_and_sql(store: str, capsys: Captured) -> None:
    assert main(["facts", store, "--search", "icel", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "Iceland", "mentions": 2, "facts": 4}
    query = "SELECT head, tail, score FROM facts WHERE score IS NULL"
    assert main(["facts", store, "--sql", query]) == 0
    head, _, row, *_ = capsys.readouterr().out.splitlines()
    assert (head.split(), row.split()) == (["head", "tail", "score"], ["Norway", "ICELAND"])
    assert main(["facts", store, "--sql", "DELETE FROM fact"]) == 2
    assert "ConfigError: --sql: it would do more than read" in capsys.readouterr().err
    assert main(["facts", store, "--sql", query, "--entity", "Oslo"]) == 2
    assert "--sql and --entity; one of the two" in capsys.readouterr().err


def test_export_says_how_much_it_wrote(store: str, tmp_path: Path, capsys: Captured) -> None:
    target = tmp_path / "facts.csv"
    assert main(["facts", store, "--entity", "Oslo", "--export", str(target)]) == 0
    assert capsys.readouterr().err == f"2 facts written to {target}.\n"
    assert len(target.read_text(encoding="utf-8").splitlines()) == 3
    assert main(["facts", store, "--export", str(tmp_path / "facts.doc")]) == 2
    assert main(["facts", str(target), "--export", str(target)]) == 2
    assert "would be replaced while it is read" in capsys.readouterr().err.splitlines()[-1]


# ---- predict --store -------------------------------------------------------------------------------------------------


def test_predict_keeps_its_answers_beside_or_in_place_of_an_output(tmp_path: Path, capsys: Captured) -> None:
    """With the model in the package."""
    path, output = tmp_path / "facts.sqlite", tmp_path / "answers.jsonl"
    given = tmp_path / "texts.jsonl"
    given.write_text(json.dumps({"id": 7, "text": SENTENCE}) + '\n{"text": 3}\n', encoding="utf-8")
    assert main(["predict", "--input", str(given), "--store", str(path)]) == 2  # for the line that fails
    shown = capsys.readouterr()
    facts, mentions = list(Store(path).facts()), list(Store(path).mentions())
    assert shown.out == ""
    assert (
        f"New in {path}: 1 text, {several(len(mentions), 'mention')}, {several(len(facts), 'fact')}, 0 labels.\n"
        in shown.err
    )
    assert {row.origin.document for row in (*facts, *mentions)} == {"7"}
    assert main(["predict", "--input", str(given), "--store", str(path), "--output", str(output)]) == 2
    assert "0 facts, 0 labels; 1 text by this model there already." in capsys.readouterr().err
    answer = json.loads(output.read_text(encoding="utf-8").splitlines()[0])
    assert {(row.name.start, row.name.label, row.score) for row in mentions} == {
        (item["start"], item["label"], item["score"]) for item in answer["entities"]
    }
    assert len(answer["relations"]) == len(facts)
    assert {row.origin.model for row in mentions} == {"default"}


def test_a_store_that_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("Ada met Bo.\n", encoding="utf-8")
    assert main(["predict", "--input", str(texts), "--store", str(texts)]) == 2
    assert "would be replaced while it is read" in capsys.readouterr().err
    both = str(tmp_path / "both.jsonl")
    assert main(["predict", "A.", "--store", both, "--output", both]) == 2
    assert "is --output too; another file" in capsys.readouterr().err
    other = tmp_path / "other.sqlite"
    other.write_text("no database, only text " * 20, encoding="utf-8")
    assert main(["predict", "A.", "--store", str(other)]) == 2
    assert "is no SQLite file; a store of facts" in capsys.readouterr().err


def test_a_full_disk_ends_predict_with_one_sentence(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, output = tmp_path / "facts.sqlite", tmp_path / "answers.jsonl"
    fill(path)
    before = [fact.to_dict() for fact in Store(path).facts()]

    def small(path: Path) -> object:
        connection = open_to_write(path)
        connection.execute("PRAGMA max_page_count = 1")  # which SQLite takes for as many as there are
        return connection

    monkeypatch.setattr("spanloom.store.writer.open_to_write", small)
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(f"{SENTENCE} {number} {'x' * 4000}" for number in range(3)), encoding="utf-8")
    assert main(["predict", "--input", str(texts), "--store", str(path), "--output", str(output)]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "Error" in line]
    assert line.startswith(f"FileError: {path}: No space left on device. Nothing of the last batch was kept")
    assert [fact.to_dict() for fact in Store(path).facts()] == before
