"""brat standoff: what a graph can say of it, what is lost, what is passed over, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read, read_tags

TEXT = "Maria Lind runs the\nMuseum of Bergen.\nShe left Oslo."
MARIA, MUSEUM, BERGEN = Span(0, 2, "Person"), Span(4, 7, "Organization"), Span(6, 7, "Place")
MARKS = """R1\truns Arg1:T1 Arg2:T2\t
T1\tPerson 0 10\tMaria Lind
T2\tOrganization 20 36\tMuseum of Bergen
T3\tPlace 30 36\tBergen
E1\tMove:T4 Agent:T1
T4\tEvent 42 46\tleft
A1\tNegated E1
N1\tReference T3 Wiki:26793\tBergen
#1\tAnnotatorNotes T2\tsince 1902
*\tEquiv T2 T3
"""


def write(folder: Path, marks: str, text: str = TEXT, name: str = "a") -> Path:
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes(marks.encode())
    return folder / f"{name}.ann"


def read_one(path: Path) -> Example:
    (example,) = read(path, DataConfig())
    return example


@pytest.mark.parametrize("named", ["a.ann", "a.txt", "."])
def test_spans_relations_and_what_is_passed_over(tmp_path: Path, named: str) -> None:
    path = write(tmp_path, MARKS)
    example = read_one(tmp_path / named)
    event = Span(9, 10, "Event")
    assert example.input.text == TEXT
    assert example.gold == Graph((MARIA, MUSEUM, BERGEN, event), (Relation(MARIA, MUSEUM, "runs"),))
    assert example.source == Source(str(path), 1)
    assert example.lost == ()
    assert [(source.line, case) for source, case in example.mended] == [
        (5, "event passed over: E1 Move:T4 Agent:T1"),
        (7, "attribute passed over: A1 Negated E1"),
        (8, "normalization passed over: N1 Reference T3 Wiki:26793 Bergen"),
        (9, "note passed over: #1 AnnotatorNotes T2 since 1902"),
        (10, "equivalence passed over: * Equiv T2 T3"),
    ]


def test_a_folder_is_read_in_order(tmp_path: Path) -> None:
    write(tmp_path, "T1\tPlace 5 9\tOslo\n", "From Oslo .", "b")
    write(tmp_path, "", "Nothing here .", "a")
    (tmp_path / "readme.txt").write_text("no .ann file beside it")
    first, second = read(tmp_path, DataConfig())
    assert (first.input.text, first.gold) == ("Nothing here .", Graph())
    assert (second.input.text, second.gold) == ("From Oslo .", Graph((Span(1, 2, "Place"),)))


def test_what_no_graph_can_say_is_lost_and_its_relations_are(tmp_path: Path) -> None:
    marks = """T1\tPerson 0 5;39 42\tMaria She
