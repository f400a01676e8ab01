"""`spanloom predict`: a text that fails has its error in its place, and nothing that was answered waits or is lost."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import spanloom.predict.predictor
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.contracts import Codec
from spanloom.core import Example, Row
from spanloom.inputs import Span
from spanloom.run.cli import main
from spanloom.run.cli.lines import Pipe
from spanloom.tasks import find_task
from tests.predict.stand_in import StandIn

Feed = Callable[[bytes], None]

BOMB = "explode"


class Plain(Codec):
    """A codec for a stand-in of a model: a row is the input itself."""

    def __init__(self, texts: int = 1) -> None:
        self.texts = texts

    def encode(self, example: Example) -> Row:
        return Row({}, {}, 1, 1, item=example.input)


def first_words(rows: Sequence[Row]) -> list[Graph]:
    """The first word of each text is a name; one text breaks the model, another makes it answer with NaN."""
    texts = [row.item.text for row in rows]
    if any(BOMB in text for text in texts):
        raise ZeroDivisionError("division by zero")
    return [Graph((Span(0, 1, "Name", float("nan") if "odd" in text else 0.5),)) for text in texts]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(task: str, predict_rows: Callable[[Sequence[Row]], list[Any]], texts: int = 1) -> None:
        codec: Any = Plain(texts)
        predictor = StandIn(find_task(task), codec, predict_rows, Path("nowhere"))
        monkeypatch.setattr(spanloom.predict.predictor, "load", lambda path, second_look, device: predictor)

    use("joint", first_words)
    return use


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    def put(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))

    return put


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


BAD_LINES = [
    (b'{"text": ', "broken JSON"),
    (b"[1]", "[1]; one JSON object a line"),
    (b'{"id": 5}', "no \"text\" in {'id': 5}"),
    (b'{"text": null, "id": 5}', '"text" is None; a string as "text"'),
    (b'{"text": "half \\ud83d", "id": 5}', "half a character, '\\ud83d', at offset 5"),
    (b'{"text": "caf\xe9"}', "byte 0xe9 at column 14 is not utf-8 text"),
    (b'{"text": "a\0b"}', "a NUL byte at column 12"),
    (b'{"text": ' + b"[" * 200_000 + b"}", "JSON nested too deep"),
    (b'{"text": "x", "id": ' + b"9" * 5_000 + b"}", "broken JSON (Exceeds the limit"),
    (b'{"text": "odd", "id": 5}', "a score of the answer is nan"),
    (b'{"text": "explode", "id": 5}', "the model failed with ZeroDivisionError: division by zero"),
    (b'{"first": "a", "second": "b", "id": 5}', "2 texts together; one text"),
]


@pytest.mark.parametrize(("bad", "message"), BAD_LINES)
@pytest.mark.parametrize("place", ["first", "middle"])
@pytest.mark.usefixtures("model")
def test_a_bad_line_of_json_has_its_error_in_its_place(
    bad: bytes, message: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [b'{"text": "Mira sings"}', b'{"text": "Olav swims"}']
    at = 0 if place == "first" else 1
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([*good[:at], bad, *good[at:]]) + b"\n")
    assert main(["predict", "--input", str(path)]) == 2
    captured = capsys.readouterr()
    shown = lines(captured.out)
    error = shown.pop(at)
    assert error["error"].startswith(f"{path}:{at + 1}: ")
    assert message in error["error"]
    assert error.get("id") == (5 if b'"id": 5' in bad else None)
    assert "entities" not in error
    assert [(item["text"], item["entities"][0]["text"]) for item in shown] == [
        ("Mira sings", "Mira"),
        ("Olav swims", "Olav"),
    ]
    assert captured.err == "1 of 3 texts has an error in place of an answer.\n"


@pytest.mark.parametrize("arguments", [["predict"], ["predict", "--input", "a.txt"]])
@pytest.mark.usefixtures("model")
def test_a_bad_line_of_plain_text_has_its_error_in_its_place(
    arguments: list[str],
    feed: Feed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = b"Mira\nc\xe9\n\na\0b\nexplode now\nOlav\n"
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_bytes(content)
    feed(content)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    name = "a.txt" if len(arguments) > 1 else "<stdin>"
    mira, undecodable, empty, nul, broken, olav = lines(captured.out)
    assert (mira["text"], empty["text"], olav["text"]) == ("Mira", "", "Olav")
    assert undecodable["error"].startswith(f"{name}:2: byte 0xe9 at column 2 is not utf-8 text; ")
    assert "--encoding" in undecodable["error"]
    assert nul["error"].startswith(f"{name}:4: a NUL byte at column 2; ")
    assert broken["text"] == "explode now"
    assert broken["error"].startswith(f"{name}:5: the model failed with ZeroDivisionError")
    assert captured.err == "3 of 6 texts have an error in place of an answer.\n"


def test_a_wrong_number_of_texts_is_one_bad_line(
    model: Callable[..., None], feed: Feed, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("spanloom.tasks.classify")
    model("classify", lambda rows: [Label(("same",)) for _ in rows], texts=2)
    feed(b"one\ttwo\nalone\na\tb\tc\nthree\tfour\n")
    assert main(["predict"]) == 2
    first, alone, three, last = lines(capsys.readouterr().out)
    assert (first["first"], last["second"]) == ("one", "four")
    assert alone["error"].startswith("<stdin>:2: one text; exactly two")
    assert (alone["text"], three["text"]) == ("alone", "a\tb\tc")
    assert three["error"].startswith("<stdin>:3: 3 texts together; exactly two")
    assert main(["predict", "alone"]) == 2
    assert lines(capsys.readouterr().out)[0]["text"] == "alone"


@pytest.mark.parametrize(("form", "mark"), [("table", "error: text 2: "), ("html", "<b>Not answered.</b> text 2: ")])
@pytest.mark.usefixtures("model")
def test_a_table_and_a_page_show_the_error_in_its_place(
    form: str, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "Mira", "explode", "Olav", "--format", form]) == 2
    shown = capsys.readouterr().out
    assert shown.index("Mira") < shown.index(mark) < shown.index("Olav")


@pytest.mark.usefixtures("model")
def test_what_fails_is_written_to_a_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.jsonl"
    assert main(["predict", "Mira", "explode", "--output", str(output)]) == 2
    assert ["error" in item for item in lines(output.read_text(encoding="utf-8"))] == [False, True]
    assert capsys.readouterr().err == "1 of 2 texts has an error in place of an answer.\n"


@pytest.mark.usefixtures("model")
def test_what_was_answered_before_an_annotated_file_breaks_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    items = [{"text": f"Mira met Olav{'.' * n}", "triple_list": [["Mira", "met", "Olav"]]} for n in range(3)]
    path.write_text(json.dumps(items)[:-1] + ", 5]", encoding="utf-8")
    assert main(["predict", "--input", str(path)]) == 2
    captured = capsys.readouterr()
    assert [item["text"] for item in lines(captured.out)] == [item["text"] for item in items]
    assert captured.err.startswith(f"DataError: {path}:1: the item is 5; an object.")


@pytest.mark.usefixtures("model")
def test_a_terminal_goes_on_after_a_bad_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO(b"Mira\nexplode\nc\xe9\nOlav\n"), encoding="utf-8"))
    assert main(["predict", "--format", "jsonl"]) == 0
    shown = lines(capsys.readouterr().out)
    assert [item["text"] for item in shown] == ["Mira", "explode", "c\udce9", "Olav"]
    assert ["error" in item for item in shown] == [False, True, True, False]


def test_a_turn_that_fails_is_no_part_of_the_dialogue(
    model: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from spanloom.answers.rewrite import Rewrite

    def joined(rows: Sequence[Row]) -> list[Rewrite]:
        turns = [[turn.text for turn in row.item.turns] for row in rows]
        assert not any(BOMB in said for said in turns)
        return [Rewrite("+".join(said)) for said in turns]

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    model("rewrite", joined, texts=0)
    monkeypatch.setattr(sys, "stdin", Terminal("a\nexplode\nb\n"))
    assert main(["predict", "--format", "jsonl"]) == 0
    first, failed, last = lines(capsys.readouterr().out)
    assert (first["rewrite"], last["rewrite"]) == ("a", "a+b")
    assert "AssertionError" in failed["error"]


# ---- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("model")
def test_the_fields_of_a_line_stay_beside_its_answer(feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    item = {
        "id": "n-7",
        "text": "Mira sings",
        "entities": [{"start": 5, "end": 10, "label": "Gold"}],
        "lost": [1],
        "error": "of an earlier run",
        "meta": {"price": 1.5, "half": "\ud83d"},
        "labels": ["kept"],
    }
    feed(json.dumps(item).encode())
    assert main(["predict"]) == 0
    [shown] = lines(capsys.readouterr().out)
    assert shown == {
        "text": "Mira sings",
        "entities": [{"start": 0, "end": 4, "label": "Name", "text": "Mira", "score": 0.5}],
        "relations": [],
        "id": "n-7",
        "meta": item["meta"],
        "labels": ["kept"],
    }


def test_relations_of_entities_that_were_replaced_go_with_them(
    model: Callable[..., None], feed: Feed, capsys: pytest.CaptureFixture[str]
) -> None:
    model("tag", lambda rows: [Tags(("B-Name", "O")) for _ in rows])
    feed(b'{"text": "Mira sings", "entities": [], "relations": [{"head": 0, "tail": 3}], "id": 1}')
    assert main(["predict"]) == 0
    [shown] = lines(capsys.readouterr().out)
    assert "relations" not in shown
    assert (shown["id"], len(shown["entities"])) == (1, 1)


def test_fields_of_marked_texts_and_of_other_json_lines_stay(
    model: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from spanloom.inputs import Relation

    marked = tmp_path / "marked.jsonl"
    item = {"text": "Rain woke Ida", "head": {"start": 0, "end": 4}, "tail": {"start": 10, "end": 13}, "id": 3}
    bad = {**item, "head": {"start": 0, "end": 99}, "id": 4}
    marked.write_text("\n".join(map(json.dumps, (item, bad, item))), encoding="utf-8")
    model("relation", lambda rows: [Relation(row.item.head, row.item.tail, "Cause") for row in rows])
    assert main(["predict", "--input", str(marked)]) == 2
    shown = lines(capsys.readouterr().out)
    assert [(line["id"], line.get("relation")) for line in shown] == [(3, "Cause"), (4, None), (3, "Cause")]
    assert shown[1]["error"].startswith(f"{marked}:2: ")

    tokens = tmp_path / "tokens.jsonl"
    spert = [{"tokens": ["Mira", "sings"], "entities": [], "relations": [], "orig_id": number} for number in (8, 9)]
    tokens.write_text("\n\n".join(map(json.dumps, spert)), encoding="utf-8")
    model("joint", first_words)
    assert main(["predict", "--input", str(tokens)]) == 0
    assert [(line["text"], line["orig_id"]) for line in lines(capsys.readouterr().out)] == [
        ("Mira sings", 8),
        ("Mira sings", 9),
    ]


# ---- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("note.md", "'note.md' ends in '.md'"),
        ("t.tab", "'t.tab' ends in '.tab'"),
        ("a.jsonl.gz", "'a.jsonl.gz' ends in '.gz'"),
        ("answers", "'answers' has no ending"),
    ],
)
def test_an_ending_that_says_no_format_is_refused(
    name: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "Mira", "--output", name]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"ConfigError: --output: {found}; one of .jsonl, ")
    assert "--format table, jsonl, csv" in error
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("model")
def test_a_format_that_is_named_wins_over_the_ending(tmp_path: Path) -> None:
    output = tmp_path / "note.md"
    assert main(["predict", "Mira", "--output", str(output), "--format", "jsonl"]) == 0
    assert lines(output.read_text(encoding="utf-8"))[0]["text"] == "Mira"


@pytest.mark.usefixtures("model")
def test_texts_under_a_name_that_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note.md"
    note.write_text("Mira sings.\n", encoding="utf-8")
    assert main(["predict", "--input", str(note)]) == 2
    error = capsys.readouterr().err
    assert "no known format, the file begins with 'Mira sings.'" in error
    assert "If it holds texts, one a line, let its name end in .txt." in error


@pytest.mark.usefixtures("model")
def test_an_input_without_a_name_is_not_standard_input(feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    feed(b"Mira\n")
    assert main(["predict", "--input", ""]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err[:12]) == ("", "DataError: .")


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64"])
def test_an_unknown_encoding_names_the_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "Mira", "--encoding", name]) == 2
    assert capsys.readouterr().err.startswith(f"ConfigError: --encoding: unknown encoding '{name}'; a name such as")


@pytest.mark.usefixtures("model")
def test_an_annotated_file_of_another_encoding_names_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('[{"text": "Åse bor", "triple_list": []}]'.encode("latin-1"))
    assert main(["predict", "--input", str(path)]) == 2
    error = capsys.readouterr().err
    assert "byte 0xc5" in error
    assert "--encoding" in error
    assert "data.encoding" not in error


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "gb18030"])
@pytest.mark.usefixtures("model")
def test_standard_input_in_encodings_of_several_bytes(
    encoding: str, feed: Feed, capsys: pytest.CaptureFixture[str]
) -> None:
    feed("Mira 米拉\r\nOlav \u010a\n".encode(encoding))
    assert main(["predict", "--encoding", encoding]) == 0
    assert [item["text"] for item in lines(capsys.readouterr().out)] == ["Mira 米拉", "Olav \u010a"]


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
@pytest.mark.usefixtures("model")
def test_an_empty_file_is_said(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).touch()
    assert main(["predict", "--input", str(tmp_path / name)]) == 2
    assert f"{name}: the file is empty; at least one text." in capsys.readouterr().err


@pytest.mark.usefixtures("model")
def test_a_folder_is_no_file_of_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--input", str(tmp_path)]) == 2
    assert f"{tmp_path}: is a directory" in capsys.readouterr().err


@pytest.mark.usefixtures("model")
def test_a_text_of_any_length_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    text = "Mira met Olav " + "x" * 200_000
    path.write_text(json.dumps([{"text": text, "triple_list": [["Mira", "met", "Olav"]]}]), encoding="utf-8")
    assert main(["predict", "--input", str(path)]) == 0
    assert lines(capsys.readouterr().out)[0]["text"] == text


# ---- a pipe ----------------------------------------------------------------------------------------------------------

ANSWERING = (
    "import sys; from pathlib import Path; from spanloom.answers.graph import Graph\n"
    "from spanloom.contracts import Codec\nfrom spanloom.core import Row\n"
    "from spanloom.predict import predictor; from spanloom.run.cli import main; from spanloom.tasks import find_task\n"
    "class Plain(Codec):\n"
    "    def encode(self, example): return Row({}, {}, 1, 1)\n"
    "class Finds(predictor.Predictor):\n"
    "    def predict_rows(self, rows): return [Graph() for row in rows]\n"
    "predictor.load = lambda path, second_look, device: Finds(find_task('joint'), Plain(), None, Path('nowhere'))\n"
    "sys.exit(main(sys.argv[1:]))"
)
PATIENCE = 60.0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with a name")
@pytest.mark.parametrize("by", ["standard input", "a pipe with a name"])
@pytest.mark.parametrize(("first", "second"), [("Mira", "Olav"), ('{"text": "Mira"}', '{"text": "Olav"}')])
def test_a_pipe_gets_each_answer_before_the_next_text_is_there(
    by: str, first: str, second: str, tmp_path: Path, repository: Path
) -> None:
    named = tmp_path / "pipe"
    os.mkfifo(named)
    arguments = ["predict", "--input", "-" if by == "standard input" else str(named)]
    with subprocess.Popen(
        [sys.executable, "-c", ANSWERING, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
    ) as process:
        guard = threading.Timer(PATIENCE, process.kill)  # a process that waits for more ends, and its answer is missed
        guard.start()
        assert process.stdout is not None
        assert process.stdin is not None
        with process.stdin if by == "standard input" else named.open("wb") as feeding:
            for line in (first, second):
                feeding.write(f"{line}\n".encode())
                feeding.flush()
                assert json.loads(process.stdout.readline())["text"] in line
        assert process.stdout.read() == b""
        assert process.wait() == 0
        guard.cancel()


@pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="needs pipes not to wait for")
def test_a_pipe_that_another_made_one_not_to_wait_for_is_waited_for() -> None:
    """Reading it where it is empty gives no bytes, as at its end."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    later = threading.Timer(0.2, lambda: (os.write(write, b"Olav\n"), os.close(write)))
    with open(read, "rb") as file:
        pipe = Pipe(file, "utf-8", "<stdin>")
        assert not pipe.more()
        later.start()
        assert list(pipe.lines()) == [(1, "Olav")]
    later.join()


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("first", "message"), [(b'{"txt": "Mira"}', 'no "text" in'), (b'[{"tokens": ["Mira"]}]', "one JSON object a line")]
)
def test_data_on_a_pipe_are_not_taken_for_text(
    first: bytes, message: str, feed: Feed, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(first + b'\n{"text": "Olav"}\n')
    assert main(["predict"]) == 2
    bad, good = lines(capsys.readouterr().out)
    assert bad["error"].startswith("<stdin>:1: ")
    assert message in bad["error"]
    assert good["text"] == "Olav"


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("text", ["[1]", "3", "null", "{Mira}", "[Mira] {sings}"])
def test_brackets_and_numbers_make_no_data_of_a_text(text: str, feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    feed(f"{text}\nOlav\n".encode())
    assert main(["predict"]) == 0
    assert [item["text"] for item in lines(capsys.readouterr().out)] == [text, "Olav"]


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_of_objects_keeps_their_fields_and_goes_on_behind_a_bad_one(
    indent: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Gold of a kind that the model does not know is no reason to refuse a text; another tool wrote it."""
    items = [{"text": "Mira", "id": 7, "label": [[0, 4, "PER"]]}, {"text": None, "id": 8}, {"text": "Olav", "id": 9}]
    file = tmp_path / "a.json"
    file.write_text(json.dumps(items, indent=indent), encoding="utf-8")
    assert main(["predict", "--input", str(file)]) == 2
    shown = lines(capsys.readouterr().out)
    assert [item["id"] for item in shown] == [7, 8, 9]
    assert ["error" in item for item in shown] == [False, True, False]
    assert '"text" is None' in shown[1]["error"]


def test_a_key_given_twice_is_one_bad_line(
    model: Callable[..., None], feed: Feed, capsys: pytest.CaptureFixture[str]
) -> None:
    model("joint", lambda rows: [Graph() for _ in rows])
    feed(b'{"text": "Mira", "text": "Olav"}\n{"text": "Olav"}\n')
    assert main(["predict"]) == 2
    twice, plain = lines(capsys.readouterr().out)
    assert "the key 'text' twice" in twice["error"]
    assert plain["text"] == "Olav"


def test_what_is_wrong_with_annotations_is_no_reason_to_leave_a_text_unanswered(
    model: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An I- tag that continues nothing, and a blank token: both stop `check`, and neither is of the text."""
    model("joint", lambda rows: [Graph() for _ in rows])
    file = tmp_path / "a.iob2"
    file.write_text("Mira\tO\nSolberg\tI-PER\n \tO\nleft\tO\n", encoding="utf-8")
    assert main(["predict", "--input", str(file)]) == 0
    [shown] = lines(capsys.readouterr().out)
    assert shown["text"] == "Mira Solberg left"
