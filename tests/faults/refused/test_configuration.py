"""What stands in a configuration and cannot be meant is refused in one sentence that says what to set."""

from __future__ import annotations

import dataclasses
import os
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.config import (
    DataConfig,
    Range,
    RunConfig,
    TrainConfig,
    check_values,
    load_config,
    to_table,
    to_toml,
)
from spanloom.config.settings import kinds_in
from spanloom.encoders.transformer.config import TransformerConfig
from spanloom.errors import ConfigError
from spanloom.run.cli import main
from spanloom.tasks import find_task, task_names

SAMPLE = 'task = "tag"\n'


def model_type(name: str) -> type:
    return find_task(name).config


def load(folder: Path, text: str, *overrides: str) -> RunConfig:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, overrides, model_type)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=-1", "seed is -1; at least 0, at most 9223372036854775807. Set seed = 0, say."),
        ("seed=9223372036854775808", "seed is 9223372036854775808; at least 0"),
        ("train.threads=99999999", "train.threads is 99999999; at least 0, at most 1024. Set train.threads = 0, say."),
        ("train.epochs=0", "train.epochs is 0; at least 1, at most 100000. Set train.epochs = 20, say."),
        ("train.epochs=1000000000000", "train.epochs is 1000000000000; at least 1"),
        ("train.warmup=1.5", "train.warmup is 1.5; a part in 0..1. Set train.warmup = 0.1, say."),
        ("train.warmup=nan", "train.warmup is nan; a part in 0..1"),
        ("train.ema=1", "train.ema is 1.0; a part in 0..1, below 1"),
        ("train.learning_rate=inf", "train.learning_rate is inf; at least 0, at most 1000"),
        ("train.learning_rate=1e400", "train.learning_rate is inf; at least 0"),
        ("train.learning_rate=-0.1", "train.learning_rate is -0.1; at least 0"),
        (f"train.learning_rate=1{'0' * 400}", "train.learning_rate is 1000000"),
        (f"train.epochs=0x{'f' * 9000}", "train.epochs is too large to be shown; at least 1"),
        ("train.augment.swaps=2", "train.augment.swaps is 2.0; a part in 0..1"),
        ("model.dropout=1", "model.dropout is 1.0; a part in 0..1, below 1. Set model.dropout = 0.3, say."),
        ("model.max_words=0", "model.max_words is 0; at least 1"),
        ("model.encoder.dropout=-0.5", "model.encoder.dropout is -0.5; a part in 0..1, below 1"),
        ("model.encoder={kind='rnn', word_dropout=7}", "model.encoder.word_dropout is 7.0; a part in 0..1"),
        ("model.encoder.hidden=99999999999", "model.encoder.hidden is 99999999999; at least 1, at most 16384"),
        ("model.encoder={kind='cnn', dilations=[1, 0]}", "model.encoder.dilations is [1, 0]; each at least 1"),
        ("data.max_characters=0", "data.max_characters is 0; at least 1"),
        ("data.tag_column=99999", "data.tag_column is 99999; at least -9999, at most 9999"),
        (
            "train.schedule={kind='multistep', milestones=[0.5, 1.5]}",
            "train.schedule.milestones is [0.5, 1.5]; each a part in 0..1",
        ),
        (
            "train.sampler={kind='breakpoints', breakpoints='short'}",
            "train.sampler.breakpoints is 'short'; a list, each a whole number. Set train.sampler.breakpoints",
        ),
        (
            "train.sampler={kind='breakpoints', breakpoints='8,16'}",
            "train.sampler.breakpoints is '8,16'; a list, each a whole number. Set train.sampler.breakpoints = [",
        ),
        (
            "train.sampler={kind='breakpoints', breakpoints=[8, [16]]}",
            "train.sampler.breakpoints is [16]; a list, each a whole number",
        ),
        ("train.track=[5]", "train.track is 5; a list, each 'tensorboard' or 'mlflow'"),
        ("train.precision=fp8", "train.precision is 'fp8'; 'auto' or 'fp32' or 'bf16' or 'fp16'. Set train.precision"),
        ("train.sampler=bucket", "did you mean 'buckets'?; 'buckets' or"),
        ("data.train=~nobody-of-that-name/x", "data.train is '~nobody-of-that-name/x'; a user whose home is known"),
        ("data.train=a\0b", "data.train is 'a\\x00b'; a path, which holds no NUL"),
        (f"data.train={'a' * 300}", "data.train is 'aaaa"),
        (f"data.train={'a/' * 3000}b", "names of 255 bytes at most, 4095 in all"),
        ("train..epochs=5", "override 'train..epochs=5': a part of the key is empty"),
        (".seed=5", "override '.seed=5': a part of the key is empty"),
        ("seed.=5", "override 'seed.=5': a part of the key is empty"),
        ("train.epochs.more=5", "override 'train.epochs.more=5': 'epochs' is a value, not a table"),
        ("seed.more=5", "seed is {'more': 5}; a whole number. Set seed = 0, say."),
        ("data.encoding=\udcff", "data.encoding is '\\udcff'; text that is Unicode"),
        ("se\x1b[31med=5", "unknown key 'se\\x1b[31med'; "),
        ("train=5", "train is 5; a table. Write it as [train], with keys below it."),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, SAMPLE + "[train]\nepochs = 2\n", override)
    assert message in str(caught.value)
    assert "Change it" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_one_value_is_a_list_of_it(tmp_path: Path) -> None:
    config = load(tmp_path, SAMPLE, "model.encoder={kind='cnn', dilations=2}", "train.track=tensorboard")
    assert (config.model.encoder.dilations, config.train.track) == ((2,), ("tensorboard",))


