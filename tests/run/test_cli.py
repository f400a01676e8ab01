"""The command line from outside: arguments and standard input in, output and exit code out."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import spanloom
import spanloom.predict.predictor
import spanloom.run.evaluate
from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.contracts import Codec
from spanloom.core import Example, Row
from spanloom.errors import CheckpointError
from spanloom.inputs import Relation, Span
from spanloom.predict.predictor import Predictor
from spanloom.run.cli import build_app, main
from spanloom.run.cli.threshold import thresholds
from spanloom.tasks import FOLDER, find_task, task_names
from tests.predict.stand_in import StandIn
from tests.run.tiny_task import TASK, WORDS, TinyCodec, example

SENTENCE = "Mira Holm runs Nordvik Press in Bergen ."


class Plain(Codec):
    """A codec for stand-ins of models: a row is the input itself."""

    def encode(self, example: Example) -> Row:
        return Row({}, {}, 1, 1, item=example.input)

    def known(self) -> dict[str, tuple[str, ...]]:
        return {"entity label": ("Name",), "relation": ("next",)}


def capitalised(rows: Sequence[Row]) -> list[Graph]:
    """Answers of a model that is known: names are capitalised words, each `next` to the one after."""
    graphs = []
    for text in (row.item for row in rows):
        spans = [
            Span(index, index + 1, "Name", 0.5) for index, token in enumerate(text.tokens) if token.text[0].isupper()
        ]
        graphs.append(Graph(tuple(spans), tuple(Relation(a, b, "next", 0.25) for a, b in itertools.pairwise(spans))))
    return graphs


def stand_in(task: str, predict_rows: Callable[[Sequence[Row]], list[Any]]) -> Predictor:
    codec: Any = Plain()
    return StandIn(find_task(task), codec, predict_rows, Path("nowhere"))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """Every load gives the stand-in; the list holds the paths that were asked for."""
    asked: list[Path | None] = []

    def load(path: Path | None = None, second_look: str = "auto", device: str = "auto") -> Predictor:
        asked.append(path)
        return stand_in("joint", capitalised)

    monkeypatch.setattr(spanloom.predict.predictor, "load", load)
    return asked


Feed = Callable[[bytes], None]


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Puts bytes on standard input."""

    def put(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))

    return put


def texts(output: str) -> list[str]:
    return [json.loads(line)["text"] for line in output.splitlines()]


# ---- predict ---------------------------------------------------------------------------------------------------------


def test_a_text_becomes_one_json_line_in_characters(model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "In Bergen lives Mira."]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "text": "In Bergen lives Mira.",
        "entities": [
            {"start": 0, "end": 2, "label": "Name", "text": "In", "score": 0.5},
            {"start": 3, "end": 9, "label": "Name", "text": "Bergen", "score": 0.5},
            {"start": 16, "end": 20, "label": "Name", "text": "Mira", "score": 0.5},
        ],
        "relations": [
            {"head": 0, "tail": 1, "label": "next", "score": 0.25},
            {"head": 1, "tail": 2, "label": "next", "score": 0.25},
        ],
    }
    assert captured.err == ""
    assert model == [None], "the bundled model"


def causes(rows: Sequence[Row]) -> list[Relation]:
    """Every head has caused its tail."""
    return [Relation(row.item.head, row.item.tail, "Cause-Effect(e1,e2)") for row in rows]


