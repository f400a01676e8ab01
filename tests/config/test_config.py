from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from spanloom.config import (
    DataConfig,
    RunConfig,
    TrainConfig,
    apply_override,
    config_from_table,
    load_config,
    overridden,
    to_table,
    to_toml,
)
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class Layer:
    size: int = 8
    vectors: Path | None = None


@dataclass(frozen=True)
class Model:
    scheme: Literal["table", "tagging"] = "table"
    rank: int = 64
    dropout: float = 0.1
    widths: tuple[int, ...] = (3, 5)
    layer: Layer = field(default_factory=Layer)


def model_type(name: str) -> type:
    return Model


def write(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str, *overrides: str) -> RunConfig:
    return load_config(write(folder, text), overrides, model_type)


EVERYTHING = """
task = "joint"
seed = 3
[data]
train = "data/train.json"
dev = "/abs/dev.json"
[train]
epochs = 2
learning_rate = 1
[model]
scheme = "tagging"
widths = [1, 2, 3]
[model.layer]
vectors = "glove.txt"
"""


def test_a_file_becomes_nested_dataclasses(tmp_path: Path) -> None:
    config = load(tmp_path, EVERYTHING)
    assert config == RunConfig(
        task="joint",
        seed=3,
        data=DataConfig(train=tmp_path / "data" / "train.json", dev=Path("/abs/dev.json")),
        train=TrainConfig(epochs=2, learning_rate=1.0),
        model=Model(scheme="tagging", widths=(1, 2, 3), layer=Layer(vectors=tmp_path / "glove.txt")),
    )


def test_what_is_written_out_reads_back_the_same(tmp_path: Path) -> None:
    config = load(tmp_path, EVERYTHING)
    again = load(tmp_path, to_toml(config))
    assert again == config
    assert to_table(config)["model"]["layer"]["size"] == 8, "defaults are written out too"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xef\xbb\xbftask = 'joint'\r\n")
    assert load_config(path, [], model_type).task == "joint"


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("train.epochs=5", lambda config: config.train.epochs == 5),
        ("train.learning_rate=1e-4", lambda config: config.train.learning_rate == 1e-4),
        ("model.layer.size=99", lambda config: config.model.layer.size == 99),
        ("model.scheme=tagging", lambda config: config.model.scheme == "tagging"),
        ('model.scheme="tagging"', lambda config: config.model.scheme == "tagging"),
        ("model.widths=[7]", lambda config: config.model.widths == (7,)),
        ("data.repair=true", lambda config: config.data.repair is True),
        ("data.train=", lambda config: config.data.train is None),
        ("data.encoding=gb18030", lambda config: config.data.encoding == "gb18030"),
        ("data.format=a=b", lambda config: config.data.format == "a=b"),
    ],
)
def test_an_override_sets_one_value(tmp_path: Path, override: str, read: Any) -> None:
    assert read(load(tmp_path, 'task = "joint"', override))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'task = "joint"\n[train]\nlearning_rat = 1',
            "unknown key train.learning_rat; did you mean train.learning_rate?",
        ),
        ('task = "joint"\n[model]\nzzz = 1', "unknown key model.zzz; known keys: scheme, rank, dropout, widths, layer"),
        ('task = "joint"\n[model.layer]\nsiez = 1', "unknown key model.layer.siez; did you mean model.layer.size?"),
        ('task = "joint"\nsead = 1', "unknown key sead; did you mean seed?"),
        (
            'task = "joint"\n[train]\nepochs = "five"',
            "train.epochs is 'five'; a whole number. Set train.epochs = 20, say.",
        ),
        ('task = "joint"\n[train]\nepochs = true', "train.epochs is True; a whole number. Set train.epochs = 20, say."),
        ('task = "joint"\n[train]\nepochs = 1.5', "train.epochs is 1.5; a whole number"),
        ('task = "joint"\n[data]\nrepair = 1', "data.repair is 1; true or false. Set data.repair = false, say."),
        (
            'task = "joint"\n[data]\ntrain = 5',
            "data.train is 5; a path, as a string. Set data.train so, or leave it out.",
        ),
        ('task = "joint"\ntrain = 5', "train is 5; a table"),
        (
            'task = "joint"\n[model]\nscheme = "tabel"',
            "model.scheme is 'tabel'; did you mean 'table'?; 'table' or 'tagging'",
        ),
        (
            'task = "joint"\n[model]\nwidths = ["a"]',
            "model.widths is 'a'; a list, each a whole number. Set model.widths = [3, 5], say.",
        ),
        ("seed = 1", "no task is named"),
        ("task = 5", "no task is named"),
        ("task = ", "not valid TOML"),
    ],
)
def test_a_fault_names_the_key_and_the_value(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"run.toml: {message}")):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epochs", "override 'train.epochs': no '=' in it"),
        ("=5", "override '=5': no key before the '='"),
        ("train.epochs.more=5", "override 'train.epochs.more=5': 'epochs' is a value, not a table"),
        ("train.epoch=5", "unknown key train.epoch; did you mean train.epochs?"),
    ],
)
def test_a_faulty_override_is_quoted(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(tmp_path, 'task = "joint"\n[train]\nepochs = 1', override)


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: no such file"):
        load_config(tmp_path / "none.toml", [], model_type)
    with pytest.raises(ConfigError, match=f"{re.escape(tmp_path.name)}: is a directory"):
        load_config(tmp_path, [], model_type)
    (tmp_path / "latin.toml").write_bytes(b'task = "caf\xe9"')
    with pytest.raises(ConfigError, match=r"latin\.toml: not UTF-8 at byte 11"):
        load_config(tmp_path / "latin.toml", [], model_type)


def test_a_missing_key_without_default_is_named(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Strict:
        labels: int

    with pytest.raises(ConfigError, match="labels"):
        config_from_table({"task": "joint"}, "here", tmp_path, lambda name: Strict)


def test_an_override_makes_the_tables_that_it_needs() -> None:
    table: dict[str, Any] = {}
    apply_override(table, "a.b.c=1")
    apply_override(table, "a.b.d=text")
    assert table == {"a": {"b": {"c": 1, "d": "text"}}}


def test_configurations_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().epochs = 3  # type: ignore[misc]


def test_a_column_is_a_number_or_a_name_and_a_tab_is_shown_as_typed(tmp_path: Path) -> None:
    overrides = ("data.label_column=-1", "data.text_column=review", 'data.delimiter="\\t"')
    data = load(tmp_path, 'task = "joint"', *overrides).data
    assert (data.label_column, data.text_column, data.second_column, data.delimiter) == (-1, "review", None, "\t")
    message = r"data.delimiter is ':'; 'auto' or ',' or ';' or 'tab' or '\t'"
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(tmp_path, 'task = "joint"', "data.delimiter=:")
    with pytest.raises(ConfigError, match=re.escape("data.text_column is 1.5; a whole number or a string")):
        load(tmp_path, 'task = "joint"', "data.text_column=1.5")


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("data.tag_column=1", 1),
        ("data.tag_column=-2", -2),
        ("data.tag_column=xpos", "xpos"),
        ("data.tag_column=", None),
    ],
)
def test_a_column_by_number_or_by_name(tmp_path: Path, override: str, value: int | str | None) -> None:
    config = load(tmp_path, 'task = "joint"', override)
    assert config.data.tag_column == value
    assert load(tmp_path, to_toml(config)).data == config.data


