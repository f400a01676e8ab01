"""doccano's JSON lines, in the shapes of its versions."""

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
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read
from spanloom.run.suits import suiting_tasks

TEXT = "Ida 😀 moved to Narvik ."
IDA, NARVIK = Span(0, 1, "Person"), Span(4, 5, "City")
BOTH = Graph((IDA, NARVIK))


def examples(folder: Path, *lines: dict[str, Any], answer: type = Graph, **settings: Any) -> list[Example]:
    path = folder / "all.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return list(read(path, DataConfig(**settings), answer))


def entity(name: int, start: int, end: int, label: Any) -> dict[str, Any]:
    return {"id": name, "label": label, "start_offset": start, "end_offset": end}


TRIPLES = [[0, 3, "Person"], [15, 21, "City"]]
OBJECTS = [entity(10, 0, 3, "Person"), entity(11, 15, 21, "City")]


@pytest.mark.parametrize(
    "line",
    [
        {"id": 4, "text": TEXT, "label": TRIPLES},
        {"id": 4, "text": TEXT, "label": TRIPLES, "Comments": []},
        {"id": 4, "text": TEXT, "labels": TRIPLES, "meta": {}, "annotation_approver": None},
        {"id": 4, "data": TEXT, "label": TRIPLES, "page": ""},
        {"doc_id": 4, "text": TEXT, "entities": TRIPLES, "username": "ann"},
        {"id": 4, "text": TEXT, "entities": OBJECTS, "relations": []},
        {"id": 4, "text": TEXT, "annotations": [{**one, "user": 1} for one in OBJECTS], "meta": {}},
    ],
)
def test_every_version_is_read_as_the_same_and_its_id_kept(line: dict[str, Any], tmp_path: Path) -> None:
    (example,) = examples(tmp_path, line)
    assert (example.input.text, example.gold, example.fields) == (TEXT, BOTH, {"id": 4})
    assert suiting_tasks(tmp_path / "all.jsonl", DataConfig(), to_learn=False)[0].name == "nested"


def test_relations_go_from_one_id_to_another(tmp_path: Path) -> None:
    related = [{"id": 1, "from_id": 11, "to_id": 10, "type": "home_of"}]
    (example,) = examples(tmp_path, {"id": 4, "text": TEXT, "entities": OBJECTS, "relations": related})
    assert example.gold == Graph(BOTH.spans, (Relation(NARVIK, IDA, "home_of"),))


def test_what_cuts_a_token_is_lost_with_its_relations(tmp_path: Path) -> None:
    cut = [OBJECTS[0], entity(11, 15, 18, "City")]
    related = [{"id": 1, "from_id": 10, "to_id": 11, "type": "in"}]
    (example,) = examples(tmp_path, {"id": 4, "text": TEXT, "entities": cut, "relations": related})
    assert example.gold == Graph((IDA,))
    assert example.lost == (
        LostFact("entity", "City", "Nar", "inside a token"),
        LostFact("relation", "in", "Ida -> in -> Nar", "inside a token"),
    )


def test_other_fields_are_kept_and_a_line_without_labels_has_no_gold(tmp_path: Path) -> None:
    comments = [{"id": 1, "text": "who?"}]
    lines = ({"id": 1, "text": TEXT, "label": TRIPLES, "page": 3, "Comments": comments}, {"id": 2, "text": TEXT})
    first, second, third = examples(tmp_path, *lines, {"id": 3, "text": TEXT, "label": []})
    assert first.fields == {"id": 1, "page": 3, "Comments": comments}
    assert (second.gold, third.gold) == (None, Graph())


def test_the_users_of_the_first_versions_are_annotators(tmp_path: Path) -> None:
    given = [{**OBJECTS[0], "label": 7, "user": 1}, {**OBJECTS[1], "label": 8, "user": 2}]
    line = {"id": 1, "text": TEXT, "annotations": given}
    (example,) = examples(tmp_path, line)
    assert example.gold == Graph((Span(0, 1, "7"),))
    assert [case for _, case in example.mended] == [
        "text of several annotators: 2 of them, who share 0 of 2 facts; what 1 says is read",
        "agreement of annotators: F1 0.0 between pairs of them over 1 text (1, 2); data.annotator names one",
    ]
    assert examples(tmp_path, line, annotator="2")[0].gold == Graph((Span(4, 5, "8"),))


# ---- classes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["label", "labels"])
def test_a_list_of_names_is_classes(key: str, tmp_path: Path) -> None:
    lines = ({"id": 1, "text": "Warm soup .", key: ["kind", "good"]}, {"id": 2, "text": "Cold .", key: [3]})
    first, second = examples(tmp_path, *lines, answer=Label)
    assert (first.gold, second.gold) == (Label(("good", "kind")), Label(("3",)))
    assert first.fields == {"id": 1}
    none, nobody = examples(tmp_path, {"id": 1, "text": "Warm .", key: []}, {"id": 2, "text": "Cold ."}, answer=Label)
    assert (none.gold, nobody.gold) == (Label(()), None)


def test_our_own_lines_of_classes_stay_ours(tmp_path: Path) -> None:
    (example,) = examples(
        tmp_path, {"id": 1, "text": "Warm .", "labels": [{"label": "good", "score": 0.5}]}, answer=Label
    )
    assert example.gold.scores == (0.5,)


def test_spans_are_no_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"1: a class that is \[0, 3, 'Person'\]; the name of a class. These are spans"):
        examples(tmp_path, {"id": 1, "text": TEXT, "label": TRIPLES}, answer=Label, format="doccano")


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"label": [[0, 3]]}, "a label that is [0, 3]; [start, end, label]."),
        ({"label": [[0, 99, "X"]]}, "a span from 0 to 99 in a text of 23 characters; offsets inside the text"),
        ({"label": [["0", 3, "X"]]}, "an offset is '0'; an integer."),
        ({"label": [[0, 3, None]]}, "the label of a span is None"),
        ({"label": TRIPLES, "entities": TRIPLES}, "both 'label' and 'entities'; one of them. Remove the other."),
        ({"entities": [OBJECTS[0], OBJECTS[0]]}, "the entity 10 is given twice; an id for each."),
        ({"entities": [{"id": 1, "start_offset": 0, "end_offset": 3}]}, "entities.label is None"),
        (
            {"entities": OBJECTS, "relations": [{"from_id": 10, "to_id": 99, "type": "in"}]},
            "a relation 'in' of 99, which",
        ),
        ({"entities": OBJECTS, "relations": [{"from_id": 10, "type": "in"}]}, "missing key relations.to_id"),
    ],
)
def test_what_is_wrong_is_cited_with_its_line(line: dict[str, Any], message: str, tmp_path: Path) -> None:
    first = {"id": 1, "text": TEXT, "label": TRIPLES}
    with pytest.raises(DataError, match=re.escape(f"all.jsonl:2: {message}")):
        examples(tmp_path, first, {"id": 2, "text": TEXT, **line})
