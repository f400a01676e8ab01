"""Pairs of entities as examples of how two spans are related: what annotation tools give the task of relations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.attacks.samples import SAMPLES
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import passed_over, read_relations
from spanloom.run.cli import main

TOOLS = ("brat", "doccano", "label_studio", "prodigy", "spanloom", "docbin", "webanno")
IDA, OSLO, BO = ({"start": start, "end": end, "label": label} for start, end, label in
                 ((0, 3, "Person"), (9, 13, "City"), (18, 20, "Person")))  # fmt: skip
TEXT = "Ida left Oslo for Bo ."
LINE = {
    "id": 1,
    "text": TEXT,
    "entities": [IDA, OSLO, BO],
    "relations": [
        {"head": 0, "tail": 1, "label": "left"},
        {"head": 2, "tail": 0, "label": "met"},
        {"head": 0, "tail": 1, "label": "knows"},
    ],
}


def examples(path: Path, *lines: Any, **settings: Any) -> list[Example]:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return list(read_relations(path, DataConfig(**settings)))


def pairs(found: list[Example]) -> list[tuple[str, str, str]]:
    surfaces = [[one.input.text.surface(span) for span in (one.input.head, one.input.tail)] for one in found]
    return [(head, one.gold.label, tail) for (head, tail), one in zip(surfaces, found, strict=True)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.jsonl"


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_s_relation_is_an_example(name: str, tmp_path: Path) -> None:
    (one,) = read_relations(SAMPLES[name].write(tmp_path), DataConfig())
    head, tail = Span(0, 2, "person"), Span(3, 4, "place")
    assert (one.input.head, one.input.tail, one.gold) == (head, tail, Relation(head, tail, "left"))


def test_pairs_go_from_head_to_tail_and_others_are_counted(path: Path) -> None:
    first, second = examples(path, LINE)
    assert pairs([first, second]) == [("Ida", "left", "Oslo"), ("Bo", "met", "Ida")]
    assert first.lost == (LostFact("relation", "knows", "Ida -> knows -> Oslo", "another relation of the same pair"),)
    assert [case for _, case in first.mended] == ["pair of entities without a relation left out: 4"]
    assert (first.fields, second.lost, second.mended) == ({"id": 1}, (), ())


def test_other_pairs_have_the_label_that_is_given(path: Path) -> None:
    found = examples(path, LINE, unrelated="no_relation")
    assert pairs(found) == [
        ("Ida", "left", "Oslo"),
        ("Bo", "met", "Ida"),
        ("Ida", "no_relation", "Bo"),
        ("Oslo", "no_relation", "Ida"),
        ("Oslo", "no_relation", "Bo"),
        ("Bo", "no_relation", "Oslo"),
    ]
    assert all(one.mended == () for one in found)


def test_texts_without_pairs_are_said_with_the_next(path: Path) -> None:
    bare = {"text": "Rain", "entities": [], "relations": []}
    (one, _) = examples(path, bare, {"text": "Snow"}, LINE)
    assert next((source.line, case) for source, case in one.mended) == (2, "text without annotations left out")


def test_lost_relations_stay_counted(path: Path) -> None:
    cut = LINE | {"entities": [IDA, OSLO, BO | {"start": 19}]}
    (one,) = examples(path, cut)
    assert one.lost[0] == LostFact("relation", "met", "o -> met -> Ida", "inside a token")


def test_a_file_without_relations_has_no_examples(path: Path) -> None:
    message = r"a\.jsonl, read as spanloom \(text, .*\): no text in which two entities are related; relations between"
    with pytest.raises(DataError, match=message):
        examples(path, LINE | {"relations": []})


def test_marked_pairs_are_read_as_before(path: Path) -> None:
    line = {"text": TEXT, "head": IDA, "tail": OSLO, "relation": "left"}
    assert pairs(examples(path, line)) == pairs(examples(path, line, format="spanloom")) == [("Ida", "left", "Oslo")]
    assert passed_over(path, DataConfig(), Relation) == []


def test_all_pairs_of_a_text_stay_in_one_part(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [LINE | {"text": TEXT.replace("Oslo", f"Osl{number}")} for number in range(10)]
    examples(path, *lines)
    assert main(["split", str(path), "--dev", ".2", "--task", "relation"]) == 0
    assert "20 examples in 10 groups" in capsys.readouterr().out
    train, dev = (
        {json.loads(line)["text"] for line in path.with_name(f"a-{part}.jsonl").read_text().splitlines()}
        for part in ("train", "dev")
    )
    assert (len(train), len(dev), train & dev) == (8, 2, set())


@pytest.mark.parametrize("name", ["label_studio", "brat"])
def test_convert_writes_them(name: str, tmp_path: Path) -> None:
    source, out = SAMPLES[name].write(tmp_path), tmp_path / "out.jsonl"
    assert main(["convert", str(source), str(out), "--task", "relation", "--check"]) == 0
    (line,) = map(json.loads, out.read_text().splitlines())
    assert (line["head"]["text"], line["relation"], line["tail"]["text"]) == ("Mira Solberg", "left", "Oslo")
