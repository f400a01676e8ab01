"""Several data sets in one configuration: read from TOML, written back, listed, and refused where they contradict."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import config_from_table, to_toml
from spanloom.config.data import DataConfig, check_sources
from spanloom.config.listing import tables_of
from spanloom.errors import ConfigError
from spanloom.tasks import find_task

TWO = """
task = "joint"

[[data.source]]
train = "cities/train.conll"
dev = "cities/dev.conll"
tags = "bio2"
annotates = { entities = ["place"], relations = "none" }
rename = { LOC = "place" }

[[data.source]]
name = "firms"
train = "firms.json"
weight = 0.5
annotates = { entities = "related only" }
rename = { "/firm/founders" = "-founder of", Entity = "*" }
arguments = { "founder of" = ["person", "organization"] }
"""


def read(text: str, folder: Path = Path("/data")) -> DataConfig:
    return config_from_table(tomllib.loads(text), "mine.toml", folder, lambda name: find_task(name).config).data


def test_sources_are_read_and_written_back(tmp_path: Path) -> None:
    data = read(TWO, tmp_path)
    cities, firms = data.source
    assert (cities.called, firms.called) == ("cities", "firms")
    assert cities.train == tmp_path / "cities" / "train.conll"
    assert cities.annotates.entities == ("place",)
    assert cities.annotates.relations == ("none",)
    assert firms.annotates.relations == ("all",)
    assert (cities.weight, firms.weight) == (1.0, 0.5)
    assert firms.rename == {"/firm/founders": "-founder of", "Entity": "*"}
    assert firms.arguments == {"founder of": ("person", "organization")}
    check_sources(data)
    config = config_from_table(tomllib.loads(TWO), "mine.toml", tmp_path, lambda name: find_task(name).config)
    assert read(to_toml(config)) == data
    assert hash(data) == hash(read(TWO, tmp_path))


def test_a_source_by_itself_is_read_as_one_data_set(tmp_path: Path) -> None:
    cities = read(TWO, tmp_path).source[0]
    assert cities.alone() == DataConfig(train=cities.train, dev=cities.dev, tags="bio2")


def test_their_settings_are_listed() -> None:
    tables = {table.name: table for table in tables_of(DataConfig, "data")}
    assert list(tables) == ["data", "data.source", "data.source.annotates"]
    assert [name for name, table in tables.items() if table.many] == ["data.source"]
    may_be = {setting.name: setting.may_be for setting in tables["data.source"].settings}
    assert may_be["rename"] == "a table of names, each a string"
    assert may_be["arguments"] == "a table of names, each a list, each a string"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"train": "a", "source": [{"train": "b"}]}, "data.train: is set, and so is data.source"),
        ({"source": [{"train": "x/a.txt"}, {"train": "a/train.json"}]}, "two sources are called 'a'"),
        ({"source": [{"dev": "a/b.txt"}]}, "data.source 'b': train is not set"),
        ({"source": [{"train": "a", "annotates": {"entities": []}}]}, r"annotates.entities is \[\]; labels, or one of"),
        ({"source": [{"train": "a", "annotates": {"relations": ["all", "x"]}}]}, "annotates.relations is"),
        (
            {"source": [{"train": "a", "annotates": {"entities": "none", "relations": "none"}}]},
            "neither entities nor relations",
        ),
        ({"source": [{"train": "a", "arguments": {"x": "person"}}]}, "arguments.'x' has 1 labels"),
        ({"source": [{"train": "a", "rename": ["x"]}]}, r"data.source\[1\].rename is \['x'\]; a table"),
        ({"source": [{"train": "a", "rename": {"x": 5}}]}, r"data.source\[1\].rename.x is 5; a string"),
        ({"source": [{"train": "a", "wieght": 2}]}, r"unknown key data.source\[1\].wieght; did you mean"),
        ({"source": [{"train": "a", "weight": -1}]}, r"data.source\[1\].weight is -1.0; at least 0"),
        ({"source": ["a"]}, r"data.source\[1\] is 'a'; a table"),
        ({"source": [{"train": "a", "weight": 0}, {"train": "b", "weight": 0.0}]}, "data.source: every weight is 0"),
        ({"source": [{"train": "a", "unknown_labels": "error"}]}, "unknown key data.source.1..unknown_labels"),
    ],
)
def test_contradictions_are_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_sources(
            config_from_table(
                {"task": "tag", "data": table}, "x", Path("/data"), lambda name: find_task(name).config
            ).data
        )