def test_a_column_that_is_neither_number_nor_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.tag_column is 1\.5; a whole number or a string"):
        load(tmp_path, 'task = "joint"', "data.tag_column=1.5")
    with pytest.raises(ConfigError, match=r"data\.tag_column is True; a whole number"):
        load(tmp_path, 'task = "joint"', "data.tag_column=true")


# ---- where an error is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("train", "overrides", "where"),
    [
        ("epochs = 3", ["train.epochs=-1"], "override 'train.epochs=-1': train.epochs is -1"),
        ("epochs = 3", ["seed=1", "train.epohcs=4"], "override 'train.epohcs=4': unknown key train.epohcs"),
        ("epochs = -1", ["seed=1"], "run.toml: train.epochs is -1"),
        ("epochs = -1", ["train.epochs=-1"], "run.toml: train.epochs is -1"),  # which the file says too
        ("epochs = -1", ["train.epochs=-2"], "override 'train.epochs=-2': train.epochs is -2"),
        ("schedule = 'step'", ["train.schedule.power=2"], "override 'train.schedule.power=2': train.schedule.power"),
        ("", ["train.epochs=5", "train.epochs=-3"], "override 'train.epochs=-3': train.epochs is -3"),
    ],
)
def test_an_error_names_the_override_that_brought_it(
    tmp_path: Path, train: str, overrides: list[str], where: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(where)):
        load(tmp_path, f"task = 'joint'\n[train]\n{train}\n", *overrides)


def test_an_override_changes_no_table_of_another() -> None:
    table = {"train": {"schedule": {"kind": "step"}}}
    built = overridden(table, ["train.schedule.every=3"], dict)
    assert built == {"train": {"schedule": {"kind": "step", "every": 3}}}
    assert table == {"train": {"schedule": {"kind": "step"}}}
