"""The functions of the public face: what they take, and what they say of what they do not take."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import spanloom
from spanloom.config import RunConfig
from spanloom.config.schedules import MultiStep
from spanloom.errors import ConfigError, DataError
from spanloom.run.cli import main
from spanloom.run.user_config import data_settings, resolved
from spanloom.tasks import FOLDER
from spanloom.tasks.tag.config import TagConfig

SAMPLE = FOLDER / "tag" / "sample.conll"


def tables(**train: Any) -> dict[str, Any]:
    encoder = {"kind": "rnn", "word_width": 8, "char_filters": 0, "hidden": 8}
    data = {"train": SAMPLE, "dev": SAMPLE}
    return {"task": "tag", "data": data, "train": {"threads": 1, **train}, "model": {"encoder": encoder}}


def test_check_gives_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    found = spanloom.check(SAMPLE, "tag")
    assert main(["check", str(SAMPLE), "--task", "tag", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found))
    assert found["gold"]["sizes"]["sentences"] == 30


def test_check_takes_settings_and_refuses_another_task(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("topic,said,mood\nsport,We won the cup .,glad\nfood,The soup was cold .,sad\n", encoding="utf-8")
    found = spanloom.check(table, "classify", {"data": {"label_column": "mood", "text_column": "said"}})
    assert found["gold"]["labels"] == {"labels": {"glad": 1, "sad": 1}}
    with pytest.raises(ConfigError, match=r"^task: is 'tag' in the configuration, .* Name 'tag' for both\.$"):
        spanloom.check(table, "classify", {"task": "tag"})
    with pytest.raises(ConfigError, match=r"unknown key data\.label_colum; did you mean data\.label_column"):
        spanloom.check(table, "classify", {"data": {"label_colum": "mood"}})
    empty = tmp_path / "plain.txt"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="the file is empty"):
        spanloom.check(empty, "tag")


def test_the_function_is_not_hidden_by_the_folder_of_its_name(repository: Path) -> None:
    """Whatever is imported first: importing a folder sets the attribute of its name."""
    code = (
        "import spanloom, spanloom.check.gold, spanloom.run.evaluate\n"
        "from spanloom import check\nfrom spanloom.check.gold import check_labels\n"
        "print(check is spanloom.check, check.__name__, check_labels.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "check", "check_labels"]


def test_a_dict_is_read_as_a_file_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    schedule = {"kind": "multistep", "milestones": (0.5, 0.75)}
    given = {"task": "tag", "data": {"train": "a.conll", "dev": None}, "train": {"schedule": schedule}}
    before = json.dumps(given)
    config = resolved(given, ["train.epochs=3", "data.dev=b.conll"])
    assert (config.data.train, config.data.dev) == (tmp_path / "a.conll", tmp_path / "b.conll")
    assert (config.train.epochs, config.train.schedule) == (3, MultiStep(milestones=(0.5, 0.75)))
    assert isinstance(config.model, TagConfig)
    assert json.dumps(given) == before, "what was given is not changed"
    assert resolved(tables()).data.train == SAMPLE
    assert resolved(config) is config
    assert resolved(config, ["train.epochs=4"]).train.epochs == 4
    assert resolved(config, ["train.epochs=4"]).data == config.data


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, 'configuration: no task is named; a line task = "NAME"'),
        ({"task": "tag", "train": {"epoch": 3}}, "unknown key train.epoch; did you mean train.epochs"),
        ({"task": "tag", "train": {"epochs": "three"}}, "train.epochs is 'three'; a whole number"),
        ({"task": "tag", "data": "train.conll"}, "configuration: data is 'train.conll'; a table"),
        (["task=tag"], r"configuration: \['task=tag'\], of type list; the path of a TOML file, a dict"),
        (None, "configuration: None, of type NoneType; the path of a TOML file, a dict"),
        ("nowhere.toml", "nowhere.toml: no such file"),
    ],
)
def test_what_is_no_configuration_is_quoted(given: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolved(given)


def test_a_dict_trains(tmp_path: Path) -> None:
    scorecard = spanloom.train(tables(epochs=1), tmp_path / "run", ["model.head=softmax"])
    assert "entity_f1" in scorecard["summary"]
    judged = spanloom.evaluate(tmp_path / "run", SAMPLE, data_config={"tag_column": -1})
    assert judged["overall"] == scorecard["overall"]
    with pytest.raises(ConfigError, match=r"unknown key data\.colum; did you mean data"):
        spanloom.evaluate(tmp_path / "run", SAMPLE, data_config={"colum": 1})


def test_data_settings_have_defaults() -> None:
    assert data_settings(None) == RunConfig("tag").data
    assert data_settings({"encoding": "gb18030"}).encoding == "gb18030"


def test_an_unknown_precision_is_refused(tmp_path: Path) -> None:
    wrong: Any = "int3"
    with pytest.raises(ConfigError, match=r"^export: precision is 'int3'; 'int8', 'int4' or 'fp32'\. Set"):
        spanloom.export(tmp_path, tmp_path / "bundle", precision=wrong)
