"""`predict --ray`: blocks of every kind of file, what a folder refuses, and two nodes of which one dies."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.predict.fingerprint import model_hash
from spanloom.predict.predictor import Predictor, load
from spanloom.run.cli import main
from spanloom.run.cli.answers import OutputFormat
from spanloom.run.cli.entries import Entry, Maker
from spanloom.run.cli.texts import inputs_of
from spanloom.run.cluster import blocks as planned
from spanloom.run.cluster import job, pool
from spanloom.run.cluster.blocks import Block, block_entries, blocks_of, root_of
from spanloom.run.cluster.folder import Done, Folder
from spanloom.run.cluster.worker import Fault, Outcome, Work, Worker
from tests.run.test_big_files import stand_in

NEEDS_RAY = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra 'ray'")
JOB = {"model": "m", "format": "jsonl"}


@pytest.fixture(scope="module")
def predictor() -> Predictor[Any]:
    return load(threads=1)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of three texts."""
    monkeypatch.setattr(planned, "TEXTS", 3)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks are answered in this process, one after the other, as the workers of a cluster would."""

    def outcomes(blocks: list[Block], work: Work) -> Iterator[Outcome]:
        worker = Worker(work)
        yield from (worker.outcome(block) for block in reversed(blocks))

    monkeypatch.setattr(job, "cluster", lambda address: nullcontext())
    monkeypatch.setattr(job, "outcomes", outcomes)


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The answers of a folder of JSON lines in the order of their texts."""
    rows = [json.loads(line) for file in folder.rglob("*.jsonl") for line in file.read_text("utf-8").splitlines()]
    return sorted(rows, key=lambda row: (row["input_file"], row["input_position"]))


def without_place(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("input_file", "input_position")}


def sentences(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [{"id": n, "text": f"Ada Berg of house {n} lives in Oslo."} for n in range(first, first + count)]


def write_inputs(folder: Path) -> None:
    """Ten texts in four files, one of which fails, with a blank line and a file without a text."""
    (folder / "sub").mkdir(parents=True)
    lines = [json.dumps(item) for item in sentences(4)]
    lines[2:2] = ["", json.dumps({"id": "bad", "txt": "no text"})]
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "b.csv").write_text('id,text\n7,"Mira works\nfor Nordvik."\n8,Bo met Ada.\n', encoding="utf-8")
    (folder / "empty.txt").touch()
    (folder / "sub" / "c.txt").write_text("Bo lives in Bergen.\n\nMira lives in Oslo.", encoding="utf-8")


# ---- blocks ----------------------------------------------------------------------------------------------------------


def seen(entries: Iterator[Entry]) -> list[tuple[Any, ...]]:
    return [(getattr(e.input, "text", str(e.input)), e.where, dict(e.fields), e.raw) for e in entries]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "content", "texts", "firsts"),
    [
        ("a.txt", b"1\n2\n\n4\n5\n6\n7", [3, 3, 1], [1, 4, 7]),
        (
            "a.txt",
            "\ufeff1\r2\r3\r4\n5\r\n\xe9 \u2028 6\n7\n".encode(),
            [4, 3],
            [1, 5],
        ),  # a CR ends a line, U+2028 none
        ("a.txt", b"\xff\n\0\n3\n4\n", [3, 1], [1, 4]),
        ("a.jsonl", b'\n{"text":"1"}\n \n{"text":2}\n{"id":3}\n\n{"text":"4"}\n', [3, 1], [1, 6]),
        ("a.csv", b'id,text\n1,"one\ntwo"\n2,b\n', [None], [1]),
        ("a.json", b'[{"text":"1"},\n{"text":"2"}]', [None], [1]),
    ],
)
def test_the_blocks_of_a_file_are_the_file(
    name: str, content: bytes, texts: list[int | None], firsts: list[int], tmp_path: Path
) -> None:
    """Its texts, their fields, errors and places are those that `predict` reads in one go."""
    file = tmp_path / name
    file.write_bytes(content)
    maker = Maker(stand_in())
    blocks = blocks_of(tmp_path, maker, None)
    assert [(block.texts, block.first) for block in blocks] == list(zip(texts, firsts, strict=True))
    assert len({block.name for block in blocks}) == len(blocks)
    found = [pair for block in blocks for pair in block_entries(block, tmp_path / block.file, maker)]
    whole = seen(inputs_of(str(file), maker).entries)
    assert seen(entry for _, entry in found) == whole
    if texts != [None]:
        assert [f"{file}:{number}" for number, _ in found] == [where for _, where, _, _ in whole]


