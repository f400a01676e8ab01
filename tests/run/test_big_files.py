"""`spanloom predict` on files: each format there and back, batches that change no answer, and jobs that go on."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.answers import kinds
from spanloom.answers.graph import Graph
from spanloom.predict.predictor import Predictor, load
from spanloom.run.cli import main
from spanloom.run.cli.entries import Entry, Maker
from spanloom.run.cli.texts import inputs_of
from spanloom.tasks import find_task
from spanloom.write.facts import heads_of, table_of_facts
from spanloom.write.parquet import write_parquet
from spanloom.write.told import Told
from tests.faults.bad_items.test_streams import Plain
from tests.predict.stand_in import StandIn

REPOSITORY = Path(__file__).resolve().parents[2]
WORDS = "Ada Bo met in Bergen at noon . The old harbour of Oslo belongs to Nordvik Ltd and 42 internationalization"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tagger of two epochs, whose fp32 graph may answer texts together."""
    folder = tmp_path_factory.mktemp("tagger")
    tiny = REPOSITORY / "src/spanloom/tasks/tag/tiny.toml"
    assert main(["train", str(tiny), "--output", str(folder / "run"), "train.epochs=2"]) == 0
    export = ["export", str(folder / "run"), "--output", str(folder / "bundle"), "--precision", "fp32"]
    assert main(export) == 0
    return folder / "bundle"


def some_texts(count: int, longest: int = 40) -> list[str]:
    draw = random.Random(0)
    return [" ".join(draw.choices(WORDS.split(), k=draw.randint(0, longest))) for _ in range(count)]


# ---- company ---------------------------------------------------------------------------------------------------------


def test_an_answer_is_the_same_bits_in_any_company(bundle: Path) -> None:
    predictor: Predictor[Any] = load(bundle, threads=1)
    assert predictor.backend.together
    assert len(predictor.backend.batches(predictor.encode(predictor.prepare("Ada met Bo.")).rows * 9)) == 1
    texts = some_texts(300)
    items = [predictor.prepare(text) for text in texts]

    def answers(order: list[int]) -> dict[int, Any]:
        found = predictor.predict_inputs([items[number] for number in order])
        return {number: predictor.task.show(items[number], answer) for number, answer in zip(order, found, strict=True)}

    every = list(range(len(texts)))
    shuffled = random.Random(1).sample(every, len(every))
    in_order = answers(every)
    assert in_order == answers(shuffled)
    assert in_order == {number: next(iter(answers([number]).values())) for number in every}
    assert in_order == {
        number: shown for at in range(0, 300, 7) for number, shown in answers(every[at : at + 7]).items()
    }
    predictor.backend = replace(predictor.backend, together=False)
    assert in_order == answers(every)


# ---- formats ---------------------------------------------------------------------------------------------------------


def stand_in() -> Predictor[Any]:
    codec: Any = Plain()
    return StandIn(find_task("joint"), codec, lambda rows: [Graph() for _ in rows], Path("nowhere"))


def entries(path: Path, *text_fields: str) -> list[Entry]:
    return list(inputs_of(str(path), Maker(stand_in(), text_fields=text_fields)).entries)


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


def packed(name: str, content: bytes) -> bytes:
    if name.endswith(".zst"):
        if sys.version_info >= (3, 14):
            from compression import zstd

            return zstd.compress(content)
        import zstandard

        return zstandard.ZstdCompressor().compress(content)
    return gzip.compress(content) if name.endswith(".gz") else content


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), ending=st.sampled_from(["", ".gz", ".zst"]))
@settings(deadline=None, max_examples=40)
def test_texts_and_fields_are_read_from_every_format(
    rows: list[tuple[str, str]], ending: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import pyarrow
    from pyarrow import parquet

    folder = tmp_path_factory.mktemp("formats")
    objects = [{"id": name, "body": text} for name, text in rows]
    lines = "".join(json.dumps({"id": name, "doc": {"body": text}}) + "\n" for name, text in rows)
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["id", "body"], *rows])
    for name, content in ((f"a.jsonl{ending}", lines), (f"a.csv{ending}", table.getvalue())):
        (folder / name).write_bytes(packed(name, content.encode()))
    parquet.write_table(pyarrow.Table.from_pylist(objects), folder / "a.parquet")
    for name, field in ((f"a.jsonl{ending}", "doc.body"), (f"a.csv{ending}", "body"), ("a.parquet", "body")):
        found = entries(folder / name, field)
        assert [getattr(entry.input, "text", entry.input) for entry in found] == [text for _, text in rows], name
        assert [entry.fields["id"] for entry in found] == [name for name, _ in rows]


