"""CoNLL-U whose columns blanks part, or with more columns than ten."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError
from spanloom.read import detect, formats, read

CUPT = """# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC PARSEME:MWE
# text = Mira left
1\tMira\tMira\tPROPN\tNNP\t_\t2\tnsubj\t_\t_\t*
2\tleft\tleave\tVERB\tVBD\t_\t0\troot\t_\t_\t1:VID

# text = Bo sang
1\tBo\tBo\tPROPN\tNNP\t_\t2\tnsubj\t_\t_\t*
2\tsang\tsing\tVERB\tVBD\t_\t0\troot\t_\t_\t*
"""
BLANKS = "1 Hi hi INTJ _ _ 0 root _ _\n2 Bo bo PROPN _ _ 0 x _ _\n\n1 Yo yo INTJ _ _ 0 root _ _\n"


def written(tmp_path: Path, content: str, **settings: Any) -> list[Example]:
    path = tmp_path / "train.conllu"
    path.write_text(content)
    return list(read(path, DataConfig(**settings), Tags))


def test_columns_that_blanks_part(tmp_path: Path) -> None:
    first, second = written(tmp_path, BLANKS)
    assert (first.input.text, first.gold) == ("Hi Bo", Tags(("INTJ", "PROPN")))
    assert second.gold == Tags(("INTJ",))


@pytest.mark.parametrize(
    ("column", "tags"),
    [(None, "PROPN VERB"), ("upos", "PROPN VERB"), ("UPOS", "PROPN VERB"), ("parseme:mwe", "* 1:VID"), (10, "* 1:VID"),
     (-1, "* 1:VID"), (4, "NNP VBD"), (0, "1 2"), ("id", "1 2"), (6, "2 0")],
)  # fmt: skip
def test_more_columns(tmp_path: Path, column: int | str | None, tags: str) -> None:
    first, second = written(tmp_path, CUPT, tag_column=column)
    assert (first.input.text, first.gold) == ("Mira left", Tags(tuple(tags.split())))
    assert len(second.input.tokens) == 2


def test_sentences_of_different_widths(tmp_path: Path) -> None:
    """Universal Propositions have a column for each predicate of a sentence."""
    _, second = written(tmp_path, CUPT.replace("\t1:VID", "\tleave.01\tV").replace("\t*\n2\tleft", "\t_\tA0\n2\tleft"))
    assert second.gold == Tags(("PROPN", "VERB"))
    ragged = re.sub("VID$", "VID\tx", CUPT, count=1, flags=re.MULTILINE)
    with pytest.raises(DataError, match=r"conllu:4: 12 tab-separated columns in '2.*; 11, or a blank line"):
        written(tmp_path, ragged)


def test_a_column_that_some_sentences_have_not(tmp_path: Path) -> None:
    head, between, last = CUPT.rpartition("\n\n")
    content = head + between + last.replace("\t*", "")
    with pytest.raises(DataError, match=r"conllu:7: 10 columns, but data\.tag_column is 10; as many in all lines"):
        written(tmp_path, content, tag_column=10)


@pytest.mark.parametrize(
    ("content", "column", "found"),
    [
        (CUPT, "mwe", "data.tag_column is 'mwe'; one of id, form, lemma, upos, xpos, feats, head, deprel, deps, misc, "
                      "parseme:mwe. Set data.tag_column"),
        (CUPT.partition("\n")[2], 11, "data.tag_column is 11; one of id, form, lemma, upos, xpos, feats, head, deprel, "
                                      "deps, misc, or 0 to 10."),
        (BLANKS, -11, "data.tag_column is -11; one of id"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_there(tmp_path: Path, content: str, column: int | str, found: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(found)):
        written(tmp_path, content, tag_column=column)


def test_eleven_columns_that_are_something_else() -> None:
    plain = "1 Mira x x x x NNP 7 x x B-PER\n2 left x x x x VBD 7 x x O\n"
    assert detect(plain, Path("x"), formats(Tags)) == "columns"
    assert detect(CUPT, Path("x"), formats(Tags)) == "conllu"
    assert detect(BLANKS, Path("x"), formats(Tags)) == "conllu"


def test_a_cell_too_many_between_blanks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"conllu:2: 11 columns in '2 Bo bo PROPN _ _ 0 x _ _ _'; 10, or a blank line"):
        written(tmp_path, BLANKS.replace("0 x _ _", "0 x _ _ _"))
