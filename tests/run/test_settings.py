"""`spanloom settings` tells every setting there is, and docs/settings.md tells the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spanloom.config import RunConfig
from spanloom.config.listing import SettingsTable, tables_of
from spanloom.encoders import encoder_kinds, encoder_tables
from spanloom.run.cli import main
from spanloom.tasks import find_task, task_names


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["settings", *arguments]) == 0
    return capsys.readouterr().out


def assert_told(text: str, tables: list[SettingsTable]) -> None:
    """Every setting with its default, and its meaning, however the lines are broken."""
    words = " ".join([*text.split(), ""])
    for table in tables:
        assert table.meaning in words
        for setting in table.settings:
            assert f"{setting.name} = {setting.default or '…'} {setting.may_be} {setting.meaning} " in words


def test_without_a_task_what_all_tasks_share_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = shown(capsys)
    encoders = [table for kind, each in encoder_tables().items() for table in tables_of(each, "model.encoder", kind)]
    assert_told(text, [*tables_of(RunConfig), *encoders])
    assert "spanloom settings TASK, where TASK is one of\nclassify, image, intent_slot" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("task", task_names())
def test_with_a_task_its_own_are_told_too(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert_told(shown(capsys, task), [*tables_of(RunConfig), *tables_of(find_task(task).config, "model")])


def test_a_terminal_of_any_width_is_written_to(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in ("1", "40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        assert "epochs = 20" in " ".join(shown(capsys).split())


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    tables = json.loads(shown(capsys, "tag", "--json"))
    assert {table["table"] for table in tables} >= {"", "data", "train", "train.augment", "model", "model.encoder"}
    assert {table["kind"] for table in tables if table["table"] == "model.encoder"} == set(encoder_kinds())
    found = {setting["key"]: setting for table in tables for setting in table["settings"]}
    assert found["train.epochs"] == {
        "key": "train.epochs",
        "default": 20,
        "may_be": "a whole number from 1 to 100,000",
        "meaning": "passes over the training data",
    }
    assert found["data.train"]["default"] is None
    assert found["model.encoder.dilations"]["default"] == [1]


def test_a_task_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "tagg"]) == 2
    assert "there is no task 'tagg'; did you mean 'tag'?" in capsys.readouterr().err


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    page = (repository / "docs" / "settings.md").read_text(encoding="utf-8")
    told = shown(capsys, "--markdown")
    assert page == told, "Run: spanloom settings --markdown > docs/settings.md"
    assert all(f"## `[model]` of the task `{task}`" in page for task in task_names())
