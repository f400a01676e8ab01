"""Labels to JSON lines and to tables: what is written reads back the same."""

from __future__ import annotations

import csv
import dataclasses
import json
import random
from pathlib import Path

import pytest

from spanloom.answers.label import Label, labels_to_dict
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.read import read
from spanloom.text.words import tokenize
from spanloom.write.label_lines import label_line
from spanloom.write.label_table import write_table
from spanloom.write.lines import write_lines

PIECES = ("rain", '"', '""', ",", "\t", ";", "\n", " ", "雨", "it's", '5" disk', "'", "|", "no.")


def text(characters: str) -> Text:
    return Text(characters, tokenize(characters))


def same(examples: list[Example]) -> list[Example]:
    return [dataclasses.replace(example, source=Source("", 0)) for example in examples]


def random_text(source: random.Random) -> Text:
    return text("".join(source.choices(PIECES, k=source.randint(1, 9))).strip() or "rain")


def test_what_a_user_sees() -> None:
    pair = TextPair(text("He left."), text("He is gone."))
    assert labels_to_dict(pair, Label(("same",), (0.5,))) == {
        "first": "He left.",
        "second": "He is gone.",
        "labels": [{"label": "same", "score": 0.5}],
    }
    assert labels_to_dict(text("Hm."), Label(())) == {"text": "Hm.", "labels": []}
    assert label_line(Example(text("Hm."))) == {"text": "Hm."}


def test_lines_read_back(tmp_path: Path) -> None:
    golds = [Label(("a", "b")), Label(()), Label(("c",)), None, Label(("a", "b"), (0.25, 1.0))]
    for kind in (text, lambda characters: TextPair(text(characters), text("x"))):
        examples = [Example(kind(f"No. {number}"), gold) for number, gold in enumerate(golds)]
        path = tmp_path / "x.jsonl"
        assert write_lines(path, map(label_line, examples)) == len(examples)
        back = list(read(path, DataConfig(), Label))
        assert same(back) == same(examples)
        assert all(example.gold is None or example.gold.scores is None for example in back)
    assert json.loads(path.read_text().splitlines()[0])["labels"] == [{"label": "a"}, {"label": "b"}]


@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
@pytest.mark.parametrize("pairs", [False, True])
def test_tables_read_back_without_a_setting(tmp_path: Path, name: str, pairs: bool) -> None:
    for seed in range(30):
        source = random.Random(seed)
        examples = [
            Example(
                TextPair(random_text(source), random_text(source)) if pairs else random_text(source),
                Label((source.choice(("good", "so, so", 'a "b"')),)),
            )
            for _ in range(source.randint(1, 30))
        ]
        path = tmp_path / name
        assert write_table(path, examples) == len(examples)
        assert same(list(read(path, DataConfig(), Label))) == same(examples), seed
    with path.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file, delimiter="," if name == "x.csv" else "\t"))[0] == "label"


def test_a_table_holds_one_label_an_example(tmp_path: Path) -> None:
    for gold, found in ((None, "no labels"), (Label(()), "0 labels"), (Label(("a", "b")), "2 labels")):
        with pytest.raises(DataError, match=f"f:3: {found}; one label an example"):
            write_table(tmp_path / "x.csv", [Example(text("a"), gold, Source("f", 3))])
    assert not (tmp_path / "x.csv").exists()
