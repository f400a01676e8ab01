"""Columns: comments, headers and counting columns are no tokens, and hashtags are; which column holds the tags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.tags import Tags
from spanloom.check.tags import check_tags
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Span
from spanloom.read import read
from spanloom.read.conll_columns import fit as columns_fit
from spanloom.read.layers import fit as layers_fit

UNER = """# newdoc id = n1
# sent_id = a
# text = Boats left Oslo
1\tBoats\tO\t-\tx
2\tleft\tO\t-\tx
3\tOslo\tB-LOC\t-\ty

# sent_id = b
# text = Rain
1\tRain\tO\t-\tx
2\tfell\tO\t-\t-
"""


def written(tmp_path: Path, content: str, answer: type = Tags, **settings: Any) -> list[Example]:
    path = tmp_path / "train.conll"
    path.write_text(content, encoding="utf-8")
    return list(read(path, DataConfig(**settings), answer))


def words(examples: list[Example]) -> list[str]:
    return [" ".join(token.text for token in example.input.tokens) for example in examples]


# ---- comments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"token_column": 1, "tag_column": 2}])
def test_comments_a_counting_column_and_annotators(tmp_path: Path, settings: dict[str, Any]) -> None:
    examples = written(tmp_path, UNER, **settings)
    assert words(examples) == ["Boats left Oslo", "Rain fell"]
    assert [example.gold for example in examples] == [Tags(("O", "O", "B-LOC")), Tags(("O", "O"))]
    assert all(not example.mended for example in examples)


def test_the_same_columns_for_nested_entities(tmp_path: Path) -> None:
    examples = written(tmp_path, UNER, Graph)
    assert words(examples) == ["Boats left Oslo", "Rain fell"]
    assert examples[0].gold == Graph((Span(2, 3, "LOC"),))


@pytest.mark.parametrize(
    "comment",
    ["# newdoc", "# newpar", "# a=b", "# http://example.org", "#", "## rain", "# sent_id = 4", "# text = Oslo VERB",
     "#begin document (x); part 000", "# id 17\tdomain=en", "#\thttp://example.org [2020]"],
)  # fmt: skip
@pytest.mark.parametrize("parted", [" ", "\t"])
def test_comments_in_many_forms(tmp_path: Path, comment: str, parted: str) -> None:
    """Some have as many cells as the tokens have: `# newdoc` looks like the token `#` with a tag."""
    content = f"{comment}\nBoats NOUN\nleft VERB\n\n{comment}\nRain NOUN\nfell VERB\n"
    examples = written(tmp_path, re.sub(r"(?m)^(\w+) (\w+)$", rf"\1{parted}\2", content))
    assert words(examples) == ["Boats left", "Rain fell"]
    assert examples[1].gold == Tags(("NOUN", "VERB"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("#rain\tO\nin\tO\nOslo\tB-LOC\n\n#\tO\none\tO\n", ["#rain in Oslo", "# one"]),
        ("#rain O\nin O\nOslo B-LOC\n\n# O\none O\n", ["#rain in Oslo", "# one"]),
        ("a\tO\n\n#\tB-NEW\n", ["a", "#"]),  # a label that no other token has
        ("a NOUN\n# SYM\n\n# SYM\nb NOUN\n", ["a #", "# b"]),
        ("a\tNOUN\n\n#\tSYM\nb\tNOUN\n", ["a", "# b"]),
        ("a DT O\nb NN B-X\n\n# DT O\nb NN O\n", ["a b", "# b"]),
    ],
)
def test_a_hash_with_a_tag_is_a_word(tmp_path: Path, content: str, expected: list[str]) -> None:
    assert words(written(tmp_path, content)) == expected


def test_a_hash_that_may_be_either_is_an_error(tmp_path: Path) -> None:
    message = "train.conll:3: '# SYM' is a comment, or a token with the tag 'SYM', which no other has; what is which"
    with pytest.raises(DataError, match=re.escape(message)):
        written(tmp_path, "a NOUN\n\n# SYM\nb NOUN\n")


def test_a_comment_in_a_sentence(tmp_path: Path) -> None:
    """HIPE says the page's part between the lines of a sentence."""
    assert words(written(tmp_path, "a\tO\n# segment = x y z\nb\tB-X\n")) == ["a b"]
    with pytest.raises(DataError, match=r"train\.conll:2: 1 columns in '#segment'; 2, as on line 1"):
        written(tmp_path, "a\tO\n#segment\n" + "b\tB-X\n" * 9)