def test_an_override_sets_one_key_however_many_lines_it_has(tmp_path: Path) -> None:
    config = load(tmp_path, SAMPLE, "data.encoding='a'\nseed = 9")
    assert (config.data.encoding, config.seed) == ("'a'\nseed = 9", 0)


def test_what_is_nested_too_deep_is_no_bug_of_ours(tmp_path: Path) -> None:
    for text in (f"seed = {'[' * 5000}{']' * 5000}", f"{'a.' * 5000}b = 1\n[train]\nepochs.{'a.' * 5000}b = 1"):
        with pytest.raises(ConfigError, match=r"nested too deep to be read|unknown key a|no task is named"):
            load(tmp_path, text)
    with pytest.raises(ConfigError, match=r"train.epochs is (too large to be shown|\{'a'.*…); a whole number"):
        load(tmp_path, f"{SAMPLE}[train]\nepochs.{'a.' * 5000}b = 1")
    with pytest.raises(ConfigError, match=r"train.epochs is '\[\[\["):
        load(tmp_path, SAMPLE, f"train.epochs={'[' * 5000}")


def test_a_number_of_more_digits_than_python_reads(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"run.toml: not valid TOML: .* Write a smaller number"):
        load(tmp_path, f"{SAMPLE}seed = {'9' * 5000}")


# ---- files -------------------------------------------------------------------------------------------------------


def test_a_configuration_that_is_no_file_of_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "empty.toml").write_text(" \n", encoding="utf-8")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    expected = {
        tmp_path: "is a directory; a TOML file. Name the file inside it.",
        tmp_path / "pipe.toml": "is a pipe or a device; a TOML file. Name a file.",
        Path(os.devnull): "is a pipe or a device",
        tmp_path / "empty.toml": 'is empty; a TOML configuration. Begin with a line task = "NAME", one',
        tmp_path / "loop.toml": "could not be read: Too many levels of symbolic links",
        tmp_path / "binary.toml": "not UTF-8 at byte 0",
        tmp_path / ("a" * 300): "could not be read: File name too long",
        tmp_path / "none.toml": "no such file",
    }
    for path, message in expected.items():
        assert main(["train", str(path), "--output", str(tmp_path / "run")]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match=r"^'a\\x00b': holds a NUL; the path of a TOML file"):
        load_config(Path("a\0b"), [], model_type)


def test_a_pipe_of_the_shell_is_read(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, SAMPLE.encode())
    os.close(theirs)
    try:
        assert load_config(Path(f"/dev/fd/{ours}"), [], model_type).task == "tag"
    finally:
        os.close(ours)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="from Python 3.13 on such a path is refused where it is read")
