"""`spanloom convert`: the ledger of what a target cannot hold, --check, predictions; predict for annotation tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spanloom.run.cli import main
from spanloom.run.cli.answers import OF_TOOLS
from spanloom.write.formats import targets
from spanloom.write.formats.parts.target import Holds

IDA = {"start": 0, "end": 3, "label": "Person"}
PORT = {"start": 13, "end": 24, "label": "City"}
NARVIK = {"start": 18, "end": 24, "label": "Name"}
TEXT = "Ida moved to Port Narvik ."
NESTED = {"id": 1, "text": TEXT, "entities": [IDA, PORT, NARVIK], "relations": [{"head": 0, "tail": 1, "label": "in"}]}
FLAT = {"id": 2, "page": 3, "text": TEXT, "entities": [IDA], "relations": []}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(NESTED) + "\n" + json.dumps(FLAT) + "\n")
    return path


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.strip() for line in capsys.readouterr().err.splitlines() if "taken for" not in line]


def test_the_ledger_says_what_the_target_cannot_hold_and_the_check_that_the_rest_came_back(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.conll"
    assert main(["convert", str(source), str(out), "--to", "columns", "--check", "--task", "joint"]) == 0
    assert said(capsys) == [
        f"{out}: 2 sentences",
        f"columns cannot hold 2 ids, the first at {source}:1: 1",
        f"columns cannot hold 1 entity of those that overlap, the first at {source}:1: 'Narvik' Name",
        f"columns cannot hold 1 relation, the first at {source}:1: Ida -> in -> Port Narvik",
        f"columns cannot hold 1 field of the name 'page', the first at {source}:2: 3",
        f"{out}: read back, all of it is what was written",
    ]


@pytest.mark.parametrize("to", ["jsonl", "label-studio", "doccano", "prodigy", "spacy", "gliner"])
def test_where_all_can_be_held_nothing_is_said(
    to: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert main(["convert", str(source), str(out), "--to", to, "--check", "--task", "joint"]) == 0
    beside = [f"{tmp_path / 'out.config.xml'}: written beside it"] if to == "label-studio" else []
    assert said(capsys) == [f"{out}: 2 sentences", *beside, f"{out}: read back, all of it is what was written"]
    again = tmp_path / "again.jsonl"
    assert main(["convert", str(out), str(again), "--task", "joint"]) == 0
    lines = [json.loads(line) for line in again.read_text().splitlines()]
    for line in lines:
        for entity in line["entities"]:
            del entity["text"]
    assert [(line["id"], line["entities"], line["relations"]) for line in lines] == [
        (one["id"], one["entities"], one["relations"]) for one in (NESTED, FLAT)
    ]


def test_what_does_not_come_back_is_said_and_the_exit_status_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """doccano keeps no tokens, so that a span of a part of what is one of ours is written, but not read."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    entity = {"start": 4, "end": 6, "label": "Person"}
    source.write_text(json.dumps({"text": "Ida-Bo", "tokens": [[0, 3], [3, 4], [4, 6]], "entities": [entity]}))
    assert main(["convert", str(source), str(out), "--to", "doccano", "--check", "--task", "nested"]) == 2
    assert said(capsys) == [
        f"{out}: 1 sentence",
        f"{out}: read back: 1 entity of which our tokens hold a part alone, the first at {source}:1: Bo",
    ]
    assert json.loads(out.read_text()) == {"text": "Ida-Bo", "label": [[4, 6, "Person"]]}


def test_what_the_source_has_and_no_example_holds_is_counted_by_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(TEXT)
    marks = "T1\tPerson 0 3\tIda\nA1\tSure T1\nA2\tOld T1\n#1\tAnnotatorNotes T1\twho?\nT2\tX 0 3;13 17\tIda Port\n"
    (tmp_path / "in" / "a.ann").write_text(marks)
    out = tmp_path / "out.jsonl"
    assert main(["convert", str(tmp_path / "in"), str(out), "--task", "nested"]) == 0
    at = tmp_path / "in" / "a.ann"
    assert said(capsys) == [
        f"{tmp_path / 'in'}: attribute passed over: 2, the first at {at}:2: A1 Sure T1",
        f"{at}:4: note passed over: #1 AnnotatorNotes T1 who?",
        f"{out}: 1 sentence; 1 fact could not be placed in the text",
    ]
    assert json.loads(out.read_text())["id"] == "a"


