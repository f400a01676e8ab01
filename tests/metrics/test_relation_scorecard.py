"""The scorecard of relations: SemEval's directed macro F1, by hand and beside scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.metrics.comparison import compare_scorecards
from spanloom.metrics.relations import DirectedType, directed_type, relation_scorecard
from spanloom.metrics.significance import bootstrap_interval
from tests.tasks.sentences import text_of

CASES = [
    ("Cause-Effect(e1,e2)", "Cause-Effect(e1,e2)"),
    ("Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)"),
    ("Cause-Effect(e2,e1)", "Cause-Effect(e2,e1)"),
    ("Component-Whole(e1,e2)", "Component-Whole(e1,e2)"),
    ("Component-Whole(e1,e2)", "Other"),
    ("Other", "Component-Whole(e2,e1)"),
    ("Other", "Other"),
    ("Entity-Origin(e1,e2)", "Cause-Effect(e1,e2)"),
]


def pairs(cases: Sequence[tuple[str, str]]) -> tuple[list[Example], list[Relation]]:
    """Of each (gold, predicted) a sentence whose spans are ever farther apart."""
    examples, predictions = [], []
    for number, (gold, predicted) in enumerate(cases):
        words = ["a", *"w" * number, "b", "."]
        item = MarkedText(text_of(words), Span(0, 1, ""), Span(number + 1, number + 2, ""))
        examples.append(Example(item, Relation(item.head, item.tail, gold), Source("data.jsonl", number + 1)))
        predictions.append(Relation(item.head, item.tail, predicted, 0.5 + number / 100))
    return examples, predictions


def test_a_label_says_a_type_and_a_direction() -> None:
    assert directed_type("Cause-Effect(e2,e1)") == DirectedType("Cause-Effect", "(e2,e1)")
    assert directed_type("founded_by") == DirectedType("founded_by", "")
    assert directed_type("NA") == directed_type("no_relation") == directed_type("Other") == DirectedType(None, "")
    assert directed_type("Other", ("nil",)) == DirectedType("Other", "")


def test_the_official_score_by_hand() -> None:
    """Of Cause-Effect 2 are right of 4 predicted and 3 in gold, of Component-Whole 1 of 2 and 2, of Entity-Origin 0 of
    0 and 1. What was predicted with the wrong direction, and where gold says Other, is wrong; Other is no type."""
    card = relation_scorecard(*pairs(CASES))
    json.dumps(card)
    assert card["rule"] == "macro"
    row = card["overall"]["macro"]
    assert row["precision"] == pytest.approx((2 / 4 + 1 / 2 + 0) / 3)
    assert row["recall"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert row["f1"] == pytest.approx((4 / 7 + 1 / 2 + 0) / 3)
    assert (row["tp"], row["predicted"], row["gold"]) == (3, 6, 6)
    assert row["interval"][0] < row["f1"] < row["interval"][1]
    assert card["overall"]["accuracy"]["f1"] == 4 / 8
    assert card["summary"] == {
        "macro_f1": row["f1"],
        "macro_precision": row["precision"],
        "macro_recall": row["recall"],
        "accuracy": 0.5,
    }
    assert card["labels"]["Types"]["Cause-Effect"]["f1"] == pytest.approx(4 / 7)
    assert card["labels"]["Relations"]["Cause-Effect(e1,e2)"]["f1"] == pytest.approx(1 / 2)
    assert set(card["labels"]["Relations"]) == {label for case in CASES for label in case}


def test_errors_are_called_by_what_is_wrong() -> None:
    errors = relation_scorecard(*pairs(CASES))["errors"]
    assert errors["types"] == {"direction": 1, "other relation": 1, "missed": 1, "spurious": 1}
    assert {"gold": "Other", "predicted": "Component-Whole(e2,e1)", "count": 1} in errors["confusions"]
    worst = errors["worst"][0]  # the most confident mistake
    assert worst["text"] == "<e1>a</e1> w w w w w w w <e2>b</e2> ."
    assert worst["errors"][0]["type"] == "other relation"


def test_the_distance_between_the_spans_is_a_breakdown() -> None:
    bins = relation_scorecard(*pairs(CASES))["breakdown"]["words between head and tail"]
    assert {name: (score["correct"], score["gold"]) for name, score in bins.items()} == {
        "0": (1, 1),
        "1-2": (1, 2),
        "3-5": (1, 3),
        "6-10": (1, 2),
    }


@pytest.mark.parametrize("seed", range(3))
def test_types_are_both_of_their_directions_together(seed: int) -> None:
    """scikit-learn's micro F1 over the two directions of each type, and the mean of that."""
    draw = np.random.default_rng(seed)
    types = ("A", "B", "C")
    labels = [*(f"{name}({way})" for name in types for way in ("e1,e2", "e2,e1")), "NA"]
    gold, found = (draw.choice(labels, 80).tolist() for _ in range(2))
    found = [g if draw.random() < 0.5 else f for g, f in zip(gold, found, strict=True)]
    card = relation_scorecard(*pairs(list(zip(gold, found, strict=True))))
    each = [
        metrics.f1_score(gold, found, labels=[f"{name}(e1,e2)", f"{name}(e2,e1)"], average="micro") for name in types
    ]
    assert card["overall"]["macro"]["f1"] == pytest.approx(np.mean(each))
    assert [score["f1"] for score in card["labels"]["Types"].values()] == pytest.approx(each)