def test_a_loop_of_links_as_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ConfigError, match=r"data.train is 'loop/x'; a path that can be followed"):
        load(tmp_path, f'{SAMPLE}[data]\ntrain = "loop/x"')


# ---- every field -------------------------------------------------------------------------------------------------


def tables() -> Iterator[type]:
    """Every table of a configuration."""
    left: list[Any] = [RunConfig, *(find_task(name).config for name in task_names())]
    while left:
        kind = left.pop()
        yield kind
        for hint in typing.get_type_hints(kind, include_extras=True).values():
            left += [hint] if dataclasses.is_dataclass(hint) else kinds_in(hint).values()


def numbers(hint: Any) -> Iterator[Any]:
    """The plain number types in a hint that have no range."""
    if typing.get_origin(hint) is Annotated:
        if not any(isinstance(extra, Range) for extra in typing.get_args(hint)[1:]):
            yield from numbers(typing.get_args(hint)[0])
        return
    if hint in (int, float):
        yield hint
    if typing.get_origin(hint) is not typing.Literal:
        for inside in typing.get_args(hint):
            yield from numbers(inside)


def test_every_number_of_every_table_has_a_range() -> None:
    found = [
        f"{kind.__name__}.{name}"
        for kind in tables()
        for name, hint in typing.get_type_hints(kind, include_extras=True).items()
        if any(numbers(hint))
    ]
    assert found == []


def test_every_default_is_in_its_range_and_no_number_may_be_nan() -> None:
    for kind in set(tables()) - {RunConfig}:
        check_values(kind())
        for item in dataclasses.fields(kind):
            if isinstance(item.default, float):
                with pytest.raises(ConfigError, match=rf"^here: x\.{item.name} is nan; "):
                    check_values(dataclasses.replace(kind(), **{item.name: float("nan")}), "x.", "here")


def test_settings_made_in_python_are_checked_too() -> None:
    wrong = RunConfig("tag", train=TrainConfig(warmup=2.0), model=find_task("tag").config())
    with pytest.raises(ConfigError, match=r"^train\.warmup: is 2\.0; a part in 0\.\.1\. Set train\.warmup = 0\.1"):
        check_values(wrong)
    with pytest.raises(ConfigError, match=r"^train\.epochs: is 'five'; at least 1"):
        check_values(TrainConfig(epochs="five"), "train.")  # type: ignore[arg-type]


# ---- written and read back ---------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = TEXTS.filter(lambda name: "\0" not in name and "/" not in name and name not in ("", ".", "..", "~"))


@settings(max_examples=200, deadline=None)
@given(encoding=TEXTS, column=TEXTS.filter(bool), name=NAMES.filter(lambda name: len(name.encode()) < 200))
def test_any_text_reads_back(tmp_path_factory: pytest.TempPathFactory, encoding: str, column: str, name: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    data = DataConfig(train=folder / name, encoding=encoding, text_column=column)
    config = RunConfig("tag", data=data, model=find_task("tag").config())
    (folder / "written.toml").write_bytes(to_toml(config).encode("utf-8"))
    assert load_config(folder / "written.toml", [], model_type) == config


@pytest.mark.parametrize("name", ["𠮷野家.conll", "😀.txt", 'a"b\\c.txt', "line\nbreak", "\x7f\x01", "file:", "~x"])
def test_paths_that_were_lost_before(tmp_path: Path, name: str) -> None:
    config = RunConfig("tag", data=DataConfig(train=tmp_path / name), model=find_task("tag").config())
    assert load(tmp_path, to_toml(config)) == config


def test_a_file_name_that_is_no_utf8_reads_back(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 %41.conll"))
    config = RunConfig("tag", data=DataConfig(train=odd), model=find_task("tag").config())
    text = to_toml(config)
    assert "/caf%E9%20%2541.conll" in text
    assert load(tmp_path, text) == config
    assert load(tmp_path, SAMPLE, f"data.train={odd}").data.train == odd


def test_a_relative_path_from_python_is_written_as_the_file_that_it_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = to_table(TransformerConfig(path=Path("encoder")))
    assert table["path"] == str(tmp_path / "encoder")
