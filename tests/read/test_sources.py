"""Several data sets as one: other names, what each annotates, and gold of other kinds read as graphs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig, build
from spanloom.config.data import SourceConfig
from spanloom.core import Coverage, Example, Source
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read_graphs
from spanloom.read.parts.sources import check_names, coverage_of, covered, judged, spelled_strictly, under_new_names
from tests.tasks.sentences import sentence, text_of


def source(**settings: Any) -> SourceConfig:
    return build(SourceConfig, {"train": "facts/train.json", **settings}, "mine.toml", Path("/data"))


TEXT = sentence("Ada of Oslo runs Bolt", [(0, 1, "P"), (2, 3, "L"), (4, 5, "O")], [(2, "run by", 0), (0, "home", 1)])


def facts(example: Example) -> tuple[list[str], list[str]]:
    text, gold = example.input, example.gold
    return [f"{text.surface(span)}:{span.label}" for span in gold.spans], [
        text.describe(item) for item in gold.relations
    ]


def test_labels_get_other_names_and_relations_are_turned_round() -> None:
    chosen = source(rename={"P": "person", "run by": "-runs", "L": ""})
    assert facts(*under_new_names([TEXT], chosen)) == (["Ada:person", "Bolt:O"], ["Ada -> runs -> Bolt"])


def test_names_of_some_kind_get_that_of_their_relations() -> None:
    some = {"P": "*", "L": "*", "O": "*"}
    arguments = {"runs": ["person", "firm"], "home": ["person", "place"]}
    chosen = source(rename={**some, "run by": "-runs"}, arguments=arguments)
    assert facts(*under_new_names([TEXT], chosen))[0] == ["Ada:person", "Oslo:place", "Bolt:firm"]
    odd = source(rename={**some, "run by": "-runs"}, arguments={**arguments, "home": ["firm", "place"]})
    assert facts(*under_new_names([TEXT], odd))[0] == ["Ada:*", "Oslo:place", "Bolt:firm"]


def test_a_name_that_no_gold_has_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"data.source 'facts': rename has 'PER'; a label of its training data: L, O, P"
    ):
        check_names([TEXT], source(rename={"P": "a", "PER": "person"}))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rename": {"P": "-person"}}, "rename turns 'P' round, which is no relation; .* Write P = 'person'"),
        ({"rename": {"home": "*"}}, r"rename has '\*' for 'home', which is no entity; the name of a relation"),
        ({"rename": {"home": "-*"}}, r"rename has '-\*' for 'home', which is no entity"),
        (
            {"rename": {"home": "-houses"}, "arguments": {"home": ["L", "P"]}},
            "arguments has 'home'; a relation under its new name: houses, run by",
        ),
    ],
)
def test_names_of_the_other_kind_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_names([TEXT], source(**settings))


def test_names_that_are_there_pass() -> None:
    names = {"P": "*", "L": "", "home": "-houses", "run by": ""}
    check_names([TEXT], source(rename=names, arguments={"houses": ["L", "P"]}))


def test_what_a_source_annotates() -> None:
    everything = coverage_of(source(), [TEXT])
    assert everything == Coverage("facts", frozenset("LOP"), frozenset({"home", "run by"}))
    some = coverage_of(source(annotates={"entities": ["P", "O"], "relations": "none"}), [TEXT])
    assert some == Coverage("facts", frozenset("OP"))
    assert facts(*covered([TEXT], some)) == (["Ada:P", "Bolt:O"], [])
    assert coverage_of(source(annotates={"entities": "related only"}), [TEXT]).related_only
    with pytest.raises(ConfigError, match=r"annotates.entities has 'X'; labels of its training data: L, O, P"):
        coverage_of(source(annotates={"entities": ["X"]}), [TEXT])
    with pytest.raises(ConfigError, match=r"annotates.relations has 'x'; labels of its training data: it has none"):
        coverage_of(source(annotates={"relations": ["x"]}), [replace(TEXT, gold=Graph(TEXT.gold.spans))])


def test_answers_are_judged_by_what_is_annotated() -> None:
    ada, oslo, bolt, bit = Span(0, 1, "P"), Span(2, 3, "L"), Span(4, 5, "O"), Span(3, 4, "O")
    found = Graph((ada, oslo, bit, bolt), (Relation(ada, oslo, "home"), Relation(bolt, ada, "run by")))
    example = replace(TEXT, covered=Coverage("s", frozenset("O"), frozenset({"home"})))
    assert judged(found, example) == Graph((ada, oslo, bit, bolt), (found.relations[0],))
    alone = replace(TEXT, covered=Coverage("s", frozenset("LOP"), frozenset({"home"}), related_only=True))
    assert judged(found, alone) == Graph((ada, oslo), (found.relations[0],))
    some = replace(TEXT, gold=Graph((replace(bolt, label="*"),)), covered=Coverage("s", frozenset("P")))
    assert judged(found, some) == Graph((ada, replace(bolt, label="*")))
    assert judged(found, TEXT) is found


def test_tags_classes_and_intents_of_several_sources() -> None:
    tags = Example(text_of(["a", "b", "c"]), Tags(("B-X", "I-X", "B-Y")), Source("t", 1))
    (other,) = under_new_names([tags], source(rename={"X": "one", "Y": ""}))
    assert other.gold == Tags(("B-one", "I-one", "O"))
    coverage = coverage_of(source(annotates={"entities": ["Y"]}), [tags])
    assert covered([tags], coverage)[0].gold == Tags(("O", "O", "B-Y"))
    plain = Example(text_of(["a", "b"]), Tags(("N", "V")), Source("t", 1))
    with pytest.raises(DataError, match="drops the label 'V', and every token has one"):
        under_new_names([plain], source(rename={"V": ""}))
    several = Example(text_of(["a"]), Label(("good", "new")), Source("t", 1))
    assert under_new_names([several], source(rename={"new": "", "good": "fine"}))[0].gold == Label(("fine",))
    assert judged(Label(("good", "old")), replace(several, covered=Coverage("s", frozenset({"good"})))) == Label(
        ("good",)
    )
    frame = Example(text_of(["a", "b"]), Frame(Label(("fly",)), Tags(("O", "B-city"))), Source("t", 1))
    assert coverage_of(source(), [frame]).entities == {"fly", "city"}
    assert under_new_names([frame], source(rename={"city": "to"}))[0].gold.slots == Tags(("O", "B-to"))
    with pytest.raises(DataError, match="drops the intent 'fly'"):
        under_new_names([frame], source(rename={"fly": ""}))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.conll", "-DOCSTART- -X- O O\n\nAda NNP B-NP B-PER\nsings VBZ B-VP O\n", [("PER", 0, 1)]),
        (
            "b.jsonl",
            '{"text": "Ada wrote Bolts", "head": {"start": 0, "end": 3}, "tail": {"start": 10, "end": 15}, '
            '"relation": "author"}\n',
            [("*", 0, 1), ("*", 2, 3)],
        ),
        (
            "c.jsonl",
            '{"text": "to Oslo", "intent": "fly", "slots": [{"start": 3, "end": 7, "label": "city"}]}\n',
            [("city", 1, 2)],
        ),
    ],
)
def test_gold_of_other_kinds_is_read_as_graphs(
    tmp_path: Path, name: str, content: str, expected: list[tuple[str, int, int]]
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    (example,) = read_graphs(path, DataConfig())
    assert [(span.label, span.start, span.end) for span in example.gold.spans] == expected
    assert [item.label for item in example.gold.relations] == (["author"] if name == "b.jsonl" else [])


def test_what_no_format_reads_is_refused_as_by_read(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("Just one line of text.\n", encoding="utf-8")
    with pytest.raises(DataError, match="no known format, the file begins with 'Just one line"):
        list(read_graphs(path, DataConfig()))


def test_what_is_unclear_in_an_example_is_open_there_under_its_new_name() -> None:
    chosen = source(rename={"run by": "-runs"})
    unclear, clear = under_new_names([replace(TEXT, unclear=frozenset({"run by"})), TEXT], chosen)
    both = covered([unclear, clear], coverage_of(chosen, [clear]))
    assert [one.covered.relations for one in both if one.covered] == [{"home"}, {"home", "runs"}]
    assert [facts(one)[1] for one in both] == [["Ada -> home -> Oslo"], ["Ada -> runs -> Bolt", "Ada -> home -> Oslo"]]


def test_labels_are_spelled_strictly_where_their_own_source_does_not_mend() -> None:
    places = Coverage("places", frozenset({"L"}))
    examples = [replace(TEXT, covered=Coverage("facts", frozenset({"P"}))), replace(TEXT, covered=places), TEXT]
    mending = source(name="places", repair=True)
    assert spelled_strictly(examples, DataConfig(source=(source(name="facts"), mending))) == [examples[0], TEXT]
    assert spelled_strictly(examples, DataConfig()) == examples
    assert spelled_strictly(examples, DataConfig(repair=True)) == []
