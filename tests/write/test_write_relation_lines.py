"""Related spans to JSON lines: what a user sees, and that examples read back the same."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from spanloom.answers.relation import relation_to_dict
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.read import read
from spanloom.text.marks import read_marks
from spanloom.write.lines import write_lines
from spanloom.write.relation_lines import relation_line
from tests.tasks.sentences import text_of

ITEM = read_marks("The <e2>old dam</e2> held the <e1>sea</e1>s.", "x")


def test_what_a_user_sees_counts_characters() -> None:
    assert relation_to_dict(ITEM, Relation(ITEM.head, ITEM.tail, "held(e2,e1)", 0.5)) == {
        "text": "The old dam held the seas.",
        "head": {"start": 21, "end": 24, "text": "sea"},
        "tail": {"start": 4, "end": 11, "text": "old dam"},
        "relation": "held(e2,e1)",
        "score": 0.5,
    }
    assert "score" not in relation_to_dict(ITEM, Relation(ITEM.head, ITEM.tail, "x"))


def test_lines_read_back(tmp_path: Path) -> None:
    plain = MarkedText(text_of(["do", "n't", "2.50,", "no"]), Span(1, 3, "A"), Span(3, 4, ""))
    lost = (LostFact("text", "r", "gone", "truncated"),)
    examples = [
        Example(ITEM, Relation(ITEM.head, ITEM.tail, "held(e2,e1)")),
        Example(plain, Relation(plain.head, plain.tail, "r"), lost=lost),
        Example(plain, None),
    ]
    assert "tokens" not in relation_line(examples[0]), "its words are those of the toolkit's rules, parted at the marks"
    assert relation_line(examples[1])["tokens"] == [[0, 2], [3, 6], [7, 12], [13, 15]]
    path = tmp_path / "x.jsonl"
    write_lines(path, map(relation_line, examples))
    found = [dataclasses.replace(example, source=Source("<text>", 1)) for example in read(path, DataConfig(), Relation)]
    assert found == examples
