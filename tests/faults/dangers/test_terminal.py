"""What users write (labels, texts, paths, settings) never acts on a terminal, and no message fills more than it."""

from __future__ import annotations

import ast
import io
import json
import os
from pathlib import Path

import pytest

from spanloom.answers.graph import Graph, graph_to_dict
from spanloom.engine.progress import ConsoleProgress
from spanloom.engine.report import Notice, Stage
from spanloom.errors import DataError
from spanloom.inputs import Span, Text, Token
from spanloom.run.cli import main
from spanloom.write import terminal
from spanloom.write.audit_tables import print_check
from spanloom.write.escapes import visible
from spanloom.write.tables import print_answer, print_scorecard

RED = "\x1b[31m"
TURN = "\u202e"


class Screen(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, café 米拉 👩‍👩‍👧", "plain text, café 米拉 👩‍👩‍👧"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("\x00\x07\x7f", r"\x00\x07\x7f"),
        ("two\nlines\r\tand", r"two\nlines\r\tand"),
        ("\x9b31m", r"\x9b31m"),
        ("exe\u202egpj", r"exe\u202egpj"),
        ("\u2066a\u2069\u2028", r"\u2066a\u2069\u2028"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud83d", r"\ud83d"),
        ("[red]x[/red] :dog: animal:dog", "[red]x[/red] :dog: animal:dog"),
    ],
)
def test_what_a_terminal_would_act_upon_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown
    stream = io.StringIO()
    terminal.say(text, stream)
    assert stream.getvalue() == f"{shown}\n"


