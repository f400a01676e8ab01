"""DyGIE's JSON, the sentences of a document whose tokens count through it, and what W2NER made of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read

IDA, PORT = Span(2, 3, "Person"), Span(4, 6, "City")
ONE: dict[str, Any] = {
    "doc_key": "a",
    "sentences": [["Rain", "."], ["Ida", "left", "Port", "Narvik"]],
    "ner": [[], [[2, 2, "Person"], [4, 5, "City"]]],
    "relations": [[], [[2, 2, 4, 5, "left"]]],
}
SENTENCE = {"sentence": ["Ida", "left", "Port", "Narvik"], "ner": [{"index": [0], "type": "Person"}]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.json"


def examples(path: Path, *items: Any, **settings: Any) -> list[Example]:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return list(read(path, DataConfig(**settings)))


def cases(example: Example) -> list[str]:
    return [case for _, case in example.mended]


def test_offsets_count_the_tokens_of_the_document(path: Path) -> None:
    (one,) = examples(path, ONE)
    assert one.input.text == "Rain .\nIda left Port Narvik"
    assert one.gold == Graph((IDA, PORT), (Relation(IDA, PORT, "left"),))
    assert [one.input.surface(span) for span in one.gold.spans] == ["Ida", "Port Narvik"]
    assert (one.fields, cases(one)) == ({"doc_key": "a"}, [])


def test_sentences_are_examples_where_that_is_asked_for(path: Path) -> None:
    first, second = examples(path, ONE, by_sentence=True)
    assert (first.input.text, first.gold) == ("Rain .", Graph(()))
    ida, port = Span(0, 1, "Person"), Span(2, 4, "City")
    assert (second.input.text, second.gold) == (
        "Ida left Port Narvik",
        Graph((ida, port), (Relation(ida, port, "left"),)),
    )


def test_a_sentence_alone_has_entities_by_their_tokens(path: Path) -> None:
    whole = {"index": [2, 3], "type": "City"}
    (one,) = examples(path, SENTENCE | {"ner": [*SENTENCE["ner"], whole]})
    assert one.gold == Graph((Span(0, 1, "Person"), Span(2, 4, "City")))
    (one,) = examples(path, SENTENCE | {"ner": [whole, {"index": [0, 3], "type": "Odd"}]})
    assert one.gold == Graph((Span(2, 4, "City"),))
    assert one.lost == (LostFact("entity", "Odd", "", "discontinuous"),)


def test_coreference_and_events_are_counted_and_what_is_not_annotated_has_no_gold(path: Path) -> None:
    events = [[], [[[3, "Move"], [2, 2, "Who"]], [[3, "End"]]]]
    first, second = examples(path, ONE | {"clusters": [[[2, 2], [4, 5]]], "events": events}, {"sentences": [["Rain"]]})
    assert cases(first) == [
        "coreference cluster passed over: 1 coreference cluster",
        "event passed over: 2 events",
    ]
    assert second.gold is None


def test_relations_that_stand_before_their_sentence_s_entities_are_found(path: Path) -> None:
    (one,) = examples(path, ONE | {"relations": [[[4, 5, 2, 2, "of"]], []]})
    assert one.gold.relations == (Relation(PORT, IDA, "of"),)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ner": [[], [[0, 0, "x"]]]}, "an entity from 0 to 0, listed for sentence 1; tokens 2 to 5, as offsets count"),
        ({"ner": [[[2, 2, "x"]], []]}, "an entity from 2 to 2 in a text of 2 tokens"),
        ({"ner": [[]]}, "'ner' has 1 list for 2 sentences; one list a sentence"),
        ({"ner": [[], [[2, 2]]]}, "the label of 'ner' is None"),
        ({"relations": [[], [[2, 2, 3, 3, "r"]]]}, "a relation of the tokens 3 to 3, where no entity stands"),
        ({"relations": [[], [[2, 2, 3]]]}, "a relation is [2, 2, 3]; [first, last, first, last, label]"),
        ({"sentences": [["Rain", 3], ["x"]]}, "a token is 3; a string"),
    ],
)
def test_bad_lines(changed: dict[str, Any], message: str, path: Path) -> None:
    with pytest.raises(DataError, match=f"a.json:2: .*{re.escape(message)}"):
        examples(path, ONE, ONE | changed)


def test_gold_under_another_key_is_refused(path: Path) -> None:
    for key in ("entities", "relation"):
        with pytest.raises(DataError, match=r"a\.json:2: .*'(entities|relation)'"):
            examples(path, ONE, {"sentences": [["Rain"]], key: [[[0, 0, "x"]]]})
