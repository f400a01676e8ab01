"""The check of requests, on a few counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from spanloom.check.frames import check_frames, require_frame_spelling
from spanloom.core import Source
from spanloom.errors import DataError
from tests.tasks.requests import request

TRAIN = [
    request("wake me at six", "SetAlarm", "O O O B-time"),
    request("wake me at six", "SetAlarm", "O O O B-time", 2),
    request("wake me at six", "Ask", "O O O B-time", 3),
    request("play line10 line2 now", "Play#Ask", "O B-line10 B-line2 I-line2", 4),
    replace(request("no gold here", "", "O O O", 5), gold=None),
]
DEV = [
    request("wake me at six", "SetAlarm", "O O O B-time"),
    request("hum it", "Hum", "O B-song", 2),
    request("play on", "Play#Ask", "O O", 3),
]


def test_counts() -> None:
    found = check_frames(TRAIN)
    assert json.loads(json.dumps(found)) == found
    assert found["answers"] == "frame"
    assert found["gold"]["sizes"] == {
        "sentences": 5,
        "tokens": 19,
        "different words": 11,
        "slots": 5,
        "slot labels": 3,
        "without gold": 1,
        "intents": 3,
        "requests with several intents joined by '#', kept whole as one": 1,
    }
    labels = found["gold"]["labels"]
    assert labels["intents"] == {"SetAlarm": 2, "Ask": 1, "Play#Ask": 1}
    assert labels["slots"] == {"time": 3, "line10": 1, "line2": 1}
    assert list(labels["slot tags"]) == ["B-line2", "I-line2", "B-line10", "B-time"]
    assert found["gold"]["shares"] == {"most frequent intent": 0.4}


def test_issues_cite_their_lines() -> None:
    issues = check_frames(TRAIN, DEV)["issues"]
    assert {name: issue["count"] for name, issue in issues.items()} == {
        "duplicate examples": 1,
        "contradictory examples": 1,
        "no gold": 1,
        "several intents joined by '#', kept whole as one": 1,
        "intent of a single request": 2,
        "dev words never seen in train": 3,
        "dev labels never seen in train": 1,
        "dev examples that are in train": 1,
        "dev intents never seen in train": 1,
    }
    assert issues["contradictory examples"]["first"] == ["data.jsonl:3: the input of data.jsonl:1 again"]
    assert issues["several intents joined by '#', kept whole as one"]["first"] == ["data.jsonl:4: Play#Ask"]
    assert issues["dev intents never seen in train"]["first"] == ["data.jsonl:2: Hum: hum it"]


def test_dev_stands_beside_train() -> None:
    gold = check_frames(TRAIN, DEV)["gold"]
    assert gold["sizes"]["dev sentences"] == 3
    assert gold["sizes"]["dev slots"] == 2
    assert gold["sizes"]["dev intents"] == 3
    assert gold["sizes"]["dev requests with several intents joined by '#', kept whole as one"] == 1
    assert gold["labels"]["slots in dev"] == {"time": 1, "song": 1}


@pytest.mark.parametrize(
    ("intent", "tags", "message"),
    [
        ("setalarm", "O O", "data.jsonl:9: intent label 'setalarm', but 'SetAlarm' at data.jsonl:1; one spelling"),
        ("SetAlarm", "O B-Time", "data.jsonl:9: entity label 'Time', but 'time' at data.jsonl:1; one spelling"),
    ],
)
def test_two_spellings_of_one_label_are_refused(intent: str, tags: str, message: str) -> None:
    require_frame_spelling(TRAIN)
    odd = replace(request("wake me", intent, tags), source=Source("data.jsonl", 9))
    with pytest.raises(DataError, match=message):
        require_frame_spelling([*TRAIN, odd])
    assert check_frames([*TRAIN, odd])["issues"]["labels that differ only by case"]["count"] == 1


def test_spellings_of_intents_and_of_slots_are_counted_together() -> None:
    odd = replace(request("wake me", "setalarm", "O B-Time"), source=Source("data.jsonl", 9))
    issue = check_frames([*TRAIN, odd])["issues"]["labels that differ only by case"]
    assert issue["count"] == 2
    assert issue["first"] == [
        "data.jsonl:9: intent label 'setalarm', but 'SetAlarm' at data.jsonl:1",
        "data.jsonl:9: entity label 'Time', but 'time' at data.jsonl:1",
    ]
