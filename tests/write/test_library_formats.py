"""What is written for spaCy, Hugging Face, WebAnno, GLiNER and treebanks, as their libraries read it, or by hand."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import conllu
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Corpus
from spacy.training import Example as OfSpacy

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.read import read
from spanloom.tasks import find_task
from spanloom.text.words import tokenize
from spanloom.write.formats import targets, written
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Options

TEXT = "😀 Ida left\nPort  Narvik."
TOKENS = Text(TEXT, tokenize(TEXT))
IDA, PORT, NARVIK = Span(1, 2, "Person"), Span(3, 5, "City"), Span(4, 5, "Name")
GRAPH = Graph((IDA, PORT, NARVIK), (Relation(IDA, PORT, "left"), Relation(PORT, NARVIK, "named")))
ONE = Example(TOKENS, GRAPH, Source("a.jsonl", 3), fields={"id": 4, "page": 2})
OTHER = Example(Text("Rain", tokenize("Rain")), Graph(), Source("a.jsonl", 4))
TAGS = Tags(("O", "B-Person", "O", "B-City", "I-City", "O"))


def write(path: Path, examples: Sequence[Example], name: str, task: str = "joint", **options: Any) -> list[str]:
    """The losses of writing examples."""
    ledger = Ledger()
    written(path, examples, targets()[name], Options(find_task(task).line, **options), ledger)
    return [f"{loss.times} {loss.what}" for loss in ledger.losses]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out"


# ---- spaCy -----------------------------------------------------------------------------------------------------------


def docs_of(path: Path) -> list[Any]:
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def test_spacy_reads_the_text_its_entities_and_its_relations(path: Path) -> None:
    assert write(path, [ONE, OTHER], "spacy") == []
    one, other = docs_of(path)
    assert (one.text, other.text) == (TEXT, "Rain")
    assert [token.text for token in one] == ["😀", "Ida", "left", "\n", "Port", " ", "Narvik", "."]
    assert [(span.text, span.label_) for span in one.ents] == [("Ida", "Person"), ("Port  Narvik", "City")]
    assert [(span.text, span.label_) for span in one.spans["sc"]] == [
        ("Ida", "Person"),
        ("Port  Narvik", "City"),
        ("Narvik", "Name"),
    ]
    assert one.user_data[("._.", "rel", None, None)] == {(1, 4): {"left": 1.0}, (4, 6): {"named": 1.0}}
    assert (one.user_data["id"], one.user_data["page"]) == (4, 2)
    assert other.has_annotation("ENT_IOB")
    assert other.ents == ()


def test_spacy_train_takes_it_as_a_corpus(path: Path) -> None:
    write(path.with_suffix(".spacy"), [ONE, OTHER], "spacy")
    one, _ = Corpus(path.with_suffix(".spacy"))(spacy.blank("en"))
    assert one.get_aligned_ner() == ["O", "U-Person", "O", "O", "B-City", "I-City", "L-City", "O"]


def test_relations_that_first_tokens_do_not_tell_stand_whole(path: Path) -> None:
    word = Span(3, 4, "Word")
    inner = replace(ONE, gold=Graph((IDA, PORT, word), (Relation(IDA, word, "left"),)))
    assert write(path, [inner], "spacy") == []
    (doc,) = docs_of(path)
    assert doc.user_data[("._.", "rel", None, None)] == {}
    assert doc.user_data["relations"] == ((1, 1, "Person", 4, 4, "Word", "left"),)
    assert [one.gold for one in read(path, DataConfig())] == [Graph((IDA, PORT, word), inner.gold.relations)]


def test_classes_are_categories_and_tags_are_tags(path: Path) -> None:
    write(path, [replace(ONE, gold=Label(("a", "b"))), replace(OTHER, gold=Label(("c",)))], "spacy", "classify")
    assert [doc.cats for doc in docs_of(path)] == [{"a": 1.0, "b": 1.0, "c": 0.0}, {"a": 0.0, "b": 0.0, "c": 1.0}]
    write(path, [replace(OTHER, gold=Tags(("NN",)))], "spacy", "tag")
    assert [[token.tag_ for token in doc] for doc in docs_of(path)] == [["NN"]]
    write(path, [replace(ONE, gold=TAGS)], "spacy", "tag")
    assert [[span.text for span in doc.ents] for doc in docs_of(path)] == [["Ida", "Port  Narvik"]]


def test_a_text_that_nobody_has_looked_at_is_one_for_spacy_too(path: Path) -> None:
    assert write(path, [replace(OTHER, gold=None)], "spacy") == []
    (doc,) = docs_of(path)
    assert not doc.has_annotation("ENT_IOB")
    assert [one.gold for one in read(path, DataConfig())] == [None]


def test_spacy_2_s_tuples_are_what_spacy_makes_examples_of(path: Path) -> None:
    flat = replace(ONE, gold=Graph((IDA, PORT)))
    assert write(path, [flat], "spacy-tuples") == ["1 id", "1 field of the name 'page'"]
    ((text, said),) = json.loads(path.read_text(encoding="utf-8"))
    assert (text, said) == (TEXT, {"entities": [[2, 5, "Person"], [11, 23, "City"]]})
    theirs = OfSpacy.from_dict(spacy.blank("en").make_doc(text), said).reference.ents
    assert [(span.text, span.label_) for span in theirs] == [("Ida", "Person"), ("Port  Narvik", "City")]


# ---- Hugging Face ----------------------------------------------------------------------------------------------------

TAGGED = [replace(ONE, gold=TAGS), replace(OTHER, gold=Tags(("O",)))]
ROWS = [
    {"id": "4", "tokens": ["😀", "Ida", "left", "Port", "Narvik", "."], "ner_tags": [0, 3, 0, 1, 2, 0]},
    {"id": None, "tokens": ["Rain"], "ner_tags": [0]},
]
NAMES = ["O", "B-City", "I-City", "B-Person", "I-Person"]


def named(schema: Any) -> list[str]:
    """The names of the tags, as `datasets` looks for them in a schema."""
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == ["id", "tokens", "ner_tags"]
    return list(features["ner_tags"]["feature"]["names"])


def test_parquet_has_numbers_whose_names_stand_in_its_schema(path: Path) -> None:
    assert write(path.with_suffix(".parquet"), TAGGED, "huggingface", "tag") == ["1 field of the name 'page'"]
    table = parquet.read_table(path.with_suffix(".parquet"))
    assert (table.to_pylist(), named(table.schema)) == (ROWS, NAMES)


def test_a_folder_has_what_load_from_disk_looks_for(path: Path) -> None:
    write(path, TAGGED, "huggingface", "tag")
    state = json.loads((path / "state.json").read_text())
    (name,) = (one["filename"] for one in state["_data_files"])
    with arrow.memory_map(str(path / name)) as file:
        table = arrow.ipc.open_stream(file).read_all()
    assert (table.to_pylist(), named(table.schema)) == (ROWS, NAMES)
    info = json.loads((path / "dataset_info.json").read_text())
    assert info["features"]["ner_tags"]["feature"]["names"] == NAMES
    assert re.fullmatch("[0-9a-f]{16}", state["_fingerprint"])
    with pytest.raises(ConfigError, match="out: is a folder with files in it; a new folder"):
        write(path, TAGGED, "huggingface", "tag")


def test_json_has_the_names_themselves(path: Path) -> None:
    write(path.with_suffix(".jsonl"), TAGGED, "huggingface", "tag")
    first, second = map(json.loads, path.with_suffix(".jsonl").read_text().splitlines())
    assert first == ROWS[0] | {"ner_tags": list(TAGS.labels)}
    assert second == {"tokens": ["Rain"], "ner_tags": ["O"]}


def test_tags_that_are_no_spans_are_named_in_their_order(path: Path) -> None:
    tagged = [replace(OTHER, gold=Tags(("X10",))), replace(OTHER, gold=Tags(("X9",)))]
    write(path.with_suffix(".parquet"), tagged, "huggingface", "tag")
    schema = parquet.read_schema(path.with_suffix(".parquet"))
    assert json.loads(schema.metadata[b"huggingface"])["info"]["features"]["ner_tags"]["feature"]["names"] == [
        "X9",
        "X10",
    ]


# ---- WebAnno ---------------------------------------------------------------------------------------------------------


def test_webanno_is_a_document_of_sentences_with_offsets_in_code_units(path: Path) -> None:
    assert write(path, [ONE, replace(OTHER, fields={"id": "b|c"})], "webanno") == ["1 field of the name 'page'"]
    ner = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    assert path.read_text(encoding="utf-8").split("\n") == [
        "#FORMAT=WebAnno TSV 3.3",
        f"#T_SP={ner}|value",
        f"#T_RL=webanno.custom.Relation|label|BT_{ner}",
        "",
        "",
        "#Sentence.id=4",
        "#Text=😀 Ida left",
        "#Text=Port  Narvik.",
        "1-1\t0-2\t😀\t_\t_\t_\t",
        "1-2\t3-6\tIda\tPerson\t_\t_\t",
        "1-3\t7-11\tleft\t_\t_\t_\t",
        "1-4\t12-16\tPort\tCity[1]\tleft\t1-2[0_1]\t",
        "1-5\t18-24\tNarvik\tCity[1]|Name[2]\tnamed\t1-4[1_2]\t",
        "1-6\t24-25\t.\t_\t_\t_\t",
        "",
        "#Sentence.id=b|c",
        "#Text=Rain",
        "2-1\t26-30\tRain\t_\t_\t_\t",
        "",
    ]


def test_webanno_escapes_what_has_a_meaning_and_refuses_what_no_line_holds(path: Path) -> None:
    odd = Example(Text("a\\b\tc", tokenize("a\\b\tc")), Graph((Span(0, 1, "x->[1]|_*;"),)), Source("a", 1))
    assert write(path, [odd], "webanno") == []
    lines = path.read_text().split("\n")
    assert lines[4] == "#Text=a\\\\b\\tc"
    assert lines[5].split("\t")[3] == "x\\->\\[1\\]\\|\\_\\*\\;"
    (again,) = read(path, DataConfig(by_sentence=True))
    assert (again.input.text, again.gold) == (odd.input.text, odd.gold)
    with pytest.raises(DataError, match=r"a:1: a control character in the text; text that a line of TSV holds"):
        write(path, [replace(odd, input=Text("a\x07", (Token("a\x07", 0, 2),)))], "webanno")


# ---- GLiNER ----------------------------------------------------------------------------------------------------------


def test_gliner_s_ends_are_inclusive_and_relations_name_entities(path: Path) -> None:
    assert write(path, [ONE, OTHER], "gliner") == []
    first, second = json.loads(path.read_text(encoding="utf-8"))
    assert first == {
        "id": 4,
        "page": 2,
        "tokenized_text": ["😀", "Ida", "left", "Port", "Narvik", "."],
        "ner": [[1, 1, "Person"], [3, 4, "City"], [4, 4, "Name"]],
        "relations": [[0, 1, "left"], [1, 2, "named"]],
    }
    assert second == {"tokenized_text": ["Rain"], "ner": [], "relations": []}


def test_gliner2_says_facts_as_text_where_they_are_found_again(path: Path) -> None:
    text = "Ida met Ida ."
    first, second = Span(0, 1, "Person"), Span(2, 3, "Person")
    twice = Example(Text(text, tokenize(text)), Graph((first, second)), Source("a", 1))
    assert write(path, [twice, ONE], "gliner2") == ["1 entity of which the text is found elsewhere"]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    nothing: dict[str, list[str]] = {"City": [], "Name": []}
    assert lines[0]["output"] == {"entities": {"Person": ["Ida"], **nothing}, "relations": []}, "GLiNER2 needs them"
    assert lines[1]["output"] == {
        "entities": {"Person": ["Ida"], "City": ["Port  Narvik"], "Name": ["Narvik"]},
        "relations": [
            {"left": {"head": "Ida", "tail": "Port  Narvik"}},
            {"named": {"head": "Port  Narvik", "tail": "Narvik"}},
        ],
    }


@pytest.mark.parametrize(("names", "more"), [(("a",), {}), (("a", "b"), {"multi_label": True})])
def test_gliner2_says_all_classes_and_the_true_ones(names: tuple[str, ...], more: dict[str, bool], path: Path) -> None:
    write(path, [replace(OTHER, gold=Label(names)), replace(OTHER, gold=Label(("c",)))], "gliner2", "classify")
    first = json.loads(path.read_text().splitlines()[0])
    said = {"task": "classes", "labels": [*names, "c"], "true_label": [*names], **more}
    assert first == {"input": "Rain", "output": {"classifications": [said]}}


# ---- columns and treebanks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "field"),
    [
        (TAGS.labels, lambda word: word["misc"]["NER"]),
        (("SYM", "PROPN", "VERB", "PROPN", "PROPN", "PUNCT"), lambda word: word["upos"]),
        (("SYM", "NNP", "VBD", "NNP", "NNP", "."), lambda word: word["xpos"]),
    ],
)
def test_the_conllu_package_reads_words_tags_and_text(tags: Sequence[str], field: Any, path: Path) -> None:
    text = "😀 Ida left Port Narvik."
    tagged = Example(Text(text, tokenize(text)), Tags(tuple(tags)), Source("a", 1), fields={"id": "s1"})
    assert write(path, [tagged], "conllu", "tag") == []
    (sentence,) = conllu.parse(path.read_text(encoding="utf-8"))
    assert sentence.metadata == {"sent_id": "s1", "text": text}
    assert [word["form"] for word in sentence] == ["😀", "Ida", "left", "Port", "Narvik", "."]
    assert [field(word) for word in sentence] == [*tags]
    assert [word["id"] for word in sentence if (word["misc"] or {}).get("SpaceAfter") == "No"] == [5]
    (again,) = read(path, DataConfig(), Tags)
    assert (again.input.text, again.gold.labels, again.fields) == (text, tuple(tags), {"id": "s1"})


def test_conllu_refuses_what_no_field_holds(path: Path) -> None:
    tagged = replace(OTHER, gold=Tags(("B-a|b",)))
    with pytest.raises(
        DataError, match=r"a\.jsonl:4: 'B-a\|b' in a field; no tab, line break or outer space in it, and"
    ):
        write(path, [tagged], "conllu", "tag")


SCHEMES = {
    "bio1": "O I-Person O I-City I-City B-City",
    "bio2": "O B-Person O B-City I-City B-City",
    "bioes": "O S-Person O B-City E-City S-City",
    "bmes": "O S-Person O B-City E-City S-City",
    "bilou": "O U-Person O B-City L-City U-City",
}


@pytest.mark.parametrize(("scheme", "tags"), SCHEMES.items())
def test_columns_have_the_scheme_that_is_asked_for(scheme: str, tags: str, path: Path) -> None:
    two = Tags((*TAGS.labels[:5], "B-City"))
    write(path, [replace(ONE, gold=two)], "columns", "tag", scheme=scheme)
    assert [line.split("\t")[1] for line in path.read_text().splitlines() if line] == tags.split()
    assert [one.gold for one in read(path, DataConfig(), Tags)] == [two]


# ---- without the libraries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "module", "feature"),
    [
        ("spacy", "spacy", "spaCy's DocBin"),
        ("huggingface", "pyarrow", "Writing a data set of Hugging Face"),
    ],
)
def test_without_its_library_the_extra_is_named_and_nothing_written(
    name: str, module: str, feature: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"{feature}: .*pip install 'spanloom\[formats\]'"):
        write(path, [replace(OTHER, gold=Tags(("O",)))], name, "tag")
    assert not path.exists()
