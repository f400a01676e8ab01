"""GLiNER's training data, which count tokens inclusively, and GLiNER2's, which say facts and classes as text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read, read_tags

WORDS = ["Ida", "left", "Port", "Narvik", "."]
IDA, PORT = Span(0, 1, "person"), Span(2, 4, "city")
ONE = {"id": 7, "tokenized_text": WORDS, "ner": [[0, 0, "person"], [2, 3, "city"]], "relations": [[0, 1, "left"]]}
TEXT = "Ida left Port Narvik for Narvik ."
FACTS = {
    "entities": {"person": ["Ida"], "city": ["Narvik"]},
    "relations": [{"left": {"head": "Ida", "tail": "Narvik"}}],
}
MOOD = {"task": "mood", "labels": ["good", "bad"], "true_label": ["good"]}


def examples(path: Path, *items: Any, answer: type = Graph, **settings: Any) -> list[Example]:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return list(read(path, DataConfig(**settings), answer))


def cases(example: Example) -> list[str]:
    return [case for _, case in example.mended]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.json"


# ---- GLiNER ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", [[0, 1, "left"], [0, 0, "person", 2, 3, "city", "left"]])
def test_ends_are_in_the_span_and_relations_name_entities(relation: list[Any], path: Path) -> None:
    (one,) = examples(path, ONE | {"relations": [relation]})
    assert one.input.text == "Ida left Port Narvik ."
    assert one.gold == Graph((IDA, PORT), (Relation(IDA, PORT, "left"),))
    assert (one.fields, cases(one)) == ({"id": 7}, [])


def test_lists_are_read_and_the_task_of_tags_reads_the_spans(path: Path) -> None:
    path.write_text(json.dumps([ONE, ONE | {"ner": [], "relations": []}]))
    assert [one.gold.labels for one in read_tags(path, DataConfig())] == [
        ("B-person", "O", "B-city", "I-city", "O"),
        ("O",) * 5,
    ]


def test_without_relations_it_says_so_and_without_entities_there_is_no_gold(path: Path) -> None:
    bare = {key: value for key, value in ONE.items() if key != "relations"}
    found = examples(path, bare, {"tokenized_text": WORDS})
    assert [one.gold for one in found] == [Graph((IDA, PORT)), None]
    assert cases(found[0]) == ["no key 'relations': read as having none"]


def test_blank_tokens_are_left_out_where_that_is_asked_for(path: Path) -> None:
    item = ONE | {"tokenized_text": [" ", *WORDS], "ner": [[0, 1, "person"], [3, 4, "city"], [0, 0, "gap"]]}
    with pytest.raises(DataError, match=re.escape("a.json:1: token 0 is ' '; a token that is not blank")):
        examples(path, item)
    (one,) = examples(path, item, repair=True)
    assert one.gold == Graph((IDA, PORT), (Relation(IDA, PORT, "left"),))
    assert one.lost == (LostFact("entity", "gap", "", "a blank token"),)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"ner": [[0, 5, "x"]]},
            "an entity from 0 to 5 in a text of 5 tokens; numbers of its tokens, from 0, the last one",
        ),
        ({"ner": [[2, 1, "x"]]}, "an entity from 2 to 1 in a text of 5 tokens"),
        ({"ner": [[0, 1]]}, "an entity of 'ner' is [0, 1]; [first token, last token, label], the last included"),
        ({"ner": [[0, 1, ""]]}, "the label of 'ner' is empty; the name of a class"),
        (
            {"relations": [[0, 2, "r"]]},
            "an end of a relation is 2; the place of one of the 2 entities of 'ner', from 0",
        ),
        ({"relations": [[0, "r"]]}, "a relation is [0, 'r']; [head, tail, label], or the two entities"),
        ({"relations": [[0, 0, "city", 2, 3, "city", "r"]]}, "where no entity of the label 'city' stands"),
    ],
)
def test_bad_lines(changed: dict[str, Any], message: str, path: Path) -> None:
    with pytest.raises(DataError, match=f"a.json:2: .*{re.escape(message)}"):
        examples(path, ONE, ONE | changed)


def test_relations_without_entities_are_refused(path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.json:1: 'relations', but no 'ner'; the entities that they are of"):
        examples(path, {"tokenized_text": WORDS, "relations": [[0, 1, "left"]]})


# ---- GLiNER2 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("input", "output"), ("text", "schema")])
def test_facts_are_looked_for_in_the_text_the_nearest_meant(names: tuple[str, str], path: Path) -> None:
    (one,) = examples(path, {"id": 3, names[0]: TEXT, names[1]: FACTS})
    ida, narvik = Span(0, 1, "person"), Span(3, 4, "city")  # the first Narvik, as it is nearer to Ida
    assert one.gold == Graph((ida, narvik), (Relation(ida, narvik, "left"),))
    assert (one.by_text, one.fields, cases(one)) == (True, {"id": 3}, [])


def test_what_is_not_in_the_text_is_lost_and_what_is_not_read_is_counted(path: Path) -> None:
    output = {
        "entities": {"person": ["Bo"], "city": []},
        "entity_descriptions": {"person": "someone"},
        "classifications": [MOOD],
        "json_structures": [{"trip": {"to": "Narvik"}}],
        "notes": "odd",
    }
    (one,) = examples(path, {"input": TEXT, "output": output})
    assert one.gold == Graph(())
    assert one.lost == (LostFact("entity", "person", "Bo", "not located"),)
    assert cases(one) == [
        "'classifications' passed over: mood",
        "'json_structures' passed over: trip",
        "'notes' passed over: 'odd'",
        "no key 'relations': read as having none",
    ]


def test_fields_of_a_relation_are_head_and_tail_by_name_or_by_place(path: Path) -> None:
    relations = [{"left": {"who": ["Ida"], "where": ["Port", "Narvik"], "when": "now"}}]
    (one,) = examples(path, {"input": TEXT, "output": {"relations": relations}})
    assert [(one.input.surface(each.head), one.input.surface(each.tail)) for each in one.gold.relations] == [
        ("Ida", "Port"),
        ("Ida", "Narvik"),
    ]
    assert cases(one) == [
        "fields of a relation read as head and tail: left: who, where",
        "field of a relation passed over: left: when",
    ]


@pytest.mark.parametrize("true", [["good"], "good"])
def test_classes_are_the_true_ones(true: Any, path: Path) -> None:
    items = [
        {"input": "Warm soup", "output": {"classifications": [MOOD | {"true_label": true}]}},
        {"input": "Rain", "output": {"classifications": []}},
    ]
    assert [one.gold for one in examples(path, *items, answer=Label)] == [Label(("good",)), None]


def test_of_several_classifications_one_is_to_be_named(path: Path) -> None:
    both = [MOOD, {"task": "size", "labels": ["big"], "true_label": []}]
    item = {"input": "Warm soup", "output": {"classifications": both}}
    with pytest.raises(
        ConfigError, match=r"classified in several ways: 'mood', 'size'; one of them\. Set data\.label_c"
    ):
        examples(path, item, answer=Label)
    assert [one.gold for one in examples(path, item, answer=Label, label_column="size")] == [Label(())]
    with pytest.raises(DataError, match=r"a\.json:1: two classifications for 'mood'; one"):
        examples(path, {"input": "x", "output": {"classifications": [MOOD, MOOD]}}, answer=Label)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ({"entitie": {"person": ["Ida"]}}, "unknown key 'entitie'; did you mean 'entities'?"),
        ({"entities": {"person": "Ida"}}, "the entities of 'person' is 'Ida'; a list"),
        (
            {"entities": {}, "relations": [{"left": {"head": "Ida"}}]},
            "the relation 'left' has 'head'; a head and a tail",
        ),
        ({"entities": {}, "relations": [{"left": {"head": "Ida", "tail": 3}}]}, "an end of 'left' is 3; a string"),
    ],
)
def test_bad_facts(output: Any, message: str, path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(f"a.json:1: {message}")):
        examples(path, {"input": TEXT, "output": output})
