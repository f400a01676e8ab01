"""Label Studio's exports: regions, relations, choices, annotators, predictions, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read, read_tags

TEXT = "Ida 😀 moved to Port Narvik ."
IDA, PORT = Span(0, 1, "Person"), Span(4, 6, "City")


def region(name: str, start: int, end: int, text: str | None, *labels: str, kind: str = "labels") -> dict[str, Any]:
    value = {"start": start, "end": end, kind: list(labels)} | ({} if text is None else {"text": text})
    return {"id": name, "from_name": "label", "to_name": "text", "type": kind, "value": value, "origin": "manual"}


def relation(head: str, tail: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    return {"type": "relation", "from_id": head, "to_id": tail, "direction": direction, "labels": list(labels)}


def choices(name: str, *chosen: str) -> dict[str, Any]:
    return {"id": "c", "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(chosen)}}


def by(person: Any, *result: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"completed_by": person, "result": list(result), **more}


def task(*annotations: dict[str, Any], data: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": 8, "data": {"text": TEXT} if data is None else data, "annotations": list(annotations), **more}


A, B = region("a", 0, 3, "Ida", "Person"), region("b", 15, 26, "Port Narvik", "City")


def examples(folder: Path, *tasks: dict[str, Any], answer: type = Graph, **settings: Any) -> list[Example]:
    path = folder / "export.json"
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    return list(read(path, DataConfig(**settings), answer))


def cases(example: Example) -> list[str]:
    return [case for _, case in example.mended]


@pytest.mark.parametrize(
    ("direction", "pairs"),
    [("right", [(IDA, PORT)]), ("left", [(PORT, IDA)]), ("bi", [(IDA, PORT), (PORT, IDA)])],
)
def test_regions_and_relations_by_their_direction(direction: str, pairs: list[Any], tmp_path: Path) -> None:
    (example,) = examples(tmp_path, task(by(1, A, relation("a", "b", "in", direction=direction), B)))
    assert example.input.text == TEXT
    assert example.gold == Graph((IDA, PORT), tuple(Relation(*pair, "in") for pair in pairs))
    assert example.fields == {"id": 8}
    assert (example.lost, example.mended) == ((), ())


def test_offsets_of_old_versions_count_utf16_code_units(tmp_path: Path) -> None:
    """Which of the two is meant, the text in the regions tells; each annotation by itself."""
    old = region("b", 16, 27, "Port Narvik", "City")
    first, second = examples(tmp_path, task(by(1, A, old)), task(by(1, A, B)))
    assert first.gold == second.gold == Graph((IDA, PORT))
    with pytest.raises(DataError, match=r"region b is 'Port Narvik' from 17 to 28, where 'rt Narvik .' stands"):
        examples(tmp_path, task(by(1, A, region("b", 17, 28, "Port Narvik", "City"))))


def test_without_its_text_a_region_counts_characters(tmp_path: Path) -> None:
    (example,) = examples(tmp_path, task(by(1, region("b", 15, 26, None, "City"))))
    assert example.gold == Graph((PORT,))


def test_regions_of_html_have_their_place_in_the_text_too(tmp_path: Path) -> None:
    places = {"start": "/text()[1]", "end": "/text()[1]", "startOffset": 0, "endOffset": 3}
    whole = {**places, "globalOffsets": {"start": 0, "end": 3}, "text": "Ida", "hypertextlabels": ["Person"]}
    (example,) = examples(tmp_path, task(by(1, {"id": "a", "type": "hypertextlabels", "value": whole})))
    assert example.gold == Graph((IDA,))
    del whole["globalOffsets"]
    with pytest.raises(DataError, match=r"a region from '/text\(\)\[1\]', a place in HTML; offsets in characters."):
        examples(tmp_path, task(by(1, {"id": "a", "type": "hypertextlabels", "value": whole})))


def test_several_labels_of_a_region_are_as_many_spans_and_its_relations_are_of_the_first(tmp_path: Path) -> None:
    both = region("a", 0, 3, "Ida", "Person", "Head")
    (example,) = examples(tmp_path, task(by(1, both, B, relation("a", "b", "in"))))
    assert example.gold == Graph((IDA, Span(0, 1, "Head"), PORT), (Relation(IDA, PORT, "in"),))


def test_what_no_graph_can_say_is_lost_or_counted(tmp_path: Path) -> None:
    cut = region("b", 20, 23, "Nar", "City")
    bare = region("n", 4, 5, "😀")
    given = by(1, A, cut, bare, relation("a", "b", "in"), relation("a", "n", "feels"), choices("mood", "good"))
    (example,) = examples(tmp_path, task(given))
    assert example.gold == Graph((IDA,))
    assert example.lost == (
        LostFact("entity", "City", "Nar", "inside a token"),
        LostFact("relation", "in", "Ida -> in -> Nar", "inside a token"),
        LostFact("relation", "feels", "Ida -> feels -> 😀", "without a label"),
    )
    assert cases(example) == [
        "region without a label, passed over: '😀'",
        "choices passed over: {'choices': ['good']}",
    ]


def test_a_relation_without_a_label_has_a_name_of_ours(tmp_path: Path) -> None:
    (example,) = examples(tmp_path, task(by(1, A, B, relation("a", "b"))))
    assert [one.label for one in example.gold.relations] == ["related"]
    assert cases(example) == ["relation without a label, read as 'related': a to b"]


def test_the_fields_of_the_data_are_kept_and_their_id_is_that_of_the_text(tmp_path: Path) -> None:
    data = {"id": "own", "text": TEXT, "page": 3}
    (example,) = examples(tmp_path, task(by(1, A), data=data, meta={"batch": 2}, created_at="today"))
    assert example.fields == {"id": "own", "page": 3, "meta": {"batch": 2}}


def test_a_task_that_nobody_annotated_has_no_gold_and_one_in_which_nothing_is_has(tmp_path: Path) -> None:
    skipped = by(1, was_cancelled=True)
    none, empty, cancelled = examples(tmp_path, task(), task(by(1)), task(skipped))
    assert (none.gold, empty.gold, cancelled.gold) == (None, Graph(), None)
    assert cases(cancelled) == ["annotation that was skipped, passed over"]


def test_older_exports_call_annotations_completions(tmp_path: Path) -> None:
    old = {"id": 1, "data": {"text": TEXT}, "completions": [{"result": [A]}]}
    assert examples(tmp_path, old)[0].gold == Graph((IDA,))


# ---- which text ------------------------------------------------------------------------------------------------------


def test_the_text_is_found_among_the_data(tmp_path: Path) -> None:
    """By its name, as the only one, or by what stands at the offsets, which tells it for the tasks behind too."""
    other = {"title": "Somewhere else entirely , far away", "body": TEXT}
    assert examples(tmp_path, task(by(1, A), data={"review": TEXT, "stars": 4}))[0].input.text == TEXT
    found = examples(tmp_path, task(by(1, B), data=other), task(by(1), data=other))
    assert [example.input.text for example in found] == [TEXT, TEXT]
    assert found[0].fields == {"id": 8, "title": other["title"]}
    with pytest.raises(DataError, match=r"several texts in the data of the task: title, body; one that is annotated."):
        examples(tmp_path, task(by(1), data=other))
    (chosen,) = examples(tmp_path, task(by(1), data=other), text_column="title")
    assert chosen.input.text == other["title"]
    with pytest.raises(DataError, match=r"no text in the data of the task; its keys are image; a string."):
        examples(tmp_path, task(by(1), data={"image": 7}))


# ---- several annotators ----------------------------------------------------------------------------------------------

ANN = {"id": 1, "email": "ann@x.org", "first_name": "Ann", "last_name": "Lee"}
BO = {"id": 2, "email": "bo@x.org", "first_name": "", "last_name": ""}


def test_of_several_annotators_the_first_is_read_and_the_agreement_said(tmp_path: Path) -> None:
    first, second, third = examples(tmp_path, task(by(ANN, A, B), by(BO, A)), task(by(BO, A)), task(by(ANN), by(BO)))
    assert (first.gold, second.gold, third.gold) == (Graph((IDA, PORT)), Graph((IDA,)), Graph())
    assert cases(first) == [
        "text of several annotators: 2 of them, who share 1 of 2 facts; what ann@x.org says is read"
    ]
    assert cases(second) == []
    agreed = "F1 66.7 between pairs of them over 2 texts (ann@x.org, bo@x.org)"  # 2 * 1 of 2 + 1 facts
    assert cases(third) == [
        "text of several annotators: 2 of them, who share 0 of 0 facts; what ann@x.org says is read",
        f"agreement of annotators: {agreed}; data.annotator names one",
    ]


def test_what_is_marked_as_the_truth_is_read(tmp_path: Path) -> None:
    (example,) = examples(tmp_path, task(by(ANN, A, B), by(BO, A, ground_truth=True)))
    assert example.gold == Graph((IDA,))
    assert cases(example)[0].endswith("what bo@x.org says is read")


@pytest.mark.parametrize("name", ["2", "bo@x.org"])
def test_an_annotator_can_be_named(name: str, tmp_path: Path) -> None:
    first, second = examples(tmp_path, task(by(ANN, A, B), by(BO, A)), task(by(ANN, B)), annotator=name)
    assert (first.gold, second.gold) == (Graph((IDA,)), None)
    assert cases(second) == [f"text not annotated by '{name}': left without gold"]
    assert examples(tmp_path, task(by(ANN, B)), annotator="Ann Lee")[0].gold == Graph((PORT,))
    with pytest.raises(DataError, match=r"nothing annotated by 'cy'; one of: ann@x.org, bo@x.org. Set data.annotator"):
        examples(tmp_path, task(by(ANN, A), by(BO)), annotator="cy")


def test_predictions_are_no_gold_unless_they_are_asked_for(tmp_path: Path) -> None:
    scored = {**A, "score": 0.75}
    old, new = ({"model_version": name, "score": 0.5, "result": [scored]} for name in ("m1", "m2"))
    new["result"] = [scored, {**B, "score": 0.5}, {**relation("a", "b", "in"), "score": 0.25}]
    both = task(predictions=[old, new])
    (none,) = examples(tmp_path, both)
    assert none.gold is None
    assert cases(none) == ["prediction passed over: 'm1'", "prediction passed over: 'm2'"]
    (last,) = examples(tmp_path, both, annotator="predictions")
    assert last.gold == Graph((IDA, PORT), (Relation(IDA, PORT, "in"),))
    assert [one.score for one in (*last.gold.spans, *last.gold.relations)] == [0.75, 0.5, 0.25]
    assert examples(tmp_path, both, annotator="predictions:m1")[0].gold == Graph((IDA,))
    with pytest.raises(DataError, match=r"nothing annotated by 'predictions:m3'; one of: nobody"):
        examples(tmp_path, both, annotator="predictions:m3")


# ---- JSON-MIN --------------------------------------------------------------------------------------------------------


def row(person: Any, *spans: tuple[int, int, str], name: int = 7, **more: Any) -> dict[str, Any]:
    label = [{"start": start, "end": end, "text": TEXT[start:end], "labels": [label]} for start, end, label in spans]
    return {"id": name, "text": TEXT, "label": label, "annotator": person, "annotation_id": 1, "lead_time": 2.5, **more}


def test_a_row_is_an_annotation_and_rows_of_one_text_are_one_example(tmp_path: Path) -> None:
    rows = (row(1, (0, 3, "Person"), page=3), row(2, page=3, label=[]), row(1, (15, 26, "City"), name=9))
    rows[1].pop("label")  # of whom found nothing
    first, second = examples(tmp_path, *rows)
    assert (first.gold, second.gold) == (Graph((IDA,)), Graph((PORT,)))
    assert first.fields == {"id": 7, "page": 3}
    assert cases(first) == ["text of several annotators: 2 of them, who share 0 of 1 fact; what 1 says is read"]
    assert [example.gold for example in examples(tmp_path, *rows, annotator="2")] == [Graph(), None]


def test_a_row_needs_no_key_but_text_and_labels(tmp_path: Path) -> None:
    (example,) = examples(
        tmp_path, {"text": TEXT, "ner": [{"start": 0, "end": 3, "text": "Ida", "labels": ["Person"]}]}
    )
    assert example.gold == Graph((IDA,))


def test_regions_of_something_else_in_a_row_are_counted(tmp_path: Path) -> None:
    odd = [{"start": "0", "end": "0", "paragraphlabels": ["X"]}]
    (example,) = examples(tmp_path, row(1, (0, 3, "Person"), turns=odd))
    assert example.gold == Graph((IDA,))
    assert cases(example) == [f"turns passed over: {odd!r}"]


# ---- classes ---------------------------------------------------------------------------------------------------------


def test_choices_are_classes(tmp_path: Path) -> None:
    first, second, third = examples(
        tmp_path,
        task(by(1, choices("mood", "good", "calm"), A)),
        task(by(1)),
        task(),
        answer=Label,
    )
    assert (first.gold, second.gold, third.gold) == (Label(("calm", "good")), Label(()), None)
    assert [case.partition(":")[0] for case in cases(first)] == ["labels passed over"]


def test_choices_of_two_kinds_are_not_mixed(tmp_path: Path) -> None:
    both = task(by(1, choices("mood", "good"), choices("topic", "boats")))
    with pytest.raises(DataError, match=r"choices of 'mood' and 'topic'; .* Set data.label_column = 'mood', say."):
        examples(tmp_path, both, answer=Label)
    (example,) = examples(tmp_path, both, answer=Label, label_column="topic")
    assert example.gold == Label(("boats",))
    assert cases(example) == ["choices passed over: {'choices': ['good']}"]


def test_choices_in_rows(tmp_path: Path) -> None:
    about = {"annotator": 1, "annotation_id": 4}
    (several,) = examples(
        tmp_path, {"id": 1, "text": TEXT, "mood": {"choices": ["good", "calm"]}, **about}, answer=Label
    )
    assert several.gold == Label(("calm", "good"))
    single = {"id": 1, "text": TEXT, "mood": "good", **about}
    (one,) = examples(tmp_path, single, answer=Label, label_column="mood")
    assert (one.gold, one.fields) == (Label(("good",)), {"id": 1})


# ---- tags ------------------------------------------------------------------------------------------------------------


def test_the_task_of_tags_reads_its_regions_too(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task(by(1, A, B, region("c", 20, 26, "Narvik", "Name")))]))
    (example,) = read_tags(path, DataConfig())
    assert example.gold == Tags(("B-Person", "O", "O", "O", "B-City", "I-City", "O"))
    assert example.lost == (LostFact("entity", "Name", "Narvik", "overlaps another entity"),)


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (
            [region("a", 0, 99, None, "X")],
            "3: region a from 0 to 99, where the text has 28 characters; the text at its offsets.",
        ),
        ([{"type": "labels", "value": {"start": 0, "labels": ["X"]}}], "3: missing key value.end"),
        ([{"type": "labels"}], "3: missing key result.value"),
        (
            [A, relation("a", "z", "in")],
            "3: a relation 'in' of 'z', which no entity is called; the ids of two entities.",
        ),
        ([A, B, relation("a", "b", "in", direction="up")], "3: a relation with the direction 'up'; right, left or bi."),
        ([region("a", 0, 3, "Ida", 5)], "3: a label is 5; a string"),  # type: ignore[arg-type]
    ],
)
def test_what_is_wrong_is_cited_with_its_line(result: list[Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text("\n".join(("[", json.dumps(task(by(1, B))) + ",", json.dumps(task(by(1, *result))), "]")))
    with pytest.raises(DataError, match=re.escape(f"{path}:{message}")):
        list(read(path, DataConfig()))
