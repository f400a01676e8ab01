"""Tags in columns: which columns, which scheme, which text, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Token
from spanloom.read import read

GOOD = """-DOCSTART- -X- O

Mara NNP B-PER
Holt NNP I-PER
left VBD O
Lyon NNP B-LOC

# NN O
Rain NN O
"""


def read_text(tmp_path: Path, content: str, encoding: str = "utf-8", **settings: Any) -> list[Example]:
    path = tmp_path / "train.conll"
    path.write_bytes(content.encode(encoding))
    return list(read(path, DataConfig(encoding=encoding, **settings), Tags))


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace(" ", "\t"),
        GOOD.replace(" ", "   "),
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD.replace("\n\n", "\n \n"),
        GOOD.rstrip(),
    ],
)
def test_sentences_and_tags(tmp_path: Path, content: str) -> None:
    first, second = read_text(tmp_path, content)
    assert first.input.text == "Mara Holt left Lyon"
    assert first.input.tokens[2] == Token("left", 10, 14)
    assert first.gold == Tags(("B-PER", "I-PER", "O", "B-LOC"))
    assert first.source == Source(str(tmp_path / "train.conll"), 3)
    assert second.input.text == "# Rain"  # a hash is a token like any other
    assert second.gold == Tags(("O", "O"))
    assert first.mended == ()


def test_other_columns(tmp_path: Path) -> None:
    first, _ = read_text(tmp_path, GOOD, tag_column=1)
    assert first.gold == Tags(("NNP", "NNP", "VBD", "NNP"))
    first, _ = read_text(tmp_path, GOOD, token_column=1, tag_column=-3)
    assert first.input.text == "NNP NNP VBD NNP"
    assert first.gold == Tags(("Mara", "Holt", "left", "Lyon"))


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("bio1", "I-X I-X B-X O I-Y"),
        ("bio2", "B-X I-X B-X O B-Y"),
        ("bioes", "B-X E-X S-X O S-Y"),
        ("bmes", "B-X E-X S-X O S-Y"),
    ],
)
def test_every_scheme_becomes_bio2(tmp_path: Path, scheme: str, tags: str) -> None:
    content = "".join(f"w {tag}\n" for tag in tags.split())
    for setting in ("auto", scheme):
        (example,) = read_text(tmp_path, content, tags=setting)
        assert example.gold == Tags(("B-X", "I-X", "B-X", "O", "B-Y"))


def test_tags_taken_for_plain_labels(tmp_path: Path) -> None:
    (example,) = read_text(tmp_path, "a I-X\nb E-X\n", tags="none")
    assert example.gold == Tags(("I-X", "E-X"))


def test_a_scheme_is_found_from_the_whole_file(tmp_path: Path) -> None:
    """The first sentence alone would be BIO2."""
    first, *_ = read_text(tmp_path, "a B-X\nb O\n\n" + "c S-X\nd B-X\ne E-X\n\n" * 2, repair=True)
    assert first.gold == Tags(("B-X", "O"))
    assert [said for _, said in first.mended] == ["tag 'O' follows 'B-X'"]


def test_chinese_in_single_characters_stands_without_spaces(tmp_path: Path) -> None:
    content = "陈 B-NAME\n莉 E-NAME\n： O\n用 O\n\nJ B-PRO\na M-PRO\nv M-PRO\na E-PRO\n年 O\n"  # noqa: RUF001
    first, second = read_text(tmp_path, content, encoding="gb18030")
    assert (first.input.text, second.input.text) == ("陈莉：用", "Java年")  # noqa: RUF001
    assert first.input.tokens[1] == Token("莉", 1, 2)
    assert second.gold == Tags(("B-PRO", "I-PRO", "I-PRO", "I-PRO", "O"))


def test_word_segmentation(tmp_path: Path) -> None:
    (example,) = read_text(tmp_path, "我 S\n住 S\n里 B\n昂 E\n")
    assert example.gold == Tags(("B-word", "B-word", "B-word", "I-word"))


BIO1 = "a I-X\nb I-X\n\nc O\n" * 3 + "d B-Y\n"
WORDS = "我 S\n住 B\n在 M\n里 E\n昂 S\n\n好 S\n我 S\n"
BIOES = "a B-X\nb I-X\nc E-X\nd S-Y\ne O\n"


@pytest.mark.parametrize(
    ("content", "old", "new", "message"),
    [
        (GOOD, "NNP B-LOC", "NNP I-LOC", "6: tag 'I-LOC' follows 'O'; BIO2 expects 'B-LOC' first. Fix the line"),
        (GOOD, "NNP I-PER", "NNP I-ORG", "4: tag 'I-ORG' follows 'B-PER'; BIO2 expects 'B-ORG' first."),
        (GOOD, "# NN O", "# NN I-LOC", "8: tag 'I-LOC' begins the sentence; BIO2 expects 'B-LOC' first."),
        (BIOES, "c E-X", "c O", "3: tag 'O' follows 'I-X'; BIOES expects 'I-X' or 'E-X' next."),
        (BIOES, "e O", "e B-X", "5: tag 'B-X' ends the sentence; BIOES expects 'E-X' last."),
        (BIOES, "d S-Y", "d E-Y", "4: tag 'E-Y' follows 'E-X'; BIOES expects 'B-Y' first."),
        (BIO1, "", "", "13: tag 'B-Y' follows 'O'; BIO1 expects 'I-Y' first."),
        (WORDS, "里 E", "里 S", "4: tag 'S' follows 'M'; BMES expects 'M' or 'E' next."),
    ],
)  # fmt: skip
def test_illegal_transitions_are_cited_or_mended(
    tmp_path: Path, content: str, old: str, new: str, message: str
) -> None:
    assert old in content
    broken = content.replace(old, new, 1)
    with pytest.raises(DataError, match=re.escape(f"train.conll:{message}")):
        read_text(tmp_path, broken)
    examples = read_text(tmp_path, broken, repair=True)
    assert next(f"{source.line}: {case}" for example in examples for source, case in example.mended) in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("left VBD O", "left VBD", "5: 2 columns in 'left VBD'; 3, as on line 3. Correct the line."),
        ("left VBD O", "left VBD 0", "5: tag '0'; BIO2 has O, B-LABEL, I-LABEL. Correct it, or set data.tags"),
        ("left VBD O", "left VBD U-PER", "5: tag 'U-PER'; BIO2 has O, B-LABEL, I-LABEL."),
        ("left VBD O", "left\tVBD\t", "5: the tag is ''; a tag for each token"),
        ("left VBD O", "\u3000 VBD O", "5: the token is '\\u3000'; a token that is not blank"),
        ("left VBD O", "le\0ft VBD O", "5: a NUL byte at column 3"),
    ],
)
def test_bad_lines(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(DataError, match=re.escape(f"train.conll:{message}")):
        read_text(tmp_path, GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"tag_column": 3}, "data.tag_column is 3, but the line has 3 columns; 0 to 2, or -1 for the last"),
        ({"tag_column": "upos"}, "data.tag_column is 'upos', but the line has 3 columns"),
        ({"token_column": -4}, "data.token_column is -4, but the line has 3 columns"),
    ],
)
def test_a_column_that_is_not_there(tmp_path: Path, settings: dict[str, Any], found: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"train.conll:3: {found}")):
        read_text(tmp_path, GOOD, **settings)


def test_a_scheme_that_the_file_is_not_in(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.conll:5: tag 'O' follows 'I-PER'; BIOES expects 'I-PER' or 'E-PER'"):
        read_text(tmp_path, GOOD, tags="bioes")


def test_only_borders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.conll: the file has no examples"):
        read_text(tmp_path, "-DOCSTART- -X- O\n\n\n", format="columns")
