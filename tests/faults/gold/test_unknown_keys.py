"""Gold under a key that is not known, a key given twice, gold that is half there: nothing is lost in silence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.rewrite import Rewrite
from spanloom.config import DataConfig, RunConfig, TrainConfig
from spanloom.engine.run import run_training
from spanloom.errors import DataError
from spanloom.inputs import Relation
from spanloom.read import read
from spanloom.tasks import find_task

TEXT = {"id": 1, "text": "Mira Solberg left Oslo ."}
TRIPLES = {**TEXT, "ner": [[0, 12, "PER"], [18, 22, "LOC"]]}
OBJECTS = {
    **TEXT,
    "_input_hash": 5,
    "tokens": [{"text": "Mira", "start": 0, "end": 4, "id": 0}],
    "names": [{"start": 0, "end": 4, "label": "PER"}],
    "answer": "accept",
}


def written(path: Path, *items: Any) -> Path:
    path.write_text("\n".join(json.dumps(item) for item in items))
    return path


@pytest.mark.parametrize(
    ("task", "item", "keys", "wanted"),
    [
        ("joint", TRIPLES, "'ner'", "'entities' or 'relations'"),
        ("nested", {**TEXT, "names": [[0, 4, "PER"]]}, "'names'", "'entities' or 'relations'"),
        ("tag", {**TEXT, "label": [{"start": 0, "end": 4, "tag": "PER"}]}, "'label'", "'entities'"),
        ("joint", OBJECTS, "'names', 'answer'", "'entities' or 'relations'"),
        ("tag", OBJECTS, "'names', 'answer'", "'entities'"),
        ("joint", {**TEXT, "spo_list": [{"subject": "a"}]}, "'spo_list'", "'entities' or 'relations'"),
        ("joint", {**TEXT, "triple_list_gold": []}, "'triple_list_gold'", "'entities' or 'relations'"),
        ("classify", {**TEXT, "cats": {"travel": 1.0}}, "'cats'", "'label' or 'labels'"),
        ("classify", {**TEXT, "category": "travel"}, "'category'", "'label' or 'labels'"),
        ("classify", {**TEXT, "language": "en"}, "'language'", "'label' or 'labels'"),
        ("classify", {**TEXT, "entities": []}, "'entities'", "'label' or 'labels'"),
        ("tag", {"tokens": ["Mira", "left"], "iob": ["B-PER", "O"]}, "'iob'", "'tags'"),
        ("tag", {"tokens": ["Mira", "left"], "iob": "B-PER O"}, "'iob'", "'tags'"),
        ("intent_slot", {**TEXT, "spans": []}, "'spans'", "'intent' or 'slots'"),
        ("intent_slot", {"tokens": ["go"], "class": "Go"}, "'class'", "'intent' or 'tags'"),
        ("rewrite", {"turns": ["a", "b"], "target": "c"}, "'target'", "'rewrite'"),
        (
            "relation",
            {"text": "a b", "head": {"start": 0, "end": 1}, "tail": {"start": 2, "end": 3}, "type": "r"},
            "'type'",
            "'relation'",
        ),
        ("joint", {"sents": [["a"]], "vertexSet": [], "facts": []}, "'facts'", "'labels'"),
    ],
)
def test_the_keys_that_are_there_and_those_looked_for_are_named(
    tmp_path: Path, task: str, item: Any, keys: str, wanted: str
) -> None:
    path = written(tmp_path / "x.jsonl", item)
    message = f"x.jsonl:1: no key that gold is read from, but {keys}, which may hold some; {wanted}. Write the gold"
    with pytest.raises(DataError, match=re.escape(message)):
        list(find_task(task).read(path, DataConfig()))
    (example,) = find_task(task).read(path, DataConfig(unknown_keys="ignored"))
    assert example.gold is None or (task == "joint" and "sents" in item)


@pytest.mark.parametrize("key", ["relaitons", "relation", "Relations", "relations "])
@pytest.mark.parametrize("form", ["spanloom", "spert"])
def test_relations_under_a_key_spelled_like_theirs_are_named_where_they_stand(
    tmp_path: Path, key: str, form: str
) -> None:
    item: dict[str, Any] = {"text": "Mira left", "entities": [], "id": 1, "people": ["a"]}
    if form == "spert":
        item = {"tokens": ["Mira", "left"], "entities": [], "orig_id": 1}
    path = written(tmp_path / "x.jsonl", {**item, key: []}, {**item, "relations": []})
    with pytest.raises(DataError, match=re.escape(f"x.jsonl:1: unknown key '{key}'; did you mean 'relations'?")):
        list(find_task("joint").read(path, DataConfig()))
    path = written(tmp_path / "y.jsonl", {**item, key: []})
    assert len(list(read(path, DataConfig(unknown_keys="ignored")))) == 1


@pytest.mark.parametrize("more", [{"related": ["x"]}, {"relation": "x"}, {"relation_types": ["x"]}])
def test_what_is_spelled_otherwise_or_is_no_list_is_passed_over(tmp_path: Path, more: dict[str, Any]) -> None:
    path = written(tmp_path / "x.jsonl", {"text": "Mira left", "entities": [], **more})
    assert len(list(read(path, DataConfig()))) == 1


def test_training_stops_at_it_too(tmp_path: Path) -> None:
    good = {"text": "Bo left Rome .", "entities": [{"start": 0, "end": 2, "label": "PER"}]}
    path = written(tmp_path / "x.jsonl", good, TRIPLES)
    task = find_task("nested")
    config = RunConfig("nested", 0, DataConfig(train=path, dev=path), TrainConfig(), task.config())
    with pytest.raises(DataError, match=r"x\.jsonl:2: no key that gold is read from, but 'ner'"):
        run_training(task, config, tmp_path / "run")


@pytest.mark.parametrize(
    ("task", "item"),
    [
        ("joint", {**TEXT, "meta": {"from": ["a", "b"]}, "url": "x", "doc_id": "7", "label": None}),
        ("tag", {**TEXT, "_task_hash": 7, "title": "x", "orig_id": 3, "created_at": "now"}),
        ("classify", {**TEXT, "guid": "a", "metadata": {}}),
        ("language_model", {**TEXT, "label": "x"}),
    ],
)
def test_a_text_with_what_it_is_from_alone_has_no_gold_to_lose(tmp_path: Path, task: str, item: Any) -> None:
    assert len(list(find_task(task).read(written(tmp_path / "x.jsonl", item), DataConfig()))) == 1


def test_a_key_given_twice_is_not_chosen_from(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "Bo", "entities": []}\n{"text": "Bo", "entities": [], "entities": [1]}')
    message = r"x\.jsonl:2: the key 'entities' twice in one object; each key once\. Remove or rename one of them\."
    with pytest.raises(DataError, match=message):
        list(read(path, DataConfig()))
    path.write_text('[{"text": "Bo", "entities": [{"start": 0, "end": 2, "label": "A", "label": "B"}]}]')
    with pytest.raises(DataError, match=r"x\.jsonl:1: the key 'label' twice in one object"):
        list(read(path, DataConfig()))


def test_a_document_without_labels_has_entities_but_no_relations_to_be_scored(tmp_path: Path) -> None:
    mention = {"name": "Bo", "sent_id": 0, "pos": [0, 1], "type": "PER"}
    path = written(tmp_path / "x.json", [{"title": "a", "sents": [["Bo", "left"]], "vertexSet": [[mention]]}])
    (example,) = find_task("joint").read(path, DataConfig())
    assert example.gold is None
    (example,) = find_task("nested").read(path, DataConfig())
    assert [span.label for span in example.gold.spans] == ["PER"]
    assert example.mended == ()


def test_readers_of_other_answers_are_told_apart_by_them(tmp_path: Path) -> None:
    """What one task reads as gold is not another's: the formats of three answers at one file."""
    path = written(tmp_path / "x.jsonl", {"text": "Bo", "entities": [], "relations": []})
    assert next(read(path, DataConfig())).gold == Graph()
    for answer in (Relation, Rewrite):
        with pytest.raises(DataError, match="the keys of the first object are 'text', 'entities', 'relations'; one of"):
            read(path, DataConfig(), answer)
