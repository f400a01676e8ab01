"""What annotation tools are given: the exact files, by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import MarkedText, Relation, Span, Text, TextPair
from spanloom.tasks import find_task
from spanloom.text.words import tokenize
from spanloom.write.formats import targets, written
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Options

TEXT = "Ida 😀 left\nPort Narvik ."
TOKENS = Text(TEXT, tokenize(TEXT))
IDA, PORT = Span(0, 1, "Person", 0.75), Span(3, 5, 'City & "port"', 0.5)
GRAPH = Graph((IDA, PORT), (Relation(IDA, PORT, "left", 0.25),))
EXAMPLE = Example(TOKENS, GRAPH, Source("a.jsonl", 3), fields={"id": 4, "page": 2})
BARE = Example(TOKENS, None, Source("a.jsonl", 4))


def write(path: Path, examples: Sequence[Example], name: str, model: str | None = None) -> list[str]:
    """The losses of writing examples, as predictions of a model where one is named."""
    ledger = Ledger()
    line = find_task("joint").line
    options = Options(line) if model is None else Options(line, predictions=True, model=model)
    written(path, examples, targets()[name], options, ledger)
    return [f"{loss.times} {loss.what}" for loss in ledger.losses]


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# ---- Label Studio ----------------------------------------------------------------------------------------------------


def result(scored: bool) -> list[dict[str, Any]]:
    def score(value: float) -> dict[str, float]:
        return {"score": value} if scored else {}

    def region(name: str, start: int, end: int, text: str, label: str, value: float) -> dict[str, Any]:
        place = {"start": start, "end": end, "text": text, "labels": [label]}
        return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": place, **score(value)}

    return [
        region("e0", 0, 3, "Ida", "Person", 0.75),
        region("e1", 11, 22, "Port Narvik", 'City & "port"', 0.5),
        {"from_id": "e0", "to_id": "e1", "type": "relation", "direction": "right", "labels": ["left"], **score(0.25)},
    ]


def test_label_studio_has_predictions_with_their_model_and_scores(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert write(path, [EXAMPLE, BARE], "label-studio", model="ner 3") == []
    predicted = {"model_version": "ner 3", "score": 0.5, "result": result(scored=True)}
    assert json.loads(path.read_text(encoding="utf-8")) == [
        {"data": {"id": 4, "page": 2, "text": TEXT}, "predictions": [predicted]},
        {"data": {"text": TEXT}},
    ]


def test_label_studio_has_annotations_without_scores_which_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert write(path, [EXAMPLE], "label-studio") == ["3 score"]
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    assert task["annotations"] == [{"result": result(scored=False)}]


def test_the_configuration_names_what_the_tasks_have(tmp_path: Path) -> None:
    write(tmp_path / "out.json", [EXAMPLE], "label-studio")
    assert (tmp_path / "out.config.xml").read_text(encoding="utf-8") == (
        "<View>\n"
        '  <Relations>\n    <Relation value="left"/>\n  </Relations>\n'
        '  <Labels name="label" toName="text">\n    <Label value="Person"/>\n'
        "    <Label value='City &amp; \"port\"'/>\n  </Labels>\n"
        '  <Text name="text" value="$text"/>\n'
        "</View>\n"
    )
    one = Example(TOKENS, Label(("good",)), Source("a", 1))
    for golds, kind in ((("good",), "single"), (("bad", "good"), "multiple")):
        write(tmp_path / "classes.json", [replace(one, gold=Label(golds))], "label-studio")
        tree = ElementTree.parse(tmp_path / "classes.config.xml").getroot()
        assert [part.tag for part in tree] == ["Text", "Choices"]
        assert tree[1].attrib == {"name": "class", "toName": "text", "choice": kind}
        assert tuple(choice.attrib["value"] for choice in tree[1]) == golds
        (task,) = json.loads((tmp_path / "classes.json").read_text())
        (chosen,) = task["annotations"][0]["result"]
        assert (chosen["type"], chosen["from_name"], chosen["value"]) == ("choices", "class", {"choices": list(golds)})


# ---- doccano ---------------------------------------------------------------------------------------------------------


def test_doccano_has_triples_or_entities_with_relations(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write(path, [replace(EXAMPLE, gold=Graph(GRAPH.spans)), BARE], "doccano")
    triples = [[0, 3, "Person"], [11, 22, 'City & "port"']]
    assert lines_of(path) == [
        {"id": 4, "page": 2, "text": TEXT, "label": triples},
        {"id": "", "page": "", "text": TEXT},
    ]
    assert path.read_bytes().isascii(), "it guesses the encoding of a file of relations"
    write(path, [replace(EXAMPLE, gold=Graph((IDA,))), EXAMPLE], "doccano")
    first, second = lines_of(path)
    person = {"id": 0, "label": "Person", "start_offset": 0, "end_offset": 3}
    assert (first["entities"], first["relations"]) == ([person], [])
    assert second["relations"] == [{"id": 0, "from_id": 0, "to_id": 1, "type": "left"}]
    write(path, [Example(TOKENS, Label(("bad", "good")), Source("a", 1), fields={"id": 1})], "doccano")
    assert lines_of(path) == [{"id": 1, "text": TEXT, "label": ["bad", "good"]}]


# ---- Prodigy ---------------------------------------------------------------------------------------------------------


def test_prodigy_has_tokens_spans_and_relations_between_last_tokens(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    assert write(path, [EXAMPLE], "prodigy") == ["3 score"]
    (line,) = lines_of(path)
    assert line["tokens"][1:3] == [
        {"text": "😀", "start": 4, "end": 5, "id": 1, "ws": True},
        {"text": "left", "start": 6, "end": 10, "id": 2, "ws": False},  # a line ends behind it
    ]
    assert line["spans"] == [
        {"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "Person"},
        {"start": 11, "end": 22, "token_start": 3, "token_end": 4, "label": 'City & "port"'},
    ]
    (relation,) = line["relations"]
    assert {key: relation[key] for key in ("head", "child", "label")} == {"head": 0, "child": 4, "label": "left"}
    assert not [
        key for key, value in relation.items() if "score" in (key, *([*value] if isinstance(value, dict) else []))
    ]
    assert (line["answer"], line["id"], line["page"]) == ("accept", 4, 2)


def test_what_a_model_said_is_no_answer_for_prodigy(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with_meta = replace(EXAMPLE, fields={"meta": {"page": 2}})
    write(path, [with_meta], "prodigy", model="ner 3")
    (line,) = lines_of(path)
    assert "answer" not in line
    assert line["meta"] == {"page": 2, "score": 0.5, "model": "ner 3"}
    assert [span["score"] for span in line["spans"]] == [0.75, 0.5]
    scored = Example(TOKENS, Label(("good",), (0.9,)), Source("a", 1))
    write(path, [scored, replace(scored, gold=Label(("bad",), (0.6,))), BARE], "prodigy", model="m")
    options = [{"id": "bad", "text": "bad"}, {"id": "good", "text": "good"}]
    assert [(line["options"], line.get("accept")) for line in lines_of(path)] == [
        (options, ["good"]),
        (options, ["bad"]),
        (options, None),
    ]


# ---- brat ------------------------------------------------------------------------------------------------------------


def test_brat_has_two_files_a_text_and_its_configuration(tmp_path: Path) -> None:
    over_lines = Span(2, 5, "Trip of hers")
    gold = Graph((IDA, over_lines), (Relation(IDA, over_lines, "went on"),))
    examples = [
        replace(EXAMPLE, gold=gold, fields={"id": "north/a 1"}),
        replace(EXAMPLE, gold=Graph(), fields={"id": "north/b"}),
        replace(EXAMPLE, gold=Graph(), fields={"id": "North/B"}),  # the same file where case does not count
        BARE,
    ]
    assert write(tmp_path / "out", examples, "brat") == [
        "2 blank of a label",
        "1 score",
        "1 id that is no name of a file",
        "1 text without gold",
    ]
    files = {str(file.relative_to(tmp_path / "out")): file for file in (tmp_path / "out").rglob("*.*")}
    assert sorted(files) == [
        "000001.ann", "000001.txt", "North/B-2.ann", "North/B-2.txt", "annotation.conf", "north/b.ann", "north/b.txt",
    ]  # fmt: skip
    assert files["000001.txt"].read_bytes() == TEXT.encode()
    assert files["000001.ann"].read_text(encoding="utf-8") == (
        "T1\tPerson 0 3\tIda\nT2\tTrip_of_hers 6 10;11 22\tleft Port Narvik\nR1\twent_on Arg1:T1 Arg2:T2\n"
    )
    assert files["north/b.ann"].read_bytes() == b""
    assert files["annotation.conf"].read_text() == (
        "[entities]\nPerson\nTrip_of_hers\n\n"
        "[relations]\nwent_on\tArg1:<ENTITY>, Arg2:<ENTITY>\n\n[events]\n\n[attributes]\n"
    )


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", [EXAMPLE], "brat")  # an empty one is used
    with pytest.raises(ConfigError, match=r"out: is a folder with files in it; a new folder."):
        write(tmp_path / "out", [EXAMPLE], "brat")
    (tmp_path / "file").write_text("kept")
    with pytest.raises(ConfigError, match=r"file: is a file; a new folder."):
        write(tmp_path / "file", [EXAMPLE], "brat")
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "out"]


# ---- gold of other types ---------------------------------------------------------------------------------------------


def test_tags_are_written_as_spans_with_the_score_of_the_least_sure_token(tmp_path: Path) -> None:
    tags = Tags(("B-Person", "O", "O", "B-City", "I-City", "O"), (0.9, 1.0, 1.0, 0.8, 0.6, 1.0))
    assert write(tmp_path / "out.json", [replace(EXAMPLE, gold=tags)], "label-studio", model="m") == []
    (task,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    found = task["predictions"][0]["result"]
    assert [(one["value"]["labels"], one["score"]) for one in found] == [(["Person"], 0.9), (["City"], 0.6)]


def test_tags_that_are_no_spans_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"a.jsonl:3: gold that is labels of tokens that are no spans; label-studio holds"
    ):
        write(tmp_path / "out.json", [replace(EXAMPLE, gold=Tags(("NOUN",) * 6))], "label-studio")
    assert list(tmp_path.iterdir()) == []


def test_a_marked_relation_is_two_spans_and_what_joins_them(tmp_path: Path) -> None:
    head, tail = replace(IDA, score=None), Span(3, 5, "City")
    marked = Example(MarkedText(TOKENS, head, tail), Relation(head, tail, "left"), Source("a", 1))
    assert write(tmp_path / "out.jsonl", [marked], "doccano") == []
    (line,) = lines_of(tmp_path / "out.jsonl")
    assert [one["label"] for one in line["entities"]] == ["Person", "City"]
    assert [one["type"] for one in line["relations"]] == ["left"]


def test_pairs_and_what_was_lost_are_counted(tmp_path: Path) -> None:
    pair = Example(TextPair(TOKENS, TOKENS), Label(("same",)), Source("a", 1))
    one = Example(TOKENS, Label(("good",)), Source("a", 2))
    assert write(tmp_path / "out.jsonl", [pair, one], "doccano") == ["1 pair of texts"]
    assert len(lines_of(tmp_path / "out.jsonl")) == 1
