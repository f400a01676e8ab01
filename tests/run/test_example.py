"""`spanloom example`: what is copied, that it trains, and that nothing of the user's is ever replaced."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from spanloom.config import load_config
from spanloom.run.cli import main
from spanloom.tasks import FOLDER, find_task, task_names


@pytest.mark.parametrize("task", task_names())
def test_the_sample_of_every_task_is_copied_and_read(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "place"
    assert main(["example", task, str(folder)]) == 0
    config = load_config(folder / "tiny.toml", [], lambda name: find_task(name).config)
    assert config.task == task
    assert config.data.train is not None
    assert config.data.train.parent == folder
    assert all(item.gold is not None for item in find_task(task).read(config.data.train, config.data))
    copied = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in copied:
        assert path.read_bytes() == (FOLDER / task / path.relative_to(folder)).read_bytes()
    assert sum(path.parent == folder for path in copied) == 2
    shown = capsys.readouterr().out.splitlines()
    assert shown[-1] == f"Next: spanloom train {folder / 'tiny.toml'} --output runs/{task}"
    assert {str(path) for path in copied} == set(shown[:-1])


def test_what_is_copied_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["example", "classify", "my own"]) == 0
    assert capsys.readouterr().out.endswith("Next: spanloom train 'my own/tiny.toml' --output runs/classify\n")
    assert main(["train", "my own/tiny.toml", "--output", "runs/classify", "train.epochs=2"]) == 0
    table = tomllib.loads((tmp_path / "runs" / "classify" / "config.toml").read_text(encoding="utf-8"))
    assert Path(table["data"]["train"]) == tmp_path / "my own" / "sample.jsonl"


@pytest.mark.parametrize("name", ["sample.conll", "tiny.toml"])
def test_a_file_that_is_there_stays_and_nothing_is_copied(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    assert main(["example", "tag", str(tmp_path)]) == 2
    said = "is there already; a new file. Name another place, or move it away."
    assert f"ConfigError: {tmp_path / name}: {said}" in capsys.readouterr().err
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_an_unknown_task_and_a_file_for_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", "tga", str(tmp_path / "new")]) == 2
    assert "there is no task 'tga'; did you mean 'tag'?" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["example", "tag", str(tmp_path / "file")]) == 2
    assert "a part of this path is a file, not a folder" in capsys.readouterr().err
