"""JSON as it really comes: pretty-printed, in a row, too deep, with numbers that no number type holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read import read

ITEMS = [{"text": "Bo left.", "entities": [{"start": 0, "end": 2, "label": "PER"}]}, {"text": "Rain.", "entities": []}]


def lines_of(path: Path, content: str, **settings: Any) -> list[tuple[int, str]]:
    path.write_text(content)
    return [(example.source.line, example.input.text) for example in read(path, DataConfig(**settings))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.json"


def test_one_object_over_several_lines(path: Path) -> None:
    assert lines_of(path, json.dumps(ITEMS[0], indent=2)) == [(1, "Bo left.")]
    assert lines_of(path, "\n" + json.dumps(ITEMS[0], indent="\t") + "\n") == [(2, "Bo left.")]


def test_several_objects_over_several_lines(path: Path) -> None:
    pretty = [json.dumps(item, indent=4) for item in ITEMS]
    size = pretty[0].count("\n") + 1
    assert lines_of(path, "\n".join(pretty)) == [(1, "Bo left."), (1 + size, "Rain.")]
    assert lines_of(path, "\r\n\r\n".join(pretty)) == [(1, "Bo left."), (2 + size, "Rain.")]
    assert lines_of(path, "".join(pretty)) == [(1, "Bo left."), (size, "Rain.")]
    assert lines_of(path, json.dumps(ITEMS, indent=1)) == [(2, "Bo left."), (12, "Rain.")]


def test_an_object_of_several_lines_that_is_broken_cites_the_line(path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.json:3: not valid JSON: Expecting ',' delimiter at column 2"):
        lines_of(path, '{\n "text": "Bo"\n "entities": []}')
    with pytest.raises(DataError, match=r"x\.json:3: not valid JSON: Expecting value at column 17, near ',"):
        lines_of(path, '{\n "text": "Bo",\n "entities": []},\n], ')


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[" * 100_000, "JSON nested too deep to be read; a flat JSON object. Take"),
        ("[" * 100_000 + "]" * 100_000, "JSON nested too deep to be read"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "JSON nested too deep to be read"),
        ("9" * 5000, "an integer of thousands of digits; a number of 64 bits. Correct it"),
        ("-1e400", "the number '-1e400'; one within the range of 64-bit floats. Correct the number."),
        ("1" * 400 + ".5", "the number '1111"),
        ("NaN", "the number NaN; a number that JSON can say. Write null, or a finite number."),
        ("-Infinity", "the number -Infinity; a number that JSON can say."),
    ],
)
@pytest.mark.parametrize("form", ["%s", "[%s]", "{\n%s"])
def test_what_no_program_should_be_given(path: Path, value: str, message: str, form: str) -> None:
    content = form.replace("{\n%s", "%s") % f'{{"text": "Bo", "entities": [], "x": {value}}}'
    if form[0] == "{":
        content = content.replace("{", "{\n", 1)
    with pytest.raises(DataError, match=re.escape(f"x.json:1: {message}")):
        lines_of(path, content)


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        (f'"start": 0, "end": {10**30}, "label": "A"', f"entities.end is {10**30}; an integer of 64 bits"),
        (f'"start": 0, "end": 2, "label": "A", "score": {"9" * 400}', "'score' is 99999"),
        ('"start": 0, "end": 2, "label": ' + "[" * 900 + "]" * 900, "entities.label is "),
    ],
)
def test_values_that_are_read_are_of_bounded_size(path: Path, entity: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"x.json:1: {message}")) as caught:
        lines_of(path, f'{{"text": "Bo", "entities": [{{{entity}}}]}}')
    assert len(str(caught.value)) < 1000


def test_a_label_that_is_a_huge_number(path: Path) -> None:
    path.write_text(f'{{"text": "Bo", "label": {10**400}}}')
    with pytest.raises(DataError, match=r"'label' is 1000.*; an integer of 64 bits"):
        list(read(path, DataConfig(), Label))


def test_an_object_with_very_many_keys_makes_a_short_message(path: Path) -> None:
    item = {f"key{number}": number for number in range(20_000)}
    for settings in ({"format": "spert"}, {}):
        with pytest.raises(DataError, match=r"key0, key1|'key0', 'key1'") as caught:
            lines_of(path, json.dumps(item), **settings)
        assert len(str(caught.value)) < 2000
