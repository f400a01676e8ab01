"""WebAnno TSV 3.3, worked by hand from the description of the format: units, stacked annotations, references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read, read_tags

NER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
POS = "de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS"
HEAD = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NER}|identifier|value\n#T_RL=custom.Relation|label|BT_{NER}\n\n\n"
BODY = (
    "#Text=😀 Ida left .\n"
    "1-1\t0-2\t😀\t_\t_\t_\t_\t\n"
    "1-2\t3-6\tIda\t*\tPerson\t_\t_\t\n"
    "1-3\t7-11\tleft\t_\t_\t_\t_\t\n"
    "1-4\t12-13\t.\t_\t_\t_\t_\t\n"
    "\n"
    "#Text=Port Narvik slept\n"
    "2-1\t14-18\tPort\t*[3]|*\tCity[3]|Word\tleft\t1-2[0_3]\t\n"
    "2-2\t19-25\tNarvik\t*[3]\tCity[3]\t_\t_\t\n"
    "2-3\t26-31\tslept\t_\t_\t_\t_\t\n"
)
IDA, PORT, WORD = Span(1, 2, "Person"), Span(4, 6, "City"), Span(4, 5, "Word")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.tsv"


def examples(path: Path, text: str | None = None, **settings: Any) -> list[Example]:
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return list(read(path, DataConfig(**settings)))


def cases(found: Sequence[Example]) -> list[str]:
    return [case for example in found for _, case in example.mended]


def one_unit(header: str, *cells: str) -> str:
    line = "\t".join(["1-1", "0-3", "Ida", *cells, ""])
    return f"#FORMAT=WebAnno TSV 3.3\n{header}\n\n\n#Text=Ida\n{line}\n"


def test_a_file_is_a_document_and_offsets_are_code_units(path: Path) -> None:
    (one,) = examples(path, HEAD + BODY)
    assert one.input.text == "😀 Ida left .\nPort Narvik slept"
    assert one.gold == Graph((IDA, PORT, WORD), (Relation(IDA, PORT, "left"),))
    assert [one.input.surface(span) for span in one.gold.spans] == ["Ida", "Port Narvik", "Port"]
    assert (cases([one]), one.lost, str(one.source)) == ([], (), f"{path}:7")


def test_sentences_are_examples_where_that_is_asked_for(path: Path) -> None:
    first, second = examples(path, HEAD + BODY.replace("#Text=Port", "#Sentence.id=s2\n#Text=Port"), by_sentence=True)
    assert (first.input.text, second.input.text) == ("😀 Ida left .", "Port Narvik slept")
    assert (first.gold, second.gold) == (Graph((IDA,)), Graph((Span(0, 2, "City"), Span(0, 1, "Word"))))
    assert (first.fields, second.fields) == ({}, {"id": "s2"})
    assert first.lost == (LostFact("relation", "left", "Ida -> left -> Port Narvik", "in two sentences"),)


def test_the_task_of_tags_reads_the_longest_of_its_entities(path: Path) -> None:
    path.write_text(HEAD + BODY, encoding="utf-8")
    (one,) = read_tags(path, DataConfig())
    assert one.gold.labels == ("O", "B-Person", "O", "O", "B-City", "I-City", "O")


def test_parts_of_tokens_are_lost_and_say_what_they_are(path: Path) -> None:
    text = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NER}|value\n\n\n#Text=Idas Hut\n1-1\t0-4\tIdas\t_\t\n"
    (one,) = examples(path, text + "1-1.1\t0-3\tIda\tPerson\t\n1-2\t5-8\tHut\tHouse\t\n")
    assert one.gold == Graph((Span(1, 2, "House"),))
    assert one.lost == (LostFact("entity", "Person", "Ida", "inside a token"),)


def test_marks_are_escaped_and_a_text_may_have_several_lines(path: Path) -> None:
    text = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={NER}|value\n\n\n#Text=a\\\\b\n#Text=c\n"
    (one,) = examples(path, text + "1-1\t0-3\ta\\b\tX\\|Y\\[1\\]\\_\t\n1-2\t4-5\tc\t_\t\n")
    assert one.input.text == "a\\b\nc"
    assert one.gold == Graph((Span(0, 1, "X|Y[1]_"),))


@pytest.mark.parametrize(
    ("header", "cells", "label", "said"),
    [
        (f"#T_SP={NER}|value", ("*",), "NamedEntity", []),
        ("#T_SP=custom.Thing|kind|Label", ("_", "Person"), "Person", []),
        ("#T_SP=custom.Thing|kind|size", ("Person", "big"), "Person", ["feature size of Thing passed over: 1"]),
        ("#T_SP=custom.Thing", ("*",), "Thing", []),
        (f"#T_SP={NER}|value|ROLE_x_of|{NER}", ("Person", "1-1", "a"), "Person",
         ["slot of NamedEntity passed over: 1"]),
        (f"#T_SP={NER}|value\n#T_SP={POS}|PosValue", ("Person", "NOUN"), "Person", ["layer POS passed over: 1"]),
        (f"#T_SP={NER}|value\n#T_CH=de.x.Coreference|type|rel", ("Person", "he->1-1", "x"), "Person",
         ["link of a chain of Coreference passed over: 1"]),
    ],
)  # fmt: skip
def test_layers(header: str, cells: tuple[str, ...], label: str, said: list[str], path: Path) -> None:
    (one,) = examples(path, one_unit(header, *cells))
    assert (one.gold, cases([one])) == (Graph((Span(0, 1, label),)), said)


def test_a_layer_of_relations_between_what_a_parser_said_is_counted(path: Path) -> None:
    header = f"#T_SP={NER}|value\n#T_RL=de.tudarmstadt.ukp.dkpro.core.api.syntax.type.dependency.Dependency|D|BT_{POS}"
    (one,) = examples(path, one_unit(header, "Person", "nsubj", "1-1"))
    assert (one.gold, cases([one])) == (Graph((Span(0, 1, "Person"),)), ["layer Dependency passed over: 1"])


def test_files_of_one_text_are_what_several_people_say(tmp_path: Path) -> None:
    for name, label in (("ann", "Person"), ("bo", "Group")):
        file = tmp_path / "annotation" / "a.txt" / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(one_unit(f"#T_SP={NER}|value", label))
    (tmp_path / "readme.tsv").write_text("no annotations\n")
    (one,) = examples(tmp_path, annotator="bo")
    assert (one.fields, one.gold) == ({"id": "annotation/a.txt", "annotator": "bo"}, Graph((Span(0, 1, "Group"),)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3-6\tIda", "2-6\tIda", "8: 'Ida' at 2 to 6, where ' Ida' stands; offsets in UTF-16 code units"),
        ("0-2\t😀", "0-1\t😀", "7: offsets 0 to 1 in a text of 31; UTF-16 code units inside the text"),
        ("26-31\tslept", "26-99\tslept", "15: offsets 26 to 99 in a text of 31"),
        ("1-2[0_3]", "1-3[0_3]", "13: a relation of 1-3[0], where no annotations are; one of the layer"),
        ("1-2[0_3]", "1-2[0_7]", "13: a relation of 2-1[7], where no annotations are"),
        ("1-2[0_3]", "Ida", "13: 'Ida' in the column"),
        ("1-1\t0-2", "first\t0-2", "7: 'first' and '0-2'; a unit as 1-1 and its offsets as 0-4"),
        ("\tPerson\t_\t_", "\tPerson\t_", "8: 6 columns in"),
        ("2-1\t14-18", "2-1\t5-9", "13: a sentence that begins at 5, where the one before it reaches 13"),
        ("#T_RL=", "#T_XX=", "3: '#T_XX=custom.Relation"),
        ("#Text=😀 Ida left .\n", "", "6: '1-1"),
        ("2-3\t26-31\tslept\t_\t_\t_\t_\t\n", "\n#Text=Nothing\n", " no tokens behind 'Nothing'; a line for each"),
    ],
)
def test_bad_lines(old: str, new: str, message: str, path: Path) -> None:
    text = HEAD + BODY
    assert text.count(old) == 1
    with pytest.raises(DataError, match=re.escape(f"a.tsv:{message}")):
        examples(path, text.replace(old, new))