def test_a_comment_that_may_be_a_broken_token_is_counted(tmp_path: Path) -> None:
    *_, example = written(tmp_path, "a B-X\nb O\n\n# 0\nb O\n")
    assert words([example]) == ["b"]
    assert [said for _, said in example.mended] == ["'# 0' is taken for a comment: no tag stands in it"]


def test_a_token_that_lacks_a_cell_is_no_comment(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.conll:4: 2 columns in '# O'; 3, as on line 1\."):
        written(tmp_path, "a NN B-X\nb NN O\n\n# O\nb NN O\n")


# ---- counting columns ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parted", [" ", "\t"])
@pytest.mark.parametrize(
    "counts",
    ["1 2 3 1 2", "0 1 2 0 1", "1 2 3 4 5", "0 1 2 3 4"],
)
def test_a_column_that_counts_the_tokens(tmp_path: Path, counts: str, parted: str) -> None:
    first, second, third, fourth, fifth = counts.split()
    content = (
        f"{first} Mira NNP I-NP B-PER\n{second} left VBD I-VP O\n{third} Oslo NNP I-NP B-LOC\n\n"
        f"{fourth} Bo NNP I-NP B-PER\n{fifth} sang VBD I-VP O\n"
    )
    examples = written(tmp_path, content.replace(" ", parted))
    assert words(examples) == ["Mira left Oslo", "Bo sang"]
    assert examples[1].gold == Tags(("B-PER", "O"))
    assert words(written(tmp_path, content.replace(" ", parted), token_column=0))[0] == f"{first} {second} {third}"


def test_multiword_tokens_and_empty_nodes_are_passed_over_and_counted(tmp_path: Path) -> None:
    (example,) = written(tmp_path, "1-2\tdu\t_\n1\tde\tO\n2\tle\tO\n2.1\t_\t_\n3\tparc\tB-LOC\n")
    assert words([example]) == ["de le parc"]
    assert [said for _, said in example.mended] == [
        "'du', number 1-2, is passed over: its words are numbered",
        "'_', number 2.1, is passed over: its words are numbered",
    ]


def test_numbers_that_do_not_count_are_asked_about(tmp_path: Path) -> None:
    content = "7\tMira\tB-PER\n7\tleft\tO\n\n8\tOslo\tB-LOC\n8\tslept\tO\n"
    with pytest.raises(
        ConfigError, match=r"train\.conll:1: only numbers stand in the first column; .*token_column = 1"
    ):
        written(tmp_path, content)
    assert words(written(tmp_path, content, token_column=1)) == ["Mira left", "Oslo slept"]


def test_a_count_with_mistakes_is_asked_about(tmp_path: Path) -> None:
    """Else the words would be the numbers."""
    good = "1\tMira\tB-PER\n2\tleft\tO\n\n"
    with pytest.raises(ConfigError, match=r"train\.conll:1: only numbers stand in the first column"):
        written(tmp_path, good * 9 + good.replace("2", "3"))
    assert len(written(tmp_path, good * 29 + good.replace("2", "3"))) == 30


def test_the_name_of_a_document_is_no_word(tmp_path: Path) -> None:
    content = "bc/x 0 Mira NNP B-PER\nbc/x 1 left VBD O\n\n" * 3
    with pytest.raises(ConfigError, match=r"train\.conll:1: only 'bc/x' stands in the first column; a column of words"):
        written(tmp_path, content)
    assert words(written(tmp_path, content, token_column=2)) == ["Mira left"] * 3


def test_numbers_may_be_words(tmp_path: Path) -> None:
    assert words(written(tmp_path, "1 O\n2 O\n\n1 O\n2 B-X\n")) == ["1 2", "1 2"]
    assert words(written(tmp_path, "1 CD O\n\nMira NNP B-PER\n2 CD O\n")) == ["1", "Mira 2"]


# ---- the column of the tags ------------------------------------------------------------------------------------------


def test_tags_that_may_stand_in_two_columns_are_asked_about(tmp_path: Path) -> None:
    content = "Mira B-PER NNP\nleft O VBD\n"
    with pytest.raises(ConfigError, match=r"1: tags could be in 1, of 3 columns: 'Mira', 'B-PER', 'NNP'; one"):
        written(tmp_path, content)
    (example,) = written(tmp_path, content, tag_column=1)
    assert example.gold == Tags(("B-PER", "O"))


def test_a_last_column_that_says_nothing_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the last one says nothing, of 3 columns: .*Set data\.tag_column"):
        written(tmp_path, "Mira NNP _\nleft VBD _\n")


def test_of_two_layers_the_outer_is_read_and_the_other_is_said(tmp_path: Path) -> None:
    first, _ = written(tmp_path, "Port B-ORG O\nof I-ORG O\nOslo I-ORG B-LOC\n\nOslo B-LOC O\n")
    assert first.gold == Tags(("B-ORG", "I-ORG", "I-ORG"))
    assert [said for _, said in first.mended] == [
        "column 1 is read, but tags of spans stand in 2 too (see data.tag_column)"
    ]
    (example,) = written(tmp_path, "Port B-ORG O\nof I-ORG O\nOslo I-ORG B-LOC\n")  # of other labels: the last
    assert example.gold == Tags(("O", "O", "B-LOC"))
    assert [said for _, said in example.mended] == [
        "column 2 is read, but tags of spans stand in 1 too (see data.tag_column)"
    ]


def test_phrases_before_names_are_no_layer(tmp_path: Path) -> None:
    first, second = written(tmp_path, "Mira NNP B-NP O\nleft VBD B-VP O\n\nit PRP B-NP O\n")
    assert (first.gold, second.gold) == (Tags(("O", "O")), Tags(("O",)))
    assert first.mended == ()


# ---- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["token\ttag", "word label", "Word\tNER", "#\nTOKEN\tTAG", "token\ttag\n", "id token tag"]
)
def test_a_header_is_no_token(tmp_path: Path, header: str) -> None:
    first, second = written(tmp_path, f"{header}\nMira\tB-PER\nleft\tO\n\nOslo\tB-LOC\nslept\tO\n")
    assert words([first, second]) == ["Mira left", "Oslo slept"]
    assert "is taken for the names of the columns" in first.mended[0][1]
    assert check_tags([first])["issues"]["mended or passed over when read"]["count"] == 1


