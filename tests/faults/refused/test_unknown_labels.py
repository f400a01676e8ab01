"""Labels that training never had are missed and counted, in every task: no gold fact leaves a denominator."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import load_config
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation
from spanloom.tasks import FOLDER, find_task

NEW = "NeverTrained"
Rename = Callable[[str], str]


def renamed(gold: Any, rename: Rename) -> Any:
    """The same gold with other labels."""
    match gold:
        case Graph(spans, relations):
            moved = {span: dataclasses.replace(span, label=rename(span.label)) for span in spans}
            joined = (Relation(moved[item.head], moved[item.tail], rename(item.label)) for item in relations)
            return Graph(tuple(moved.values()), tuple(joined))
        case Tags(labels):
            parts = ((label[:2], label[2:]) if label[1:2] == "-" else ("", label) for label in labels)
            return Tags(tuple(f"{place}{rename(name)}" for place, name in parts))
        case Label(names):
            return Label(tuple(sorted(map(rename, names))))
        case Frame(intent, slots):
            return Frame(renamed(intent, rename), renamed(slots, rename))
        case Relation(head, tail, label):
            return Relation(head, tail, rename(label))
    raise AssertionError(gold)


def names_of(gold: Any) -> list[str]:
    """The labels of a gold answer, each as often as it has facts, but for that of tokens outside of spans."""
    found: list[str] = []

    def note(label: str) -> str:
        found.extend([label] * (label != "O"))
        return label

    renamed(gold, note)
    return found


def sample(name: str) -> tuple[Task, list[Example], Any]:
    task = find_task(name)
    config = load_config(FOLDER / name / "tiny.toml", [], lambda named: find_task(named).config)
    assert config.data.train is not None
    examples = list(task.read(config.data.train, config.data))
    return task, examples, task.fit(examples, config)


def denominators(scorecard: dict[str, Any]) -> dict[str, int]:
    """How many gold facts each measure of the whole is out of; labels and breakdowns have parts of their own."""
    found = {}
    for section in ("overall", "entities", "triples"):
        for rule, row in scorecard.get(section, {}).items():
            if isinstance(row, dict) and "gold" in row:
                found[f"{section} {rule}"] = row["gold"]
    return found


@pytest.mark.parametrize("name", ["classify", "intent_slot", "joint", "nested", "relation", "tag"])
def test_every_gold_fact_stays_in_the_denominators(name: str) -> None:
    task, examples, codec = sample(name)
    no_relation = getattr(codec, "no_relation", ())
    counts = Counter(label for example in examples for label in names_of(example.gold) if label not in no_relation)
    for label, _ in counts.most_common(3):
        other = [
            dataclasses.replace(
                example, gold=renamed(example.gold, lambda found, label=label: NEW if found == label else found)
            )
            for example in examples
        ]
        answers = [example.gold for example in examples]
        before, after = task.score(examples, answers, codec), task.score(other, answers, codec)
        assert denominators(before)
        assert denominators(after) == denominators(before)
        assert task.best(after) < task.best(before)


@pytest.mark.parametrize("name", ["classify", "intent_slot", "joint", "nested", "relation", "tag"])
def test_each_unknown_fact_is_counted_once(name: str) -> None:
    _, examples, codec = sample(name)
    assert not any(codec.unknown(example) for example in examples)
    example = max(examples, key=lambda found: len(set(names_of(found.gold))))
    other = dataclasses.replace(example, gold=renamed(example.gold, lambda label: "O" if label == "O" else NEW))
    unknown = codec.unknown(other)
    gold = example.gold
    if isinstance(gold, Graph):
        facts = len(gold.spans) + len(gold.relations)
    elif isinstance(gold, Tags | Frame):
        tags = gold.slots if isinstance(gold, Frame) else gold
        spans = any(label.startswith("B-") for label in tags.labels)
        facts = sum(label.startswith("B-") if spans else label != "O" for label in tags.labels)
        facts += isinstance(gold, Frame)
    else:
        facts = len(names_of(gold))
    assert len(unknown) == facts
    assert {label for _, label in unknown} == {NEW}
    with pytest.raises(DataError, match=rf"unknown .*'{NEW}'; one that the model was trained on"):
        codec.require_known(other)


@pytest.mark.parametrize("name", ["language_model", "rewrite"])
def test_what_has_no_labels_has_none_that_are_unknown(name: str) -> None:
    _, examples, codec = sample(name)
    assert [codec.unknown(example) for example in examples] == [[]] * len(examples)


def test_a_span_that_the_tagger_cannot_say_is_one_fact_however_long() -> None:
    _, examples, codec = sample("tag")
    text = examples[0].input
    labels = ("B-Ship", *["I-Ship"] * (len(text.tokens) - 1))
    odd = dataclasses.replace(examples[0], gold=Tags(labels))
    kinds = {"Ship"} if codec.tagset.scheme else set(labels)
    assert {label for _, label in codec.unknown(odd)} == kinds