def test_marked_texts_come_with_marks_or_with_offsets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(
        spanloom.predict.predictor, "load", lambda path, second_look, device: stand_in("relation", causes)
    )
    marked = "<e1>Rain</e1> woke <e2>Ida</e2>"
    plain, lines, broken = (tmp_path / name for name in ("a.txt", "a.jsonl", "b.txt"))
    plain.write_text(f"{marked}\n", encoding="utf-8")
    found = {"text": "Rain woke Ida", "head": {"start": 0, "end": 4}, "tail": {"start": 10, "end": 13}}
    lines.write_text(json.dumps(found), encoding="utf-8")
    shown = []
    for arguments in ([marked], ["--input", str(plain)], ["--input", str(lines)]):
        assert main(["predict", *arguments]) == 0
        shown.append(json.loads(capsys.readouterr().out))
    assert shown[0] == shown[1] == shown[2]
    assert (shown[0]["relation"], shown[0]["tail"]) == ("Cause-Effect(e1,e2)", {"start": 10, "end": 13, "text": "Ida"})
    broken.write_text(f"{marked}\nRain <e2>fell</e2>\n", encoding="utf-8")
    assert main(["predict", "--input", str(broken)]) == 2
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown[0]["relation"] == "Cause-Effect(e1,e2)"
    assert shown[1]["error"].startswith(f"{broken}:2: no <e1>, </e1> in 'Rain <e2>fell</e2>'; ")


def test_several_texts_are_answered_in_order(model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "-m", "runs/a", "Second one", "", "First one"]) == 0
    assert texts(capsys.readouterr().out) == ["Second one", "", "First one"]
    assert model == [Path("runs/a")]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", b"One\n\nThree\n", ["One", "", "Three"]),
        ("a.txt", b"\xef\xbb\xbfOne\r\nTwo\rThree", ["One", "Two", "Three"]),
        ("a.txt", b'{"text": "no JSON here"}\n', ['{"text": "no JSON here"}']),
        ("a.jsonl", b'{"text": "One"}\n\n{"text": "", "id": 3}\n', ["One", ""]),
        ("a.json", b'[{"text": "Mira met Olav", "triple_list": [["Mira", "met", "Olav"]]}]', ["Mira met Olav"]),
    ],
)
def test_a_file_of_texts(
    model: list[Any],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    content: bytes,
    expected: list[str],
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["predict", "--input", str(tmp_path / name)]) == 0
    assert texts(capsys.readouterr().out) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"One\n\nThree", ["One", "", "Three"]),
        (b"\xef\xbb\xbfOne\r\nTwo\rThree\r\n", ["One", "Two", "Three"]),
        (b'\n{"text": "One"}\n{"text": "Two"}\n', ["One", "Two"]),
        (b'{"name": "One\n', ['{"name": "One']),
        (b"", []),
    ],
)
@pytest.mark.parametrize("arguments", [["predict"], ["predict", "--input", "-"]])
def test_standard_input(
    model: list[Any],
    feed: Feed,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    content: bytes,
    expected: list[str],
) -> None:
    feed(content)
    assert main(arguments) == 0
    assert texts(capsys.readouterr().out) == expected


def test_another_encoding(model: list[Any], feed: Feed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sentence = "米拉住在卑尔根"
    (tmp_path / "a.txt").write_bytes(sentence.encode("gb18030"))
    assert main(["predict", "--input", str(tmp_path / "a.txt"), "--encoding", "gb18030"]) == 0
    feed(sentence.encode("gb18030"))
    assert main(["predict", "--encoding", "gb18030"]) == 0
    assert texts(capsys.readouterr().out) == [sentence, sentence]


def test_a_terminal_is_answered_line_by_line(
    model: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("Mira\nOlav\n"))
    assert main(["predict", "--format", "jsonl"]) == 0
    captured = capsys.readouterr()
    assert texts(captured.out) == ["Mira", "Olav"]
    assert "Ctrl-D" in captured.err


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["--output", "a.html"], "<!doctype html>"),
        (["--output", "a.jsonl"], '{"text": '),
        (["--output", "a", "--format", "jsonl"], '{"text": '),
        (["--output", "a.jsonl", "--format", "html"], "<!doctype html>"),
    ],
)
def test_the_output_file_says_its_format(
    model: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    beginning: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["predict", SENTENCE, *arguments]) == 0
    content = (tmp_path / arguments[1]).read_text(encoding="utf-8")
    assert content.lower().startswith(beginning)
    assert "Nordvik" in content
    assert capsys.readouterr().out == ""
    assert os.listdir(tmp_path) == [arguments[1]], "no temporary file is left"


