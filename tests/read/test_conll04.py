"""The multi-head columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read

GOOD = """#doc 7
0\tMara\tB-Peop\t['N']\t[0]
1\tHolt\tI-Peop\t['Work_For', 'Live_In']\t[3, 5]
2\tleft\tO\t['N']\t[2]
3\tOrchard\tB-Org\t["OrgBased_In"]\t[5]
4\tin\tO\t['N']\t[4]
5\tLyon\tB-Loc\t['N']\t[5]
#doc 8
0\tBo\tO\t['N']\t[0]
"""


def read_text(tmp_path: Path, content: str, config: DataConfig | None = None) -> list:  # type: ignore[type-arg]
    path = tmp_path / "news.txt"
    path.write_bytes(content.encode())
    return list(read(path, config or DataConfig()))


@pytest.mark.parametrize("content", [GOOD, GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD.replace("#doc 8", "\n#doc 8")])
def test_entities_and_relations(tmp_path: Path, content: str) -> None:
    first, second = read_text(tmp_path, content)
    person, firm, place = Span(0, 2, "Peop"), Span(3, 4, "Org"), Span(5, 6, "Loc")
    assert first.input.text == "Mara Holt left Orchard in Lyon"
    assert [first.input.text[token.start : token.end] for token in first.input.tokens] == first.input.text.split()
    assert first.gold.spans == (person, firm, place)
    assert first.gold.relations == (
        Relation(person, firm, "Work_For"),
        Relation(person, place, "Live_In"),
        Relation(firm, place, "OrgBased_In"),
    )
    assert first.source == Source(str(tmp_path / "news.txt"), 1)
    assert not first.by_text
    assert second.gold.spans == ()


def test_blank_lines_may_stand_for_doc_lines(tmp_path: Path) -> None:
    content = GOOD.replace("#doc 7\n", "").replace("#doc 8", "")
    assert [(len(example.input.tokens), example.source.line) for example in read_text(tmp_path, content)] == [
        (6, 1),
        (1, 8),
    ]


def test_adjacent_entities_of_one_type_stay_apart(tmp_path: Path) -> None:
    content = "#doc\n0\tA\tB-Loc\t['N']\t[0]\n1\tB\tB-Loc\t['N']\t[1]\n2\tC\tI-Loc\t['N']\t[2]\n"
    assert read_text(tmp_path, content)[0].gold.spans == (Span(0, 1, "Loc"), Span(1, 3, "Loc"))


def test_a_tag_that_continues_nothing(tmp_path: Path) -> None:
    content = GOOD.replace("Orchard\tB-Org", "Orchard\tI-Org")
    message = r"news\.txt:5: tag 'I-Org' follows 'O'; 'B-Org' first\. .*data\.repair = true"
    with pytest.raises(DataError, match=message):
        read_text(tmp_path, content)
    assert read_text(tmp_path, content, DataConfig(repair=True))[0].gold == read_text(tmp_path, GOOD)[0].gold


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2\tleft\tO\t['N']\t[2]", "2\tleft\tO\t['N']", 'news.txt:4: 4 tab-separated columns in "2\\tleft'),
        ("2\tleft", "3\tleft", "news.txt:4: token index '3'; 2, counting from 0"),
        ("2\tleft", "2\t", "news.txt:4: the token is ''; a token that is not blank"),
        ("left\tO", "left\tX", "news.txt:4: tag 'X'; O, B-LABEL or I-LABEL"),
        ("left\tO", "left\tB-", "news.txt:4: tag 'B-'; O, B-LABEL or I-LABEL"),
        ("['N']\t[2]", "N\t[2]", "news.txt:4: relations 'N'; a list such as ['N']"),
        ("['N']\t[2]", "['N']\t[-2]", "news.txt:4: heads '[-2]'; a list of token indices such as [3]"),
        ("[3, 5]", "[3]", "news.txt:3: 2 relations, ['Work_For', 'Live_In'], but 1 head, [3]; lists of equal length"),
        ("[3, 5]", "[3, 6]", "news.txt:3: relation 'Live_In' points at token 6 of a sentence of 6 tokens; an index"),
        ("[3, 5]", "[3, 4]", "news.txt:3: relation 'Live_In' points at token 4, 'in', which ends no entity; the last"),
        ("['N']\t[2]", "['Kill']\t[5]", "news.txt:4: relation 'Kill' stands on token 2, 'left', which ends no entity"),
        ("0\tBo\tO\t['N']\t[0]\n", "", "news.txt:8: a #doc line with no tokens after it"),
        ("#doc 8", "#doc 8\n#doc 9", "news.txt:8: a #doc line with no tokens after it"),
    ],
)
def test_bad_lines(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(DataError, match=re.escape(message)):
        read_text(tmp_path, GOOD.replace(old, new))


def test_a_sentence_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"news\.txt:1: a text of 30 characters; at most 29"):
        read_text(tmp_path, GOOD, DataConfig(max_characters=29))
