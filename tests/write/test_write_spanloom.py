"""Writing examples and reading them back: nothing is lost on the way."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from spanloom.answers.graph import Graph, graph_to_dict
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError, SpanloomError
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.read import read
from spanloom.text.words import tokenize
from spanloom.write.lines import write_lines
from spanloom.write.spanloom import example_to_dict

SENTENCE = "Mara Holt 's 😀 co-op left Lyon\u2028for 里昂 ."
TEXT = Text(SENTENCE, tokenize(SENTENCE))
PERSON, PLACE, NESTED = Span(0, 2, "person", 0.9), Span(6, 7, "place"), Span(1, 2, "name")
GRAPH = Graph((PERSON, PLACE, NESTED), (Relation(PERSON, PLACE, "lived in", 0.25), Relation(PLACE, PERSON, "had")))


def write(path: Path, examples: Iterable[Example]) -> int:
    return write_lines(path, map(example_to_dict, examples))


def test_what_a_user_sees() -> None:
    assert graph_to_dict(TEXT, GRAPH) == {
        "text": SENTENCE,
        "entities": [
            {"start": 0, "end": 9, "label": "person", "text": "Mara Holt", "score": 0.9},
            {"start": 26, "end": 30, "label": "place", "text": "Lyon"},
            {"start": 5, "end": 9, "label": "name", "text": "Holt"},
        ],
        "relations": [
            {"head": 0, "tail": 1, "label": "lived in", "score": 0.25},
            {"head": 1, "tail": 0, "label": "had"},
        ],
    }


def test_tokens_are_written_only_where_they_are_not_the_rules_own() -> None:
    assert "tokens" not in example_to_dict(Example(TEXT, GRAPH))
    assert example_to_dict(Example(Text("ab", (Token("a", 0, 1), Token("b", 1, 2)))))["tokens"] == [[0, 1], [1, 2]]


EXAMPLES = [
    Example(TEXT, GRAPH),
    Example(TEXT, None),
    Example(TEXT, Graph()),
    Example(Text("Mara left", (Token("Ma", 0, 2), Token("left", 5, 9))), Graph((Span(0, 2, "x"), Span(0, 2, "x")))),
    Example(
        TEXT,
        Graph((PLACE, PERSON)),
        by_text=True,
        ambiguous=2,
        lost=(
            LostFact("relation", "in", "a -> in -> b", "not located"),
            LostFact("entity", "x", "q", "inside a token"),
        ),
    ),
    Example(TEXT, None, lost=(LostFact("relation", "in", "a -> in -> b", "not located"),)),
]


def test_read_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.jsonl"
    assert write(path, iter(EXAMPLES)) == len(EXAMPLES)
    back = list(read(path, DataConfig()))
    assert back == [
        dataclasses.replace(example, source=Source(str(path), line)) for line, example in enumerate(EXAMPLES, start=1)
    ]
    assert [span.score for span in back[0].gold.spans] == [0.9, None, None]
    assert [relation.score for relation in back[0].gold.relations] == [0.25, None]
    assert "里昂" in path.read_text(encoding="utf-8")


def test_a_fault_midway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def stream():  # type: ignore[no-untyped-def]
        yield EXAMPLES[0]
        raise DataError("x:2", "broken")

    with pytest.raises(DataError, match="x:2: broken"):
        write(path, stream())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SpanloomError, match=r"out\.jsonl: cannot be written: No space left on device\. Nothing was"):
        write(path, EXAMPLES)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_directories_links_and_devices(tmp_path: Path) -> None:
    with pytest.raises(SpanloomError, match="cannot be written: a directory, not a file"):
        write(tmp_path, EXAMPLES)
    real, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(real)
    write(link, EXAMPLES)
    assert link.is_symlink()
    assert json.loads(real.read_text(encoding="utf-8").partition("\n")[0])["text"] == SENTENCE
    assert write(Path("/dev/null"), EXAMPLES) == len(EXAMPLES)