def test_a_table_shows_names_and_relations(model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", SENTENCE, "--format", "table"]) == 0
    shown = capsys.readouterr().out
    assert "Nordvik" in shown
    assert "next" in shown


@pytest.mark.parametrize(
    ("given", "entities", "relations"),
    [
        (["0.2"], 5, 4),
        (["0.3"], 5, 0),
        (["0.5"], 5, 0),
        (["0.51"], 0, 0),
        (["next=0.3"], 5, 0),
        (["0.9", "--threshold", "Name=0.5"], 5, 0),
        (["0.9", "--threshold", "Name=0.5", "--threshold", "next=0.25"], 5, 4),
    ],
)
def test_less_sure_facts_are_left_out_of_every_format(
    model: list[Any], capsys: pytest.CaptureFixture[str], given: list[str], entities: int, relations: int
) -> None:
    assert main(["predict", SENTENCE, "-f", "jsonl", "--threshold", *given]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (len(shown["entities"]), len(shown["relations"])) == (entities, relations)
    assert main(["predict", SENTENCE, "-f", "html", "--threshold", *given]) == 0
    page = capsys.readouterr().out
    assert (page.count('class="tag '), page.count("data-head=")) == (entities, relations)
    assert main(["predict", SENTENCE, "-f", "table", "--threshold", *given]) == 0
    table = capsys.readouterr().out
    assert (table.count("0.50"), table.count("0.25")) == (entities, relations)
    found = stand_in("joint", capitalised).predict([SENTENCE], threshold=thresholds([given[0], *given[2::2]]))
    assert [(len(answer.entities), len(answer.relations)) for answer in found] == [(entities, relations)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["much"], "threshold: 'much' of 'much' is no number; one from 0 to 1. Set a number such as 0.7."),
        (["Name="], "threshold: '' of 'Name=' is no number; one from 0 to 1"),
        (["=0.7"], "threshold: no label before the '=' of '=0.7'"),
        (["70"], "threshold: is 70.0; a number from 0 to 1"),
        (["Nmae=0.7"], "unknown label 'Nmae'; did you mean 'Name'?; one that the model was trained on (Name, next)"),
        (["0.7", "--threshold", "0.8"], "threshold: is given twice for all labels"),
        (["next=0.7", "--threshold", "next=0.8"], "threshold: is given twice for label 'next'"),
    ],
)
def test_a_threshold_that_means_nothing_is_refused(
    model: list[Any], capsys: pytest.CaptureFixture[str], given: list[str], message: str
) -> None:
    assert main(["predict", SENTENCE, "--threshold", *given]) == 2
    assert message in capsys.readouterr().err


