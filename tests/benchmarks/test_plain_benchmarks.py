"""What `benchmarks/tag.py`, `classify.py`, `relation.py`, `intent_slot.py` and `rewrite.py` start and print."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import classify
import image
import intent_slot
import nested
import plain_tables
import pytest
import relation
import rewrite
import rows
import tag
import training
from peers import crfsuite
from wording import LANGUAGES

from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.inputs import Text, TextPair
from spanloom.text.words import tokenize

WORDS = LANGUAGES["en"]


TABLES = (
    (rows.TAG_ROWS, "tag"),
    (rows.CLASSIFY_ROWS, "classify"),
    (rows.NESTED_ROWS, "nested"),
    (rows.RELATION_ROWS, "relation"),
    (rows.INTENT_ROWS, "intent_slot"),
    (rows.REWRITE_ROWS, "rewrite"),
    (rows.IMAGE_ROWS, "image"),
)
PROGRAMS = (
    tag,
    classify,
    nested,
    relation,
    intent_slot,
    rewrite,
    image,
)


def record(seed: int, f1: float) -> dict[str, Any]:
    score = {"precision": f1, "recall": f1, "f1": f1, "interval": [f1 - 0.01, f1 + 0.01], "tp": 1}
    return {
        "seed": seed,
        "threads": 1,
        "rule": "strict",
        "scores": {"strict": score, "accuracy": score},
        "seconds": {"training": 100.0 + seed},
    }


def test_every_row_has_its_configuration_its_task_and_its_place_in_the_readme(repository: Path) -> None:
    text = (repository / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for table, task in TABLES:
        for row in table:
            assert training.configuration(row)["task"] == task
            assert row.data in rows.PARTS
            assert f"`python benchmarks/{task}.py --data DIR --rows {row.name}`" in text


def test_a_row_shows_its_spread_and_whether_it_reached_its_target() -> None:
    row = next(row for row in rows.TAG_ROWS if row.name == "conll03-rnn")
    lines = plain_tables.plain_table(
        rows.TAG_ROWS, {row.name: [record(0, 0.92), record(1, 0.95) | {"peak_memory": 2_460_000_000}]}, WORDS
    )
    assert len(lines) == 3
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells[1:] == ["entity F1", "93.5 (92.0–95.0)", "92.5–94.5", "93: met", "100", "2.5", "1", "2"]  # noqa: RUF001
    assert "missed" in plain_tables.plain_table(rows.TAG_ROWS, {row.name: [record(0, 0.92)]}, WORDS)[2]
    close = plain_tables.plain_table(rows.TAG_ROWS, {row.name: [record(0, 0.92998)]}, WORDS)[2]
    assert "| 93.0 (93.0–93.0) |" in close  # noqa: RUF001
    assert "| 93: missed (92.99) |" in close
    assert plain_tables.plain_table(rows.TAG_ROWS, {}, WORDS) == []


def test_speed_and_padding_are_medians_beside_the_peer_and_the_shuffled_order(tmp_path: Path) -> None:
    speed = {"tokens": 100, "rounds": {"ours": [1.0, 2.0, 9.0], "spaCy small": [4.0, 4.0, 4.0]}}
    (tmp_path / "speed.json").write_text(json.dumps(speed), encoding="utf-8")
    assert plain_tables.speed_lines(tmp_path, WORDS)[2:] == ["| ours | 50 | 2.0 |", "| spaCy small | 25 | 1.0 |"]
    padding = {
        "tokens": 100,
        "waste": {"shuffled": 0.6, "buckets": 0.1},
        "rounds": {"shuffled": [4.0, 2.0], "buckets": [2.0, 1.0]},
    }
    (tmp_path / "padding.json").write_text(json.dumps(padding), encoding="utf-8")
    assert plain_tables.padding_table(tmp_path, WORDS)[2:] == [
        "| `shuffled` | 60.0% | 33 | 1.00 |",
        "| `buckets` | 10.0% | 67 | 2.00 |",
    ]
    assert plain_tables.peers_table(tmp_path, WORDS) == []


def test_the_features_of_a_word_look_at_its_neighbours_and_the_edges() -> None:
    first, last = crfsuite.features(["Oslo", "sleeps"])
    assert {"w=oslo", "p3=Osl", "e2=lo", "-1:edge", "1:w=sleeps", "2:edge"} <= set(first)
    assert {"w=sleeps", "-1:w=oslo", "1:edge"} <= set(last)


def test_the_regression_tells_plainly_different_texts_apart() -> None:
    def example(text: str, name: str) -> Example:
        return Example(Text(text, tokenize(text)), Label((name,)))

    good = [example(f"a warm and lovely evening number {n}", "good") for n in range(6)]
    bad = [example(f"a cold and dreadful soup number {n}", "bad") for n in range(6)]
    found = classify.tf_idf_regression([*good, *bad], [example("lovely evening", "good"), example("cold soup", "bad")])
    assert [answer.names for answer in found] == [("good",), ("bad",)]


def test_both_texts_of_a_pair_are_read() -> None:
    first, second = (Text(text, tokenize(text)) for text in ("One .", "Two ."))
    assert classify.as_text(Example(TextPair(first, second), Label(("same",)))) == "One . Two ."


def test_what_has_no_data_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    for program in PROGRAMS:
        with pytest.raises(SystemExit):
            program.main([])
        assert "--data DIR is needed to measure anything" in capsys.readouterr().err


def test_the_words_of_an_example_are_its_tokens() -> None:
    text = "Ida left ."
    assert tag.words_of([Example(Text(text, tokenize(text)), Tags(("O",) * 3))]) == [["Ida", "left", "."]]


def test_nested_rows_show_every_level_and_the_audit_no_sentence(tmp_path: Path) -> None:
    score = {kind: {"f1": 0.5 + place / 10} for place, kind in enumerate(nested.KINDS)}
    found = nested.kinds_table({"germeval-rnn": [{"scores": score}]})
    assert found[0] == "| row | all F1 | outer F1 | inner F1 | boundaries F1 |"
    assert found[2] == "| `germeval-rnn` | 50.0 | 60.0 | 70.0 | 80.0 |"
    folder = tmp_path / "germeval"
    folder.mkdir()
    for part in ("train", "dev"):
        (folder / f"{part}.iob2").write_text("Port\tB-ORG\tO\nBergen\tI-ORG\tB-LOC\n", encoding="utf-8")
    audit = nested.audit(tmp_path)["data"]["germeval"]["dev"]
    assert audit["sentences"] == 1
    assert audit["schemes"]["flat tags (BIO)"]["lost"] == [
        {"kind": "entity", "cause": "overlapping", "count": 1, "labels": {"LOC": 1}}
    ]
    assert "Bergen" not in json.dumps(audit)


def test_a_score_that_is_no_f1_has_its_value() -> None:
    row = rows.REWRITE_ROWS[0]
    plain = record(0, 0.6)
    plain["scores"] = {"exact match": plain["scores"]["strict"], "BLEU-4": {"value": 0.775, "interval": [0.76, 0.79]}}
    assert rows.summary([plain], "BLEU-4") == rows.Summary(77.5, 77.5, 77.5)
    line = plain_tables.plain_table(rows.REWRITE_ROWS, {row.name: [plain]}, WORDS)[2]
    assert "| 60.0 (60.0–60.0) | 59.0–61.0 | 50: met; BLEU-4 77.5 of 78: missed |" in line  # noqa: RUF001


def test_dialogues_a_second_and_the_audit_are_tabled(tmp_path: Path) -> None:
    assert rewrite.speed_table(tmp_path) == rewrite.audit_table(tmp_path) == []
    speed = {"dialogues": 100, "rounds": {"int8": [0.5, 0.25, 9.0], "fp32": [1.0, 1.0, 1.0]}}
    speed["processor"] = {"int8": [0.25, 0.25, 0.25], "fp32": [0.8, 0.5, 0.4]}
    (tmp_path / "speed.json").write_text(json.dumps(speed), encoding="utf-8")
    assert rewrite.speed_table(tmp_path)[2:] == ["| int8 | 200 | 400 |", "| fp32 | 100 | 200 |"]
    audit = {"data": {"train": {"shares": {"a": 0.5, "b": 0.25}}, "dev": {"shares": {"a": 0.125}}}}
    (tmp_path / "audit.json").write_text(json.dumps(audit), encoding="utf-8")
    assert rewrite.audit_table(tmp_path)[2:] == ["| a | 50.0 | 12.5 |", "| b | 25.0 | 0.0 |"]


def test_what_edits_cannot_write_is_measured_on_both_parts(tmp_path: Path) -> None:
    (tmp_path / "rewrite").mkdir()
    for name in ("train", "dev"):
        text = "灯塔\t在哪\t多高\t灯塔多高\n灯塔\t在哪\t多高\t灯塔的多高\n"
        (tmp_path / "rewrite" / f"{name}.tsv").write_text(text, encoding="utf-8")
    found = rewrite.measure_audit(argparse.Namespace(data=tmp_path))
    assert found["data"]["dev"]["dialogues"] == 2
    assert found["data"]["train"]["shares"]["edits cannot write the rewrite"] == 0.5
