"""Data that are no text, spaCy's DocBin and Parquet, in the commands that take annotated data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spanloom.run.cli import main


@pytest.fixture(params=["a.spacy", "a.parquet"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Ten sentences with names, in a file that is no text."""
    lines = [
        {"id": f"s{number}", "text": f"Ida {number} left", "entities": [{"start": 0, "end": 3, "label": "Person"}]}
        for number in range(10)
    ]
    source, path = tmp_path / "in.jsonl", tmp_path / request.param
    source.write_text("".join(json.dumps(line | {"relations": []}) + "\n" for line in lines))
    to = "spacy" if path.suffix == ".spacy" else "huggingface"
    assert main(["convert", str(source), str(path), "--to", to, "--check", "--task", "tag"]) == 0
    return path


def test_split_parts_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["split", str(data), "--dev", ".2"]) == 0
    assert f"{data}: 10 examples in 10 groups" in capsys.readouterr().out
    parts = {part: data.with_name(f"a-{part}.jsonl").read_text().splitlines() for part in ("train", "dev")}
    assert {part: len(lines) for part, lines in parts.items()} == {"train": 8, "dev": 2}
    names = [json.loads(line)["id"] for lines in parts.values() for line in lines]
    assert sorted(names) == [f"s{number}" for number in range(10)]


def test_check_counts_what_is_in_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(data), "--task", "tag", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gold"]["labels"] == {"entities": {"Person": 10}}


def test_convert_finds_the_task_that_suits(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    assert main(["convert", str(data), str(out)]) == 0
    assert "taken for the task" in capsys.readouterr().err
    assert [json.loads(line)["entities"][0]["text"] for line in out.read_text().splitlines()] == ["Ida"] * 10


def test_another_task_and_another_format_are_refused_in_one_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = "spaCy's DocBin" if data.suffix == ".spacy" else "a Parquet file"
    for more in (["--task", "rewrite"], ["data.format=spert"]):
        assert main(["convert", str(data), str(tmp_path / "out.jsonl"), *more]) == 2
        (sentence,) = capsys.readouterr().err.splitlines()
        assert sentence.startswith(f"DataError: {data}: is {kind}; a file of text.")


def test_predict_reads_the_texts_of_a_docbin(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if data.suffix != ".spacy":
        pytest.skip("a Parquet file needs a column of texts")
    assert main(["predict", "--input", str(data), "--format", "jsonl"]) == 0
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == [
        f"Ida {number} left" for number in range(10)
    ]
