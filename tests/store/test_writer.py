"""What goes into a store: once, whole, and for every task whose answers say something of a text."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers import kind_of, kinds
from spanloom.config import load_config
from spanloom.errors import ConfigError, DataError, FileError
from spanloom.inputs import Image
from spanloom.store import Store
from spanloom.store.connections import open_to_write
from spanloom.store.model import model_of
from spanloom.store.writer import TOGETHER, Writer
from spanloom.tasks import FOLDER, find_task, task_names
from spanloom.write.notebook import answer_html
from tests.store.known_model import ANSWERS, OSLO, REYKJAVIK, fill, graph, model, synthetic, writer

COUNTED = ("document", "reading", "mention", "fact", "class", "entity", "model", "own_id")


def counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED}


def test_the_same_again_adds_nothing_and_another_model_stands_beside(tmp_path: Path) -> None:
    path = fill(tmp_path / "facts.sqlite")
    once = counts(path)
    assert once == {
        "document": 2, "reading": 2, "mention": 5, "fact": 5, "class": 0, "entity": 4, "model": 1, "own_id": 2
    }  # fmt: skip
    fill(path)
    assert counts(path) == once
    fill(path, "second")
    twice = counts(path)
    grown = {name: twice[name] - once[name] for name in once}
    assert grown == {
        "document": 0, "reading": 2, "mention": 5, "fact": 5, "class": 0, "entity": 0, "model": 1, "own_id": 0
    }  # fmt: skip
    assert {fact.origin.model for fact in Store(path).facts(document="one")} == {"first", "second"}


def test_a_writer_counts_what_is_new(tmp_path: Path) -> None:
    with writer(tmp_path / "facts.sqlite") as into:
        for answer in (*ANSWERS.values(), *ANSWERS.values()):
            into.add(answer["text"], answer)
    assert vars(into.written) == {"texts": 2, "known": 2, "mentions": 5, "facts": 5, "labels": 0}


def test_a_text_that_comes_under_two_ids_is_kept_once_and_found_by_both(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite"
    with writer(path) as into:
        for own in ("a", 17, {"row": 3}, None):
            into.add(OSLO["text"], OSLO, own)
    assert counts(path)["document"] == 1
    found = [list(Store(path).facts(document=own)) for own in ("a", "17", '{"row": 3}')]
    assert [len(facts) for facts in found] == [3, 3, 3]


def test_a_text_without_an_id_goes_by_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite"
    with writer(path) as into:
        into.add(OSLO["text"], OSLO)
    (own,) = {fact.origin.document for fact in Store(path).facts()}
    assert len(own) == 16
    assert len(list(Store(path).facts(document=own))) == 3
    assert len(list(Store(path).facts(document=own[:8]))) == 3


@pytest.mark.parametrize("task", task_names())
def test_every_task_goes_in_or_is_refused(task: str, tmp_path: Path) -> None:
    """Its sample's gold, shown as an answer is: as many mentions, facts and labels as a person is shown."""
    chosen = find_task(task)
    config = load_config(FOLDER / task / "tiny.toml", [], lambda name: find_task(name).config)
    assert config.data.train is not None
    kind = kind_of(chosen.answer())
    examples = list(chosen.read(config.data.train, config.data))
    if kind.stored is None:
        assert not any(kind.graph or kind.classes(example.gold) for example in examples[:1])
        return
    path = tmp_path / "facts.sqlite"
    if chosen.input is Image:
        shown = chosen.show(examples[0].input, examples[0].gold)
        into = Writer(path, model("m", next(name for name, other in kinds().items() if other is kind)))
        with into, pytest.raises(DataError, match=r"store: an answer for a picture, .*01\.png; answers for texts"):
            into.add("", shown)
        return
    wanted = {"mention": 0, "fact": 0, "class": 0}
    seen = set()
    with Writer(path, model("m", next(name for name, other in kinds().items() if other is kind))) as into:
        for example in examples:
            answer = kind.view(chosen.show(example.input, example.gold), example.gold, answer_html)
            into.add(answer.texts, answer)
            if answer.text not in seen:
                seen.add(answer.text)
                rows = [row["kind"] for row in answer.rows()]
                wanted["mention"] += rows.count("entity") + rows.count("token")
                wanted["fact"] += rows.count("relation")
                wanted["class"] += rows.count("label")
    assert sum(wanted.values()) > 0
    assert {name: counts(path)[name] for name in wanted} == wanted


