"""The everyday sentences: as many as are said, well formed, of the labels that their page names, and no two alike."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "everyday"
PARTS = ("train", "dev", "test")
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
KINDS = {"person", "organization", "location", "misc", "time"}
MOST_IN_COMMON = 0.4
"""Of the runs of three words (or Chinese characters) of the shorter of two texts."""


def items(part: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()]


def relations() -> dict[str, tuple[set[str], set[str]]]:
    """Each relation of the page with the kinds that its head and tail may be."""
    found = {}
    for names, head, tail in re.findall(
        r"^\| ([a-z ,]+) \| ([a-z, ]+) \| ([a-z, ]+) \|", PAGE.partition("## Facts")[2], re.M
    ):
        if names != "relation":
            ends = tuple(KINDS if end == "any" else set(end.split(", ")) for end in (head, tail))
            found.update(dict.fromkeys(names.split(", "), ends))
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("part", PARTS)
def test_they_are_as_many_as_the_page_says(part: str) -> None:
    counts = Counter(item["language"] for item in items(part))
    (row,) = re.findall(rf"^\| `{part}\.jsonl` \| ([\d,]+) \| (\d+) \| (\d+) \|", PAGE, re.M)
    assert [counts[language] for language in ("en", "zh", "de")] == [int(cell.replace(",", "")) for cell in row]


@pytest.mark.parametrize("part", PARTS)
def test_names_and_facts_are_well_formed(part: str) -> None:
    known = relations()
    assert len(known) == 38
    for item in items(part):
        text, entities = item["text"], item["entities"]
        for entity in entities:
            assert text[entity["start"] : entity["end"]] == entity["text"] == entity["text"].strip(), item
            assert entity["label"] in KINDS, item
        places = sorted((entity["start"], entity["end"]) for entity in entities)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(places)), item
        facts = [(fact["head"], fact["label"], fact["tail"]) for fact in item["relations"]]
        assert len(set(facts)) == len(facts), item
        for head, label, tail in facts:
            assert entities[head]["label"] in known[label][0], (label, item)
            assert entities[tail]["label"] in known[label][1], (label, item)


def test_every_relation_stands_in_each_part() -> None:
    for part, least in (("train", 30), ("dev", 1), ("test", 1)):
        counts = Counter(fact["label"] for item in items(part) for fact in item["relations"])
        assert set(counts) == set(relations())
        assert min(counts.values()) >= least, (part, counts.most_common()[-3:])


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[\u4e00-\u9fff]|\w+", text.lower())
    return {tuple(words[start : start + 3]) for start in range(max(1, len(words) - 2))}


def test_no_two_are_alike() -> None:
    texts = [item["text"] for part in PARTS for item in items(part)]
    assert len(set(texts)) == len(texts)
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    each = [runs(text) for text in texts]
    alike = []
    for number, own in enumerate(each):
        common = Counter(other for run in own for other in seen[run])
        alike += [
            (texts[other], texts[number])
            for other, count in common.items()
            if count > 1 and count > MOST_IN_COMMON * min(len(own), len(each[other]))
        ]
        for run in own:
            seen[run].append(number)
    assert alike == []


def test_the_search_finds_those_that_are_alike() -> None:
    assert len(runs("Ada lives in Oslo with Bo") & runs("ada lives in oslo, alone")) == 2


def test_texts_are_of_one_line() -> None:
    assert all(
        "\n" not in item["text"] and item["text"] == item["text"].strip() for part in PARTS for item in items(part)
    )