T2\tPlace 44 46\tft
T3\tPlace 47 51\tOslo
T4\tMove 42 46\tleft
E1\tMove:T4
R1\tin Arg1:T1 Arg2:T3
R2\tnear Arg1:T3 Arg2:T2
R3\tcause Arg1:E1 Arg2:T3
"""
    text = TEXT.replace("\nShe left", "\n She left")
    example = read_one(
        write(tmp_path, marks.replace("42 46", "43 47").replace("44 46", "45 47").replace("47 51", "48 52"), text)
    )
    assert example.gold == Graph((Span(10, 11, "Place"), Span(9, 10, "Move")))
    assert example.lost == (
        LostFact("entity", "Person", "Maria She", "discontinuous"),
        LostFact("entity", "Place", "ft", "inside a token"),
        LostFact("relation", "in", "Maria She -> in -> Oslo", "discontinuous"),
        LostFact("relation", "near", "Oslo -> near -> ft", "inside a token"),
        LostFact("relation", "cause", "E1 -> cause -> Oslo", "an argument is an event"),
    )


def test_fragments_with_only_white_space_between_are_one_span(tmp_path: Path) -> None:
    example = read_one(write(tmp_path, "T1\tX 16 19;20 26\tthe Museum\n"))
    assert example.gold == Graph((Span(3, 5, "X"),))


def test_offsets_count_line_ends_as_they_stand_in_the_file(tmp_path: Path) -> None:
    marks = "T1\tOrganization 21 37\tMuseum of Bergen\n"
    example = read_one(write(tmp_path, marks, TEXT.replace("\n", "\r\n")))
    assert example.gold == Graph((MUSEUM,))


def test_offsets_may_count_windows_line_ends_once_if_they_fit_so_alone(tmp_path: Path) -> None:
    windows = TEXT.replace("\n", "\r\n")
    example = read_one(write(tmp_path, MARKS.replace("\n", "\r\n"), windows))
    assert example.input.text == TEXT
    assert example.gold.spans[:2] == (MARIA, MUSEUM)
    wrong = MARKS.replace("20 36", "22 38")
    with pytest.raises(
        DataError, match=re.escape("a.ann:3: T2 is 'Museum of Bergen', where 'useum of Bergen.' stands")
    ):
        read_one(write(tmp_path, wrong, windows))


def test_the_name_of_its_files_is_the_id_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write(tmp_path, "", "Here .", "b")
    path = write(tmp_path / "inner", "", "There .", "a.1")
    assert [example.fields for example in read(tmp_path, DataConfig())] == [{"id": "b"}, {"id": "inner/a.1"}]
    assert read_one(path).fields == {"id": "a.1"}


def test_the_task_of_tags_reads_its_spans_too(tmp_path: Path) -> None:
    path = write(tmp_path, MARKS)
    (example,) = read_tags(path, DataConfig())
    assert example.gold.labels[:7] == ("B-Person", "I-Person", "O", "O", *["B-Organization", *["I-Organization"] * 2])
    assert example.lost == (LostFact("entity", "Place", "Bergen", "overlaps another entity"),)


def test_white_space_at_the_ends_of_a_span_is_not_of_it(tmp_path: Path) -> None:
    assert read_one(write(tmp_path, "T1\tPerson 0 11\tMaria Lind \n")).gold == Graph((MARIA,))


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("T1\tPerson 0 10\tMaria Lund\n", "1: T1 is 'Maria Lund', where 'Maria Lind' stands; the text at its offsets."),
        ("T1\tPerson 1 99\tMaria\n", "1: a span from 1 to 99 in a text of 52 characters; offsets inside the text"),
        ("T1\tPerson 5 5\tx\n", "1: a span from 5 to 5 in a text of 52 characters"),
        ("T1\tPerson zero 10\tMaria\n", "1: T1 says 'Person zero 10 Maria'; LABEL START END, a tab, and the text"),
        ("T1 Person 0 10 Maria\n", "1: 'T1 Person 0 10 Maria'; a line that begins with T1, R1"),
        ("T1\tPerson 0 10\n", "1: T1 says 'Person 0 10'; LABEL START END"),
        ("T1\tPerson 0 5\tMaria\nT1\tPerson 0 5\tMaria\n", "2: T1 is given twice; one line for each id."),
        ("T1\tPerson 0 5\tMaria\nR1\tr Arg1:T1 Arg2:T7\n", "2: an argument is T7; the id of a T line of the file."),
        ("T1\tPerson 0 5\tMaria\nR1\tr Arg1:T1\n", "2: a relation that says 'r Arg1:T1'; LABEL Arg1:T1 Arg2:T2."),
        ("R1\n", "1: a relation that says ''; LABEL Arg1:T1 Arg2:T2."),
        ("Maria\n", "1: 'Maria'; a line that begins with T1, R1 or the like and a tab."),
    ],
)
def test_bad_lines(tmp_path: Path, marks: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"a.ann:{message}")):
        read_one(write(tmp_path, marks))


def test_missing_texts(tmp_path: Path) -> None:
    write(tmp_path, MARKS).with_suffix(".txt").unlink()
    with pytest.raises(DataError, match=re.escape("a.ann: there is no a.txt beside it; the text it marks.")):
        read_one(tmp_path)
    with pytest.raises(DataError, match=r"b\.ann: no such file"):
        read_one(tmp_path / "b.ann")
