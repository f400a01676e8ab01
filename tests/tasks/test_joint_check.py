"""What the joint task says of data that hold entities alone, as tags do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig, RunConfig, TrainConfig
from spanloom.errors import DataError
from spanloom.tasks import find_task

JOINT = find_task("joint")
NO_RELATION = "no relation in any sentence"


def issues_of(path: Path) -> dict[str, Any]:
    config = RunConfig("joint", 0, DataConfig(train=path), TrainConfig(), JOINT.config())
    found: dict[str, Any] = JOINT.check(list(JOINT.read(path, config.data)), config)["gold"]["issues"]
    return found


def test_a_broken_tag_is_not_all_that_a_file_of_tags_lacks(tmp_path: Path) -> None:
    path = tmp_path / "tags.conll"
    path.write_text("Mira B-PER\nleft O\nOslo I-LOC\n")
    message = r"tags.conll:3: tag 'I-LOC' follows 'O'; .* But tags hold no relations: the task 'nested' learns"
    with pytest.raises(DataError, match=message):
        list(JOINT.read(path, DataConfig()))
    with pytest.raises(DataError, match=r"or set data\.repair = true\.$"):
        list(find_task("nested").read(path, DataConfig()))


def test_gold_without_any_relation_is_an_issue(tmp_path: Path) -> None:
    path = tmp_path / "tags.conll"
    path.write_text("Mira B-PER\nleft O\n\nBo B-PER\n")
    assert issues_of(path)[NO_RELATION] == {
        "count": 1,
        "first": [f"{path}:1: the task 'nested' learns entities alone"],
    }


@pytest.mark.parametrize("lost", [False, True])
def test_one_relation_is_enough_though_it_could_not_be_read(tmp_path: Path, lost: bool) -> None:
    entities = [{"start": 0, "end": 4, "label": "PER"}, {"start": 9, "end": 11, "label": "PER"}]
    if lost:
        entities[1]["end"] = 10  # in the middle of a token
    relation = {"head": 0, "tail": 1, "label": "saw"}
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"text": "Mira saw Bo", "entities": entities, "relations": [relation]}))
    assert NO_RELATION not in issues_of(path)