@pytest.mark.usefixtures("small")
def test_rows_of_parquet_are_parted_within_and_across_their_groups(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    file = tmp_path / "a.parquet"
    rows = [{"id": n, "text": f"text {n}"} for n in range(11)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), file, row_group_size=4)
    maker = Maker(stand_in())
    blocks = blocks_of(file, maker, 10)
    assert [(block.start, block.end) for block in blocks] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    found = [pair for block in blocks for pair in block_entries(block, root_of(file) / block.file, maker)]
    assert [(number, entry.fields) for number, entry in found] == list(enumerate(rows[:10], start=1))
    assert [entry.where for _, entry in found] == [f"{file}:{number}" for number in range(1, 11)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("limit", "texts"), [(1, [1]), (3, [3]), (5, [3, 2]), (6, [3, 2, 1]), (99, [3, 2, 3])])
def test_a_limit_is_of_all_files(limit: int, texts: list[int], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"1\n2\r3\n4\n5\n")
    (tmp_path / "b.jsonl").write_bytes(b'{"text":"6"}\n\n{"text":"7"}\n{"text":"8"}\n')
    maker = Maker(stand_in())
    blocks = blocks_of(tmp_path, maker, limit)
    assert [block.texts for block in blocks] == texts
    assert sum(len(list(block_entries(block, tmp_path / block.file, maker))) for block in blocks) == sum(texts)


def test_what_has_no_blocks_is_refused(tmp_path: Path) -> None:
    maker = Maker(stand_in())
    with pytest.raises(DataError, match=r"nowhere: no such file or folder"):
        blocks_of(tmp_path / "nowhere", maker, None)
    (tmp_path / "a.csv").write_text("text\nBo\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"--limit: the texts of .*a\.csv cannot be counted"):
        blocks_of(tmp_path, maker, 5)
    (tmp_path / "a.conll").touch()
    with pytest.raises(ConfigError, match=rf"--ray: {tmp_path} is no folder of texts"):
        blocks_of(tmp_path, maker, None)


# ---- the folder ------------------------------------------------------------------------------------------------------


def test_what_is_done_is_found_again_but_for_a_line_that_is_not_whole(tmp_path: Path) -> None:
    blocks = [Block("a.txt", "x", number, "lines", 0, 9, 1, 3) for number in range(3)]
    folder = Folder(tmp_path / "out", JOB, blocks)
    assert folder.before == []
    for block in blocks[:2]:
        folder.add(Done(block, 3, 1))
    folder.close()
    part = tmp_path / "out" / ".blocks.part"
    os.truncate(part, part.stat().st_size - 1)
    again = Folder(tmp_path / "out", JOB, blocks)
    assert again.before == [Done(blocks[0], 3, 1)]
    with pytest.raises(ConfigError, match="is being written by another process"):
        Folder(tmp_path / "out", JOB, blocks)
    again.close()
    other = [Block("a.txt", "y", 0, "lines", 0, 9, 1, 3)]
    with pytest.raises(ConfigError, match=r"out: holds answers to a\.txt as it is not in the input"):
        Folder(tmp_path / "out", JOB, other)
    with pytest.raises(ConfigError, match=r"out: was made with another model; the same model .* Name another folder"):
        Folder(tmp_path / "out", {**JOB, "model": "n"}, blocks)
    Folder(tmp_path / "out", JOB, [*blocks, *other]).close()  # a file that came later


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ConfigError, match="holds other files; an empty folder"):
        Folder(tmp_path, JOB, [])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ConfigError, match=r"mine\.txt: is a file; a folder for the answers"):
        Folder(tmp_path / "mine.txt", JOB, [])


# ---- a whole job, answered in this process ---------------------------------------------------------------------------


def predict(*arguments: str | Path, output: str = "out") -> int:
    return main(["predict", "--ray", "local", "--input", "in", "--output", output, *map(str, arguments)])


