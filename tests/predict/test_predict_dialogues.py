"""Dialogues through `spanloom predict`: arguments, lines, files, and a terminal that remembers what was said."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import spanloom.predict.predictor
from spanloom.answers.rewrite import Rewrite
from spanloom.contracts import Codec
from spanloom.core import Example, Row
from spanloom.predict.predictor import Predictor
from spanloom.run.cli import main
from spanloom.tasks import find_task
from tests.predict.stand_in import StandIn


class Turns(Codec):
    """A codec for a stand-in of a model: a row is the dialogue itself."""

    texts = 0

    def encode(self, example: Example) -> Row:
        return Row({}, {}, 1, 1, item=example.input)


def joined(rows: Sequence[Row]) -> list[Rewrite]:
    """The rewrite is all turns side by side."""
    return [Rewrite("+".join(turn.text for turn in row.item.turns), 0.5) for row in rows]


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(path: Path | None = None, second_look: str = "auto", device: str = "auto") -> Predictor:
        codec: Any = Turns()
        return StandIn(find_task("rewrite"), codec, joined, Path("nowhere"))

    monkeypatch.setattr(spanloom.predict.predictor, "load", load)


def rewrites(output: str) -> list[str]:
    return [json.loads(line)["rewrite"] for line in output.splitlines()]


def test_arguments_are_one_dialogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "Who sings?", "Mia.", "What?", "--format", "jsonl"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "turns": ["Who sings?", "Mia.", "What?"],
        "rewrite": "Who sings?+Mia.+What?",
        "score": 0.5,
    }
    assert main(["predict", "Alone"]) == 0
    assert rewrites(capsys.readouterr().out) == ["Alone"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "a\tb\tc\nd\n\ne\t\tf\n", ["a+b+c", "d", "", "e+f"]),
        ("a.tsv", "a\t\tb\t\tc\nd\t\te\t\tf\n", ["a+b+c", "d+e+f"]),
        ("a.tsv", "a\tb\tc\tgold\n", ["a+b+c"]),
        ("a.jsonl", '{"turns": ["a", "", "b", "c"]}\n{"turns": ["d"], "rewrite": "e"}\n', ["a++b+c", "d"]),
    ],
)
def test_files_of_dialogues(
    name: str, content: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert main(["predict", "--input", str(tmp_path / name)]) == 0
    assert rewrites(capsys.readouterr().out) == expected


def test_a_line_of_another_number_of_turns_is_cited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\tc\na\tb\n", encoding="utf-8")
    assert main(["predict", "--input", str(tmp_path / "a.tsv")]) == 2
    captured = capsys.readouterr()
    assert rewrites(captured.out) == ["a+b+c"]
    assert "a.tsv:2: 2 columns; 3 (two turns of context and the utterance)" in captured.err
    assert "JSON lines" in captured.err


def test_a_terminal_keeps_the_dialogue_until_an_empty_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("a\nb\n\n\nc\nd\n"))
    assert main(["predict", "--format", "jsonl"]) == 0
    captured = capsys.readouterr()
    assert rewrites(captured.out) == ["a", "a+b", "c", "c+d"]
    first, *others = captured.err.splitlines()
    assert "an empty line begins a new dialogue; Ctrl-D ends." in first
    assert others[:2] == ["A new dialogue."] * 2


def test_a_table_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "Mia", "sings", "--format", "table"]) == 0
    assert " ".join(capsys.readouterr().out.split()) == "Mia sings Mia+sings 0.50"
    assert main(["predict", "<b>", "x", "--output", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in page
    assert "<b>x" not in page
    assert "inserted" in page


def test_the_turns_of_a_dialogue_need_a_model_of_dialogues() -> None:
    task: Any = find_task("rewrite")
    with pytest.raises(Exception, match="predict: a dialogue without a turn; at least one"):
        task.prepare([], None)
