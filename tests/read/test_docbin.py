"""spaCy's DocBin, as spaCy itself writes it: entities, relations, classes and tags."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import spacy
import srsly
from spacy.tokens import Doc, DocBin, Span

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.inputs import Relation
from spanloom.inputs import Span as Ours
from spanloom.read import read
from spanloom.read.parts.spacy_docs import RELATIONS, WHOLE

TEXT = "😀 Ida left\nPort Narvik ."
IDA, PORT, NARVIK = Ours(1, 2, "Person"), Ours(3, 5, "City"), Ours(4, 5, "Name")
NLP = spacy.blank("en")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.spacy"


def doc_of(text: str = TEXT, **ents: tuple[int, int]) -> Doc:
    """The text with entities at these of spaCy's tokens, of which the line break is one."""
    doc = NLP(text)
    doc.ents = [Span(doc, start, end, label) for label, (start, end) in ents.items()]
    return doc


def examples(path: Path, *docs: Doc, answer: type = Graph, **settings: Any) -> list[Example]:
    DocBin(docs=docs, store_user_data=True, attrs=["ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "TAG", "POS"]).to_disk(path)
    return list(read(path, DataConfig(**settings), answer))


def cases(found: Sequence[Example]) -> list[str]:
    return [case for example in found for _, case in example.mended]


def test_entities_stand_where_spacy_has_them_and_line_breaks_are_no_tokens(path: Path) -> None:
    (one,) = examples(path, doc_of(Person=(1, 2), City=(4, 6)))
    assert (one.input.text, one.gold) == (TEXT, Graph((IDA, PORT)))
    assert [token.text for token in one.input.tokens] == ["😀", "Ida", "left", "Port", "Narvik", "."]
    assert [one.input.surface(span) for span in one.gold.spans] == ["Ida", "Port Narvik"]
    assert cases([one]) == ["no key 'relations': read as having none"]


def test_spans_of_the_group_sc_may_overlap_and_other_groups_are_counted(path: Path) -> None:
    doc = doc_of(Person=(1, 2))
    doc.spans["sc"] = [Span(doc, 4, 6, "City"), Span(doc, 5, 6, "Name"), Span(doc, 3, 4, "Break")]
    doc.spans["rules"] = [Span(doc, 0, 1, "Face")]
    doc.cats = {"travel": 1.0}
    (one,) = examples(path, doc)
    assert one.gold == Graph((IDA, PORT, NARVIK))
    assert one.lost == (LostFact("entity", "Break", "", "a blank token"),)
    assert cases([one])[:2] == ["group of spans 'rules' passed over", "categories passed over"]


def test_relations_are_of_the_entities_that_begin_at_their_tokens_the_longest_meant(path: Path) -> None:
    doc = doc_of(Person=(1, 2), City=(4, 6))
    doc.spans["sc"] = [Span(doc, 4, 5, "Word")]
    doc.user_data[RELATIONS] = {(1, 4): {"left": 1.0, "sold": 0.49}, (4, 1): {"lost": 0.5}}
    (one,) = examples(path, doc)
    assert one.gold.relations == (Relation(IDA, PORT, "left"), Relation(PORT, IDA, "lost"))
    assert cases([one]) == []


def test_a_document_of_which_nobody_says_what_is_in_it_has_no_gold(path: Path) -> None:
    found = examples(path, NLP(TEXT), doc_of())
    assert [one.gold for one in found] == [None, Graph(())]


def test_tokens_of_which_nothing_is_said_are_outside_and_counted(path: Path) -> None:
    doc = NLP(TEXT)
    doc.set_ents([Span(doc, 1, 2, "Person")], missing=[doc[4:7]], default="outside")
    doc.ents[0].id_ = doc.ents[0].kb_id_ = "Q1"
    (one,) = examples(path, doc)
    assert one.gold == Graph((IDA,))
    assert "tokens of which no entities are said, read as outside: 3 tokens" in cases([one])
    doc.ents = [Span(doc, 1, 2, "Person", kb_id="Q1")]
    assert "identities of entities passed over" in cases(examples(path, doc))


def test_plain_user_data_stay_with_the_text_and_the_rest_is_counted(path: Path) -> None:
    doc = doc_of()
    doc.user_data |= {"id": "a", "pages": (1, 2), "entities": "no field", "blob": b"x", "meta": {"at": None}}
    (one,) = examples(path, doc)
    assert one.fields == {"id": "a", "pages": [1, 2], "meta": {"at": None}}
    assert cases([one])[0] == "doc.user_data['blob'] passed over"


def test_classes_are_those_of_which_half_or_more_is_said(path: Path) -> None:
    docs = doc_of(), doc_of(), NLP("Rain")
    docs[0].cats, docs[1].cats = {"b": 0.5, "a": 1.0, "c": 0.4}, {"a": 0.0}
    found = examples(path, *docs, answer=Label)
    assert [one.gold for one in found] == [Label(("a", "b")), Label(()), None]


def test_tags_are_the_entities_or_the_field_that_is_named(path: Path) -> None:
    doc = Doc(NLP.vocab, words=["Ida", "left"], tags=["NNP", "VBD"], pos=["PROPN", "VERB"])
    assert [one.gold for one in examples(path, doc, answer=Tags)] == [Tags(("NNP", "VBD"))]
    assert [one.gold for one in examples(path, doc, answer=Tags, tag_column="pos")] == [Tags(("PROPN", "VERB"))]
    doc.ents = [Span(doc, 0, 1, "Person")]
    assert [one.gold for one in examples(path, doc, NLP("Rain"), answer=Tags)] == [Tags(("B-Person", "O")), None]
    assert [one.gold for one in examples(path, NLP("Rain"), answer=Tags, tag_column="pos")] == [None]
    with pytest.raises(ConfigError, match=re.escape("data.tag_column is 'dep'; one of ents, tag, pos")):
        examples(path, doc, answer=Tags, tag_column="dep")


def test_of_tags_the_longest_of_overlapping_entities_is_kept_and_the_others_are_lost(path: Path) -> None:
    doc = doc_of(Person=(1, 2))
    doc.spans["sc"] = [Span(doc, 4, 6, "City"), Span(doc, 5, 6, "Name")]
    doc.user_data[RELATIONS] = {(1, 4): {"left": 1.0}}
    (one,) = examples(path, doc, answer=Tags)
    assert one.gold == Tags(("O", "B-Person", "O", "B-City", "I-City", "O"))
    assert one.lost == (LostFact("entity", "Name", "Narvik", "overlaps another entity"),)
    assert cases([one]) == ["relations passed over"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (RELATIONS, {(1, 5): {"left": 1.0}}, "a relation of the tokens (1, 5), at one of which no entity begins"),
        (RELATIONS, {(1, 99): {"left": 1.0}}, "a relation of the token 99 in a document of 7"),
        (RELATIONS, {1: {"left": 1.0}}, "doc._.rel has {1: {'left': 1.0}}"),
        (WHOLE, [[1, 1, "Person", "left"]], "one of doc.user_data['relations'] is [1, 1, 'Person', 'left']"),
        (WHOLE, [[1, 1, "Thing", 4, 5, "City", "left"]], "where no entity of the label 'Thing' stands"),
    ],
)
def test_relations_of_no_entities_are_refused(path: Path, key: Any, value: Any, message: str) -> None:
    doc = doc_of(Person=(1, 2), City=(4, 6))
    doc.user_data[key] = value
    with pytest.raises(DataError, match=f"a.spacy:1: .*{re.escape(message)}"):
        examples(path, doc)


def test_a_class_that_is_no_number_is_refused(path: Path) -> None:
    doc = doc_of()
    doc.cats = {"good": "yes"}
    with pytest.raises(DataError, match=re.escape("a.spacy:1: the number of 'good' is 'yes'; a number")):
        examples(path, doc, answer=Label)


def test_what_user_data_hold_is_never_unpickled(path: Path) -> None:
    """An array of objects, in which NumPy's own files have pickles, is none to msgpack."""
    bin_ = DocBin(docs=[NLP("Rain")], store_user_data=True)
    content = b"cos\nabort\n(tR."
    array = {b"nd": True, b"type": "O", b"kind": b"O", b"shape": (1,), b"data": content}
    bin_.user_data = [srsly.msgpack_dumps({"vector": array})]
    bin_.to_disk(path)
    with pytest.raises(DataError, match=r"a\.spacy: cannot be read as a DocBin \(cannot create an OBJECT array"):
        list(read(path, DataConfig()))


def packed(message: Any) -> bytes:
    return zlib.compress(srsly.msgpack_dumps(message))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-9], "cannot be read as a DocBin ("),
        (lambda content: packed({"version": "0.1"}), "cannot be read as a DocBin ("),
        (lambda content: zlib.compress(b"\x88\xa7version" + bytes(1 << 27)), "unpacks to more than 100 times its size"),
    ],
    ids=["cut", "empty", "swollen"],
)
def test_damaged_files_are_named(path: Path, damage: Callable[[bytes], bytes], message: str) -> None:
    examples(path, doc_of())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=re.escape(f"a.spacy: {message}")):
        list(read(path, DataConfig()))


def test_another_format_of_it_and_a_text_in_its_place_are_refused(path: Path) -> None:
    examples(path, doc_of())
    with pytest.raises(DataError, match=r"a\.spacy: is spaCy's DocBin; a file of text"):
        list(read(path, DataConfig(format="spert")))


def test_without_spacy_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples(path, doc_of())
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(MissingExtra, match=r"spaCy's DocBin: .*pip install 'spanloom\[formats\]'"):
        list(read(path, DataConfig()))
