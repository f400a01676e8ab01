"""A task from a package of its own goes the whole way, by its entry point alone: nothing here is edited.

The package is the throwaway task `picture`, installed as packages are: a folder of metadata on the path.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import spanloom.tasks
from spanloom.errors import ConfigError
from spanloom.run.cli import main
from spanloom.tasks import find_task, home_of, task_names
from tests.docs.blocks import REPOSITORY, read
from tests.serve.conftest import started
from tests.serve.process import Server
from tests.test_another_answer import CONFIG
from tests.throwaway.picture import TASK, pictures

__all__ = ["pictures", "started"]


def installed(folder: Path, entry: str) -> None:
    """The metadata of a package that brings tasks, as pip writes them."""
    metadata = folder / "leaf_task-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: leaf-task\nVersion: 0.1\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[spanloom.tasks]\n{entry}\n", encoding="utf-8")


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Installs a package with an entry point; the folder that it is in."""

    def add(entry: str) -> Path:
        installed(tmp_path, entry)
        monkeypatch.syspath_prepend(str(tmp_path))
        spanloom.tasks._brought.cache_clear()
        return tmp_path

    yield add
    spanloom.tasks._brought.cache_clear()


def test_it_trains_predicts_is_exported_and_served(
    bring: Callable[[str], Path],
    pictures: Path,
    started: Callable[..., Server],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = bring("picture = tests.throwaway.picture:TASK")
    assert "picture" in task_names()
    assert find_task("picture") is TASK
    assert home_of("picture") == Path(str(sys.modules["tests.throwaway.picture"].__file__)).parent
    config = folder / "picture.toml"
    config.write_text(CONFIG.format(data=pictures), encoding="utf-8")
    monkeypatch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)
    assert main(["train", str(config), "--output", str(folder / "run")]) == 0
    assert main(["export", str(folder / "run"), "--output", str(folder / "bundle"), "--max-drop", "100"]) == 0
    capsys.readouterr()
    for model in ("run", "bundle"):
        assert main(["predict", "-m", str(folder / model), "0 0 / 0 1", "-f", "jsonl"]) == 0
        assert json.loads(capsys.readouterr().out)["dark"] == pytest.approx(0.75, abs=0.05)
    server = started(str(folder / "bundle"))
    reply = server.predict("0 0 / 0 1")
    assert (reply.status, reply.body["answer"]["dark"]) == (200, pytest.approx(0.75, abs=0.05))
    assert server.stop() == 0


def test_the_model_of_the_page_learns_pictures_and_is_exported(
    bring: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`docs/own-data.md` has it: a network of one's own, and for all else the parts of `image`."""
    page = read(REPOSITORY / "docs" / "own-data.md")
    (module,) = [block for block in page if block.file == "leaf/leaf_task.py"]
    folder = bring("leaves = leaf_task:TASK")
    (folder / "leaf_task.py").write_text(module.text, encoding="utf-8")
    sample = home_of("image")
    config = (sample / "tiny.toml").read_text(encoding="utf-8").partition("[model.backbone]")[0]
    config = config.replace('"image"', '"leaves"').replace("sample.jsonl", f"{sample.as_posix()}/sample.jsonl")
    (folder / "leaves.toml").write_text(config, encoding="utf-8")
    monkeypatch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)
    assert main(["train", str(folder / "leaves.toml"), "train.epochs=15", "--output", str(folder / "run")]) == 0
    assert main(["export", str(folder / "run"), "--output", str(folder / "bundle"), "--precision", "fp32"]) == 0
    capsys.readouterr()
    for model in ("run", "bundle"):
        assert main(["predict", "-m", str(folder / model), "--input", str(sample / "sample"), "-f", "jsonl"]) == 0
        answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        right = [Path(answer["image"]).parent.name == answer["labels"][0]["label"] for answer in answers]
        assert sum(right) / len(right) > 0.6  # by chance a third
    monkeypatch.delitem(sys.modules, "leaf_task")


def test_one_that_does_not_work_is_named_with_its_package(bring: Callable[[str], Path]) -> None:
    bring("leaves = no_such_module:TASK\nflowers = tests.throwaway.picture:CLOSE\nbark = tests.throwaway.picture:TASK")
    assert {"leaves", "flowers", "bark"} <= set(task_names())
    named = "of the package leaf-task: "
    with pytest.raises(ConfigError, match=rf"the task 'leaves' {named}cannot be imported \(ModuleNotFoundError: "):
        find_task("leaves")
    with pytest.raises(
        ConfigError, match=rf"{named}tests.throwaway.picture:CLOSE is a float; a spanloom.contracts.Task"
    ):
        find_task("flowers")
    with pytest.raises(ConfigError, match=rf"{named}tests.throwaway.picture:TASK is the task 'picture'; .* 'bark'"):
        find_task("bark")


def test_none_takes_the_place_of_spanlooms_own(bring: Callable[[str], Path]) -> None:
    bring("tag = tests.throwaway.picture:TASK")
    assert task_names().count("tag") == 1
    assert find_task("tag").name == "tag"
