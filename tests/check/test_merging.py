"""What people decided, in the data that it is of, and where it cannot be applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.parts.facts import ENTITIES, RELATIONS
from spanloom.answers.tags import Tags
from spanloom.check.merging import Merged, Shown, applied, facts_of, merged
from spanloom.core import Claim, Example, Source
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.text.words import tokenize

ADA, ULM = Span(0, 1, "Person"), Span(3, 4, "City")
LIVES = Relation(ADA, ULM, "lives_in")


def example(
    words: str, gold: Any, line: int = 1, fields: Mapping[str, Any] | None = None, path: str = "data.jsonl"
) -> Example:
    return Example(Text(words, tokenize(words)), gold, Source(path, line), fields=fields or {})


def graph(*spans: Span, relations: tuple[Relation, ...] = ()) -> Graph:
    return Graph(spans, relations)


DATA = [
    example("Ada lives in Ulm", graph(ADA, ULM, relations=(LIVES,)), 1),
    example("Bo lives in Graz", graph(ADA), 2),
    example("Nobody is here", graph(), 3),
]


def told(found: Merged) -> list[tuple[int, str]]:
    return [(change.number, change.conflict) for change in found.changes]


def test_what_a_person_left_is_what_stands_there_and_nothing_else_is_touched() -> None:
    reviewed = [example("Bo lives in Graz", graph(ADA, ULM, relations=(LIVES,)))]
    found = merged(DATA, reviewed, {})
    assert [(change.gone, change.come) for change in found.changes] == [
        (frozenset(), {Claim(ENTITIES, "City", (3, 4)), Claim(RELATIONS, "lives_in", (0, 1, 3, 4))})
    ]
    after = applied(DATA, found.changes)
    assert after[1].gold == graph(ADA, ULM, relations=(LIVES,))
    assert [after[0], after[2]] == [DATA[0], DATA[2]]
    assert after[1].source == DATA[1].source


def test_what_is_confirmed_is_no_change() -> None:
    found = merged(DATA, [DATA[0]], {})
    assert [(change.gone, change.come, change.conflict) for change in found.changes] == [(frozenset(), frozenset(), "")]
    assert applied(DATA, found.changes) == DATA


def test_what_comes_back_undecided_or_is_of_other_data_is_counted() -> None:
    found = merged(DATA, [example("Bo lives in Graz", None), example("Someone else", graph(ADA), 9)], {})
    assert (found.undecided, [item.source.line for item in found.unknown], told(found)) == (1, [9], [])


def test_a_tool_that_shows_no_relations_takes_none_away() -> None:
    found = merged(DATA, [example("Ada lives in Ulm", graph(ADA, Span(3, 4, "Town")))], {})
    assert found.unseen == {RELATIONS}
    after = applied(DATA, found.changes)[0].gold
    assert after.relations == (Relation(ADA, Span(3, 4, "Town"), "lives_in"),)


def test_two_people_who_differ_are_a_conflict_and_two_who_agree_are_none() -> None:
    one, other = (
        example("Bo lives in Graz", graph(*spans), fields={"annotator": name})
        for name, spans in (("kim", (ADA, ULM)), ("lee", (ULM,)))
    )
    assert told(merged(DATA, [one, other], {})) == [(1, "2 people say different things of it")]
    assert applied(DATA, merged(DATA, [one, other], {}).changes) == DATA
    assert told(merged(DATA, [one, one], {})) == [(1, "")]


def test_of_equal_texts_the_one_that_is_named_changes_and_none_where_none_is() -> None:
    twice = [example("Bo lives in Graz", graph(ADA), 1), example("Bo lives in Graz", graph(), 2)]
    said = graph(ADA, ULM)
    unnamed = merged(twice, [example("Bo lives in Graz", said)], {})
    assert told(unnamed) == [(0, "2 examples have this text, and nothing says which was reviewed")]
    named = merged(twice, [example("Bo lives in Graz", said, fields={"source": "data.jsonl:2"})], {})
    assert told(named) == [(1, "")]
    assert [item.gold for item in applied(twice, named.changes)] == [graph(ADA), said]


@pytest.mark.parametrize("proposed", [graph(ULM), graph(ADA, ULM)])
def test_changes_of_the_data_since_then_stay_where_they_do_not_touch(proposed: Graph) -> None:
    then = {"data.jsonl:2": Shown(facts_of(example("", graph(ULM))))}  # since then Ada was annotated
    now = [example("Bo lives in Graz", graph(ADA, ULM), 2)]
    renamed = merged(now, [example("Bo lives in Graz", graph(Span(3, 4, "Town")))], then)
    assert applied(now, renamed.changes)[0].gold == graph(ADA, Span(3, 4, "Town"))
    touching = merged(now, [example("Bo lives in Graz", graph(Span(0, 1, "Dog"), ULM))], then)
    assert told(touching) == [(0, "the data were changed at 'Bo' as well")]
    same = merged(now, [example("Bo lives in Graz", graph(ADA, ULM))], then)
    assert applied(now, same.changes) == now


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({}, False),
        ({"who": "?"}, False),
        ({"user": 7}, False),
        ({"annotator": "kim"}, True),
    ],
)
def test_what_came_back_as_it_was_proposed_is_taken_where_somebody_is_known_to_have_looked(
    fields: Mapping[str, Any], taken: bool
) -> None:
    """A tool that knows annotations alone gives a proposal back whether anybody saw it or not."""
    proposal = graph(ADA, ULM, relations=(LIVES,))
    shown = {"data.jsonl:2": Shown(facts_of(DATA[1]), facts_of(example("", proposal)), {"user": 7})}
    back = [example("Bo lives in Graz", proposal, fields=fields)]
    found = merged(DATA, back, shown)
    assert (applied(DATA, found.changes)[1].gold, found.untouched) == ((proposal, 0) if taken else (graph(ADA), 1))
    assert applied(DATA, merged(DATA, back, shown, accept=True).changes)[1].gold == proposal
    renamed = graph(ADA, Span(3, 4, "Town"))
    mended = merged(DATA, [example("Bo lives in Graz", renamed, fields=fields)], shown)
    assert (applied(DATA, mended.changes)[1].gold, mended.untouched) == (renamed, 0)


def test_a_proposal_came_back_as_it_was_though_the_tool_shows_no_relations() -> None:
    shown = {"data.jsonl:1": Shown(facts_of(DATA[0]), facts_of(example("", graph(ADA, relations=(LIVES,)))))}
    assert merged(DATA[:1], [example("Ada lives in Ulm", graph(ADA))], shown).untouched == 1


def test_offsets_count_characters_however_the_tokens_are_cut() -> None:
    words = "vice-president Bo"
    data = [Example(Text(words, (Token("vice-president", 0, 14), Token("Bo", 15, 17))), graph())]
    tokens = tuple(Token(words[start:end], start, end) for start, end in ((0, 4), (4, 5), (5, 14), (15, 17)))
    whole, part = (Example(Text(words, tokens), graph(Span(start, 4, "Person"))) for start in (0, 2))
    assert applied(data, merged(data, [whole], {}).changes)[0].gold == graph(Span(0, 2, "Person"))
    assert told(merged(data, [part], {})) == [(0, "'president Bo' cuts a token of the data")]


def test_a_text_that_nobody_had_annotated_is_annotated() -> None:
    data = [example("Ada lives in Ulm", None)]
    assert applied(data, merged(data, [example("Ada lives in Ulm", graph(ADA))], {}).changes)[0].gold == graph(ADA)
    nothing = [example("Ada lives in Ulm", graph())]
    assert merged(data, nothing, {}).untouched == 1, "some tools give every text back so"
    dated = [example("Ada lives in Ulm", gold, fields={"date": "May"}) for gold in (None, graph())]
    assert merged(dated[:1], dated[1:], {}).untouched == 1, "a field of the data is nobody's signature"
    assert applied(data, merged(data, nothing, {}, accept=True).changes)[0].gold == graph()
    signed = [example("Ada lives in Ulm", graph(), fields={"annotator": "kim"})]
    assert applied(data, merged(data, signed, {}).changes)[0].gold == graph()
    tagged = merged(data, [example("Ada lives in Ulm", Tags(("B-Person", "O", "O", "B-City")))], {})
    assert applied(data, tagged.changes)[0].gold.labels == ("B-Person", "O", "O", "B-City")
    classed = merged(data, [example("Ada lives in Ulm", Label(("home",)))], {})
    assert applied(data, classed.changes)[0].gold == Label(("home",))
