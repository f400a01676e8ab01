"""The scorecard of labels, against scikit-learn and by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn import metrics
from sklearn.preprocessing import MultiLabelBinarizer

from spanloom.answers.label import Label
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.metrics.labels import label_scorecard
from tests.tasks.sentences import text_of

NAMES = ("far", "here", "near")


def example(names: Sequence[str], line: int = 1, words: str = "a b c") -> Example:
    return Example(text_of(words.split()), Label(tuple(names)), Source("data.jsonl", line))


def drawn(seed: int, several: bool, size: int = 60) -> tuple[list[Example], list[Label]]:
    draw = np.random.default_rng(seed)

    def some() -> tuple[str, ...]:
        return tuple(name for name in NAMES if draw.random() < 0.4) if several else (str(draw.choice(NAMES)),)

    examples = [example(some(), line, "w " * int(draw.integers(1, 90))) for line in range(size)]
    return examples, [Label(names, tuple(draw.random(len(names)).tolist())) for names in (some() for _ in examples)]


@pytest.mark.parametrize("seed", range(3))
def test_single_labels_as_scikit_learn_scores_them(seed: int) -> None:
    examples, predictions = drawn(seed, False)
    gold, found = [e.gold.names[0] for e in examples], [p.names[0] for p in predictions]  # type: ignore[union-attr]
    card = label_scorecard(examples, predictions)
    assert card["rule"] == "accuracy"
    row = card["overall"]["accuracy"]
    expected = metrics.accuracy_score(gold, found)
    assert {row[name] for name in ("accuracy", "precision", "recall", "f1")} == {expected}
    assert row["interval"][0] < expected < row["interval"][1]
    report = metrics.classification_report(gold, found, output_dict=True, zero_division=0.0)
    for name, score in {**card["labels"]["Classes"], "macro avg": row["macro"]}.items():
        wanted = report[name]
        assert [score["precision"], score["recall"], score["f1"]] == pytest.approx(
            [wanted["precision"], wanted["recall"], wanted["f1-score"]]
        )
    matrix = metrics.confusion_matrix(gold, found, labels=NAMES)
    for case in card["errors"]["confusions"]:
        assert case["count"] == matrix[NAMES.index(case["gold"]), NAMES.index(case["predicted"])]
    assert sum(case["count"] for case in card["errors"]["confusions"]) == card["errors"]["types"]["wrong class"]
    assert card["summary"] == {
        "accuracy": expected,
        **{f"macro_{name}": row["macro"][name] for name in ("f1", "precision", "recall")},
    }


@pytest.mark.parametrize("seed", range(3))
def test_labels_that_stand_together_as_scikit_learn_scores_them(seed: int) -> None:
    examples, predictions = drawn(seed, True)
    binarizer = MultiLabelBinarizer(classes=NAMES)
    gold = binarizer.fit_transform([e.gold.names for e in examples])  # type: ignore[union-attr]
    found = binarizer.transform([p.names for p in predictions])
    card = label_scorecard(examples, predictions, several=True)
    assert card["rule"] == "labels"
    row = card["overall"]["labels"]
    for average, score in (("micro", row), ("macro", row["macro"])):
        wanted = metrics.precision_recall_fscore_support(gold, found, average=average, zero_division=0.0)[:3]
        assert [score["precision"], score["recall"], score["f1"]] == pytest.approx(wanted)
    assert card["summary"]["exact_match"] == card["overall"]["exact match"]["accuracy"]
    assert card["summary"]["exact_match"] == pytest.approx(metrics.accuracy_score(gold, found))
    types = card["errors"]["types"]
    assert types["missing"] + types["wrong class"] == int((gold > found).sum())
    assert types["spurious"] + types["wrong class"] == int((found > gold).sum())


@pytest.mark.parametrize("several", [False, True])
def test_every_example_stands_in_one_bin_of_each_breakdown(several: bool) -> None:
    examples, predictions = drawn(5, several)
    card = label_scorecard(examples, predictions, lambda word: word == "w", several)
    assert ("labels of the example" in card["breakdown"]) is several
    for bins in card["breakdown"].values():
        assert sum(score["gold"] for score in bins.values()) == card["size"]["labels"]
        assert sum(score["correct"] for score in bins.values()) == card["overall"][card["rule"]]["tp"]
    assert list(card["breakdown"]["words unknown to the model"]) == ["0"]
    assert list(card["breakdown"]["words in the input"]) == ["0-5", "6-10", "11-20", "21-40", "41-80", "81+"]
    for name, rows in card["sentences"].items():
        row = card["overall"][name]
        assert np.sum(rows, axis=0).tolist() == [row["tp"], row["predicted"], row["gold"]]
    json.dumps(card)


def test_the_most_confident_mistakes_come_first() -> None:
    pair = Example(TextPair(text_of(["x"]), text_of(["y"])), Label(("far",)), Source("pairs.tsv", 7))
    examples = [example(["far"], 1), pair, example(["far"], 3)]
    answers = [Label(("near",), (0.6,)), Label(("here",), (0.9,)), Label(("far",), (0.99,))]
    assert label_scorecard(examples, answers)["errors"]["worst"] == [
        {
            "source": "pairs.tsv:7",
            "text": "x | y",
            "errors": [{"type": "wrong class", "gold": "far", "predicted": "here", "score": 0.9}],
        },
        {
            "source": "data.jsonl:1",
            "text": "a b c",
            "errors": [{"type": "wrong class", "gold": "far", "predicted": "near", "score": 0.6}],
        },
    ]


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(DataError, match="1 prediction for 2 examples"):
        label_scorecard([example(["far"])] * 2, [Label(("far",))])
    bare = Example(Text("x", ()), None, Source("data.jsonl", 4))
    with pytest.raises(DataError, match=r"data\.jsonl:4: no gold answer"):
        label_scorecard([bare], [Label(("far",))])


def test_the_hash_is_of_inputs_and_gold_alone() -> None:
    one, same, other = (
        label_scorecard([example([name], line)], [Label(("x",))])["gold_hash"]
        for name, line in (("far", 1), ("far", 2), ("near", 1))
    )
    assert one == same != other
