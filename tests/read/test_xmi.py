"""UIMA CAS XMI, made with dkpro-cassis: what it writes, and its offsets in UTF-16 code units, is what is read."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cassis import Cas, TypeSystem

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError, MissingExtra
from spanloom.inputs import Relation, Span
from spanloom.read import read, read_tags

TEXT = "😀 Ida left . Port Narvik slept ."
IDA, PORT = (2, 5), (13, 24)
SEGMENTS = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type"
POS = "de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS"
NAME, LINK = "custom.Name", "custom.Link"
STRING, ANNOTATION = "uima.cas.String", "uima.tcas.Annotation"


def types() -> Any:
    made = TypeSystem()
    layers: dict[str, dict[str, str]] = {
        NAME: {"identifier": STRING, "value": STRING},
        LINK: {"role": STRING, "Governor": ANNOTATION, "Dependent": ANNOTATION},
        f"{SEGMENTS}.Token": {},
        f"{SEGMENTS}.Sentence": {},
        POS: {"PosValue": STRING},
    }
    for name, features in layers.items():
        if made.contains_type(name):
            continue
        layer = made.create_type(name, supertypeName=ANNOTATION)
        for feature, kind in features.items():
            made.create_feature(layer, feature, kind)
    return made


class Document:
    """A CAS that is being annotated. Offsets are characters, of which cassis makes code units when it writes."""

    def __init__(self, text: str = TEXT) -> None:
        self.types = types()
        self.cas = Cas(typesystem=self.types)
        self.cas.sofa_string, self.cas.sofa_mime = text, "text/plain"

    def add(self, layer: str, place: tuple[int, int], **features: Any) -> Any:
        made = self.types.get_type(layer)(begin=place[0], end=place[1], **features)
        self.cas.add(made)
        return made

    def linked(self) -> Document:
        head, tail = self.add(NAME, IDA, value="Person"), self.add(NAME, PORT, value="City")
        self.add(LINK, PORT, role="left", Governor=head, Dependent=tail)
        return self

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.cas.to_xmi(str(path))
        self.types.to_xml(str(path.parent / "TypeSystem.xml"))
        return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cas" / "a.xmi"


def examples(path: Path, **settings: Any) -> list[Example]:
    return list(read(path, DataConfig(**settings)))


def cases(found: Sequence[Example]) -> list[str]:
    return [case for example in found for _, case in example.mended]


FIRST, SECOND = Span(1, 2, "Person"), Span(4, 6, "City")


def test_offsets_are_code_units_in_the_file_and_characters_here(path: Path) -> None:
    written = Document().linked().write(path).read_text(encoding="utf-8")
    assert 'begin="3" end="6"' in written  # the emoji has two
    (one,) = examples(path)
    assert (one.input.text, one.gold) == (TEXT, Graph((FIRST, SECOND), (Relation(FIRST, SECOND, "left"),)))
    assert [one.input.surface(span) for span in one.gold.spans] == ["Ida", "Port Narvik"]
    assert [str(one.source), cases([one]), one.lost] == [f"{path}:1", [], ()]


def test_tokens_are_those_of_the_file_and_layers_of_a_parser_are_counted(path: Path) -> None:
    document = Document("Ida-left Oslo")
    for place in ((0, 3), (3, 4), (4, 8), (9, 13)):
        document.add(f"{SEGMENTS}.Token", place)
        document.add(POS, place, PosValue="X")
    document.add(NAME, (4, 8), value="Act", identifier="Q1")
    document.add(NAME, (9, 11), value="Part")
    document.add(NAME, (9, 13))
    document.add(NAME, (9, 9), value="Nothing")
    (one,) = examples(document.write(path).parent)
    assert [token.text for token in one.input.tokens] == ["Ida", "-", "left", "Oslo"]
    assert one.gold == Graph((Span(2, 3, "Act"), Span(3, 4, "Name")))  # without a value it is called as its layer
    assert {(fact.label, fact.text, fact.cause) for fact in one.lost} == {
        ("Part", "Os", "inside a token"),
        ("Nothing", "", "of no width"),
    }
    assert cases([one]) == ["layer POS passed over: 4", "feature identifier of Name passed over: 1"]
    assert one.fields == {"id": "a"}


def test_sentences_are_examples_where_that_is_asked_for(path: Path) -> None:
    document = Document().linked()
    for place in ((0, 12), (13, 32)):
        document.add(f"{SEGMENTS}.Sentence", place)
    first, second = examples(document.write(path), by_sentence=True)
    assert (first.input.text, second.input.text) == ("😀 Ida left .", "Port Narvik slept .")
    assert (first.gold, second.gold) == (Graph((FIRST,)), Graph((Span(0, 2, "City"),)))
    assert first.lost == (LostFact("relation", "left", "Ida -> left -> Port Narvik", "in two sentences"),)


def test_a_relation_of_what_is_no_entity_is_counted(path: Path) -> None:
    document = Document()
    token = document.add(f"{SEGMENTS}.Token", IDA)
    document.add(LINK, IDA, role="of", Governor=token, Dependent=document.add(NAME, IDA, value="Person"))
    document.add(LINK, IDA, role="of", Governor=None, Dependent=None)
    assert cases(examples(document.write(path))) == ["relation of what is no entity passed over: Link: 2"]


def test_files_of_one_text_are_what_several_people_say(tmp_path: Path) -> None:
    for name, label in (("ann", "Person"), ("bo", "Group")):
        document = Document("Ida left")
        document.add(NAME, (0, 3), value=label)
        document.write(tmp_path / "annotation" / "a.txt" / f"{name}.xmi")
    Document("Rain").write(tmp_path / "annotation" / "b.txt" / "ann.xmi")
    found = examples(tmp_path, annotator="bo")
    assert [(one.fields["id"], one.gold) for one in found] == [
        ("annotation/a.txt", Graph((Span(0, 1, "Group"),))),
        ("annotation/b.txt/ann", None),
    ]
    (first, second) = examples(tmp_path)
    assert (first.gold, second.gold) == (Graph((Span(0, 1, "Person"),)), Graph(()))
    assert cases([first, second]) == [
        "text of several annotators: 2 of them, who share 0 of 2 facts; what ann says is read",
        "agreement of annotators: F1 0.0 between pairs of them over 1 text (ann, bo); data.annotator names one",
    ]


def test_the_task_of_tags_reads_its_entities(path: Path) -> None:
    Document().linked().write(path)
    (one,) = read_tags(path, DataConfig())
    assert one.gold.labels == ("O", "B-Person", "O", "O", "B-City", "I-City", "O", "O")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('end="6"', 'end="99"'), "cannot be read as UIMA CAS XMI ("),
        (lambda text: text.replace('begin="3"', 'begin="1"'), "cannot be read as UIMA CAS XMI ("),  # inside the emoji
        (lambda text: text.replace("custom:Name", "custom:Noun"), "cannot be read as UIMA CAS XMI ("),
        (lambda text: text[:-30], "cannot be read as UIMA CAS XMI ("),
        (lambda text: text.replace("?>", '?><!DOCTYPE x [<!ENTITY e "e">]>', 1), "declares entities of XML; plain XML"),
    ],
    ids=["outside", "inside a character", "another type", "cut", "entities"],
)
def test_bad_files(change: Any, message: str, path: Path) -> None:
    text = Document().linked().write(path).read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8")
    with pytest.raises(DataError, match=rf"a\.xmi(:\d+)?: {re.escape(message)}"):
        examples(path, format="xmi")


def test_without_its_types_a_file_cannot_be_read(path: Path) -> None:
    Document().linked().write(path)
    (path.parent / "TypeSystem.xml").rename(path.parent / "types.xml")
    assert examples(path)[0].gold.spans  # whatever the name of the file that describes them
    (path.parent / "types.xml").unlink()
    with pytest.raises(DataError, match=r"a\.xmi: no TypeSystem\.xml beside it; the types that are in it\. Put the"):
        examples(path)


def test_without_cassis_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Document().linked().write(path)
    monkeypatch.setitem(sys.modules, "cassis", None)
    with pytest.raises(MissingExtra, match=r"Reading UIMA CAS XMI: .*pip install 'spanloom\[formats\]'"):
        examples(path)
