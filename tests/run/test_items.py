"""A data set of one's own in Python: what an item may be, for any task, and what is said of one that is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch.utils.data import Dataset

import spanloom
from spanloom.answers.label import Label
from spanloom.config import DataConfig, load_config
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Dialogue, TextPair
from spanloom.run.items import examples_of
from spanloom.tasks import FOLDER, find_task, task_names
from spanloom.tasks.image.draw import SHAPES, drawn

DATA = DataConfig()


class Shapes(Dataset[tuple[Any, str]]):
    """A `Dataset` of PyTorch that draws a picture whenever it is asked for one."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked: list[int] = []

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, index: int) -> tuple[Any, str]:
        self.asked.append(index)
        shape = list(SHAPES)[index % 3]
        return drawn(shape, np.random.default_rng(index)), shape


@pytest.mark.parametrize("name", task_names())
def test_every_task_trains_on_examples_as_it_does_on_their_file(name: str, tmp_path: Path) -> None:
    """One step on the sample, as a list and as a file: the same weights."""
    home = FOLDER / name
    settings = ["train.epochs=1", "train.subset=0.2", "train.threads=1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)
        spanloom.train(home / "tiny.toml", tmp_path / "file", settings)
        task = find_task(name)
        data = load_config(home / "tiny.toml", [], lambda name: task.config).data
        assert data.train is not None
        items = list(task.read(data.train, data))
        spanloom.train(home / "tiny.toml", tmp_path / "items", settings, train=items, dev=items)
    weights = [(tmp_path / run / "model" / "weights.safetensors").read_bytes() for run in ("file", "items")]
    assert weights[0] == weights[1]


def test_a_dataset_of_pictures_is_trained_on_scored_exported_and_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)
    config = {
        "task": "image",
        "train": {"epochs": 1, "threads": 1},
        "model": {"size": 24, "backbone": {"kind": "residual", "width": 4, "stages": 2}},
    }
    train, dev = Shapes(12), Shapes(6)
    run = tmp_path / "run"
    spanloom.train(config, run, train=train, dev=dev)
    assert (train.asked, dev.asked) == (list(range(12)), list(range(6)))
    scored = spanloom.evaluate(run, dev, tmp_path / "report")
    assert 0 <= scored["summary"]["accuracy"] <= 1
    assert scored["leaked"]["count"] == 6
    longer = {**config, "train": {"epochs": 2, "threads": 1}}
    spanloom.train(longer, run, resume=True, train=train, dev=dev)
    with pytest.raises(ConfigError, match=r"<train>: the training data encodes to other rows"):
        spanloom.train(longer, run, resume=True, train=Shapes(9), dev=dev)
    with pytest.raises(ConfigError, match="the run has no dev data to score its export on"):
        spanloom.export(run, tmp_path / "bundle")
    manifest = spanloom.export(run, tmp_path / "bundle", 100, golden=dev)
    assert manifest["golden"] == {"examples": 6, "stored": False}
    answer = spanloom.load(tmp_path / "bundle")(train[0][0])
    assert answer.label in SHAPES


PAIRS: Mapping[str, list[tuple[Any, Any]]] = {
    "classify": [("warm soup", "good"), ("warm soup", 3), ("warm soup", np.int64(3)), ("soup", ["good", "b"])],
    "joint": [("Ada met Bo.", {"entities": [{"start": 0, "end": 3, "label": "P"}], "relations": []})],
    "tag": [("Ada met Bo.", {"entities": [{"start": 0, "end": 3, "label": "P"}]})],
}


@pytest.mark.parametrize(("name", "pair"), [(name, pair) for name, pairs in PAIRS.items() for pair in pairs])
def test_a_pair_is_an_example(name: str, pair: tuple[Any, Any]) -> None:
    [found] = examples_of(find_task(name), [pair], "train", DATA)
    assert found.input.text == pair[0]
    assert found.gold is not None
    assert found.source == Source("train[0]", 1)


def test_several_texts_stand_in_a_tuple() -> None:
    [pair] = examples_of(find_task("classify"), [(("one", "two"), "same")], "dev", DATA)
    assert isinstance(pair.input, TextPair)
    [turns] = examples_of(find_task("rewrite"), [Example(Dialogue(()), None)], "dev", DATA)
    assert turns.source == Source("dev[0]", 1)


def test_a_dict_is_a_line_and_kinds_of_items_may_be_mixed() -> None:
    items = [{"text": "a b", "label": "x"}, ("c d", "y"), {"text": "e f", "label": 2}, Example("?", Label(("z",)))]
    found = examples_of(find_task("classify"), items, "train", DATA)
    assert [item.gold.names for item in found] == [("x",), ("y",), ("2",), ("z",)]
    assert [str(item.source) for item in found] == [f"train[{number}]:1" for number in range(4)]
    kept = Example("?", Label(("z",)), Source("mine.xml", 9))
    assert examples_of(find_task("classify"), [kept], "train", DATA) == [kept]


class Broken:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        raise KeyError("id")


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (5, "train: 5, of type int; items with __len__ and __getitem__"),
        ("text", "train: 'text', of type str; items"),
        ({"a": 1}, "train: {'a': 1}, of type dict; items"),
        (iter([1]), "train: <list_iterato.*, of type list_iterator; items"),
        ([], "train: no items; at least one example"),
        ([("a", "b"), ("a",)], r"train\[1\]: \('a',\), of type tuple; an Example, a pair"),
        (["text"], r"train\[0\]: 'text', of type str; an Example"),
        ([("a", 1.5)], r"train\[0\]: the gold 1.5, of type float; a Label"),
        ([("a", "x"), (("a", "b", "c"), "y")], r"train\[1\]: 3 texts together"),
        ([("a", "x"), {"text": "b", "lable": "y"}], r"train\[1\]: unknown key 'lable'; did you mean 'label'\?"),
        ([{"text": object()}], r"train\[0\]: a dict that JSON cannot hold"),
        (Broken(), r"train\[0\]: cannot be had \(KeyError: 'id'\); an item for each index"),
    ],
)
def test_what_is_no_example_is_said_with_its_place(items: Any, message: str) -> None:
    with pytest.raises(DataError, match=rf"^{message}"):
        examples_of(find_task("classify"), items, "train", DATA)


def test_of_pictures_a_dict_cannot_say_which() -> None:
    with pytest.raises(DataError, match=r"^train\[0\]: a dict; a pair: what the model reads, and its gold"):
        examples_of(find_task("image"), [{"image": "a.png", "label": "x"}], "train", DATA)
    with pytest.raises(DataError, match=r"^train\[0\]: no such file 'a.png'"):
        examples_of(find_task("image"), [("a.png", "x")], "train", DATA)


def test_a_configuration_with_sources_has_its_data(tmp_path: Path) -> None:
    config = {"task": "tag", "data": {"source": [{"train": "a.conll"}]}}
    expected = re.escape("data.source: is set, and train= is given too; one of the two. Leave one out.")
    with pytest.raises(ConfigError, match=expected):
        spanloom.train(config, tmp_path / "run", train=[("a", "b")])
