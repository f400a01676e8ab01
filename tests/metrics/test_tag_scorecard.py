"""The scorecard of tagging against seqeval, nervaluate, scikit-learn and sentences scored by hand."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from nervaluate import Evaluator
from rich.console import Console
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from spanloom.answers.tags import Tags
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, Token
from spanloom.metrics.tags import gold_hash, tag_scorecard
from spanloom.write.tables import print_scorecard

LABELS = ["Person", "City", "Ship"]


def example(words: str, labels: str, line: int = 1) -> Example:
    tokens, at = [], 0
    for word in words.split():
        tokens.append(Token(word, at, at + len(word)))
        at += len(word) + 1
    return Example(Text(words, tuple(tokens)), Tags(tuple(labels.split())), Source("data.conll", line))


def answers(*labels: str) -> list[Tags]:
    return [Tags(tuple(some.split())) for some in labels]


def random_tags(generator: np.random.Generator, tags: list[str], size: int) -> list[str]:
    return [tags[number] for number in generator.integers(len(tags), size=size)]


def corpus(seed: int, tags: list[str]) -> tuple[list[Example], list[Tags]]:
    """Random tags, legal or not, and the same with a fifth of them drawn anew."""
    generator = np.random.default_rng(seed)
    gold = [random_tags(generator, tags, int(size)) for size in generator.integers(3, 15, size=120)]
    other = [[tag if generator.random() < 0.8 else random_tags(generator, tags, 1)[0] for tag in some] for some in gold]
    examples = [example(" ".join(f"w{i}" for i in range(len(some))), " ".join(some)) for some in gold]
    return examples, [Tags(tuple(some)) for some in other]


@pytest.mark.parametrize("seed", range(3))
def test_spans_agree_with_seqeval_strict(seed: int) -> None:
    examples, predictions = corpus(seed, ["O", *(f"{place}-{label}" for place in "BI" for label in LABELS)])
    card = tag_scorecard(examples, predictions)
    pair = [list(item.gold.labels) for item in examples], [list(item.labels) for item in predictions]
    overall = card["overall"]["strict"]
    for average, found in (("micro", overall), ("macro", overall["macro"])):
        expected = precision_recall_fscore_support(*pair, average=average, scheme=IOB2, zero_division=0)
        assert [found[name] for name in ("precision", "recall", "f1")] == pytest.approx(list(expected[:3]))
    by_label = precision_recall_fscore_support(*pair, average=None, scheme=IOB2, zero_division=0)
    for number, label in enumerate(sorted(LABELS)):
        score = card["labels"]["entities"][label]
        found = [score[name] for name in ("precision", "recall", "f1", "gold")]
        assert found == pytest.approx([column[number] for column in by_label])
    assert card["summary"]["entity_f1"] == overall["f1"]
    assert card["rule"] == "strict"


@pytest.mark.parametrize("seed", range(2))
def test_boundaries_and_strict_agree_with_nervaluate(seed: int) -> None:
    examples, predictions = corpus(seed, ["O", "B-Person", "B-City", "B-Ship"])
    for name, labels in (("Person", "I-Person"), ("City", "I-City")):  # longer spans, all of them legal
        examples = [
            replace(item, gold=Tags(_lengthened(item.gold.labels, name, labels, number)))
            for number, item in enumerate(examples)
        ]
    card = tag_scorecard(examples, predictions)
    result = Evaluator(
        [list(item.gold.labels) for item in examples],
        [list(item.labels) for item in predictions],
        tags=LABELS,
        loader="list",
    ).evaluate()["overall"]
    for ours, theirs in (("strict", "strict"), ("boundaries", "exact")):
        row = card["overall"][ours]
        assert row["tp"] == result[theirs].correct
        assert row["predicted"] == result[theirs].actual
        assert row["gold"] == result[theirs].possible
        assert row["f1"] == pytest.approx(result[theirs].f1)


def _lengthened(labels: tuple[str, ...], name: str, tag: str, number: int) -> tuple[str, ...]:
    found = list(labels)
    for position in range(1, len(found)):
        if found[position] == "O" and found[position - 1] == f"B-{name}" and (position + number) % 2:
            found[position] = tag
    return tuple(found)


def test_plain_labels_agree_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    examples, predictions = corpus(4, ["NOUN", "VERB", "ADJ", "X"])
    card = tag_scorecard(examples, predictions)
    gold = [label for item in examples for label in item.gold.labels]
    other = [label for item in predictions for label in item.labels]
    assert card["summary"] == {
        "accuracy": pytest.approx(metrics.accuracy_score(gold, other)),
        "macro_f1": pytest.approx(metrics.f1_score(gold, other, average="macro")),
    }
    row = card["overall"]["accuracy"]
    assert row["accuracy"] == row["precision"] == row["recall"] == row["f1"]
    assert row["tp"] / row["gold"] == row["accuracy"]
    assert row["interval"][0] < row["accuracy"] < row["interval"][1]
    table = metrics.confusion_matrix(gold, other, labels=["NOUN", "VERB", "ADJ", "X"])
    counted = {(case["gold"], case["predicted"]): case["count"] for case in card["errors"]["confusions"]}
    assert counted["NOUN", "VERB"] == table[0, 1]
    assert sum(counted.values()) == table.sum() - table.trace() == card["errors"]["types"]["wrong label"]
    assert card["size"] == {"sentences": 120, "tokens": len(gold)}


def test_by_hand() -> None:
    """One hit, one wrong boundary, one wrong type, one miss and one span that is nothing."""
    gold = [
        example("Ida Halvorsen left Oslo", "B-Person I-Person O B-City"),
        example("the Anna Marie met the Selby near Bern", "O B-Ship I-Ship O O B-Ship O B-City", line=2),
    ]
    found = answers("B-Person I-Person O O", "O B-Ship O O B-City B-Person O B-City")
    card = tag_scorecard(gold, found)
    strict = card["overall"]["strict"]
    assert (strict["tp"], strict["predicted"], strict["gold"]) == (2, 5, 5)
    assert card["overall"]["boundaries"]["tp"] == 3
    assert card["overall"]["accuracy"]["accuracy"] == pytest.approx(8 / 12)
    assert card["summary"] == {
        "entity_f1": pytest.approx(0.4),
        "entity_precision": pytest.approx(0.4),
        "entity_recall": pytest.approx(0.4),
        "accuracy": pytest.approx(8 / 12),
    }
    assert card["size"] == {"sentences": 2, "tokens": 12, "entities": 5}
    assert card["errors"]["types"] == {
        "boundary": 1,
        "type": 1,
        "boundary and type": 0,
        "missing": 1,
        "spurious": 1,
    }
    assert card["errors"]["confusions"][0] == {"gold": "B-City", "predicted": "O", "count": 1}
    worst = card["errors"]["worst"][0]
    assert (worst["source"], len(worst["errors"])) == ("data.conll:2", 3)
    assert worst["errors"][0] == {
        "type": "type",
        "gold": "Selby [Ship] at token 5",
        "predicted": "Selby [Person] at token 5",
    }
    assert card["sentences"]["strict"] == [[1, 1, 2], [1, 4, 3]]
    assert card["labels"]["entities"]["City"]["recall"] == 0.5
    assert card["breakdown"]["entities, by length in tokens"]["2"]["recall"] == 0.5
    assert card["breakdown"]["entities, by length of the sentence"]["1-10"]["gold"] == 5
    assert "tokens, by length of the sentence" not in card["breakdown"]
    assert "tokens, by the word" not in card["breakdown"]
    json.dumps(card)


def test_what_training_had_is_told_apart() -> None:
    known = {("Oslo", ""), ("met", ""), ("Oslo", "City"), ("Anna Marie", "Ship")}
    gold = [example("Oslo met Anna Marie", "B-City O B-Person I-Person")]
    card = tag_scorecard(gold, answers("B-City O B-Ship I-Ship"), lambda *asked: asked in known)
    words, names = card["breakdown"]["tokens, by the word"], card["breakdown"]["entities, by name and label"]
    assert (words["seen in training"]["recall"], words["seen in training"]["gold"]) == (1.0, 2)
    assert (words["never seen"]["recall"], words["never seen"]["gold"]) == (0.0, 2)
    assert (names["seen in training"]["gold"], names["seen in training"]["predicted"]) == (1, 2)
    assert (names["never seen"]["gold"], names["never seen"]["predicted"]) == (1, 0)


def test_no_gold_leaves_the_denominator() -> None:
    """A prediction that ends early is wrong beyond its end; what the reader could not place is missed."""
    lost = (LostFact("entity", "City", "Bern", "cuts a token"),)
    spans = [replace(example("Ida saw Oslo", "B-Person O B-City"), lost=lost)]
    card = tag_scorecard(spans, answers("B-Person"), lambda *asked: False)
    assert (card["overall"]["strict"]["tp"], card["overall"]["strict"]["gold"]) == (1, 3)
    assert card["overall"]["accuracy"]["accuracy"] == pytest.approx(2 / 3)
    assert card["labels"]["entities"]["City"]["gold"] == 2
    assert card["size"] == {"sentences": 1, "tokens": 3, "entities": 3, "lost": 1}
    assert card["errors"]["types"]["missing"] == 2
    for name in ("entities, by name and label", "entities, by length of the sentence"):
        assert sum(score["gold"] for score in card["breakdown"][name].values()) == 3
    plain = tag_scorecard([example("a b c", "X Y Z")], answers("X"))
    assert plain["overall"]["accuracy"]["accuracy"] == pytest.approx(1 / 3)
    assert plain["errors"]["types"] == {"wrong label": 0, "not read": 2}
    assert plain["labels"]["tokens"].keys() == {"X", "Y", "Z"}
    assert plain["labels"]["tokens"]["Y"]["predicted"] == 0


def test_gold_against_itself_and_against_nothing() -> None:
    examples, _ = corpus(1, ["O", "B-Person", "B-City"])
    card = tag_scorecard(examples, [item.gold for item in examples])
    assert card["summary"] == dict.fromkeys(("entity_f1", "entity_precision", "entity_recall", "accuracy"), 1.0)
    assert not any(card["errors"]["types"].values())
    assert card["errors"]["worst"] == card["errors"]["confusions"] == []
    empty = tag_scorecard([], [])
    assert empty["summary"]["entity_f1"] == 0.0
    assert all(math.isfinite(number) for number in empty["summary"].values())


def test_a_hash_follows_gold_and_tokens_but_not_the_file() -> None:
    one = example("a b", "B-X O")
    assert gold_hash([one]) == gold_hash([replace(one, source=Source("elsewhere", 9))])
    assert gold_hash([one]) != gold_hash([example("a b", "B-X I-X")])
    halves = Text("a b", (Token("a b", 0, 3), Token("b", 2, 3)))
    assert gold_hash([one]) != gold_hash([replace(one, input=halves)])


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(DataError, match="1 prediction for 2 sentences"):
        tag_scorecard([example("a", "X"), example("b", "X")], answers("X"))
    with pytest.raises(DataError, match=r"data\.conll:3: no gold answer"):
        tag_scorecard([replace(example("a", "X", line=3), gold=None)], answers("X"))


@pytest.mark.parametrize("tags", [["O", "B-Person", "B-City"], ["NOUN", "VERB"]])
def test_it_prints(tags: list[str]) -> None:
    examples, predictions = corpus(2, tags)
    screen = Console(file=io.StringIO(), width=80)
    print_scorecard(tag_scorecard(examples, predictions, lambda *asked: len(asked[0]) > 2), screen)
    assert "seen in training" in screen.file.getvalue()
