"""Our own JSON lines of requests, read in both forms and written back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.frame import Frame, frame_to_dict
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, Token
from spanloom.read import read
from spanloom.text.words import tokenize
from spanloom.write.frame_lines import frame_line
from spanloom.write.lines import write_lines

SENTENCE = "wake Mia's 😀 brother  at half six"
SLOTS = [
    {"start": 5, "end": 20, "label": "who", "text": "Mia's 😀 brother"},
    {"start": 25, "end": 33, "label": "time", "text": "half six"},
]
FRAME = Frame(Label(("SetAlarm#Ask",)), Tags(("O", "B-who", "I-who", "I-who", "I-who", "O", "B-time", "I-time")))


def examples(folder: Path, *items: dict[str, Any], **settings: Any) -> list[Example]:
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return list(read(path, DataConfig(**settings), Frame))


def test_text_with_slots(tmp_path: Path) -> None:
    [found] = examples(tmp_path, {"text": SENTENCE, "intent": "SetAlarm#Ask", "slots": SLOTS})
    assert found.input == Text(SENTENCE, tokenize(SENTENCE))
    assert found.gold == FRAME
    [bare] = examples(tmp_path, {"text": SENTENCE, "intent": "Ask", "slots": []})
    assert bare.gold == Frame(Label(("Ask",)), Tags(("O",) * 8))


def test_tokens_with_tags(tmp_path: Path) -> None:
    item = {"tokens": ["wake", "me", "at", "half", "six"], "tags": ["O", "O", "O", "B-time", "I-time"], "intent": "Ask"}
    [found] = examples(tmp_path, item)
    assert found.input.text == "wake me at half six"
    assert found.gold == Frame(Label(("Ask",)), Tags(("O", "O", "O", "B-time", "I-time")))


def test_a_line_without_intent_and_slots_has_no_gold(tmp_path: Path) -> None:
    bare = examples(tmp_path, {"text": "wake me"}, {"tokens": ["wake", "me"]})
    assert [example.gold for example in bare] == [None, None]


def test_what_is_written_reads_back_equal(tmp_path: Path) -> None:
    own = Text("wakeme soon", (Token("wake", 0, 4), Token("me", 4, 6), Token("soon", 7, 11)))
    lost = (LostFact("entity", "time", "oo", "cuts a token"),)
    written = [
        Example(Text(SENTENCE, tokenize(SENTENCE)), FRAME, Source("x", 1)),
        Example(own, Frame(Label(("Ask",)), Tags(("B-a", "B-a", "I-a"))), Source("x", 2), lost=lost),
        Example(own, None, Source("x", 3)),
    ]
    path = tmp_path / "data.jsonl"
    write_lines(path, map(frame_line, written))
    found = list(read(path, DataConfig(), Frame))
    assert [(e.input, e.gold, e.lost) for e in found] == [(e.input, e.gold, e.lost) for e in written]


def test_a_prediction_reads_back_as_gold(tmp_path: Path) -> None:
    sure = Frame(Label(("SetAlarm#Ask",), (0.75,)), Tags(FRAME.slots.labels, (0.5,) * 6 + (0.25, 1.0)), 0.125, True)
    item = frame_to_dict(Text(SENTENCE, tokenize(SENTENCE)), sure)
    assert item == {
        "text": SENTENCE,
        "intent": "SetAlarm#Ask",
        "intent_score": 0.75,
        "slots": [SLOTS[0] | {"score": 0.5}, SLOTS[1] | {"score": 0.25}],
        "out_of_scope": 0.125,
        "rejected": True,
    }
    [found] = examples(tmp_path, item)
    assert found.gold == FRAME
    assert frame_to_dict(Text("", ()), Frame()) == {"text": "", "intent": None, "slots": []}


def test_a_slot_that_no_tag_can_say_is_lost_and_counted(tmp_path: Path) -> None:
    slots = [{"start": 0, "end": 2, "label": "half"}, {"start": 0, "end": 7, "label": "all"}, SLOTS[0] | {"text": "me"}]
    slots[2] |= {"start": 5, "end": 7}
    [found] = examples(tmp_path, {"text": "wake me", "intent": "Ask", "slots": slots})
    assert found.gold.slots.labels == ("B-all", "I-all")
    assert [(fact.label, fact.text) for fact in found.lost] == [("half", "wa"), ("who", "me")]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"text": "wake me", "intent": "Ask"}, "missing key 'slots'"),
        ({"tokens": ["wake"], "intent": "Ask"}, "missing key 'tags'"),
        ({"text": "wake me", "slots": []}, "missing key 'intent'"),
        ({"tokens": ["wake"], "tags": ["O"]}, "missing key 'intent'"),
        ({"text": "wake me", "intents": "Ask"}, "unknown key 'intents'; did you mean 'intent'?"),
        ({"text": "wake me", "intent": "Ask", "slot": []}, "missing key 'slots'; did you mean this by 'slot'?"),
        ({"text": "wake me", "intent": ["Ask", "Buy"], "slots": []}, "'intent' is ['Ask', 'Buy']; a string"),
        ({"text": "wake me", "intent": " ", "slots": []}, "'intent' is empty; the name of a class"),
        (
            {"text": "wake me", "intent": "Ask", "slots": [{"start": 5, "end": 9, "label": "x"}]},
            "a slot from 5 to 9 in a",
        ),
        ({"text": "wake me", "intent": "Ask", "slots": [{"start": 5, "end": 7}]}, "missing key slots.label"),
        ({"tokens": ["wake"], "tags": ["VERB"], "intent": "Ask"}, "tag 'VERB' (token 0, 'wake'); BIO2 has O, B-LABEL"),
    ],
)
def test_what_is_wrong_cites_its_line(tmp_path: Path, item: dict[str, Any], message: str) -> None:
    fine = {"text": "wake me", "intent": "Ask", "slots": [{"start": 5, "end": 7, "label": "who"}]}
    with pytest.raises(DataError, match=rf"data\.jsonl:2: .*{re.escape(message)}"):
        examples(tmp_path, fine, item)