def test_a_name_that_is_only_marked_has_the_label_of_some_kind(tmp_path: Path) -> None:
    side = {"start": 0, "end": 3, "text": "Ada"}
    shown = {"text": "Ada met Bo.", "head": side, "tail": {"start": 8, "end": 10, "text": "Bo"}, "relation": "met"}
    with writer(tmp_path / "facts.sqlite", answers="relation") as into:
        into.add("Ada met Bo.", shown)
        into.add("Ada met Cy.", {**shown, "text": "Ada met Cy.", "relation": ""})
    (fact,) = Store(tmp_path / "facts.sqlite").facts()
    assert (fact.head.label, fact.relation, fact.tail.text) == ("*", "met", "Bo")


def test_an_intent_that_was_rejected_is_no_label(tmp_path: Path) -> None:
    shown = {"text": "Any kites?", "intent": "buy", "slots": [], "out_of_scope": 0.9, "rejected": True}
    with writer(tmp_path / "facts.sqlite", answers="frame") as into:
        into.add("Any kites?", shown)
        into.add("Red ones?", {**shown, "text": "Red ones?", "rejected": False})
    assert [label.sentence for label in Store(tmp_path / "facts.sqlite").labels()] == ["Red ones?"]


def test_an_answer_to_another_text_is_refused(tmp_path: Path) -> None:
    with (
        writer(tmp_path / "facts.sqlite") as into,
        pytest.raises(DataError, match=r"an answer for 'Oslo is .* beside the text 'Paris"),
    ):
        into.add("Paris.", OSLO)


def test_half_a_character_is_marked_and_moves_nothing(tmp_path: Path) -> None:
    text = "\ud83d Ada met Bo\x00."
    with writer(tmp_path / "facts.sqlite") as into:
        into.add(text, graph(text, [("Ada", "Person"), ("Bo\x00", "Person")], (0, "met", 1, 1.0)), "\udc80")
    (fact,) = Store(tmp_path / "facts.sqlite").facts(document="\ufffd")
    assert (fact.head.text, fact.tail.text, fact.sentence) == ("Ada", "Bo\x00", "\ufffd Ada met Bo\x00.")


def test_a_model_that_rewrites_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Rewriter:
        task = find_task("rewrite")

    rewriter: Any = Rewriter()
    with pytest.raises(ConfigError, match="a model of the task 'rewrite' finds no facts"):
        model_of(rewriter)


# ---- killed, full, and two at once -----------------------------------------------------------------------------------


def test_nothing_is_there_before_a_batch_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite"
    with writer(path) as into:
        into.add(OSLO["text"], OSLO)
        assert counts(path)["document"] == 0
        into.flush()
        assert counts(path)["document"] == 1