def scored(folder: Path) -> Path:
    answers = [
        {"id": 1, "text": TEXT, "entities": [{**IDA, "score": 0.9}, {**PORT, "score": 0.7}], "relations": []},
        {"id": 2, "text": TEXT, "entities": [], "relations": []},
    ]
    path = folder / "predictions.jsonl"
    path.write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    return path


def test_predictions_are_written_as_such(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    named = ["--to", "label-studio", "--as", "predictions", "--model-version", "boats 2"]
    assert main(["convert", str(scored(tmp_path)), str(out), *named, "--check", "--task", "joint"]) == 0
    first, second = json.loads(out.read_text())
    (prediction,) = first["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("boats 2", 0.8)
    assert [one["score"] for one in prediction["result"]] == [0.9, 0.7]
    assert second["predictions"] == [{"model_version": "boats 2", "result": []}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--to", "doccano", "--as", "predictions"],
            "--as: 'doccano' does not tell predictions from annotations; one of ",
        ),
        (
            ["--to", "label-studio", "--model-version", "m"],
            "--model-version: a model 'm' is named, and annotations are",
        ),
    ],
)
def test_options_that_do_not_go_together(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(scored(tmp_path)), str(tmp_path / "out"), "--task", "joint", *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# ---- predict ---------------------------------------------------------------------------------------------------------


def test_each_format_that_tells_predictions_apart_is_one_of_predict() -> None:
    assert {str(form) for form in OF_TOOLS} == {
        name for name, one in targets().items() if Holds.predictions in one.holds
    }


def test_predict_writes_what_annotation_tools_import(tmp_path: Path) -> None:
    texts, out = tmp_path / "in.jsonl", tmp_path / "out.json"
    texts.write_text('{"id": 5, "text": "Maria Lind lives in Oslo."}\n{"id": 6}\n{"id": 7, "text": "Nothing ."}\n')
    assert main(["predict", "--input", str(texts), "--output", str(out), "--format", "label-studio"]) == 2  # one failed
    tasks: list[dict[str, Any]] = json.loads(out.read_text())
    assert [task["data"]["id"] for task in tasks] == [5, 7]
    (prediction,) = tasks[0]["predictions"]
    assert prediction["model_version"] == "the bundled model"
    labelled = {one["value"]["text"]: one for one in prediction["result"] if one["type"] == "labels"}
    assert {"Maria Lind", "Oslo"} <= labelled.keys()
    assert all(0 < one["score"] <= 1 for one in labelled.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.config.xml", "out.json"]
    lines = tmp_path / "out.jsonl"
    assert main(["predict", "Maria Lind lives in Oslo.", "--output", str(lines), "--format", "prodigy"]) == 0
    assert "answer" not in json.loads(lines.read_text())


def test_what_is_no_file_cannot_hold_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "Maria", "--format", "prodigy"]) == 2
    assert "--format: prodigy is a file; an output that is one. Name it with --output." in capsys.readouterr().err


def test_a_scheme_is_of_columns_alone(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert (
        main(["convert", str(source), str(out), "--to", "columns", "--scheme", "bilou", "--task", "tag", "--check"])
        == 0
    )
    assert out.read_text().startswith("Ida\tU-Person\nmoved\tO\nto\tO\nPort\tB-City\nNarvik\tL-City\n")
    assert main(["convert", str(source), str(out), "--to", "brat", "--scheme", "bilou"]) == 2
    assert "--scheme: 'brat' has no tags of a scheme; 'columns'. Leave it out" in capsys.readouterr().err
