"""What every format that is written must keep: a file in `write/formats/` is all that a test here needs to find it.

Examples are drawn that hold what a format says that it holds (`Target.holds`), written, and read back.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.inputs import Relation, Span, Text, texts_of
from spanloom.read import format_names, read
from spanloom.run.cli.data import WRITTEN
from spanloom.tasks import find_task, task_names
from spanloom.text.tags import without_overlaps
from spanloom.text.words import tokenize
from spanloom.write.formats import checked, reading_back, takes, targets, written
from spanloom.write.formats.parts.compare import compare
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Holds, Options, Target

WORDS = ("Ida", "moved", "to", "Narvik", "灯塔", "😀", "naïve", "3", ",", "Ølen")
LABELS = ("Person", "City", "the_group")
PLAIN = ("NOUN", "PUNCT", "ADP")
RELATED = ("lives_in", "part_of")
SPACES = (" ", "  ", "\n", " \u3000")
EVERY = frozenset(Holds) - {Holds.predictions, Holds.scores}
LINES = {type(task.answer()): task.line for task in reversed([*map(find_task, task_names())])}


# ---- what is written -------------------------------------------------------------------------------------------------


@st.composite
def texts(draw: st.DrawFn, holds: frozenset[Holds], by_text: bool) -> Text:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7, unique=by_text))
    between = st.sampled_from(SPACES) if Holds.spacing in holds else st.just(" ")
    text = words[0] + "".join(draw(between) + word for word in words[1:])
    return Text(text, tokenize(text))


@st.composite
def graphs(draw: st.DrawFn, text: Text, holds: frozenset[Holds], by_text: bool) -> Graph:
    places = st.integers(0, len(text.tokens) - 1).flatmap(
        lambda start: st.tuples(st.just(start), st.integers(start + 1, len(text.tokens)), st.sampled_from(LABELS))
    )
    drawn = draw(
        st.lists(
            places,
            min_size=0 if Holds.empty in holds else 1,
            max_size=4,
            unique_by=(lambda place: place[:2]) if by_text else None,
            unique=not by_text,
        )
    )
    spans = tuple(Span(*place) for place in drawn)
    spans = spans if Holds.overlaps in holds else without_overlaps(spans)
    related = st.tuples(st.sampled_from(spans or [None]), st.sampled_from(spans or [None]), st.sampled_from(RELATED))
    pairs = draw(st.lists(related, max_size=3, unique=True)) if spans and Holds.relations in holds else []
    return Graph(spans, tuple(Relation(*pair) for pair in pairs if pair[0] != pair[1]))


@st.composite
def golds(draw: st.DrawFn, text: Text, holds: frozenset[Holds], answer: type, by_text: bool) -> Any:
    if Holds.unannotated in holds and draw(st.integers(0, 5)) == 0:
        return None
    if answer is Tags:
        return Tags(tuple(draw(st.sampled_from(PLAIN)) for _ in text.tokens))
    if answer is Label:
        least, most = (0 if Holds.empty in holds else 1), (3 if Holds.several in holds else 1)
        return Label(tuple(sorted(draw(st.sets(st.sampled_from(LABELS), min_size=least, max_size=most)))))
    return draw(graphs(text, holds, by_text))


@st.composite
def samples(draw: st.DrawFn, holds: frozenset[Holds], answer: type, by_text: bool = False) -> list[Example]:
    """by_text: no two facts are of the same text, so that each is found where it stands."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        text = draw(texts(holds, by_text))
        gold = draw(golds(text, holds, answer, by_text))
        fields: dict[str, Any] = {"id": f"a{number}"} if Holds.ids in holds else {}
        fields |= {"page": draw(st.integers(0, 9))} if Holds.fields in holds else {}
        found.append(Example(text, gold, Source("drawn", number + 1), fields=fields))
    if all(example.gold is None for example in found):
        tokens = found[0].input.tokens
        some = {Label: Label(LABELS[:1]), Graph: Graph((Span(0, 1, LABELS[0]),)), Tags: Tags(PLAIN[:1] * len(tokens))}
        found[0] = replace(found[0], gold=some[answer])
    return found


# ---- what it says ----------------------------------------------------------------------------------------------------