def test_a_failed_prediction_leaves_the_old_output(
    model: list[Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "old.jsonl").write_text("old")
    (tmp_path / "a.json").write_text('[{"text": "Mira met Olav", "triple_list": [["Mira", "met", "Olav"]]}, 2]')
    arguments = ["predict", "--input", str(tmp_path / "a.json"), "--output", str(tmp_path / "old.jsonl")]
    assert main(arguments) == 2
    assert (tmp_path / "old.jsonl").read_text() == "old"
    assert f"Nothing was written to {tmp_path / 'old.jsonl'}." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.txt", None, "none.txt: no such file"),
        ("a.xyz", b"what is this\n", "a.xyz: no known format, the file begins with 'what is this'"),
    ],
)
def test_a_file_that_cannot_be_read_is_cited(
    model: list[Any],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    content: bytes | None,
    message: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["predict", "--input", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("DataError: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_text_and_a_file_are_one_too_many(model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "Mira", "--input", "a.txt"]) == 2
    assert "ConfigError: predict: a text and --input a.txt; one of the two." in capsys.readouterr().err


# ---- long texts ------------------------------------------------------------------------------------------------------


def tiny_predictor(path: Path | None = None, second_look: str = "auto", device: str = "auto") -> Predictor:
    """Reads six words at once and finds nothing in them."""
    return StandIn(TASK, TinyCodec(WORDS), lambda rows: [Graph() for _ in rows], Path("tiny"))


def test_what_was_not_read_at_once_is_said_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(spanloom.predict.predictor, "load", tiny_predictor)
    assert main(["predict", "Ada", "the " * 11, "the " * 7]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 3
    said = "2 of 3 texts were longer than the 6 words that this model reads at once: read in 4 windows."
    assert captured.err == f"{said}\n"
    assert main(["predict", "Ada", "the " * 6]) == 0
    assert capsys.readouterr().err == ""


def test_evaluating_says_so_too_and_counts_it_in_the_scorecard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def load(path: Path | None = None, second_look: str = "auto", device: str = "auto") -> Predictor:
        asked.append(second_look)
        task = replace(TASK, read=lambda path, config: iter([example("Ada"), example("the " * 7)]))
        predictor = tiny_predictor()
        predictor.task = task
        return predictor

    monkeypatch.setattr(spanloom.run.evaluate, "load", load)
    assert main(["evaluate", "tiny", "data.jsonl", "--json", "--second-look", "off"]) == 0
    captured = capsys.readouterr()
    said = "1 of 2 texts was longer than the 6 words that this model reads at once: read in 2 windows."
    assert captured.err == f"{said}\n"
    read = json.loads(captured.out)["read"]
    assert (read["inputs"], read["windowed"], read["windows"], read["limit"]) == (2, 1, 2, "6 words")
    assert read["said"] == [said]
    assert asked == ["off"]


def test_an_unknown_way_to_look_again_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "Mira", "--second-look", "twice"]) == 2
    assert "twice" in capsys.readouterr().err


# ---- exit codes ------------------------------------------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def load(path: Path | None = None, second_look: str = "auto", device: str = "auto") -> None:
        raise error

    monkeypatch.setattr(spanloom.predict.predictor, "load", load)


def test_what_the_user_can_mend_is_one_line_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, CheckpointError("runs/a", "no such folder", "a run folder or a bundle", "Check the path."))
    assert main(["predict", "-m", "runs/a", "Mira"]) == 2
    line = "CheckpointError: runs/a: no such folder; a run folder or a bundle. Check the path.\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize("arguments", [["--debug", "predict", "Mira"], ["predict", "Mira", "--debug"]])
def test_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    failing(monkeypatch, CheckpointError("runs/a", "no such folder"))
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("Traceback")
    assert error.endswith("\nCheckpointError: runs/a: no such folder\n")


def test_debug_after_two_dashes_is_a_text(model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--", "--debug"]) == 0
    assert texts(capsys.readouterr().out) == ["--debug"]


def test_our_own_bug_says_so_and_exits_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, ZeroDivisionError("division by zero"))
    assert main(["predict", "Mira"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("This is a bug in spanloom: ZeroDivisionError: division by zero\n")
    assert "report" in error
    assert f"spanloom {spanloom.__version__}" in error
    assert "Traceback" not in error


def test_a_full_disk_is_no_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, OSError(28, "No space left on device", "answers.jsonl"))
    assert main(["predict", "Mira"]) == 2
    assert "FileError: answers.jsonl: No space left on device. Free some space" in capsys.readouterr().err


@pytest.mark.parametrize("message", ["Interrupted.", "Stopped at step 3. Go on with: spanloom train"])
def test_ctrl_c_exits_130_with_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], message: str
) -> None:
    failing(monkeypatch, KeyboardInterrupt() if message == "Interrupted." else KeyboardInterrupt(message))
    assert main(["predict", "Mira"]) == 130
    assert capsys.readouterr().err == f"\n{message}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predikt"], "predict"),
        (["predict", "--frmat", "html"], "--frmat"),
        (["predict", "--format", "xml", "Mira"], "xml"),
        (["train"], "CONFIG.toml"),
        (["check", "a.json"], "--task"),
    ],
)
def test_a_wrong_command_line_exits_2(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(repository: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from spanloom.answers.graph import Graph\n"
        "from spanloom.contracts import Codec\nfrom spanloom.core import Row\n"
        "from spanloom.predict import predictor\n"
        "from spanloom.run.cli import main; from spanloom.tasks import find_task\n"
        "class Plain(Codec):\n"
        "    def encode(self, example): return Row({}, {}, 1, 1)\n"
        "class Finds(predictor.Predictor):\n"
        "    def predict_rows(self, rows): return [Graph() for row in rows]\n"
        "predictor.load = lambda path, second_look, device: Finds(find_task('joint'), Plain(), None, Path('nowhere'))\n"
        "sys.exit(main(['predict', *(['Mira'] * 20000)]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(repository),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["text"] == "Mira"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


# ---- the other commands ----------------------------------------------------------------------------------------------


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"spanloom {spanloom.__version__}\n"
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    commands = [command.callback.__name__ for command in build_app().registered_commands if command.callback]
    work, about = (
        [
            "predict",
            "train",
            "evaluate",
            "calibrate",
            "compare",
            "check",
            "convert",
            "split",
            "export",
            "serve",
            "facts",
        ],
        ["queue", "merge", "example", "tasks", "settings", "doctor"],
    )
    assert sorted(commands) == sorted([*work, "init", "generate", *about])
    assert all(name in shown for name in commands)


def test_tasks_lists_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks"]) == 0
    assert re.search(r"^joint +\S+", capsys.readouterr().out, re.MULTILINE)
    assert main(["tasks", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["joint"] == find_task("joint").summary


def test_an_unknown_task_suggests_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "a.json", "--task", "jont"]) == 2
    assert "there is no task 'jont'; did you mean 'joint'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "to", "name", "written"),
    [
        ("tag", "columns", "out.conll", "The\tO\nferry\tO\n"),
        ("classify", "table", "out.tsv", "label\ttext\n"),
        ("classify", "table", "out.csv", "label,text\n"),
    ],
)
def test_convert_writes_formats_of_other_tools(task: str, to: str, name: str, written: str, tmp_path: Path) -> None:
    (sample,) = (FOLDER / task).glob("sample.*")
    target = tmp_path / name
    assert main(["convert", str(sample), str(target), "--task", task, "--to", to]) == 0
    assert target.read_text(encoding="utf-8").startswith(written)
    read = [[example.gold for example in find_task(task).read(path, DataConfig())] for path in (sample, target)]
    assert read[0] == read[1]


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("table", "--to: 'table' cannot hold gold of the task 'tag'; one of jsonl, "),
        ("xlsx", "--to: there is no format 'xlsx'; one of jsonl, "),
        ("colums", "--to: there is no format 'colums'; did you mean 'columns'?; one of jsonl, "),
    ],
)
def test_convert_says_what_a_format_cannot_hold(
    to: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = str(FOLDER / "tag" / "sample.conll")
    assert main(["convert", sample, str(tmp_path / "out"), "--task", "tag", "--to", to]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_convert_writes_what_can_be_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = {"text": "Mira runs Nordvik", "triple_list": [["Mira", "runs", "Nordvik"], ["Mira", "knows", "Olav"]]}
    (tmp_path / "in.json").write_text(json.dumps([item]))
    assert main(["convert", str(tmp_path / "in.json"), str(tmp_path / "out.jsonl")]) == 0
    assert "1 sentence; 1 fact could not be placed" in capsys.readouterr().err
    line = json.loads((tmp_path / "out.jsonl").read_text())
    assert [entity["text"] for entity in line["entities"]] == ["Mira", "Nordvik"]


@pytest.mark.parametrize("more", [{}, {"id": 7, "meta": {"a": 1}}])
def test_convert_says_which_fields_it_does_not_keep(
    more: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = {**more, "text": "Mira left", "triple_list": [["Mira", "left", "Mira"]]}
    (tmp_path / "in.jsonl").write_text(json.dumps(item))
    assert main(["convert", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), "--task", "nested"]) == 0
    said = capsys.readouterr().err
    assert ("in.jsonl: not kept: 'id', 'meta', which no gold is read from." in said) == bool(more)
    assert not {"id", "meta"} & json.loads((tmp_path / "out.jsonl").read_text()).keys()


def test_convert_keeps_the_fields_of_our_own_lines_but_no_gold_of_another_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entities = [{"start": 0, "end": 4, "label": "P"}]
    item = {"id": 7, "text": "Mira left", "entities": entities, "relations": [], "meta": {"a": 1}}
    (tmp_path / "in.jsonl").write_text(json.dumps(item))
    assert main(["convert", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), "--task", "tag"]) == 0
    assert "in.jsonl: not kept: 'relations', which no gold is read from." in capsys.readouterr().err
    line = json.loads((tmp_path / "out.jsonl").read_text())
    assert (line["id"], line["meta"], "relations" in line) == (7, {"a": 1}, False)


@pytest.mark.parametrize("name", [name for name in task_names() if name != "language_model"])  # without annotations
def test_convert_knows_the_task_by_its_format(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever it takes a sample for, no gold is lost: the lines are those of the sample's own task."""
    (sample,) = (FOLDER / name).glob("sample.*")
    assert main(["convert", str(sample), str(tmp_path / "guessed.jsonl")]) == 0
    assert f"{sample}: taken for the task '" in capsys.readouterr().err
    assert main(["convert", str(sample), str(tmp_path / "asked.jsonl"), "--task", name]) == 0
    assert "taken for" not in capsys.readouterr().err
    assert lines_in(tmp_path, "guessed") == lines_in(tmp_path, "asked")


def lines_in(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.formt=spert", "unknown key data.formt; did you mean data.format?"),
        ("data.format=xml", "unknown format 'xml'"),
        ("train.epochs=3", "unknown key train"),
        ("format", "override 'format': no '=' in it"),
    ],
)
def test_a_wrong_setting_is_quoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, message: str
) -> None:
    (tmp_path / "in.json").write_text("[]")
    assert main(["convert", str(tmp_path / "in.json"), str(tmp_path / "out.jsonl"), setting]) == 2
    assert message in capsys.readouterr().err