def test_a_header_names_columns(tmp_path: Path) -> None:
    content = "id\tword\tner\tpos\n1\tMira\tB-PER\tNNP\n2\tleft\tO\tVBD\n"
    (example,) = written(tmp_path, content)
    assert (words([example]), example.gold) == (["Mira left"], Tags(("B-PER", "O")))
    (example,) = written(tmp_path, content, tag_column="POS", token_column="ner")
    assert (words([example]), example.gold) == (["B-PER O"], Tags(("NNP", "VBD")))
    message = (
        "data.tag_column is 'xpos', but the line has 4 columns; 0 to 3, or -1 for the last, or id, word, ner, pos."
    )
    with pytest.raises(ConfigError, match=re.escape(message)):
        written(tmp_path, content, tag_column="xpos")


def test_a_column_of_sentences(tmp_path: Path) -> None:
    rows = ["Sentence #\tWord\tPOS\tTag", "Sentence: 1\tMira\tNNP\tB-PER", "\tleft\tVBD\tO", "Sentence: 2\tRain\tNN\tO"]
    examples = written(tmp_path, "\n".join(rows))
    assert words(examples) == ["Mira left", "Rain"]
    assert examples[0].gold == Tags(("B-PER", "O"))


def test_a_first_sentence_that_reads_like_a_header(tmp_path: Path) -> None:
    """Its tag is that of others too."""
    assert words(written(tmp_path, "word label\nmeans label\n")) == ["word means"]


# ---- how many lines must be alike ------------------------------------------------------------------------------------


def lines(alike: int, total: int) -> str:
    return "w O\n" * alike + "".join(f"w{' x' * (2 + place)} O\n" for place in range(total - alike))


def test_four_lines_in_five_have_one_number_of_columns() -> None:
    assert columns_fit(lines(80, 100)) > 0
    assert columns_fit(lines(79, 100)) == 0


def test_layers_hold_tags_in_nineteen_lines_of_twenty() -> None:
    assert layers_fit("w B-X O\n" * 95 + "w x O\n" * 5) == 3
    assert layers_fit("w B-X O\n" * 94 + "w x O\n" * 6) == 0