def facts(example: Example, holds: Iterable[Holds]) -> tuple[Any, ...]:
    """What an example says, as far as a format that holds so much can say it, whatever the type of its gold."""
    words = [token.text for text in texts_of(example.input) for token in text.tokens]
    text = texts_of(example.input)[0].text if Holds.spacing in holds else " ".join(words)
    kept = {"id"} if Holds.ids in holds else set[str]()
    kept |= {"page"} if Holds.fields in holds else set()
    fields = {name: str(value) for name, value in example.fields.items() if name in kept}
    return text, *gold_facts(example), sorted(fields.items())


def gold_facts(example: Example) -> tuple[Any, ...]:
    if example.gold is None:
        return (None,)
    kind = kind_of(example.gold)
    if isinstance(example.gold, Tags) and {*example.gold.labels} <= {*PLAIN}:
        return example.gold.labels
    if kind.graph is None:
        return tuple(sorted(kind.classes(example.gold)))
    _, spans, relations = kind.graph(example.input, example.gold)
    return frozenset(spans), frozenset(relations)


def options_for(answer: type) -> Options:
    return Options(LINES[answer])


def through(examples: Sequence[Example], target: Target, ledger: Ledger) -> list[Example]:
    """Written and read back."""
    answer = next(type(example.gold) for example in examples if example.gold is not None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out")
        written(path, examples, target, options_for(answer), ledger)
        gold = target.answers[0] if target.answers and answer not in target.answers else answer
        return list(read(path, reading_back(target, options_for(answer), DataConfig()), gold))


def both_hold(one: Target, other: Target, answer: type) -> bool:
    """Whether two formats hold gold of a type; `Tags` are here those that are no spans."""
    plain = answer is not Tags or Holds.plain in one.holds & other.holds
    return plain and takes(one, answer) and takes(other, answer)


PAIRS = [
    pytest.param(one, other, answer, id=f"{one.name}-{other.name}-{answer.__name__}")
    for one, other in combinations_with_replacement(targets().values(), 2)
    for answer in (Graph, Label, Tags)
    if both_hold(one, other, answer)
]
EXAMPLES = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
A_FEW = settings(EXAMPLES, max_examples=3)
"""Of each pair, as there are many."""


@pytest.fixture(params=targets())
def target(request: pytest.FixtureRequest) -> Target:
    return targets()[request.param]


def test_help_lists_them() -> None:
    assert sorted(targets()) == WRITTEN


def test_a_format_is_read_back_by_one_that_is_there(target: Target) -> None:
    assert target.reads in format_names()
    assert target.name == target.name.strip().lower()
    assert target.summary


@pytest.mark.parametrize(("one", "other", "answer"), PAIRS)
@A_FEW
@given(data=st.data())
def test_for_each_pair_of_formats_what_both_can_hold_survives_the_round_trip(
    one: Target, other: Target, answer: type, data: st.DataObject
) -> None:
    holds = one.holds & other.holds
    examples = data.draw(samples(holds, answer, one.by_text or other.by_text))
    lost = Ledger()
    back = through(through(examples, one, lost), other, lost)
    invented = ("id", "field of")  # such as the names of files, which the other may not hold
    assert [loss for loss in lost.losses if not loss.what.startswith(invented)] == []
    assert [facts(one, holds) for one in in_order(back)] == [facts(one, holds) for one in in_order(examples)]


def in_order(examples: Iterable[Example]) -> list[Example]:
    """A folder's files are read by their names: by the words, then by what is said of them."""
    return sorted(examples, key=lambda one: ([token.text for token in texts_of(one.input)[0].tokens], repr(one.fields)))


@EXAMPLES
@given(data=st.data())
def test_what_is_not_read_back_stands_in_the_ledger(target: Target, data: st.DataObject) -> None:
    """Of anything at all: each fact comes back or is counted, and the check agrees."""
    answer = data.draw(st.sampled_from([one for one in (Graph, Label) if takes(target, one)]))
    examples = data.draw(samples(EVERY - ({Holds.several} if Holds.several not in target.holds else set()), answer))
    ledger = Ledger()
    with tempfile.TemporaryDirectory() as folder:
        path, options = Path(folder, "out"), options_for(answer)
        if not written(path, examples, target, options, ledger):
            return
        assert checked(path, examples, target, options, DataConfig()).losses == []
        gold = target.answers[0] if target.answers and answer not in target.answers else answer
        back = list(read(path, reading_back(target, options_for(answer), DataConfig()), gold))
    before, after = count(examples), count(back)
    counted = sum(loss.times for loss in ledger.losses if loss.what.split()[0] in ("entity", "relation"))
    assert before - after == counted
    left_out = sum(loss.times for loss in ledger.losses if loss.what.startswith("text "))
    assert len(examples) - len(back) == left_out


def count(examples: Iterable[Example]) -> int:
    kinds = ((kind_of(example.gold), example.gold) for example in examples if example.gold is not None)
    return sum(kind.behind(gold, 0) or len(kind.classes(gold)) for kind, gold in kinds)


# ---- the check -------------------------------------------------------------------------------------------------------

TEXT = Text("Ida left Narvik", tokenize("Ida left Narvik"))
IDA, NARVIK = Span(0, 1, "Person"), Span(2, 3, "City")
GOLD = Graph((IDA, NARVIK), (Relation(IDA, NARVIK, "left"),))
ONE = Example(TEXT, GOLD, Source("a.jsonl", 3), fields={"id": 4})
JSONL = targets()["jsonl"]


@pytest.mark.parametrize(
    ("back", "found"),
    [
        ([ONE], []),
        ([replace(ONE, gold=Graph((NARVIK, IDA), GOLD.relations))], []),
        ([replace(ONE, fields={"id": "4"})], []),
        ([], ["1 text that is not there, the first at a.jsonl:3: 'Ida left Narvik'"]),
        ([ONE, ONE], ["1 text that was not written, the first at a.jsonl:3: 'Ida left Narvik'"]),
        ([replace(ONE, gold=Graph(GOLD.spans))], ["1 annotation that differs"]),
        ([replace(ONE, gold=Graph((IDA, replace(NARVIK, label="Town"))))], ["1 annotation that differs"]),
        ([replace(ONE, gold=None)], ["1 annotation that differs"]),
        ([replace(ONE, lost=(LostFact("entity", "City", "Os", "inside a token"),))], ["1 fact that had no place"]),
        ([replace(ONE, fields={"id": 5})], ["1 id that differs"]),
        ([replace(ONE, fields={"id": 4, "page": 1})], ["1 field that differs"]),
    ],
)
def test_the_check_sees_every_difference_but_the_order(back: list[Example], found: list[str]) -> None:
    ledger = Ledger()
    assert compare([ONE], back, JSONL, ledger) == (not found or back[1:] == [ONE])
    assert [str(loss)[: len(want)] for loss, want in zip(ledger.losses, found, strict=True)] == found


def test_a_ledger_counts_by_kind_and_cites_the_first() -> None:
    ledger = Ledger()
    ledger.lose("relation", Source("a", 2), "Ida -> left -> Oslo")
    ledger.lose("id", Source("a", 1))
    ledger.lose("relation", Source("a", 9), "x", 1000)
    assert [*map(str, ledger.losses)] == [
        "1,001 relations, the first at a:2: Ida -> left -> Oslo",
        "1 id, the first at a:1",
    ]


def test_gold_of_another_type_is_written_as_far_as_it_can_be_said(tmp_path: Path) -> None:
    inner = Span(0, 3, "Sentence")
    ledger, path = Ledger(), tmp_path / "a.conll"
    nested = replace(ONE, gold=Graph((IDA, NARVIK, inner), GOLD.relations))
    assert written(path, [nested], targets()["columns"], options_for(Graph), ledger) == 1
    assert path.read_text() == "Ida\tB-Sentence\nleft\tI-Sentence\nNarvik\tI-Sentence\n\n"
    assert Counter({loss.what: loss.times for loss in ledger.losses}) == {
        "entity of those that overlap": 2,
        "relation": 1,
        "id": 1,
    }
    assert [example.gold for example in read(path, DataConfig(), Tags)] == [
        Tags(("B-Sentence", "I-Sentence", "I-Sentence"))
    ]