def test_an_error_shows_the_escapes_in_a_path(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", str(tmp_path / f"{RED}a\nb.json"), "--task", "joint"]) == 2
    error = capsys.readouterr().err
    assert r"\x1b[31ma\nb.json: no such file" in error
    assert error.count("\n") == 1
    assert "\x1b" not in error


@pytest.mark.parametrize("arguments", [[f"--{RED}x"], [f"pre{RED}dict"], ["predict", "--format", f"{RED}xml"]])
def test_a_wrong_command_line_is_quoted_as_text(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert r"\x1b" in error
    assert "\x1b" not in error


@pytest.mark.parametrize("key", ["unknown", "data.formt"])
def test_an_unknown_setting_with_escapes(capsys: pytest.CaptureFixture[str], tmp_path: Path, key: str) -> None:
    config = tmp_path / "a.toml"
    config.write_text(f'task = "joint"\n"{key}\\u001b[2J" = 1\n')
    assert main(["train", str(config), "--output", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert rf"{key}\x1b[2J" in error
    assert "\x1b" not in error


def test_a_bug_report_and_a_traceback_are_escaped_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(path: Path | None = None, **options: object) -> None:
        raise ZeroDivisionError(f"{RED}{'x' * 100_000}")

    monkeypatch.setattr("spanloom.predict.predictor.load", load)
    assert main(["predict", "Mira", "--debug"]) == 1
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "\x1b" not in error
    assert len(error) < 20_000


def test_messages_are_cut_in_their_middle() -> None:
    error = DataError("a.conll:3", f"tag '{'I-' + 'X' * 1_000_000}' follows 'O'", "BIO2", "Set data.tags = 'bio1'.")
    assert len(str(error)) < 400
    assert str(error).startswith("a.conll:3: tag 'I-XXX")
    assert str(error).endswith("X' follows 'O'; BIO2. Set data.tags = 'bio1'.")
    assert "…" in str(error)
    assert len(error.found) > 1_000_000, "the parts keep the whole"


@pytest.mark.parametrize("quote", ["'", '"'])
def test_one_quoted_value_is_cut_and_what_stands_around_it_stays(quote: str) -> None:
    value = "y" * 300
    error = DataError("a.json:1", f"the label {quote}{value}{quote} isn't known, {quote}z{quote} is")
    assert f"{quote} isn't known, {quote}z{quote} is" in str(error)
    assert len(str(error)) < 250


@pytest.mark.parametrize("part", range(4))
def test_no_part_makes_a_message_of_more_than_2000(part: int) -> None:
    parts = ["where ", "found ", "expected ", "remedy "]
    parts[part] = parts[part] * 1_000_000
    assert len(str(DataError(*parts))) <= 2000
    assert len(str(DataError(*(text * 1_000_000 for text in ("a ", "b ", "c ", "d "))))) <= 2000
    stream = io.StringIO()
    terminal.say("long " * 1_000_000, stream)
    assert len(stream.getvalue()) == 2001


@pytest.mark.parametrize(
    "label", ["animal:dog", "a:warning:b", "[red]x", "[/]", "[link=file:///etc]x", f"{RED}x", TURN]
)
def test_a_label_in_a_table_is_text(label: str) -> None:
    text = Text(f"x {label} y", (Token("x", 0, 1), Token(label, 2, 2 + len(label))))
    stream = io.StringIO()
    graph = Graph((Span(1, 2, label),))
    print_answer(graph, graph_to_dict(text, graph), terminal.terminal(stream))
    assert stream.getvalue().count(visible(label)) == 3
    assert "\x1b" not in stream.getvalue()
    assert TURN not in stream.getvalue()


def test_an_audit_shows_labels_and_cases_as_text() -> None:
    found = {
        "gold": {"sizes": {f"{RED}texts": 1}, "lengths": {}, "labels": {"tags": {f"animal:dog [red]{RED}": 2}}},
        "issues": {f"odd{RED}": {"count": 1, "first": [f"a.tsv:100: {RED}{'long ' * 10_000}"]}},
    }
    stream = io.StringIO()
    print_check(found, terminal.terminal(stream))
    assert "animal:dog [red]" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    assert len(stream.getvalue()) < 10_000


def test_a_tampered_scorecard_is_shown_as_text() -> None:
    score = {"value": 0.5, "interval": [0.4, 0.6]}
    card = {"answers": "surprisal", "size": {"texts": 1}, "rule": f"bits{RED}", "overall": {f"bits{RED}": score}}
    stream = io.StringIO()
    print_scorecard({**card, "errors": {"worst": []}}, terminal.terminal(stream))
    assert r"bits\x1b[31m" in stream.getvalue()
    assert "1 text." in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("stream", [Screen(), io.StringIO()], ids=["terminal", "file"])
def test_progress_shows_names_as_text(stream: io.StringIO) -> None:
    with ConsoleProgress(stream) as show:
        show(Stage("encoding [red]animal:dog\x07", 1, 1))
        show(Notice("a label [bold]animal:dog\x07\u202e"))
    shown = stream.getvalue()
    assert r"encoding [red]animal:dog\x07" in shown
    assert r"a label [bold]animal:dog\x07\u202e" in shown
    assert not {"\x07", TURN} & set(shown)


def test_json_says_the_same_on_a_terminal_and_in_a_file() -> None:
    value = {"text": f"a{TURN}b\x85c\x9b2J\n\ud800", "ok": "é"}
    screen, file = Screen(), io.StringIO()
    on_screen, in_file = terminal.json_text(value, screen), terminal.json_text(value, file)
    assert json.loads(on_screen) == json.loads(in_file) == value
    assert visible(on_screen) == on_screen
    assert TURN in in_file
    assert "é" in on_screen


def test_an_error_output_that_is_full_is_no_reason_to_stop() -> None:
    number = os.open("/dev/full", os.O_WRONLY)
    with open(number, "w", encoding="utf-8") as full:
        terminal.say("lost", full)


ALLOWED = {"write/terminal.py", "write/consoles.py", "run/spacy_component.py"}
"""The last is no command: who runs a pipeline of spaCy's is warned as by spaCy."""


def ways_out(source: str) -> list[str]:
    """The calls in a file that print, or make a console of their own."""
    names = {"print", "Console", "typer.echo", "typer.secho", "rich.print", "traceback.print_exc", "warnings.warn"}
    calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call for call in calls if call in names or call.endswith((".stdout.write", ".stderr.write", ".print_exc"))]


def test_there_is_one_way_out(repository: Path) -> None:
    root = repository / "src" / "spanloom"
    found = {str(file.relative_to(root)): ways_out(file.read_text(encoding="utf-8")) for file in root.rglob("*.py")}
    assert {name: calls for name, calls in found.items() if calls and name not in ALLOWED} == {}
    assert found["write/terminal.py"], "the search finds those that are there"


@pytest.mark.parametrize("call", ["print('x')", "Console(file=f)", "sys.stderr.write('x')", "typer.echo('x')"])
def test_another_way_out_is_found(call: str) -> None:
    assert len(ways_out(f"def f():\n    {call}\n")) == 1