def undone(cell: str) -> str:
    """A cell without the quote mark that keeps a spreadsheet from computing it."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'")[:1] in tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20") else cell


@given(
    cells=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
        | st.sampled_from(["=1+1", "'=x", "-5", "-x", "+1 555", "@SUM(A1)", "\t=2", ""]),
        min_size=1,
        max_size=6,
    )
)
@settings(deadline=None)
def test_a_table_of_facts_gives_back_its_cells_and_computes_nothing(cells: list[str]) -> None:
    kind = kinds()["graph"]
    items = [
        Told(
            {"text": cell, "entities": [{"text": cell, "start": 0, "end": 1, "label": "X"}], "relations": []},
            {"id": cell},
        )
        for cell in cells
    ]
    written = "".join(table_of_facts(items, kind, heads_of(items, kind)))
    head, *rows = csv.reader(io.StringIO(written, newline=""))
    assert [(undone(row[head.index("text")]), undone(row[head.index("id")])) for row in rows] == [(c, c) for c in cells]
    for row in rows:
        for cell in row:
            is_number = cell.strip() == cell and cell.lstrip("+-").isdigit()
            assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or float(cell) is not None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | CELLS,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(objects=st.lists(st.fixed_dictionaries({"text": CELLS}, optional={"a": VALUES, "b": VALUES}), max_size=6))
@settings(deadline=None)
def test_parquet_gives_back_what_json_lines_hold(objects: list[dict[str, Any]]) -> None:
    from pyarrow import parquet

    file = io.BytesIO()
    write_parquet(file, lambda: iter([dict(item) for item in objects]))
    found = parquet.read_table(io.BytesIO(file.getvalue())).to_pylist()
    assert len(found) == len(objects)
    for before, after in zip(objects, found, strict=True):
        for name, value in after.items():
            expected = before.get(name)
            assert value == expected or json.loads(value) == expected, name


def test_every_format_says_the_same_of_a_folder(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.jsonl").write_text('{"text": "Ada met Bo.", "id": 7}\n{"text": 5, "id": 8}\n')
    (texts / "b.csv").write_text("id,text\n9,Bo met Ada in Oslo.\n")
    for name in ("o.jsonl", "o.csv", "o.parquet", "o.conll", "o.html"):
        assert main(["predict", "-m", str(bundle), "-i", str(texts), "-o", str(tmp_path / name)]) == 2
    assert "1 of 3 texts has an error" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["o.conll", "o.csv", "o.html", "o.jsonl", "o.parquet", "texts"]
    shown = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert [str(item["id"]) for item in shown] == ["7", "8", "9"]
    assert ["error" in item for item in shown] == [False, True, False]
    from pyarrow import parquet

    rows = parquet.read_table(tmp_path / "o.parquet").to_pylist()
    assert [row["tokens"] for row in rows] == [item.get("tokens") for item in shown]
    facts = list(csv.DictReader(io.StringIO((tmp_path / "o.csv").read_text(), newline="")))
    entities = [entity["text"] for item in shown for entity in item.get("entities", ())]
    assert [fact["text"] for fact in facts if fact["kind"] == "entity"] == entities
    assert {fact["id"] for fact in facts} == {"7", "8", "9"}
    again = list(find_task("tag").read(tmp_path / "o.conll", stand_in_config()))
    assert [list(example.gold.labels) for example in again] == [
        [token["label"] for token in item["tokens"]] for item in shown if "tokens" in item
    ]


def stand_in_config() -> Any:
    from spanloom.config import DataConfig

    return DataConfig()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-i", "a.csv", "--text-field", "body"], "no column 'body' in a.csv; one of its columns: 'id', 'text'"),
        (
            ["-i", "a.csv", "--text-field", "a", "--text-field", "b"],
            "names 2 of the fields: 'a', 'b'; one, as the model",
        ),
        (["-i", "a.csv", "--resume"], "--resume: there is nothing to go on from"),
        (["-i", "a.csv", "-f", "parquet"], "--format: parquet is a file; an output that is one"),
        (["-i", ".", "-o", "out.jsonl"], "out.jsonl: is in ., which is read; a place outside it"),
        (["-i", "a.csv", "--device", "cuda"], "--device: onnxruntime"),
        (["-i", "cut.zst"], "cut.zst: is cut short or damaged"),
        (["-i", "cut.parquet"], "cut.parquet: cannot be read as Parquet"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    bundle: Path, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("id,text\n1,Ada\n")
    Path("cut.parquet").write_bytes(b"PAR1 and then nothing that is PAR1")
    Path("cut.zst").write_bytes(packed("a.zst", b"Ada met Bo.\n" * 99)[:-5])
    assert main(["predict", "-m", str(bundle), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


# ---- jobs ------------------------------------------------------------------------------------------------------------

STOPPED = """
import os, signal, sys
from spanloom.run.cli import main
from spanloom.write import atomic, journal
moment, number, *arguments = sys.argv[1:]
def stop(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
add = journal.Journal.add
def counted(self, line):
    if self.done == int(number):
        if moment == "half a line":
            self._file.write(line.encode()[:9]); self._file.flush()
        stop()
    add(self, line)
if moment in ("a line", "half a line"):
    journal.Journal.add = counted
elif moment == "its end":
    journal.Journal.become_target = stop
else:
    journal.Journal.remove = stop
sys.exit(main(arguments))
"""


@pytest.fixture
def job(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command of a job, without its output."""
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"text": text, "id": number}) for number, text in enumerate(some_texts(40, 9))]
    Path("a.jsonl").write_text("\n".join([*lines[:20], '{"text": 1}', *lines[20:]]) + "\n")
    return ["predict", "-m", str(bundle), "-i", "a.jsonl"]


