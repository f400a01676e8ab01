"""What `benchmarks/box.py` counts, fills in and prints."""

from __future__ import annotations

import json
from pathlib import Path

import box
import pytest
from plain_tables import box_tables
from wording import LANGUAGES

GOLD = box.Found({(0, 3): "person", (7, 11): "location", (15, 19): "time"}, {((0, 3), "lives in", (7, 11))})


def test_names_kinds_and_facts_are_counted_apart() -> None:
    answer = box.Found(
        {(0, 3): "person", (7, 11): "misc", (20, 22): "person"},
        {((0, 3), "lives in", (7, 11)), ((7, 11), "lives in", (0, 3))},
    )
    found = box.scored([GOLD], [answer])
    assert (found["names"]["right"], found["names"]["gold"], found["names"]["answered"]) == (2, 3, 3)
    assert found["kinds"] == 0.5
    assert (found["facts"]["precision"], found["facts"]["recall"]) == (0.5, 1.0)
    timeless = box.scored([box.without_times(GOLD)], [box.without_times(answer)])
    assert timeless["names"]["gold"] == 2


def test_nothing_found_is_no_division_by_nothing() -> None:
    nothing = box.Found({}, set())
    assert box.scored([nothing], [nothing])["names"]["f1"] == 0.0
    assert box.scored([GOLD], [nothing])["kinds"] == 0.0


@pytest.mark.parametrize(
    ("surface", "kept"),
    [("the Red Cross", "Red Cross"), ("Ada's", "Ada"), ("The Hague", "Hague"), ("a Swede", "Swede"), ("Oslo", "Oslo")],
)
def test_names_of_the_peer_lose_article_and_genitive(surface: str, kept: str) -> None:
    text = f"I saw {surface} there"
    ((start, end, label),) = box.trimmed([[6, 6 + len(surface), "ORG"]], text)
    assert (text[start:end], label) == (kept, "ORG")


def test_every_path_of_a_configuration_is_filled_in(tmp_path: Path) -> None:
    for name in ("box", "box-minilm"):
        text = box.configuration(name, tmp_path / "data", tmp_path).read_text(encoding="utf-8")
        assert '"DATA/' not in text
        assert '"EVERYDAY/' not in text
        assert f'train = "{tmp_path}/data/conll04/train.txt"' in text
        assert f'train = "{box.EVERYDAY}/train.jsonl"' in text


def test_the_table_has_a_line_for_each_model_and_its_sources(tmp_path: Path) -> None:
    items = box.everyday("dev")
    perfect = box.by_language(items, [box.gold_of(item) for item in items])
    assert set(perfect) == {"en", "zh", "de", "en without times"}
    model = {"name": "ours", "everyday": perfect, "bytes": 2_000_000, "sentences_a_second": 61.7}
    ours = {**model, "sources": {"conll04": {"entities": 0.9, "triples": 0.7}, "ewt": {"entities": 0.8}}}
    peer = {"name": "peer", "everyday": {"en without times": perfect["en without times"]}, "sentences_a_second": 90.0}
    (tmp_path / "box-dev.json").write_text(json.dumps({"models": [ours, peer]}))
    table = "\n".join(box_tables(tmp_path, LANGUAGES["en"]))
    assert "| ours | dev | 100.0 / 100.0 | 100.0 / 100.0 | 100.0 | 100.0 / 100.0 | 100.0 / 100.0 |" in table
    assert "| 2.0 | 62 |" in table
    assert "| ours | 90.0 / 70.0 | 80.0 |" in table
    assert box_tables(tmp_path / "nowhere", LANGUAGES["en"]) == []
