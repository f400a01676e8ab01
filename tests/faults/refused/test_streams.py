"""A stream that is closed or full, a file name that is no UTF-8, a machine without room: one sentence, not a bug."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spanloom.errors import FileError
from spanloom.run.cli import main

ITEM = {"text": "Mira runs Nordvik", "triple_list": [["Mira", "runs", "Nordvik"]]}


def spanloom(redirection: str, *arguments: str | bytes, repository: Path) -> subprocess.CompletedProcess[bytes]:
    """The command in a shell, with its streams as `redirection` says; what is not redirected is kept."""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "spanloom", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(repository / "src")}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.json"
    path.write_text(json.dumps([ITEM]))
    return path


@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        (">&-", "FileError: standard output: it is closed. Leave it open, or name a file with --output."),
        (">/dev/full", "FileError: standard output: No space left on device. Free some space"),
    ],
)
@pytest.mark.parametrize("arguments", [["tasks"], ["tasks", "--json"], ["--version"]])
def test_an_output_that_takes_nothing(repository: Path, redirection: str, message: str, arguments: list[str]) -> None:
    done = spanloom(redirection, *arguments, repository=repository)
    error = done.stderr.decode()
    assert error.startswith(message)
    assert error.count("\n") == 1
    assert done.returncode == 2


@pytest.mark.parametrize("arguments", [["--help"], ["tasks"], ["--version"]])
def test_a_reader_that_went_away_before(repository: Path, arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "spanloom", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(repository / "src")}
    done = subprocess.run(command, env=environment, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_prints_nothing_needs_no_output(repository: Path, data: Path) -> None:
    target = data.with_name("out.jsonl")
    done = spanloom(">&- 2>&- <&-", "convert", str(data), str(target), repository=repository)
    assert done.returncode == 0
    assert json.loads(target.read_text())["text"] == ITEM["text"], "nothing printed lands in a file opened later"
    assert target.read_text().count("\n") == 1


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_an_error_output_that_takes_nothing(repository: Path, data: Path, redirection: str) -> None:
    done = spanloom(redirection, "tasks", repository=repository)
    assert done.returncode == 0
    assert b"joint" in done.stdout
    done = spanloom(redirection, "convert", str(data) + "x", str(data) + "y", repository=repository)
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_file_name_that_is_no_utf8(repository: Path, tmp_path: Path) -> None:
    data = os.fsencode(tmp_path) + b"/caf\xe9.json"
    with open(data, "w", encoding="utf-8") as file:
        json.dump([ITEM], file)
    target = os.fsencode(tmp_path) + b"/sch\xf6n.jsonl"
    done = spanloom("", "convert", data, target, repository=repository)
    assert done.returncode == 0
    assert b"sch\\xf6n.jsonl: 1 sentence\n" in done.stderr
    with open(target, encoding="utf-8") as file:
        assert json.loads(file.read())["text"] == ITEM["text"]
    done = spanloom("", "check", data, "--task", "joint", "--json", repository=repository)
    assert done.returncode == 0
    assert json.loads(done.stdout)["gold"]["sentences"] == 1
    done = spanloom("", "check", data + b"x", "--task", "joint", repository=repository)
    assert done.returncode == 2
    assert b"caf\\xe9.jsonx: no such file" in done.stderr


# ---- faults that reach the end of the command line -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "a.bin"),
            "a.bin: no permission to read or write it. Change",
        ),
        (
            IsADirectoryError(errno.EISDIR, "Is a directory", "runs"),
            "runs: a directory, not a file. Name a file inside",
        ),
        (OSError(errno.ENOSPC, "No space left on device", "a"), "a: No space left on device. Free some space"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 5000), "…"),
        (OSError(errno.ELOOP, "Too many levels of symbolic links", "a"), "a: symbolic links lead in a circle. Remove"),
        (OSError(errno.EMFILE, "Too many open files", "a"), "a: too many files are open at once. Raise the limit"),
        (OSError(errno.ESTALE, "Stale file handle", "a"), "a: Stale file handle. Check this path"),
        (FileNotFoundError(errno.ENOENT, "No such file", b"a\xff"), r"FileError: a\xff: no such file or folder. Check"),
        (OSError("told by nobody"), "FileError: told by nobody. Check"),
        (
            MemoryError("Unable to allocate 3.00 TiB"),
            "memory: there is not enough (Unable to allocate 3.00 TiB); a smaller",
        ),
        (MemoryError(), "memory: there is not enough; a smaller input"),
        (RecursionError("maximum recursion depth exceeded"), "input: is nested too deeply; objects and lists"),
        (ValueError("lstat: embedded null character in path"), "path: holds the character NUL, which no file's name"),
        (ValueError("embedded null byte"), "Take it out of the paths in the settings."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_fault_of_the_system_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, message: str
) -> None:
    def load(path: Path | None = None, **options: object) -> None:
        raise error

    monkeypatch.setattr("spanloom.predict.predictor.load", load)
    assert main(["predict", "Mira"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "bug" not in said
    assert said.count("\n") == 1
    assert len(said) < 2000


def test_a_path_with_nul_in_the_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = tmp_path / "a.toml"
    config.write_text('task = "joint"\n[data]\ntrain = "a\\u0000b.json"\n')
    assert main(["train", str(config), "--output", str(tmp_path / "run")]) == 2
    assert "NUL" in capsys.readouterr().err


def test_links_in_a_circle_in_the_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    (tmp_path / "a.toml").write_text('task = "joint"\n[data]\ntrain = "one"\n')
    assert main(["train", str(tmp_path / "a.toml"), "--output", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert "data.train is 'one'" in said or "Too many levels of symbolic links" in said, (
        "the latter from Python 3.13 on"
    )
    assert "bug" not in said


def test_the_error_itself_can_be_caught_in_python() -> None:
    error = FileError.of(PermissionError(errno.EACCES, "Permission denied"), Path("a.bin"))
    assert (error.where, error.found) == ("a.bin", "no permission to read or write it")
