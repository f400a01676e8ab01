"""A shell completes commands, options, tasks and the settings of data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spanloom.run.cli.completion import complete_setting, complete_task
from spanloom.tasks import task_names


def completed(repository: Path, instruction: str, words: str = "", number: int = 0) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": str(repository / "src"),
        "_SPANLOOM_COMPLETE": instruction,
        "COMP_WORDS": words,
        "COMP_CWORD": str(number),
    }
    command = [sys.executable, "-m", "spanloom"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(repository: Path, shell: str) -> None:
    assert f"_SPANLOOM_COMPLETE=complete_{shell}" in completed(repository, f"source_{shell}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("spanloom con", {"convert"}),
        ("spanloom check --task intent", {"intent_slot"}),
        ("spanloom predict --format js", {"jsonl"}),
        ("spanloom convert a.json b.jsonl data.enc", {"data.encoding="}),
    ],
)
def test_a_word_is_completed(repository: Path, words: str, expected: set[str]) -> None:
    number = words.count(" ")
    assert set(completed(repository, "complete_bash", words, number).split()) == expected


def test_tasks_and_settings() -> None:
    assert [name for name, _ in complete_task("")] == task_names()
    assert all(summary for _, summary in complete_task("j"))
    assert complete_setting("data.tags=bio") == ["data.tags=bio1", "data.tags=bio2", "data.tags=bioes", "data.tags=bio"]
    assert "data.format=spert" in complete_setting("data.format=s")
    assert complete_setting("data.repair=") == ["data.repair=true", "data.repair=false"]
    assert complete_setting("data.token_c") == ["data.token_column="]
    assert complete_setting("train.") == []
