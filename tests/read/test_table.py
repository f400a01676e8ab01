"""Tables of labelled texts: what is read, and what is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import TextPair
from spanloom.read import read

FILMS = [("good", "A warm, funny film."), ("bad", "Two hours of rain; no plot."), ("good", "I would see it again.")]
PAIRS = 'Same\tNo\t#1 String\t#2 String\n1\t17\tHe left.\tHe went away.\n0\t18\tShe sang.\t"Now," she said.\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "films.csv"


def table(path: Path, content: str | bytes, **settings: Any) -> list[Example]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read(path, DataConfig(**settings), Label))


def simple(examples: list[Example]) -> list[tuple[int, str, str]]:
    return [(example.source.line, *example.gold.names, example.input.text) for example in examples]


EXPECTED = [(line, label, text) for line, (label, text) in enumerate(FILMS, start=1)]
WITH_HEADER = [(line + 1, label, text) for line, label, text in EXPECTED]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('good,"A warm, funny film."\nbad,Two hours of rain; no plot.\ngood,I would see it again.\n', EXPECTED),
        ("good\tA warm, funny film.\nbad\tTwo hours of rain; no plot.\ngood\tI would see it again.", EXPECTED),
        ('good;A warm, funny film.\nbad;"Two hours of rain; no plot."\ngood;I would see it again.', EXPECTED),
        ('"A warm, funny film.",good\r\n"Two hours of rain; no plot.",bad\r\nI would see it again.,good', EXPECTED),
        ("Text\tLABEL\n" + "".join(f"{text}\t {label} \n" for label, text in FILMS), WITH_HEADER),
        ("\ufeffreview\tsentiment\r" + "".join(f"{text}\t{label}\r" for label, text in FILMS), WITH_HEADER),
        (",text,label\n" + "".join(f'{n},"{text}",{label}\n' for n, (label, text) in enumerate(FILMS)), WITH_HEADER),
        ("intent;Satz\n" + "".join(f'{label};"{text}"\n' for label, text in FILMS), WITH_HEADER),
    ],
    ids=["csv", "tsv", "semicolons", "text first", "named", "mark and CR", "index column", "one name known"],
)
def test_told_by_content(path: Path, content: str, expected: list[tuple[int, str, str]]) -> None:
    assert simple(table(path, content)) == expected


def test_pairs_without_quoting_and_numbers_that_name_a_label(path: Path) -> None:
    """A quote mark is text there; that the first column is numbers under a word shows the header."""
    with pytest.raises(DataError, match=r"which columns hold the label .* is not clear: 0 'Same', 1 'No', 2 '#1 Str"):
        table(path, PAIRS)
    first, second = table(path, PAIRS, label_column=0)
    assert (first.input.first.text, first.input.second.text) == ("He left.", "He went away.")
    assert second.input.second.text == '"Now," she said.'
    assert [example.gold for example in (first, second)] == [Label(("1",)), Label(("0",))]
    assert second.source == Source(str(path), 3)
    by_name = table(path, PAIRS, label_column="Same", text_column="#2 String", second_column="#1 String")
    by_number = table(path, PAIRS, label_column=-4, text_column=-1, second_column=2)
    assert by_name == by_number
    assert by_name[0].input == TextPair(first.input.second, first.input.first)
    assert table(path, PAIRS, label_column=0, text_column=2)[0].input == first.input.first


def test_pairs_without_a_header(path: Path) -> None:
    rows = "".join(
        f"{7000 + n}\t{'yes' if n % 3 else 'no'}\tIt rained {n} days.\tRain on day {n}.\n" for n in range(12)
    )
    first = table(path, rows)[0]
    assert first.gold == Label(("no",))
    assert (first.input.first.text, first.input.second.text) == ("It rained 0 days.", "Rain on day 0.")


def test_a_quoted_field_may_hold_line_breaks(path: Path) -> None:
    content = 'label,text\n\ngood,"One line,\n\nand ""another""."\nbad,"Plain "\n'
    assert simple(table(path, content)) == [(3, "good", 'One line,\n\nand "another".'), (6, "bad", "Plain")]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('a\t"So," he said.\nb\t"Yes."\na\tThe 5" disk.\n', ['"So," he said.', '"Yes."', 'The 5" disk.']),
        ('a\t"So."\nb\tNo.\na\tYes.\n', ['"So."', "No.", "Yes."]),
        ('a\t"So ""he"" said."\nb\tNo.\n', ['So "he" said.', "No."]),
        ('a\t"So,\nhe said."\nb\tNo.\n', ["So,\nhe said.", "No."]),
        ('"a"\t"So."\n"b"\t"No."\n', ["So.", "No."]),
        ('a,"So" he said\nb,"No" she said\n', ['"So" he said', '"No" she said']),
        ('a,"So."\nb,No.\n', ["So.", "No."]),
        ("a,So.\nb,No.\n", ["So.", "No."]),
    ],
)
def test_whether_quote_marks_quote(path: Path, content: str, texts: list[str]) -> None:
    assert [example.input.text for example in table(path, content)] == texts


def test_settings_over_what_content_says(path: Path) -> None:
    content = 'good,"So.",x\nbad,"No.",y\n'
    chosen = {"label_column": 2, "text_column": 1}
    assert [example.input.text for example in table(path, content, quoting="no", **chosen)] == ['"So."', '"No."']
    assert [example.gold.names for example in table(path, content, header="yes", **chosen)] == [("y",)]
    content = "label|x\ttext;y\nbad\tNo; never.\n"
    for delimiter in ("tab", "\t"):
        assert len(table(path, content, delimiter=delimiter, header="no")) == 2
    with pytest.raises(
        DataError, match=r"csv:2: a row of 2 columns, .*; 2, as|columns hold .* is not clear: 0 'label|x"
    ):
        table(path, content, delimiter=",")


def test_another_encoding(path: Path) -> None:
    content = "标签,文本\n好,我很喜欢这部电影。\n坏,太长了。\n"
    expected = [(2, "好", "我很喜欢这部电影。"), (3, "坏", "太长了。")]
    assert simple(table(path, content.encode("gb18030"), encoding="gb18030")) == expected
    with pytest.raises(DataError, match=r"films\.csv:1: byte 0xb1 at offset 0 is not utf-8 text; .*data\.encoding"):
        table(path, content.encode("gb18030"))


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    """The limit of the module csv, which is that of the whole process, as it is at first."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("good,one,two", "films.csv:4: a row of 3 columns, ['good', 'one', 'two']; 2, as in the first row"),
        ("good", "films.csv:4: a row of 1 column, ['good']; 2, as in the first row"),
        ("good, ", "films.csv:4: the text is empty; a sentence"),
        (" ,A text.", "films.csv:4: the label (column 0) is empty; the name of a class"),
        ('good,"Never\nclosed.\nbad,No.', "films.csv:4: a quote mark that is never closed; a closing one"),
        ('good,"a\nb" c\nbad,No.', "films.csv:4: text after the closing quote mark of a field, on line 5; the delim"),
        ('good,"' + "ab " * 66_667, "films.csv:4: a field of more than 131,072 characters; data.max_characters at m"),
        ("good," + "ab " * 40_000, "films.csv:4: a text of 119,999 characters; at most 100,000"),
        ("good,a\0b", "films.csv:4: a NUL byte at column 7; plain text"),
    ],
)
def test_bad_rows(path: Path, rows: str, message: str) -> None:
    start = 'label,text\n"good","So, this."\n"bad","No, that."\n'
    with pytest.raises(DataError, match=re.escape(message)):
        table(path, start + rows + "\n")


