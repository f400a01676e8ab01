"""Layers of tags in columns: which columns, which scheme, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Span, Token
from spanloom.read import read

GOOD = """-DOCSTART- O O

Museum B-ORG O
of I-ORG O
Bergen I-ORG B-LOC
closed O O

# B-LOC O
Rain O O
"""
GERMEVAL = """#\thttps://example.org/a [2020-01-02]
1\tMuseum\tB-ORG\tO
2\tof\tI-ORG\tO
3\tBergen\tI-ORG\tB-LOC
4\tclosed\tO\tO

#\thttps://example.org/b [2020-01-03]
1\t#\tB-LOC\tO
2\tRain\tO\tO
"""


def read_text(tmp_path: Path, content: str, **settings: Any) -> list[Example]:
    path = tmp_path / "train.iob2"
    path.write_bytes(content.encode())
    return list(read(path, DataConfig(**settings)))


@pytest.mark.parametrize(
    "content",
    [GOOD, GOOD.replace(" ", "\t"), GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD.replace("\n\n", "\n \n"), GERMEVAL],
)
def test_layers_become_spans_the_outer_first(tmp_path: Path, content: str) -> None:
    first, second = read_text(tmp_path, content)
    assert first.input.text == "Museum of Bergen closed"
    assert first.input.tokens[2] == Token("Bergen", 10, 16)
    assert first.gold == Graph((Span(0, 3, "ORG"), Span(2, 3, "LOC")))
    assert first.source == Source(str(tmp_path / "train.iob2"), 2 if content is GERMEVAL else 3)
    assert (second.input.text, second.gold) == ("# Rain", Graph((Span(0, 1, "LOC"),)))


def test_any_number_of_layers(tmp_path: Path) -> None:
    (example,) = read_text(tmp_path, "a B-X B-Y O\nb I-X I-Y B-Z\nc I-X O O\n")
    assert example.gold == Graph((Span(0, 3, "X"), Span(0, 2, "Y"), Span(1, 2, "Z")))
    (example,) = read_text(tmp_path, "a B-X\nb O\n")
    assert example.gold == Graph((Span(0, 1, "X"),))


def test_layers_may_cross(tmp_path: Path) -> None:
    (example,) = read_text(tmp_path, "a B-X O\nb I-X B-Y\nc O I-Y\n")
    assert example.gold == Graph((Span(0, 2, "X"), Span(1, 3, "Y")))


def test_other_columns(tmp_path: Path) -> None:
    content = "Bergen NNP B-NP B-LOC\nsleeps VBZ O O\n"
    (example,) = read_text(tmp_path, content, format="layers", tag_column=-1)
    assert example.gold == Graph((Span(0, 1, "LOC"),))
    (example,) = read_text(tmp_path, content, format="layers", tag_column=2, token_column=1)
    assert (example.input.text, example.gold) == ("NNP VBZ", Graph((Span(0, 1, "NP"), Span(0, 1, "LOC"))))


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [("bio1", "I-X I-X B-X O I-Y"), ("bioes", "B-X E-X S-X O S-Y"), ("bmes", "B-X E-X S-X O S-Y")],
)
def test_every_scheme_is_read(tmp_path: Path, scheme: str, tags: str) -> None:
    content = "".join(f"w {tag} O\n" for tag in tags.split())
    for setting in ("auto", scheme):
        (example,) = read_text(tmp_path, content, tags=setting)
        assert example.gold == Graph((Span(0, 2, "X"), Span(2, 3, "X"), Span(4, 5, "Y")))


def test_chinese_in_single_characters_stands_without_spaces(tmp_path: Path) -> None:
    for tags in ("auto", "bio2"):
        (example,) = read_text(tmp_path, "里 B-ORG B-LOC\n昂 I-ORG I-LOC\n站 I-ORG O\n", tags=tags)
        assert (example.input.text, example.gold) == ("里昂站", Graph((Span(0, 3, "ORG"), Span(0, 2, "LOC"))))


@pytest.mark.parametrize(
    ("old", "new", "message", "mended"),
    [
        (
            "Bergen I-ORG B-LOC",
            "Bergen I-ORG I-LOC",
            "5: tag 'I-LOC' follows 'O' (layer 2); BIO2 expects 'B-LOC' first. Fix the line, or set",
            Span(2, 3, "LOC"),
        ),
        ("Museum B-ORG", "Museum I-ORG", "3: tag 'I-ORG' begins the sentence (layer 1); BIO2", Span(0, 3, "ORG")),
    ],
)
def test_illegal_tags_are_cited_or_mended(tmp_path: Path, old: str, new: str, message: str, mended: Span) -> None:
    broken = GOOD.replace(old, new)
    with pytest.raises(DataError, match=re.escape(f"train.iob2:{message}")):
        read_text(tmp_path, broken)
    first, _ = read_text(tmp_path, broken, repair=True)
    assert mended in first.gold.spans
    ((source, case),) = first.mended
    assert f"{source.line}: {case}" in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("closed O O", "closed O", "6: 2 columns in 'closed O'; 3, as on line 3. Correct the line."),
        ("closed O O", "closed O U-PER", "6: tag 'U-PER' (layer 2); BIO2 has O, B-LABEL, I-LABEL."),
        ("closed O O", "closed O 0", "6: tag '0' (layer 2); BIO2 has O, B-LABEL, I-LABEL."),
        ("closed O O", "\u3000 O O", "6: the token is '\\u3000'; a token that is not blank"),
        ("closed O O", "clo\0sed O O", "6: a NUL byte at column 4"),
    ],
)
def test_bad_lines(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"train.iob2:{message}")):
        read_text(tmp_path, GOOD.replace(old, new), format="layers")


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"tag_column": 3}, "data.tag_column is 3, but the line has 3 columns"),
        ({"tag_column": "upos"}, "data.tag_column is 'upos', but the line has 3 columns"),
        ({"token_column": 4}, "data.token_column is 4, but the line has 3 columns"),
        ({"token_column": 2}, "no tags behind data.token_column 2, but the line has 3 columns"),
    ],
)
def test_a_column_that_is_not_there(tmp_path: Path, settings: dict[str, Any], found: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"train.iob2:3: {found}")):
        read_text(tmp_path, GOOD, **settings)


@pytest.mark.parametrize("settings", [{}, {"tags": "none"}])
def test_labels_that_are_no_spans(tmp_path: Path, settings: dict[str, Any]) -> None:
    message = r"train\.iob2: the tags are not those of spans; O, B-LABEL and I-LABEL, or another scheme of spans\. Say"
    with pytest.raises(DataError, match=message):
        read_text(tmp_path, "she PRON\nruns VERB\n", format="layers", **settings)
