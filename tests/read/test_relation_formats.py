"""Three ways to write down two related spans, and what is wrong with a file of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.read import detect, formats, read
from tests.tasks.sentences import text_of

OURS = {
    "text": "The fire died.",
    "head": {"start": 4, "end": 8},
    "tail": {"start": 9, "end": 13},
    "relation": "R(e1,e2)",
}
SEMEVAL = {
    "relation": "R(e1,e2)",
    "tokens": ["the", "old", "fire", "died", "."],
    "head": ["old fire", "old fire", [[1, 2]]],
    "tail": ["died", "died", [[3]]],
}
TACRED = {"token": ["Ida", "left"], "subj_start": 0, "subj_end": 0, "obj_start": 1, "obj_end": 1, "relation": "r"}
BEGINNINGS = {
    "spanloom": [json.dumps(OURS), '{"text": "a", "relation": "r"}', '{"text": "a", "head": {"start": 1'],
    "semeval": [json.dumps(SEMEVAL), json.dumps([SEMEVAL])],
    "tacred": [json.dumps(TACRED), json.dumps([TACRED])],
    "semeval_text": ['1\t"The <e1>fire</e1> <e2>died</e2>."\nR(e1,e2)\n', "\n<e1>a</e1> b"],
}


def related(path: Path, *lines: str, **settings: Any) -> list[Example]:
    path.write_text("\n".join(lines), encoding="utf-8")
    return list(read(path, DataConfig(**settings), Relation))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.data"


def test_all_formats_are_found() -> None:
    assert set(formats(Relation)) == set(BEGINNINGS)


@pytest.mark.parametrize(("name", "beginning"), [(name, text) for name, texts in BEGINNINGS.items() for text in texts])
def test_detect_by_content(name: str, beginning: str) -> None:
    known = formats(Relation)
    assert detect(beginning, Path("x.dat"), known) == name


@pytest.mark.parametrize("beginning", ["The fire died.", '{"text": "a", "label": "b"}', "a\tb"])
def test_no_known_format(beginning: str) -> None:
    with pytest.raises(DataError, match=r"x\.dat: no known format, .*semeval \(JSON: relation, tokens"):
        detect(beginning, Path("x.dat"), formats(Relation))


# ---- the toolkit's own -----------------------------------------------------------------------------------------------


def test_our_own_lines_count_characters(path: Path) -> None:
    [example] = related(path, json.dumps(OURS))
    head, tail = Span(1, 2, ""), Span(2, 3, "")
    assert example.gold == Relation(head, tail, "R(e1,e2)")
    assert (example.input.head, example.input.tail, example.source) == (head, tail, Source(str(path), 1))
    assert [token.text for token in example.input.text.tokens] == ["The", "fire", "died", "."]


def test_everything_that_may_be_there(path: Path) -> None:
    head = {"start": 3, "end": 8, "text": " fire", "label": "Event"}
    lost = {"kind": "text", "label": "R", "text": "x", "cause": "cut"}
    item = {**OURS, "head": head, "relation": 3, "score": 0.5, "tokens": [[0, 3], [4, 8], [9, 13]], "lost": [lost]}
    [example] = related(path, json.dumps(item))
    assert example.gold == Relation(Span(1, 2, "Event"), Span(2, 3, ""), "3")
    assert example.gold is not None
    assert example.gold.score == 0.5
    assert example.input.head.label == "Event"
    assert len(example.input.text.tokens) == 3
    assert example.lost == (LostFact("text", "R", "x", "cut"),)


def test_a_line_without_relation_has_no_gold_and_an_edge_parts_a_word(path: Path) -> None:
    bare = {"text": "fires", "head": {"start": 0, "end": 4}, "tail": {"start": 4, "end": 5}}
    [example] = related(path, json.dumps(bare))
    assert example.gold is None
    assert [token.text for token in example.input.text.tokens] == ["fire", "s"]
    assert (example.input.head, example.input.tail) == (Span(0, 1, ""), Span(1, 2, ""))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head": {"start": 4}}, "missing key head.end"),
        ({"tail": {"start": 9, "end": 99}}, "a tail from 9 to 99 in a text of 14 characters"),
        ({"head": {"start": 5, "end": 5}}, "a head from 5 to 5; an end after the start"),
        ({"head": {"start": 3, "end": 4}}, "the head from 3 to 4 holds nothing but spaces; a word or more"),
        ({"head": {"start": 4, "end": 8, "text": "fir"}}, "a head with the text 'fir' at 4 to 8, where 'fire'"),
        ({"head": [4, 8]}, "'head' is [4, 8]; an object"),
        ({"tokens": [[0, 7], [8, 13]]}, "the head 'fire' from 4 to 8 cuts a token; whole tokens of 'tokens'"),
        ({"relation": " "}, "'relation' is empty"),
        ({"text": " "}, "the text is empty"),
    ],
)
def test_what_is_wrong_with_a_line_of_ours(path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(f'{path}:2: {message}')}"):
        related(path, json.dumps(OURS), json.dumps({**OURS, **change}))


def test_a_misspelt_relation_is_not_passed_over(path: Path) -> None:
    item = {**OURS, "relations": "R"}
    del item["relation"]
    with pytest.raises(DataError, match=r"x\.data:1: unknown key 'relations'; did you mean 'relation'"):
        related(path, json.dumps(item))
    with pytest.raises(DataError, match=r"x\.data:1: missing key 'tail'"):
        related(path, '{"text": "a", "head": {"start": 0, "end": 1}, "relation": "r"}')


# ---- SemEval-2010 task 8 ---------------------------------------------------------------------------------------------


def test_semeval_lines_count_tokens(path: Path) -> None:
    bare = {key: value for key, value in SEMEVAL.items() if key != "relation"}
    first, second = related(path, json.dumps(SEMEVAL), json.dumps(bare))
    item = MarkedText(text_of(["the", "old", "fire", "died", "."]), Span(1, 3, ""), Span(3, 4, ""))
    assert first == Example(item, Relation(item.head, item.tail, "R(e1,e2)"), Source(str(path), 1))
    assert second == Example(item, None, Source(str(path), 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head": ["fire", "fire"]}, "'head' is ['fire', 'fire']; [text, id, [[token indices]]]"),
        ({"head": ["fire", "fire", []]}, "'head' is ['fire', 'fire', []]"),
        ({"tail": ["x", "x", [[4, 5]]]}, "'tail' stands at the tokens [4, 5]; neighbours in order, from 0 to 4"),
        ({"tail": ["x", "x", [[1, 3]]]}, "'tail' stands at the tokens [1, 3]; neighbours"),
        ({"tail": ["x", "x", [[-1]]]}, "'tail' stands at the tokens [-1]"),
        ({"tail": ["x", "x", [["1"]]]}, "a token index of 'tail' is '1'; an integer"),
        ({"tokens": ["a", 1]}, "a token is 1; a string"),
        ({"relation": None}, "'relation' is None"),
    ],
)
def test_what_is_wrong_with_a_semeval_line(path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(f'{path}:2: {message}')}"):
        related(path, json.dumps(SEMEVAL), json.dumps({**SEMEVAL, **change}))


def test_semeval_text_as_it_was_published_and_in_short(path: Path) -> None:
    examples = related(
        path,
        '12\t"The <e1>fire</e1> died in the "<e2>rain</e2>"."',
        "Cause-Effect(e2,e1)",
        "Comment: not sure",
        "",
        "<e1>Smoke</e1> rose over the <e2>hill</e2>",
        "Other",
        "A <e1>bell</e1> and a <e2>rope</e2>",
    )
    assert [example.source.line for example in examples] == [1, 5, 7]
    assert [example.gold and example.gold.label for example in examples] == ["Cause-Effect(e2,e1)", "Other", None]
    assert examples[0].input.text.text == 'The fire died in the "rain".'
    assert examples[0].input.text.surface(examples[0].input.tail) == "rain"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["<e1>a</e1> <e2>b</e2>", "R", "S"], "3: 'S' follows no such text; a text with <e1>…</e1> and <e2>…</e2>"),
        (["<e1>a</e1> b"], "1: no <e2>, </e2> in '<e1>a</e1> b'"),
        (['1\t""', "<e1>a</e1> <e2>b</e2>"], "1: "),
    ],
)
def test_what_is_wrong_with_semeval_text(path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(f'{path}:{message}')}"):
        related(path, *lines, format="semeval_text")