def test_a_bad_row_far_down_is_met_when_its_turn_comes(path: Path) -> None:
    long = "o" * 1_000
    path.write_text("label,text\n" + f'good,"A film, {long}"\n' * 2_000 + 'bad,"not closed\n')
    stream = read(path, DataConfig(), Label)
    assert next(stream).source.line == 2
    with pytest.raises(DataError, match=r"films\.csv:2002: a quote mark that is never closed"):
        list(stream)


def test_a_long_text_that_is_allowed(path: Path) -> None:
    content = 'label,text\ngood,"' + "ab " * 66_667 + 'c"\n'
    limit = csv.field_size_limit()
    try:
        assert len(table(path, content, max_characters=300_000)[0].input.text) == 200_002
    finally:
        csv.field_size_limit(limit)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a, b;good\nc, d;bad\n",
            "films.csv: commas and semicolons part the rows equally well; one of them. Set data.d",
        ),
        ("a,b\nc\nd\ne\n", "films.csv: no delimiter, the file begins with 'a,b'; rows of equally many columns"),
        ('"a,b\nc,d\n', "films.csv:1: a quote mark that is never closed"),
    ],
)
def test_what_is_no_table(path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        table(path, content, **({"quoting": "yes", "delimiter": ","} if content.startswith('"') else {}))
