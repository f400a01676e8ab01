"""CoNLL-U: words and their places in the text, multiword tokens, empty nodes, and what is refused."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.read import read


def block(text: str | None, *rows: str) -> str:
    """A sentence: `id form upos [xpos]` for each row, spaces in place of tabs; `_` in a form stands for a space."""
    lines = ["# sent_id = 1"] + ([] if text is None else [f"# text = {text}"])
    for row in rows:
        number, form, upos, *rest = row.split(" ")
        cells = [number, form.replace("_", " "), "_", upos, *(rest or "_"), "_", "0", "_", "_", "SpaceAfter=No"]
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n\n"


CANNOT = block("I can't, 10 000 times.", "1 I PRON", "2-3 can't _", "2 ca AUX MD", "3 n't PART", "4 , PUNCT",
               "5 10_000 NUM", "6 times NOUN", "7 . PUNCT")  # fmt: skip


def read_text(tmp_path: Path, content: str, **settings: Any) -> list[Example]:
    path = tmp_path / "train.conllu"
    path.write_bytes(content.encode())
    return list(read(path, DataConfig(**settings), Tags))


def words(example: Example) -> list[str]:
    assert all(example.input.text[start:end] == word for word, start, end in example.input.tokens)
    return [token.text for token in example.input.tokens]


def test_words_divide_the_multiword_token_that_they_make_up(tmp_path: Path) -> None:
    (example,) = read_text(tmp_path, CANNOT)
    assert example.input.text == "I can't, 10 000 times."
    assert words(example) == ["I", "ca", "n't", ",", "10 000", "times", "."]
    assert [(token.start, token.end) for token in example.input.tokens][1:5] == [(2, 4), (4, 7), (7, 8), (9, 15)]
    assert example.gold == Tags(("PRON", "AUX", "PART", "PUNCT", "NUM", "NOUN", "PUNCT"))
    assert example.source == Source(str(tmp_path / "train.conllu"), 3)


@pytest.mark.parametrize(
    ("sentence", "text", "expected"),
    [
        # The case of the text, not of the words.
        (block("Don't  go", "1-2 Don't _", "1 do AUX", "2 n't PART", "3 go VERB"), "Don't  go", "Do n't go"),
        # Words that are not spelt in the text stand in place of their multiword token.
        (block("vers du parc", "1 vers ADP", "2-3 du _", "2 de ADP", "3 le DET", "4 parc NOUN"), "vers de le parc",
         "vers de le parc"),
        (block("à.", "1-2 à _", "1 a ADP", "2 a DET", "3 . PUNCT"), "a a.", "a a ."),
        # An empty node is not in the text.
        (block("Ada sang", "1 Ada PROPN", "1.1 also ADV", "2 sang VERB"), "Ada sang", "Ada sang"),
        (block("sang", "0.1 she PRON", "1 sang VERB"), "sang", "sang"),
        # A text that does not go with the words, or none.
        (block("Ada sangs", "1 Ada PROPN", "2 sang VERB", "3 . PUNCT"), "Ada sang .", "Ada sang ."),
        (block("Ada sang well", "1 Ada PROPN", "2 sang VERB"), "Ada sang", "Ada sang"),
        (block(None, "1 Ada PROPN", "2-3 sang _", "2 sa VERB", "3 ng X"), "Ada sa ng", "Ada sa ng"),
        (block(None, "1 我 PRON", "2 住在 VERB", "3 里昂 PROPN"), "我住在里昂", "我 住在 里昂"),
        (block("我住在里昂", "1 我 PRON", "2 住在 VERB", "3 里昂 PROPN"), "我住在里昂", "我 住在 里昂"),
    ],
)  # fmt: skip
def test_the_text(tmp_path: Path, sentence: str, text: str, expected: str) -> None:
    (example,) = read_text(tmp_path, sentence)
    assert example.input.text == text
    assert words(example) == expected.split()
    assert example.gold is not None
    assert len(example.gold.labels) == len(example.input.tokens)


@pytest.mark.parametrize(("column", "tag"), [("xpos", "MD"), (-6, "MD"), (4, "MD"), ("upos", "AUX"), (3, "AUX")])
def test_another_field(tmp_path: Path, column: int | str, tag: str) -> None:
    (example,) = read_text(tmp_path, CANNOT, tag_column=column)
    assert example.gold.labels[:2] == ("PRON" if tag == "AUX" else "_", tag)


def test_tags_of_spans_in_a_field(tmp_path: Path) -> None:
    sentence = block("Ada Holt sang", "1 Ada B-PER", "2 Holt I-PER", "3 sang O")
    (example,) = read_text(tmp_path, sentence.replace("B-PER", "S-PER").replace("I-PER", "S-PER"))
    assert example.gold == Tags(("B-PER", "B-PER", "O"))


def rows(path: Path, *cells: dict[str, str]) -> Path:
    """A sentence with these fields filled, its id in a comment."""
    lines = [
        "\t".join([str(number), "w", "_", one.get("upos", "_"), one.get("xpos", "_"), *"____", one.get("misc", "_")])
        for number, one in enumerate(cells, start=1)
    ]
    path.write_text("# sent_id = s1\n" + "\n".join(lines) + "\n\n")
    return path


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (({"upos": "NOUN", "misc": "NER=B-X"}, {"misc": "NER=I-X"}), ("NOUN", "_")),
        (({"xpos": "NN", "misc": "SpaceAfter=No|NER=B-X"}, {"misc": "NER=I-X"}), ("B-X", "I-X")),
        (({"xpos": "NN", "misc": "NER=B-X"}, {"misc": "Start=3"}), ("B-X", "O")),
        (({"xpos": "NN"}, {"misc": "INNER=B-X"}), ("NN", "_")),
    ],
    ids=["upos", "ner", "outside", "xpos"],
)
def test_the_field_that_is_filled_is_learnt_and_the_id_kept(
    cells: tuple[dict[str, str], ...], labels: tuple[str, ...], tmp_path: Path
) -> None:
    (example,) = read(rows(tmp_path / "a.conllu", *cells), DataConfig(), Tags)
    assert (example.gold, example.fields) == (Tags(labels), {"id": "s1"})


def test_names_are_learnt_where_they_are_asked_for(tmp_path: Path) -> None:
    path = rows(tmp_path / "a.conllu", {"upos": "NOUN", "misc": "NER=B-X"}, {"upos": "VERB"})
    (example,) = read(path, DataConfig(tag_column="ner"), Tags)
    assert example.gold == Tags(("B-X", "O"))


def test_a_sentence_that_nobody_annotated_has_no_gold(tmp_path: Path) -> None:
    first, second = read_text(tmp_path, block("Ada sang", "1 Ada _", "2 sang _") + CANNOT)
    assert first.gold is None
    assert second.gold is not None


def test_blank_lines_comments_and_line_ends(tmp_path: Path) -> None:
    content = "\ufeff# newdoc\n\n\n" + CANNOT + "# the end\n"
    (example,) = read_text(tmp_path, content.replace("\n", "\r\n"))
    assert example.input.text == "I can't, 10 000 times."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("5\t10 000", "6\t10 000", "8: word number 6; 5, as words count from 1"),
        ("5\t10 000", "5\t10 000\tx", "8: 11 tab-separated columns in '5\\t10 000\\tx"),
        ("5\t10 000", "five\t10 000", "8: Failed parsing field 'id': 'five' is not a valid ID.; CoNLL-U"),
        ("5\t10 000", "_\t10 000", "8: word number _; 5, as words count from 1"),
        ("5\t10 000", "5\t ", "8: the token is ' '; a token that is not blank"),
        ("NUM", "", "8: the tag is ''; a tag for each token"),
    ],
)
def test_bad_lines(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in CANNOT
    with pytest.raises(DataError, match=re.escape(f"train.conllu:{message}")):
        read_text(tmp_path, CANNOT.replace(old, new))


def test_a_field_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape("data.tag_column is 'pos'; one of id, form, lemma, upos, xpos")):
        read_text(tmp_path, CANNOT, tag_column="pos")
    with pytest.raises(ConfigError, match=re.escape("data.tag_column is 10; one of id")):
        read_text(tmp_path, CANNOT, tag_column=10)


def test_only_empty_nodes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.conllu:3: a sentence without words; at least one"):
        read_text(tmp_path, block("she", "0.1 she PRON"))


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "conllu", None)
    with pytest.raises(MissingExtra, match=r"Reading CoNLL-U: .*pip install 'spanloom\[formats\]'"):
        read_text(tmp_path, CANNOT)