def killed(moment: str, number: int, arguments: list[str]) -> None:
    command = [sys.executable, "-c", STOPPED, moment, str(number), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(
    ("name", "moments"),
    [
        ("o.jsonl", [("a line", 0), ("half a line", 3), ("a line", 25), ("its end", 0)]),
        ("o.jsonl", [("half a line", 0), ("its last step", 0)]),
        ("o.csv", [("half a line", 30), ("its last step", 0)]),
    ],
)
def test_a_job_that_is_killed_goes_on_and_neither_loses_nor_repeats_a_text(
    job: list[str], name: str, moments: list[tuple[str, int]]
) -> None:
    assert main([*job, "-o", f"whole-{name}"]) == 2
    for moment, number in moments:
        killed(moment, number, [*job, "-o", name, "--resume"])
    if moments[-1][0] != "its last step" or name.endswith(".csv"):
        assert Path(f"{name}.part").exists()
        assert main([*job, "-o", name, "--resume"]) == 2
    assert Path(name).read_bytes() == Path(f"whole-{name}").read_bytes()
    assert main([*job, "-o", name]) == 2
    assert sorted(os.listdir()) == sorted(["a.jsonl", name, f"whole-{name}"])


def changed_input(job: list[str], name: str) -> list[str]:
    with Path("a.jsonl").open("a") as file:
        file.write('{"text": "Bo"}\n')
    return [*job, "-o", name, "--resume"]


@pytest.mark.parametrize(
    ("again", "message"),
    [
        (changed_input, "o.jsonl.part: was made with another input; the same input as when it was begun"),
        (lambda job, name: [*job, "-o", name, "--resume", "--threshold", "0.5"], "was made with another threshold"),
        (lambda job, name: [*job, "-o", name, "--resume", "-f", "csv"], "was made with another format"),
        (lambda job, name: ["predict", "-i", "a.jsonl", "-o", name, "--resume"], "was made with another model"),
        (lambda job, name: [*job, "-o", name], "holds the answers of a job that was stopped. Go on with --resume"),
    ],
)
def test_a_job_of_anything_else_is_refused(
    job: list[str], again: Callable[[list[str], str], list[str]], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    killed("a line", 5, [*job, "-o", "o.jsonl"])
    before = Path("o.jsonl.part").read_bytes()
    assert main(again(job, "o.jsonl")) == 2
    assert message in capsys.readouterr().err
    assert Path("o.jsonl.part").read_bytes() == before


def test_a_whole_file_is_no_job_to_go_on_with(job: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("o.jsonl").write_text("old")
    assert main([*job, "-o", "o.jsonl", "--resume"]) == 2
    assert "o.jsonl: is there, and whole; a job that was stopped. Leave --resume out" in capsys.readouterr().err
    assert Path("o.jsonl").read_text() == "old"


def test_strict_stops_at_the_first_text_that_fails_and_the_rest_can_follow(
    job: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*job, "-o", "o.jsonl", "--strict"]) == 2
    assert 'DataError: a.jsonl:21: "text" is 1; a string as "text"' in capsys.readouterr().err
    assert Path("o.jsonl.part").read_text().count("\n") == 20
    assert main([*job, "-o", "o.jsonl", "--resume"]) == 2
    assert "1 of 41 texts has an error" in capsys.readouterr().err
    assert Path("o.jsonl").read_text().count("\n") == 41


@pytest.mark.parametrize("output", [[], ["-o", "o.jsonl"]])
def test_a_limit_is_kept(job: list[str], output: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*job, "--limit", "7", *output]) == 0
    written = Path("o.jsonl").read_text() if output else capsys.readouterr().out
    assert [json.loads(line)["id"] for line in written.splitlines()] == list(range(7))


def test_a_terminal_sees_how_far_it_is(job: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert main([*job, "-o", "o.jsonl"]) == 2
    assert "texts" in screen.getvalue()
    assert "a second" in screen.getvalue()


MEASURED = """
import resource, sys
from spanloom.run.cli import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow  # 42,000 texts
def test_memory_does_not_grow_with_the_number_of_texts(bundle: Path, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.txt"
        path.write_text("".join(f"{text}\n" for text in some_texts(count, 4)))
        command = [sys.executable, "-c", MEASURED, "predict", "-m", str(bundle), "-i", str(path)]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
        done = subprocess.run(
            [*command, "-o", str(tmp_path / f"{count}.jsonl")], env=environment, capture_output=True, check=True
        )
        return int(done.stdout)

    assert peak(40_000) < 1.05 * peak(2_000)