@pytest.mark.usefixtures("small", "here")
def test_answers_are_those_of_predict_with_where_their_texts_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path / "in")
    assert main(["predict", "--input", "in", "--output", "one.jsonl"]) == 2
    ordinary = [json.loads(line) for line in Path("one.jsonl").read_text("utf-8").splitlines()]
    capsys.readouterr()
    assert predict("--store", "facts.sqlite") == 2
    said = capsys.readouterr().err
    assert "Answered 10 texts in 4 blocks; " in said
    assert "1 of 10 texts has an error in place of an answer.\n" in said
    rows = rows_of(Path("out"))
    assert [without_place(row) for row in rows] == ordinary
    places = [f"{row['input_file']}:{row['input_position']}" for row in rows]
    assert places == [f"a.jsonl:{n}" for n in (1, 2, 4, 5, 6)] + ["b.csv:1", "b.csv:2"] + [
        f"sub/c.txt:{n}" for n in (1, 2, 3)
    ]
    assert next(row["error"] for row in rows if "error" in row).startswith('in/a.jsonl:4: no "text" in')
    assert main(["facts", "facts.sqlite", "--entity", "Oslo", "--json"]) == 0
    facts = capsys.readouterr().out
    assert predict("--store", "facts.sqlite") == 2
    said = capsys.readouterr().err
    assert "Answered 0 texts in 0 blocks; 4 blocks were there already.\n" in said
    assert "New in facts.sqlite: 0 texts" in said
    assert main(["facts", "facts.sqlite", "--entity", "Oslo", "--json"]) == 0
    assert capsys.readouterr().out == facts
    assert predict("--threshold", "0.5") == 2
    assert "was made with another threshold" in capsys.readouterr().err
    Path("in/a.jsonl").write_text('{"text": "Bo"}\n', encoding="utf-8")
    assert predict() == 2
    assert "holds answers to a.jsonl as it is not in the input" in capsys.readouterr().err


@pytest.mark.usefixtures("small", "here")
def test_a_folder_of_parquet_is_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyarrow import dataset, parquet

    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path / "in")
    assert predict("--format", "parquet") == 2
    tables = [parquet.read_table(file) for file in sorted(Path("out").rglob("*.parquet"))]
    assert all({"error", "input_file", "input_position"} <= set(table.column_names) for table in tables)
    rows = [row for table in tables for row in table.to_pylist()]
    assert [row["input_position"] for row in rows if row["error"]] == [4]
    assert len(rows) == 10
    assert len({str(table.schema) for table in tables}) == 1
    assert dataset.dataset("out").to_table().num_rows == 10


@pytest.mark.usefixtures("small", "here")
def test_a_block_that_cannot_be_read_stops_no_other_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path / "in")
    good = Path("in/b.csv").read_bytes()
    Path("in/b.csv").write_bytes(b"\xff" + good)
    assert predict() == 2
    said = capsys.readouterr().err
    assert "Answered 8 texts in 3 blocks; " in said
    assert "1 block of texts has no answers. The same command tries again." in said
    Path("in/b.csv").write_bytes(good)
    assert predict() == 2
    assert "Answered 2 texts in 1 block; 3 blocks were there already; " in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_what_no_worker_lives_through_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path / "in")
    monkeypatch.setattr(job, "outcomes", lambda blocks, work: iter(()))
    assert predict() == 2
    assert "a.jsonl, block 0: workers died again and again with it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strict"], "--ray: does not go together with --strict; "),
        (["--device", "cuda"], "--ray: does not go together with --device cuda; "),
        (["A text."], "--ray: does not go together with a text; "),
        (["--format", "csv"], "--format: csv is no format that a cluster writes; jsonl or parquet."),
        (["--store", "s", "--format", "parquet"], "--ray: does not go together with --store and --format parquet; "),
        (["--ray", "ray://a:1"], "--ray: 'ray://a:1' is no address; local, auto "),
        (["--ray", "127.0.0.1:1"], "--ray: nobody answers at 127.0.0.1:1 ("),
    ],
)
def test_what_a_cluster_cannot_do_is_refused(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path / "in")
    text = arguments == ["A text."]
    given = ["predict", "--ray", "local", *([] if text else ["--input", "in"]), "--output", "out", *arguments]
    assert main(given) == 2
    assert capsys.readouterr().err.startswith(f"ConfigError: {message}")
    assert not list(tmp_path.glob("out/*.jsonl"))


def test_an_output_is_needed() -> None:
    with pytest.raises(ConfigError, match="--ray: there is no --output"):
        job.refuse_unfit("local", {}, None, OutputFormat.jsonl)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"Install it with: pip install 'spanloom\[ray\]'"), pool.cluster("local"):
        pass


def test_another_model_on_a_node_is_refused(tmp_path: Path, predictor: Predictor[Any]) -> None:
    (tmp_path / "a.txt").write_text("Bo\n", encoding="utf-8")
    [block] = blocks_of(tmp_path, Maker(predictor), None)
    outcome = Worker(Work(None, "another", tmp_path, tmp_path / "out", OutputFormat.jsonl)).outcome(block)
    assert outcome.fault is not None
    assert outcome.fault.kind is ConfigError
    assert "is another on a node of the cluster" in str(outcome.fault.error())