def test_doctor_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, CheckpointError("bundled/default", "model.onnx is damaged"))
    assert main(["doctor", "--json"]) == 2
    findings = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["spanloom"]["detail"] == spanloom.__version__
    assert findings["bundled model"] == {
        "name": "bundled model",
        "state": "fault",
        "detail": "bundled/default: model.onnx is damaged",
    }


# ---- what is loaded --------------------------------------------------------------------------------------------------


def environment(repository: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(repository / "src")}


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import spanloom", ["numpy", "typer", "rich", "torch", "onnxruntime", "tokenizers"]),
        ("import spanloom; spanloom.Span", ["typer", "torch", "onnxruntime", "tokenizers"]),
        ("from spanloom.run.cli import main; main(['--help'])", ["numpy", "torch", "onnxruntime", "tokenizers"]),
        ("from spanloom.run.cli import main; main(['tasks'])", ["torch", "onnxruntime", "transformers"]),
        (
            "import spanloom; spanloom.load, spanloom.train, spanloom.evaluate, spanloom.check, spanloom.export",
            ["torch", "transformers"],
        ),
    ],
)
def test_nothing_heavy_is_loaded_early(repository: Path, code: str, forbidden: list[str]) -> None:
    check = f"import sys; {code}\nprint([name for name in {forbidden!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", check], env=environment(repository), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_public_face_has_every_name_that_it_lists() -> None:
    assert set(spanloom.__all__) == set(dir(spanloom))
    for name in spanloom.__all__:
        assert getattr(spanloom, name) is not None
    with pytest.raises(AttributeError, match="module 'spanloom' has no attribute 'lod'"):
        spanloom.lod  # noqa: B018