def test_what_waits_is_written_when_there_is_enough_or_it_is_old(tmp_path: Path) -> None:
    path, now = tmp_path / "facts.sqlite", [0.0]
    with Writer(path, model(), clock=lambda: now[0]) as into:
        into.add(OSLO["text"], OSLO)
        now[0] = 2.5
        into.add(REYKJAVIK["text"], REYKJAVIK)
        assert counts(path)["document"] == 2
        for text, answer in synthetic(TOGETHER // 4 + 1):
            into.add(text, answer)
        assert counts(path)["document"] >= TOGETHER // 4


def test_two_models_writing_at_once_lose_and_repeat_nothing(tmp_path: Path) -> None:
    """Four writers of two models, all with overlapping texts, as threads that open the file themselves."""
    path = tmp_path / "facts.sqlite"
    failed: list[BaseException] = []

    def write(name: str, seed: int) -> None:
        try:
            with writer(path, name) as into:
                for number, (text, answer) in enumerate(synthetic(60, seed)):
                    into.add(text, answer)
                    if number % 7 == 0:
                        into.flush()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(f"m{seed % 2}", seed)) for seed in (0, 1, 30, 31)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    texts = [{text for seed in seeds for text, _ in synthetic(60, seed)} for seeds in ((0, 30), (1, 31))]
    found = counts(path)
    assert (found["reading"], found["model"]) == (sum(map(len, texts)), 2)
    assert found["fact"] * 2 == found["mention"] == 2 * found["reading"]
    assert found["document"] == len(texts[0] | texts[1])


KILLED = """
import os, signal, sys
from tests.store.known_model import synthetic, writer
from pathlib import Path
into = writer(Path(sys.argv[1]))
for number, (text, answer) in enumerate(synthetic(400)):
    into.add(text, answer)
    if number == 99:
        into.flush()
    if number == 250:
        run = into._connection.set_trace_callback
        def trace(statement):
            if statement.startswith("INSERT INTO fact"):
                os.kill(os.getpid(), signal.SIGKILL)
        run(trace)
        into.flush()
"""


def test_a_process_that_is_killed_while_it_writes_leaves_whole_batches(tmp_path: Path, repository: Path) -> None:
    """Killed with mentions of the second batch inserted and no fact yet."""
    path = tmp_path / "facts.sqlite"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=repository, check=False)
    assert ended.returncode == -9
    found = counts(path)
    assert (found["reading"], found["mention"], found["fact"]) == (100, 200, 100)
    with writer(path) as into:
        for text, answer in synthetic(400):
            into.add(text, answer)
    found = counts(path)
    assert (found["reading"], found["mention"], found["fact"]) == (400, 800, 400)


def test_a_full_disk_keeps_the_batches_before_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite"
    with writer(path) as into:
        into.add(OSLO["text"], OSLO)
        into.flush()
        (pages,) = into._connection.execute("PRAGMA page_count").fetchone()
        into._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        for text, answer in synthetic(500):
            into.add(text, answer)
        with pytest.raises(FileError, match=r"No space left on device\. Nothing of the last batch was kept") as caught:
            into.flush()
    assert caught.value.where == str(path)
    assert counts(path)["reading"] == 1


def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, other, later = tmp_path / "a.txt", tmp_path / "other.sqlite", tmp_path / "later.sqlite"
    text.write_text("No database, whatever it is called. " * 40, encoding="utf-8")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE mine (a)")
    fill(later)
    with closing(sqlite3.connect(later)) as connection:
        connection.execute("PRAGMA user_version = 7")
    said = {text: "is no SQLite file", other: "of another program", later: "is a store of version 7; version 1"}
    before = {path: path.read_bytes() for path in said}
    for path, expected in said.items():
        for open_it in (lambda path=path: writer(path), lambda path=path: list(Store(path).facts())):
            with pytest.raises(DataError, match=expected):
                open_it()
    assert {path: path.read_bytes() for path in said} == before
    with pytest.raises(FileError, match="no such file"):
        list(Store(tmp_path / "none").facts())
    with pytest.raises(FileError, match="a directory"):
        list(Store(tmp_path).facts())


def test_a_store_that_is_being_written_waits_and_then_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fill(tmp_path / "facts.sqlite")
    monkeypatch.setattr("spanloom.store.connections.WAIT", 0.0)
    with writer(path) as into, closing(open_to_write(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        into.add("A.", {"text": "A.", "entities": [], "relations": []})
        with pytest.raises(FileError, match="another process has been writing to it"):
            into.flush()
        other.execute("ROLLBACK")