def test_a_bug_in_a_worker_is_no_worker_that_died(
    tmp_path: Path, predictor: Predictor[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Bo\n", encoding="utf-8")
    [block] = blocks_of(tmp_path, Maker(predictor), None)
    worker = Worker(Work(None, model_hash(predictor.source), tmp_path, tmp_path / "out", OutputFormat.jsonl))
    monkeypatch.setattr(Worker, "_answer", lambda *_: 1 + "1")
    fault = worker.outcome(block).fault
    assert fault is not None
    assert str(fault.error()).startswith("block a.txt.00000: failed with TypeError: unsupported operand")


def test_an_error_comes_through_with_its_type() -> None:
    error = Fault.of(MissingExtra("Reading", "formats")).error()
    assert type(error) is MissingExtra
    assert str(error) == str(MissingExtra("Reading", "formats"))


# ---- two nodes -------------------------------------------------------------------------------------------------------


def command(*arguments: str) -> list[str]:
    """`spanloom predict`, with blocks of ten texts."""
    small = "from spanloom.run.cluster import blocks; blocks.TEXTS = 10"
    start = f"import sys; {small}; from spanloom.run.cli import main; sys.exit(main(sys.argv[1:]))"
    return [sys.executable, "-c", start, "predict", *arguments]


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The address of a cluster of two raylets with a processor each, and the process of the second."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_BACKEND_LOG_LEVEL", "fatal")
    from ray.cluster_utils import Cluster

    soon = {f"health_check_{name}": value for name, value in (("initial_delay_ms", 500), ("period_ms", 500))}
    soon |= {"health_check_timeout_ms": 2000, "health_check_failure_threshold": 3}
    small = {"num_cpus": 1, "object_store_memory": 100_000_000}
    cluster = Cluster(
        initialize_head=True, head_node_args={**small, "include_dashboard": False, "_system_config": soon}
    )
    try:
        node = cluster.add_node(**small)
        yield cluster.address, node.all_processes["raylet"][0].process.pid
    finally:
        cluster.shutdown()


@NEEDS_RAY
@pytest.mark.slow(reason="starts a Ray cluster of two nodes, and waits until one is found dead")
@pytest.mark.filterwarnings("default")
def test_a_node_that_dies_loses_no_text_and_doubles_none(two_nodes: tuple[str, int], tmp_path: Path) -> None:
    address, raylet = two_nodes
    (tmp_path / "in").mkdir()
    for name, first in (("a.jsonl", 0), ("b.jsonl", 100)):
        lines = [json.dumps(item) for item in sentences(100, first)]
        lines[17] = json.dumps({"id": first + 17})
        (tmp_path / "in" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = ("--ray", address, "--input", "in", "--output", "out")
    with subprocess.Popen(command(*arguments), cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        listed = tmp_path / "out" / ".blocks.part"
        while process.poll() is None and (not listed.exists() or listed.read_text("utf-8").count("\n") < 6):
            time.sleep(0.05)  # until some blocks are done
        assert process.poll() is None
        os.kill(raylet, signal.SIGKILL)
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 2, said
    assert re.search(r"^Answered 200 texts in 20 blocks; \d+ texts a second of a processor\.$", said, re.MULTILINE)
    assert "2 of 200 texts have an error in place of an answer.\n" in said
    rows = rows_of(tmp_path / "out")
    assert [row["id"] for row in rows] == list(range(200))
    assert [row["id"] for row in rows if "error" in row] == [17, 117]
    blocks = Counter(json.loads(line)["block"]["file"] for line in listed.read_text("utf-8").splitlines()[1:])
    assert blocks == {"a.jsonl": 10, "b.jsonl": 10}
    assert len(list((tmp_path / "out").rglob("*.jsonl"))) == 20
    again = subprocess.run(command(*arguments), cwd=tmp_path, capture_output=True, text=True)
    assert "Answered 0 texts in 0 blocks; 20 blocks were there already." in again.stderr
    ordinary = subprocess.run(
        command("--input", "in", "--output", "one.jsonl"), cwd=tmp_path, capture_output=True, text=True
    )
    assert ordinary.returncode == 2
    one = [json.loads(line) for line in (tmp_path / "one.jsonl").read_text("utf-8").splitlines()]
    assert [without_place(row) for row in rows] == one
