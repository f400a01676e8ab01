"""Entities without relations: read by who wants entities, and by who wants relations only where nothing is made up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig, RunConfig, TrainConfig
from spanloom.errors import DataError
from spanloom.tasks import find_task

BO = {"text": "Bo left Rome .", "entities": [{"start": 0, "end": 2, "label": "PER"}]}
SPERT = {"tokens": ["Bo", "left", "Rome"], "entities": [{"type": "PER", "start": 0, "end": 1}]}


def written(path: Path, *items: Any) -> Path:
    path.write_text("\n".join(json.dumps(item) for item in items))
    return path


@pytest.mark.parametrize("item", [BO, SPERT])
def test_entities_are_read_without_the_key_of_relations(tmp_path: Path, item: dict[str, Any]) -> None:
    path = written(tmp_path / "x.jsonl", item, item)
    for task in ("nested", "joint"):
        first, _ = find_task(task).read(path, DataConfig())
        assert [(first.input.surface(span), span.label) for span in first.gold.spans] == [("Bo", "PER")]
        assert first.gold.relations == ()
        assert [case for _, case in first.mended] == ["no key 'relations': read as having none"] * (task == "joint")


def test_the_check_counts_them(tmp_path: Path) -> None:
    path = written(tmp_path / "x.jsonl", BO, {**BO, "text": "Bo left Oslo ."})
    task = find_task("joint")
    config = RunConfig("joint", 0, DataConfig(), TrainConfig(), task.config())
    issues = task.check(list(task.read(path, config.data)), config)["gold"]["issues"]
    assert issues["mended or passed over when read"]["count"] == 2


@pytest.mark.parametrize("item", [BO, SPERT])
@pytest.mark.parametrize("known_first", [True, False])
def test_relations_of_a_part_are_not_taken_for_all(tmp_path: Path, item: dict[str, Any], known_first: bool) -> None:
    items = [{**item, "relations": []}, item] if known_first else [item, {**item, "relations": []}]
    path = written(tmp_path / "x.jsonl", *items)
    found = (
        f"x.jsonl:2: {'no ' * known_first}key 'relations', unlike line 1; the key in all examples with gold, or in none"
    )
    with pytest.raises(DataError, match=re.escape(found)):
        list(find_task("joint").read(path, DataConfig()))
    assert len(list(find_task("nested").read(path, DataConfig()))) == 2


def test_texts_without_any_gold_may_stand_between(tmp_path: Path) -> None:
    path = written(tmp_path / "x.jsonl", {**BO, "relations": []}, {"text": "Bo left ."})
    assert [example.gold is None for example in find_task("joint").read(path, DataConfig())] == [False, True]


def test_converting_does_not_say_that_there_are_none(tmp_path: Path) -> None:
    task = find_task("joint")
    (example,) = task.read(written(tmp_path / "x.jsonl", BO), DataConfig())
    assert "relations" not in task.line(example)
    (example,) = task.read(written(tmp_path / "x.jsonl", {**BO, "relations": []}), DataConfig())
    assert task.line(example)["relations"] == []