@pytest.mark.parametrize("seed", range(3))
def test_of_labels_without_direction_it_is_plain_macro_f1(seed: int) -> None:
    draw = np.random.default_rng(seed)
    gold, found = (draw.choice(["born in", "part of", "owns", "no_relation"], 60).tolist() for _ in range(2))
    card = relation_scorecard(*pairs(list(zip(gold, found, strict=True))))
    expected = metrics.f1_score(gold, found, labels=["born in", "part of", "owns"], average="macro")
    assert card["overall"]["macro"]["f1"] == pytest.approx(expected)
    assert "Types" not in card["labels"]
    assert card["errors"]["types"]["direction"] == 0
    all_count = relation_scorecard(*pairs(list(zip(gold, found, strict=True))), no_relation=())
    assert all_count["overall"]["macro"]["f1"] == pytest.approx(metrics.f1_score(gold, found, average="macro"))


def test_nothing_but_no_relation_scores_nothing() -> None:
    card = relation_scorecard(*pairs([("Other", "Other"), ("NA", "Other")]))
    assert card["overall"]["macro"]["f1"] == 0
    assert card["overall"]["accuracy"]["f1"] == 0.5
    assert card["errors"]["types"]["other relation"] == 1


def test_what_is_saved_of_each_sentence_gives_the_score_and_its_interval_again() -> None:
    card = relation_scorecard(*pairs(CASES))
    rows = np.array(card["sentences"]["macro"])
    assert rows.tolist()[:2] == [[1, 1, 1, 0, 0], [0, 1, 1, 0, 0]]
    assert list(bootstrap_interval(rows)) == card["overall"]["macro"]["interval"]
    examples, predictions = pairs(CASES)
    better = relation_scorecard(examples, [replace(predictions[0], label=gold) for gold, _ in CASES])
    test = compare_scorecards(card, better)["tests"]["macro"]
    assert (test["a"], test["b"]) == (pytest.approx(card["overall"]["macro"]["f1"]), 1.0)
    other = relation_scorecard(examples, [replace(predictions[0], label="Unheard-Of(e1,e2)")] * len(examples))
    assert compare_scorecards(card, other)["tests"]["macro"]["b"] == 0.0


def test_gold_is_told_apart_by_its_spans() -> None:
    examples, predictions = pairs(CASES[:1])
    item = examples[0].input
    turned = replace(examples[0], input=MarkedText(item.text, item.tail, item.head))
    cards = [relation_scorecard([example], predictions) for example in (examples[0], turned)]
    assert cards[0]["gold_hash"] != cards[1]["gold_hash"]


def test_what_cannot_be_scored() -> None:
    examples, predictions = pairs(CASES[:2])
    with pytest.raises(DataError, match=r"data\.jsonl:2: no gold answer"):
        relation_scorecard([examples[0], replace(examples[1], gold=None)], predictions)
    with pytest.raises(DataError, match="1 prediction for 2 examples"):
        relation_scorecard(examples, predictions[:1])
