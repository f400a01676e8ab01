"""Tokens that are blank: an error that names data.repair, with which they are left out and counted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read

REMEDY = (
    "a token that is not blank. Remove it, or set data.repair = true, which leaves blank tokens out and counts them."
)


def examples_of(path: Path, content: str, answer: type, **settings: Any) -> list[Example]:
    path.write_text(content, encoding="utf-8")
    return list(read(path, DataConfig(**settings), answer))


@pytest.mark.parametrize(
    ("content", "line", "token", "words", "tags"),
    [
        ("Boats\tO\n \tO\n\tO\nOslo\tB-LOC\n", 2, "''", "Boats Oslo", "O B-LOC"),
        ("a B-X\n\u3000 I-X\nb I-X\n", 2, "'\\u3000'", "a b", "B-X I-X"),  # inside
        ("\u3000 B-X\na I-X\n", 1, "'\\u3000'", "a", "B-X"),  # at the start: the next token begins the entity
        ("a S-X\nb B-X\n\u3000 E-X\n", 3, "'\\u3000'", "a b", "B-X B-X"),  # at the end, of BIOES
        ("a B-X\n\u3000 B-Y\nb B-X\n", 2, "'\\u3000'", "a b", "B-X B-X"),
        ("a\tNOUN\n\t\u3000\nb\tVERB\n", 2, "''", "a b", "NOUN VERB"),
        ("\u3000 O\n\n\u3000 O\n\na O\n", 1, "'\\u3000'", "a", "O"),  # nothing is left of two sentences
        ("1\tHi\thi\tINTJ\t_\t_\t0\troot\t_\t_\n2\t \t \tSPACE\t_\t_\t1\tx\t_\t_\n", 2, "' '", "Hi", "INTJ"),
        ("# text = Hi  x\n1\tHi\thi\tINTJ\t_\t_\t0\troot\t_\t_\n2\t \t \tSPACE\t_\t_\t1\tx\t_\t_\n"
         "3\tx\tx\tX\t_\t_\t1\tx\t_\t_\n", 3, "' '", "Hi x", "INTJ X"),
    ],
)  # fmt: skip
def test_in_columns(tmp_path: Path, content: str, line: int, token: str, words: str, tags: str) -> None:
    path = tmp_path / "train.conll"
    with pytest.raises(DataError, match=re.escape(f"train.conll:{line}: the token is {token}; {REMEDY}")):
        examples_of(path, content, Tags)
    (example,) = examples_of(path, content, Tags, repair=True)
    assert " ".join(token.text for token in example.input.tokens) == words
    assert example.gold == Tags(tuple(tags.split()))
    source, said = example.mended[0]
    assert (source.line, said) == (line, f"the token is {token}, left out")


def test_in_layers_an_entity_of_blanks_is_lost_and_counted(tmp_path: Path) -> None:
    content = "a B-X O\n\u3000 I-X B-Y\nb I-X O\n"
    with pytest.raises(DataError, match=re.escape(f"train.conll:2: the token is '\\u3000'; {REMEDY}")):
        examples_of(tmp_path / "train.conll", content, Graph)
    (example,) = examples_of(tmp_path / "train.conll", content, Graph, repair=True)
    assert example.gold == Graph((Span(0, 2, "X"),))
    assert example.lost == (LostFact("entity", "Y", "", "a blank token"),)
    assert len(example.mended) == 1


def test_in_conll04_heads_point_at_the_same_tokens(tmp_path: Path) -> None:
    rows = [
        "\u3000\tO\t['N']\t[0]",
        "Mira\tB-P\t['in', 'on']\t[3, 2]",
        "\u3000\tB-Q\t['N']\t[2]",
        "Oslo\tB-L\t['N']\t[3]",
    ]
    content = "#doc 1\n" + "".join(f"{number}\t{row}\n" for number, row in enumerate(rows))
    with pytest.raises(DataError, match=re.escape(f"train.txt:2: the token is '\\u3000'; {REMEDY}")):
        examples_of(tmp_path / "train.txt", content, Graph)
    (example,) = examples_of(tmp_path / "train.txt", content, Graph, repair=True)
    head, tail = Span(0, 1, "P"), Span(1, 2, "L")
    assert example.gold == Graph((head, tail), (Relation(head, tail, "in"),))
    assert [(fact.kind, fact.label) for fact in example.lost] == [("entity", "Q"), ("relation", "on")]
    assert len(example.mended) == 2


def test_in_spert(tmp_path: Path) -> None:
    entities = [{"type": "P", "start": 0, "end": 2}, {"type": "L", "start": 3, "end": 4}]
    relations = [{"type": "in", "head": 0, "tail": 1}]
    item = {"tokens": ["Mira", " ", "in", "Oslo"], "entities": entities, "relations": relations}
    with pytest.raises(DataError, match=re.escape(f"train.json:1: token 1 is ' '; {REMEDY}")):
        examples_of(tmp_path / "train.json", json.dumps([item]), Graph)
    (example,) = examples_of(tmp_path / "train.json", json.dumps([item]), Graph, repair=True)
    head, tail = Span(0, 1, "P"), Span(2, 3, "L")
    assert (example.input.text, example.gold) == ("Mira in Oslo", Graph((head, tail), (Relation(head, tail, "in"),)))


def marked(head: list[int], tail: list[int]) -> str:
    item = {"tokens": ["Rain", " ", "fills", "\u3000", "ponds"], "relation": "Fill"}
    return json.dumps(item | {"head": ["", "", [head]], "tail": ["", "", [tail]]})


def test_in_semeval_marks_move_with_their_tokens(tmp_path: Path) -> None:
    content = marked([0], [3, 4])
    with pytest.raises(DataError, match=re.escape(f"train.json:1: token 1 is ' '; {REMEDY}")):
        examples_of(tmp_path / "train.json", content, Relation)
    (example,) = examples_of(tmp_path / "train.json", content, Relation, repair=True)
    head, tail = Span(0, 1, ""), Span(2, 3, "")
    assert (example.input.text.text, example.input.head, example.input.tail) == ("Rain fills ponds", head, tail)
    assert example.gold == Relation(head, tail, "Fill")
    assert [said for _, said in example.mended] == ["token 1 is ' ', left out", "token 3 is '\\u3000', left out"]


def test_in_semeval_a_mark_on_blanks_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train.json:1: 'tail' stands at the tokens \[3\], which are blank"):
        examples_of(tmp_path / "train.json", marked([0], [3]), Relation, repair=True)


@pytest.mark.parametrize("answer", [Tags, Frame])
def test_in_json_lines(tmp_path: Path, answer: type) -> None:
    item = {"tokens": ["to", "", "Oslo"], "tags": ["O", "B-city", "I-city"], "intent": "go"}
    with pytest.raises(DataError, match=re.escape(f"train.jsonl:1: token 1 is ''; {REMEDY}")):
        examples_of(tmp_path / "train.jsonl", json.dumps(item), answer)
    (example,) = examples_of(tmp_path / "train.jsonl", json.dumps(item), answer, repair=True)
    assert example.input.text == "to Oslo"
    assert (example.gold.slots if answer is Frame else example.gold) == Tags(("O", "B-city"))


def test_of_a_text_with_its_tokens(tmp_path: Path) -> None:
    tokens = [
        {"start": 0, "end": 2, "label": "O"},
        {"start": 2, "end": 3, "label": "O"},
        {"start": 3, "end": 7, "label": "B-X"},
    ]
    (example,) = examples_of(tmp_path / "x.jsonl", json.dumps({"text": "to Oslo", "tokens": tokens}), Tags, repair=True)
    assert (example.input.text, [token.start for token in example.input.tokens]) == ("to Oslo", [0, 3])
    assert example.gold == Tags(("O", "B-X"))


def test_in_parallel_files(tmp_path: Path) -> None:
    (tmp_path / "seq.out").write_text("O O B-x\n")
    with pytest.raises(DataError, match=re.escape(f"seq.in:1: token 1 is '\\u3000'; {REMEDY}")):
        examples_of(tmp_path / "seq.in", "to \u3000 Oslo\n", Tags)
    (example,) = examples_of(tmp_path / "seq.in", "to \u3000 Oslo\n", Tags, repair=True)
    assert (example.input.text, example.gold) == ("to Oslo", Tags(("O", "B-x")))


def test_a_tab_before_every_line_parts_nothing(tmp_path: Path) -> None:
    first, second = examples_of(tmp_path / "x", "\ttwo QC B-COUNT\n\tgreen JJ O\n\n\tsix QC B-COUNT\n", Tags)
    assert (first.input.text, first.gold, second.input.text) == ("two green", Tags(("B-COUNT", "O")), "six")


def test_a_tag_with_a_blank_in_it_is_no_blank_token(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x:2: tag '\\xa0B-LOC'; BIO2 has O, B-LABEL, I-LABEL"):
        examples_of(tmp_path / "x", "a O\nOslo \xa0B-LOC\nb B-X\n", Tags, repair=True)


@pytest.mark.parametrize("answer", [Tags, Graph])
def test_what_is_left_out_behind_the_last_word_is_counted_too(answer: type, tmp_path: Path) -> None:
    content = "Oslo\tB-LOC\nslept\tO\n\n \tO\n\u3000\tO\n\n"
    [example] = examples_of(tmp_path / "a.conll", content, answer, repair=True)
    assert [(source.line, note) for source, note in example.mended] == [
        (4, "the token is '', left out"),
        (5, "the token is '\\u3000', left out"),
    ]
