"""TACRED's JSON: the subject is the head, and ends are inclusive."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read

ONE: dict[str, Any] = {
    "id": "e1",
    "docid": "d",
    "relation": "per:city_of_residence",
    "token": ["In", "Port", "Narvik", "Ida", "sang"],
    "subj_start": 3, "subj_end": 3, "obj_start": 1, "obj_end": 2,
    "subj_type": "PERSON", "obj_type": "CITY",
    "stanford_pos": ["IN", "NNP", "NNP", "NNP", "VBD"],
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.json"


def examples(path: Path, *items: Any, **settings: Any) -> list[Example]:
    path.write_text(json.dumps(items, indent=0))
    return list(read(path, DataConfig(**settings), Relation))


def test_the_subject_is_the_head_and_both_may_be_of_several_tokens(path: Path) -> None:
    (one,) = examples(path, ONE)
    head, tail = Span(3, 4, "PERSON"), Span(1, 3, "CITY")
    assert (one.input.head, one.input.tail, one.gold) == (head, tail, Relation(head, tail, "per:city_of_residence"))
    assert one.input.text.text == "In Port Narvik Ida sang"
    assert one.fields == {"id": "e1", "docid": "d"}


def test_without_a_relation_there_is_no_gold_and_without_types_no_label(path: Path) -> None:
    bare = {key: value for key, value in ONE.items() if key not in ("relation", "subj_type", "obj_type")}
    (one,) = examples(path, bare)
    assert (one.gold, one.input.head) == (None, Span(3, 4, ""))


def test_blank_tokens_are_left_out_where_that_is_asked_for(path: Path) -> None:
    item = ONE | {"token": ["In", "Port", "Narvik", "Ida", ""]}
    with pytest.raises(DataError, match="is ''; a token that is not blank"):
        examples(path, item)
    assert examples(path, item, repair=True)[0].input.text.text == "In Port Narvik Ida"
    with pytest.raises(DataError, match="'subj' is a blank token; a word or more"):
        examples(path, ONE | {"token": ["In", "Port", "Narvik", "", "sang"]}, repair=True)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"subj_end": 5},
            "'subj' from 3 to 5 in a text of 5 tokens; numbers of its tokens, from 0, the last one included",
        ),
        ({"obj_start": 3}, "'obj' from 3 to 2 in a text of 5 tokens"),
        ({"subj_start": "3"}, "'subj_start' is '3'; an integer"),
        ({"relation": None}, "'relation' is None"),
        ({"token": "In Port"}, "'token' is 'In Port'; a list"),
        ({"subj_type": 3}, "'subj_type' is 3; a string"),
    ],
)
def test_bad_items(changed: dict[str, Any], message: str, path: Path) -> None:
    with pytest.raises(DataError, match=rf"a\.json:\d+: {re.escape(message)}"):
        examples(path, ONE, ONE | changed)


def test_a_misspelt_relation_is_not_passed_over(path: Path) -> None:
    bare = {key: value for key, value in ONE.items() if key != "relation"}
    with pytest.raises(DataError, match=r"unknown key 'relaton'; did you mean 'relation'\?"):
        examples(path, ONE, bare | {"relaton": "x"})
