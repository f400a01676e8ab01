"""Prodigy's JSON lines: spans, relations between tokens, options, and the answers that leave items out."""

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

TEXT = "Ida moved to Port Narvik ."
IDA, PORT = Span(0, 1, "Person"), Span(3, 5, "City")
PERSON = {"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "Person"}
CITY = {"start": 13, "end": 24, "token_start": 3, "token_end": 4, "label": "City"}
IN = {"head": 0, "child": 4, "head_span": PERSON, "child_span": CITY, "label": "in", "color": "#c5bdf4"}


def item(**more: Any) -> dict[str, Any]:
    return {"text": TEXT, "_input_hash": 7, "_task_hash": -8, "_session_id": None, "answer": "accept", **more}


def examples(folder: Path, *lines: dict[str, Any], answer: type = Graph, **settings: Any) -> list[Example]:
    path = folder / "out.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return list(read(path, DataConfig(**settings), answer))


def cases(example: Example) -> list[str]:
    return [case for _, case in example.mended]


def test_spans_and_relations_and_nothing_of_prodigys_own_is_kept(tmp_path: Path) -> None:
    (example,) = examples(tmp_path, item(spans=[PERSON, CITY], relations=[IN], id=5, meta={"page": 2}))
    assert example.gold == Graph((IDA, PORT), (Relation(IDA, PORT, "in"),))
    assert example.fields == {"id": 5, "meta": {"page": 2}}


def test_the_ends_of_a_relation_may_be_tokens_alone(tmp_path: Path) -> None:
    """The span around the token is meant, and without one the token is a span of its own."""
    plain = {"head": 0, "child": 4, "label": "in"}
    (example,) = examples(
        tmp_path, item(spans=[PERSON, CITY], relations=[plain, {"head": 4, "child": 1, "label": "of"}])
    )
    moved = Span(1, 2, "Entity")
    assert example.gold == Graph((IDA, PORT, moved), (Relation(IDA, PORT, "in"), Relation(PORT, moved, "of")))


def test_of_two_spans_of_one_place_the_label_tells_which_is_meant(tmp_path: Path) -> None:
    town = {**CITY, "label": "Harbour"}
    relation = {**IN, "child_span": town}
    (example,) = examples(tmp_path, item(spans=[PERSON, CITY, town], relations=[relation]))
    assert example.gold.relations == (Relation(IDA, Span(3, 5, "Harbour"), "in"),)


def test_the_tokens_of_the_file_are_those_of_the_text(tmp_path: Path) -> None:
    tokens = [{"text": "Ida", "start": 0, "end": 3, "id": 0}, {"text": "-", "start": 3, "end": 4, "id": 1},
              {"text": "Bo", "start": 4, "end": 6, "id": 2}, {"text": "\n", "start": 6, "end": 7, "id": 3}]  # fmt: skip
    given = item(text="Ida-Bo\n", spans=[{"start": 4, "end": 6, "label": "Person"}])
    (example,) = examples(tmp_path, {**given, "tokens": tokens})
    assert [token.text for token in example.input.tokens] == ["Ida", "-", "Bo"]
    assert example.gold == Graph((Span(2, 3, "Person"),))
    (cut,) = examples(tmp_path, given)
    assert cut.lost == (LostFact("entity", "Person", "Bo", "inside a token"),)


def test_what_was_rejected_or_ignored_is_left_out_and_counted(tmp_path: Path) -> None:
    lines = [item(answer="reject", spans=[]), item(spans=[PERSON]), item(answer="ignore", spans=[]), item(spans=[])]
    first, second = examples(tmp_path, *lines, item(answer="reject", spans=[CITY]))
    assert (first.gold, second.gold) == (Graph((IDA,)), Graph())
    assert [source.line for source, _ in (*first.mended, *second.mended)] == [1, 3, 5]
    shown = "'Ida moved to Port Narvik .'"
    assert cases(first) == [f"item that was rejected, left out: {shown}"]
    assert cases(second) == [f"item that was ignored, left out: {shown}", f"item that was rejected, left out: {shown}"]
    with pytest.raises(
        DataError, match=r"out.jsonl:1: nothing is left of the file \(item that was rejected, .* 1 more"
    ):
        examples(tmp_path, lines[0], lines[2])
    with pytest.raises(DataError, match=r"out.jsonl:2: the answer 'maybe'; accept, reject or ignore."):
        examples(tmp_path, lines[1], item(answer="maybe", spans=[]))


def test_an_item_without_spans_was_not_annotated_for_them(tmp_path: Path) -> None:
    first, second = examples(tmp_path, item(spans=[PERSON]), {"text": TEXT})
    assert (first.gold, second.gold) == (Graph((IDA,)), None)


def test_an_annotator_can_be_named(tmp_path: Path) -> None:
    lines = [item(spans=[PERSON], _annotator_id="set-ann"), item(spans=[CITY], _session_id="set-bo")]
    (example,) = examples(tmp_path, *lines, annotator="set-bo")
    assert example.gold == Graph((PORT,))
    assert cases(example) == ["item of another annotator, left out: set-ann"]
    with pytest.raises(DataError, match=r"nothing annotated by 'cy'; one of: set-ann, set-bo."):
        examples(tmp_path, *lines, annotator="cy")


# ---- classes ---------------------------------------------------------------------------------------------------------

OPTIONS = [{"id": "good", "text": "Good"}, {"id": 2, "text": "Two"}]


def test_what_is_accepted_of_the_options_is_the_classes(tmp_path: Path) -> None:
    chosen = [item(options=OPTIONS, accept=["good"]), item(options=OPTIONS, accept=[2, "good"])]
    found = examples(tmp_path, *chosen, item(options=OPTIONS, accept=[]), item(options=OPTIONS), answer=Label)
    assert [example.gold for example in found] == [Label(("good",)), Label(("2", "good")), Label(()), None]
    with pytest.raises(DataError, match=r"out.jsonl:1: 'bad' is accepted; one of the options good, 2."):
        examples(tmp_path, item(options=OPTIONS, accept=["bad"]), answer=Label)


def test_a_label_that_was_accepted_is_one_and_one_that_was_rejected_says_none(tmp_path: Path) -> None:
    lines = [item(label="good"), item(label="bad", answer="reject")]
    (example,) = examples(tmp_path, *lines, answer=Label)
    assert example.gold == Label(("good",))
    assert cases(example) == ["item that was rejected, left out: 'Ida moved to Port Narvik .'"]


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"spans": [{**PERSON, "end": 99}]},
            "a span from 0 to 99 in a text of 26 characters; offsets inside the text.",
        ),
        ({"spans": [{"start": 0, "label": "X"}]}, "missing key spans.end"),
        ({"spans": [{**PERSON, "text": "Bo"}]}, "a span with the text 'Bo' at 0 to 3, where 'Ida' stands"),
        (
            {"spans": [], "relations": [{"head": 0, "child": 9, "label": "in"}]},
            "a relation's child is 9; a token, 0 to 5.",
        ),
        ({"spans": [], "relations": [{"head": 0, "label": "in"}]}, "missing key relations.child"),
        ({"spans": [PERSON], "relations": [{**IN, "label": " "}]}, "relations.label is ' '; a label."),
    ],
)
def test_what_is_wrong_is_cited_with_its_line(more: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(f"out.jsonl:2: {message}")):
        examples(tmp_path, item(spans=[]), item(**more))
