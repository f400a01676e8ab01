"""The scorecard of intents with slots: against seqeval and scikit-learn, and by hand."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2
from sklearn.metrics import accuracy_score

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.metrics.comparison import compare_scorecards
from spanloom.metrics.frames import frame_scorecard
from spanloom.text.tags import tags_from_spans
from spanloom.write.tables import print_scorecard
from tests.tasks.requests import request

INTENTS = ("Ask", "Buy", "Ask#Buy")
SLOTS = ("city", "time", "line2", "line10")


def answer(intent: str, tags: str, strange: float | None = None, rejected: bool = False) -> Frame:
    return Frame(Label((intent,), (0.5,)), Tags(tuple(tags.split())), strange, rejected)


def corpus(seed: int, size: int = 150) -> tuple[list[Example], list[Frame]]:
    """Random requests, and answers that are right about two times in three."""
    draw = np.random.default_rng(seed)
    examples, answers = [], []
    for line in range(1, size + 1):
        length = int(draw.integers(1, 30))
        tags = [
            str(draw.choice(["O", *(f"{place}-{name}" for name in SLOTS for place in "BI")])) for _ in range(length)
        ]
        legal = tags_from_spans([], length, "bio2") if draw.random() < 0.1 else mended(tags)
        words, intent = " ".join(f"w{number}" for number in range(length)), str(draw.choice(INTENTS))
        examples.append(request(words, intent, " ".join(legal), line))
        changed = legal if draw.random() < 0.7 else mended([*legal[1:], str(draw.choice(tags))])
        answers.append(answer(intent if draw.random() < 0.8 else str(draw.choice(INTENTS)), " ".join(changed)))
    return examples, answers


def mended(tags: list[str]) -> list[str]:
    """The same with every I- that continues nothing turned into a B-."""
    for place, tag in enumerate(tags):
        before = tags[place - 1] if place else "O"
        if tag.startswith("I-") and before[2:] != tag[2:]:
            tags[place] = f"B{tag[1:]}"
    return tags


@pytest.mark.parametrize("seed", range(3))
def test_slots_are_those_of_seqeval_and_accuracies_those_of_scikit_learn(seed: int) -> None:
    examples, answers = corpus(seed)
    overall = frame_scorecard(examples, answers)["overall"]
    gold, found = ([list(frame.slots.labels) for frame in side] for side in ([e.gold for e in examples], answers))
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        assert overall["slots"][name] == pytest.approx(score(gold, found, mode="strict", scheme=IOB2)), name
    wanted, given = ([frame.intent.names[0] for frame in side] for side in ([e.gold for e in examples], answers))
    assert overall["intent"]["accuracy"] == accuracy_score(wanted, given)
    both = (
        [f"{intent} {tags}" for intent, tags in zip(*side, strict=True)] for side in ((wanted, gold), (given, found))
    )
    assert overall["sentence"]["accuracy"] == accuracy_score(*both)
    assert overall["sentence"]["interval"][0] < overall["sentence"]["accuracy"] < overall["sentence"]["interval"][1]


GOLD = [
    request("fly to Bern today", "Ask", "O O B-city B-time"),
    request("buy it", "Buy", "O O", 2),
    request("fly to New Ulm and buy it", "Ask#Buy", "O O B-city I-city O O O", 3),
    request("when", "Ask", "O", 4),
]
FOUND = [
    answer("Ask", "O O B-city O", 0.1),
    answer("Buy", "O O", 0.2),
    answer("Ask", "O O B-city I-city O O O", 0.9, True),
    answer("Ask", "O", 0.8, True),
]


def test_by_hand() -> None:
    """A missed slot, a whole request right, an intent taken for another, and one right but rejected."""
    card = frame_scorecard(GOLD, FOUND, lambda text, label: text in ("Bern", "today"), {"threshold": 0.5})
    assert json.loads(json.dumps(card)) == card
    assert (card["answers"], card["rule"]) == ("frame", "sentence")
    assert card["summary"] == {
        "sentence_accuracy": 0.5,
        "intent_accuracy": 0.75,
        "slot_f1": pytest.approx(0.8),
        "slot_precision": 1.0,
        "slot_recall": pytest.approx(2 / 3),
    }
    assert card["size"] == {
        "sentences": 4,
        "tokens": 14,
        "slots": 3,
        "intents": 3,
        "sentences with several intents, each set one class": 1,
    }
    assert card["sentences"] == {
        "sentence": [[0, 1, 1], [1, 1, 1], [0, 1, 1], [1, 1, 1]],
        "intent": [[1, 1, 1], [1, 1, 1], [0, 1, 1], [1, 1, 1]],
        "slots": [[1, 1, 2], [0, 0, 0], [1, 1, 1], [0, 0, 0]],
    }
    assert card["labels"]["Intents"]["Ask#Buy"]["recall"] == 0.0
    assert card["labels"]["Slots"]["time"]["recall"] == 0.0
    assert card["errors"]["types"] == {
        "wrong intent": 1,
        "boundary": 0,
        "type": 0,
        "boundary and type": 0,
        "missing": 1,
        "spurious": 0,
    }
    assert card["errors"]["confusions"] == [
        {"gold": "Ask#Buy", "predicted": "Ask", "count": 1},
        {"gold": "B-time", "predicted": "O", "count": 1},
    ]
    assert card["errors"]["worst"][1]["errors"] == [{"type": "wrong intent", "gold": "Ask#Buy", "predicted": "Ask"}]
    assert card["out_of_scope"] == {"rejected": 2, "rightly_understood": 1, "threshold": 0.5}
    by = {name: {key: bin_["recall"] for key, bin_ in table.items()} for name, table in card["breakdown"].items()}
    assert by["sentences, by slots"] == {"0": 1.0, "1": 0.0, "2": 0.0}
    assert by["sentences, by length"] == {"1-10": 0.5}
    assert by["sentences, by slot values"] == {
        "no slot": 1.0,
        "all values seen in training": 0.0,
        "a value never seen": 0.0,
    }
    assert by["sentences, by intents"] == {"one": pytest.approx(2 / 3), "several, as one class": 0.0}
    assert by["slots, by value and label"] == {"seen in training": 0.5, "never seen": 1.0}


def test_slots_stand_in_the_order_of_their_names() -> None:
    examples, answers = corpus(5)
    assert list(frame_scorecard(examples, answers)["labels"]["Slots"]) == ["city", "line2", "line10", "time"]


def test_no_gold_leaves_the_denominator() -> None:
    """What ends early is wrong, what has no answer is wrong, and what the reader could not place cannot be right."""
    lost = (LostFact("entity", "city", "er", "cuts a token"),)
    examples = [GOLD[1], GOLD[0], replace(GOLD[3], lost=lost)]
    card = frame_scorecard(examples, [Frame(), Frame(Label(("Ask",)), Tags(("O",))), FOUND[3]])
    assert card["overall"]["sentence"]["gold"] == 3
    assert card["overall"]["sentence"]["tp"] == 0
    assert card["overall"]["intent"]["tp"] == 2
    assert card["overall"]["slots"]["gold"] == 3
    assert card["out_of_scope"]["threshold"] is None


def test_a_hash_follows_the_intent_and_the_slots() -> None:
    def hashed(example: Example) -> str:
        return str(frame_scorecard([example], [FOUND[1]])["gold_hash"])

    one = GOLD[0]
    assert hashed(one) == hashed(replace(one, source=GOLD[1].source))
    others = [replace(one.gold, intent=Label(("Buy",))), replace(one.gold, slots=Tags(("O", "O", "B-city", "O")))]
    assert len({hashed(one), *(hashed(replace(one, gold=gold)) for gold in others)}) == 3


def test_two_scorecards_are_compared_row_by_row() -> None:
    examples, answers = corpus(3)
    cards = frame_scorecard(examples, answers), frame_scorecard(examples, [example.gold for example in examples])
    tests = compare_scorecards(*cards)["tests"]
    assert tests.keys() == {"sentence", "intent", "slots"}
    assert tests["sentence"]["difference"] > 0
    assert tests["sentence"]["p_value"] < 0.05


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(DataError, match="3 predictions for 4 sentences"):
        frame_scorecard(GOLD, FOUND[:3])
    with pytest.raises(DataError, match=r"data\.jsonl:4: no gold answer"):
        frame_scorecard([replace(GOLD[3], gold=None)], FOUND[3:])


def printed(threshold: float | None) -> str:
    screen = Console(file=io.StringIO(), width=80)
    print_scorecard(frame_scorecard(GOLD, FOUND, None, threshold and {"threshold": threshold}), screen)  # type: ignore[arg-type]
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, shown.splitlines())) <= 80
    return " ".join(shown.split())


def test_it_prints_what_was_rejected_and_that_intents_joined_are_one_class() -> None:
    shown = printed(0.5)
    assert "1 sentence with several intents, each set one class" in shown
    assert "Rejected as out of scope (above 0.5): 2, 1 of them with the right intent." in shown
    assert "Nothing was rejected as out of scope: no threshold was fitted." in printed(None)
