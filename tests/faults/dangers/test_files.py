"""Files that are written: nobody's data, permissions or links are lost, and nothing is left behind for good."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from spanloom.errors import ConfigError, FileError
from spanloom.run.cli import main
from spanloom.run.evaluate import evaluate
from spanloom.write.atomic import atomic_file, atomic_write
from spanloom.write.lines import atomic_text, refuse_to_replace, write_lines

ITEM = {"text": "Mira runs Nordvik", "triple_list": [["Mira", "runs", "Nordvik"]]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.json"
    path.write_text(json.dumps([ITEM]))
    return path


# ---- output = input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["same", "dotted", "symlink", "hard link", "link of the input"])
@pytest.mark.parametrize("command", ["convert", "predict"])
def test_data_are_not_replaced_by_what_is_made_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Path, way: str, command: str
) -> None:
    class Model:
        texts = 1

    monkeypatch.setattr("spanloom.predict.predictor.load", lambda path=None, **options: Model())
    source, target = data, data.with_name("out.jsonl")
    if way == "same":
        target = data
    elif way == "dotted":
        target = data.parent / "." / data.name
    elif way == "hard link":
        os.link(data, target)
    elif way == "symlink":
        target.symlink_to(data)
    else:
        source, target = data.with_name("link.json"), data
        source.symlink_to(data)
    before = data.read_bytes()
    arguments = ["convert", str(source), str(target)]
    if command == "predict":
        arguments = ["predict", "--input", str(source), "--output", str(target)]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert f"ConfigError: {target}: would be replaced while it is read as {source}" in error
    assert "Name another output." in error
    assert data.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "redirection", "found"),
    [
        (["--input", "texts.jsonl"], ">>texts.jsonl", "standard output: leads to texts.jsonl, which is read"),
        ([], "<texts.jsonl >>texts.jsonl", "standard output: leads to /dev/stdin, which is read"),
        (["--output", "texts.jsonl"], "<texts.jsonl", "texts.jsonl: would be replaced while it is read as /dev/stdin"),
    ],
)
def test_answers_are_not_added_to_what_is_read(
    tmp_path: Path, repository: Path, arguments: list[str], redirection: str, found: str
) -> None:
    """Else each would be read in its turn, until the disk is full."""
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"text": "Mira sings."}\n' * 300)
    before = texts.read_bytes()
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "spanloom", "predict", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(repository / "src")}
    done = subprocess.run(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"ConfigError: {found}")
    assert texts.read_bytes() == before


def test_a_report_does_not_replace_the_data_that_it_is_of(tmp_path: Path) -> None:
    data = tmp_path / "predictions.jsonl"
    data.write_text("{}")
    with pytest.raises(ConfigError, match=r"predictions\.jsonl: would be replaced while it is read"):
        evaluate(tmp_path / "no model", data, report=tmp_path)
    assert data.read_text() == "{}"


def test_files_that_are_read_together(tmp_path: Path) -> None:
    for name in ("a.ann", "a.txt", "b.txt", "a.jsonl"):
        (tmp_path / name).write_text(name)
    with pytest.raises(ConfigError, match=r"a\.txt: belongs to .*a\.ann"):
        refuse_to_replace(tmp_path / "a.txt", tmp_path / "a.ann")
    with pytest.raises(ConfigError, match=r"b\.txt: belongs to"):
        refuse_to_replace(tmp_path / "b.txt", tmp_path)
    refuse_to_replace(tmp_path / "b.txt", tmp_path / "a.ann")
    refuse_to_replace(tmp_path / "a.jsonl", tmp_path)
    refuse_to_replace(tmp_path / "new.txt", tmp_path)
    refuse_to_replace(Path(os.devnull), Path(os.devnull))


# ---- permissions, links, devices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_the_permissions_of_a_file_stay(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(mode)
    atomic_write(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_nobody_else_reads_it_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o600)
    with atomic_file(path) as file:
        file.write("secret")
        (part,) = (other for other in tmp_path.iterdir() if other != path)
        assert stat.S_IMODE(part.stat().st_mode) == 0o600


@pytest.mark.skipif(os.getuid() != 0, reason="only the superuser may give files away")
def test_the_owner_of_a_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    os.chown(path, 1234, 4321)
    atomic_write(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555])
def test_a_read_only_file_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(mode)
    for write in (lambda: atomic_write(path, "new"), lambda: write_lines(path, [{}])):
        with pytest.raises(
            FileError, match=r"a: it is marked as read-only\. Make it writable with chmod u\+w, or name"
        ):
            write()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_text("old")
    (tmp_path / "link").symlink_to(Path("there") / "a")
    atomic_write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "a").read_text() == "new"
    (tmp_path / "dangling").symlink_to(Path("there") / "b")
    atomic_write(tmp_path / "dangling", "new")
    assert (tmp_path / "there" / "b").read_text() == "new"


def test_links_in_a_circle(tmp_path: Path, capsys: pytest.CaptureFixture[str], data: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert main(["convert", str(data), str(tmp_path / "a")]) == 2
    assert f"{tmp_path / 'a'}: cannot be written: symbolic links lead in a circle" in capsys.readouterr().err


def test_a_pipe_and_a_device_are_written_straight_to(tmp_path: Path) -> None:
    atomic_write(Path(os.devnull), "x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_lines(pipe, [{"a": 1}])
    reader.join(timeout=60)
    assert heard == ['{"a": 1}\n']
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_the_process_own_output_is_added_to(tmp_path: Path, repository: Path) -> None:
    log = tmp_path / "log"
    log.write_text("first\n")
    code = (
        "from pathlib import Path; from spanloom.write.lines import write_lines; write_lines(Path('/dev/stdout'), [{}])"
    )
    with log.open("a") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True, env=environment(repository))
    assert log.read_text() == "first\n{}\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder", "a directory, not a file. Nothing was changed. Name a file inside it."),
        ("data.json/out.jsonl", "a part of this path is a file, not a folder"),
        ("/dev/fd/99999999999999999999", "no such file or folder"),
        ("x" * 300, "a name longer than the system takes"),
    ],
)
def test_an_output_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: Path, name: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    assert main(["convert", str(data), str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert f"cannot be written: {message}" in error
    assert error.startswith(f"FileError: {str(tmp_path / name)[:20]}")
    assert ".part" not in error


def test_a_long_name_leaves_room_for_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / ("米" * 85)
    with atomic_file(path) as file:
        file.write("x")
        assert len(os.listdir(tmp_path)) == 1
    assert os.listdir(tmp_path) == [path.name]


def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):
        atomic_write(Path("/dev/full"), "x")
    with pytest.raises(
        FileError, match=r"/dev/full: cannot be written: No space left on device\. Nothing .* Free some"
    ):
        write_lines(Path("/dev/full"), [{}])


def test_a_fault_while_reading_is_not_blamed_on_what_is_written(tmp_path: Path) -> None:
    def items() -> None:
        with atomic_text(tmp_path / "out"):
            raise OSError(errno.EIO, "Input/output error", "the source")

    with pytest.raises(OSError, match="'the source'"):
        items()
    assert os.listdir(tmp_path) == []


# ---- what a killed process leaves ------------------------------------------------------------------------------------


def environment(repository: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(repository / "src")}


WAITING = """
import sys
from pathlib import Path
from spanloom.write.atomic import atomic_file
with atomic_file(Path(sys.argv[1])) as file:
    file.write("x" * 2_000_000)
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not(
    tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.jsonl"
    command = [sys.executable, "-c", WAITING, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": environment(repository)}
    with subprocess.Popen(command, **pipes) as killed, subprocess.Popen(command, **pipes) as alive:  # type: ignore[call-overload]
        assert killed.stdout.readline() == alive.stdout.readline() == b"written\n"
        left = set(os.listdir(tmp_path))
        assert len(left) == 2
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        (tmp_path / ".other.jsonl.12345678.part").write_text("of another file")
        (tmp_path / ".out.jsonl.my-notes.part").write_text("of the user")
        atomic_write(path, "new")
        said = capsys.readouterr().err
        assert said.count("Removed ") == 1
        assert "(2.0 MB), left behind by a process that was stopped while it wrote." in said
        others = {"out.jsonl", ".other.jsonl.12345678.part", ".out.jsonl.my-notes.part"}
        assert len(set(os.listdir(tmp_path)) - others) == 1, "the one of the live process"
        alive.stdin.close()
        assert alive.wait() == 0
    assert set(os.listdir(tmp_path)) == others
    assert path.stat().st_size == 2_000_000


def test_leftovers_of_earlier_versions_go_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".a.k3_x9qz1.part").write_text("half")
    atomic_write(tmp_path / "a", "x")
    assert os.listdir(tmp_path) == ["a"]
    assert ".a.k3_x9qz1.part" in capsys.readouterr().err
