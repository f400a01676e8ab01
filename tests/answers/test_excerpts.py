"""Long examples in windows: by hand, and the law that every fact is in a window or declared lost, and none made up."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from spanloom.answers.graph import Graph
from spanloom.answers.parts.excerpts import excerpts
from spanloom.answers.tags import Tags
from spanloom.core import Example, LostFact, Source
from spanloom.inputs import Relation, Span
from spanloom.text.tags import illegal, spans_from_tags, tags_from_spans
from spanloom.text.windows import windows_of
from tests.tasks.sentences import sentence, sentences, text_of

LONG = "Ann Lee left Rome . Bo Day saw Oslo . it was cold"


def test_a_short_example_stays_itself() -> None:
    example = sentence("Ann left Rome", [(0, 1, "P")])
    assert excerpts(example, 3) == [example]
    assert excerpts(example, 3)[0] is example


def test_facts_stand_in_every_window_that_holds_them_and_what_none_holds_is_lost() -> None:
    before = LostFact("relation", "knows", "Bo -> knows -> Cy", "not located")
    people = [(0, 2, "P"), (5, 7, "P"), (8, 9, "C"), (3, 4, "C"), (2, 12, "E")]
    facts = [(0, "in", 3), (1, "in", 2), (0, "knows", 1)]
    example = replace(sentence(LONG, people, facts, line=9, lost=[before]), ambiguous=1)
    assert windows_of(example.input, 8) == [(0, 5), (3, 10), (8, 13)]
    first, second, third = excerpts(example, 8)
    ann, rome = Span(0, 2, "P"), Span(3, 4, "C")
    assert first.gold == Graph((ann, rome), (Relation(ann, rome, "in"),))
    bo, oslo = Span(2, 4, "P"), Span(5, 6, "C")
    assert second.gold == Graph((bo, oslo, Span(0, 1, "C")), (Relation(bo, oslo, "in"),))
    assert third.gold == Graph((Span(0, 1, "C"),))
    assert [token.text for token in second.input.tokens] == LONG.split()[3:10]
    assert second.input.surface(bo) == "Bo Day"
    assert first.lost == (
        before,
        LostFact("entity", "E", "left Rome . Bo Day saw Oslo . it was", "whole in no window"),
        LostFact("relation", "knows", "Ann Lee -> knows -> Bo Day", "whole in no window"),
    )
    assert (second.lost, third.lost) == ((), ())
    assert [part.ambiguous for part in (first, second, third)] == [1, 0, 0]
    assert {part.source for part in (first, second, third)} == {Source("data.jsonl", 9)}
    assert all(part.origin is example.input for part in (first, second, third))


def test_of_a_span_in_tags_that_an_edge_cuts_the_rest_stays() -> None:
    tags = ["O", "B-E", "I-E", "I-E", "I-E", "O", "B-P", "I-P"]
    example = Example(text_of(["we", "saw", "the", "Grand", "Old", "Opera", "with", "Bo"]), Tags(tuple(tags)))
    assert windows_of(example.input, 4) == [(0, 4), (3, 7), (6, 8)]
    first, second, third = excerpts(example, 4)
    assert first.gold == Tags(("O", "B-E", "I-E", "I-E"))
    assert second.gold == Tags(("B-E", "I-E", "O", "B-P"))
    assert third.gold == Tags(("B-P", "I-P"))
    assert first.lost == (LostFact("entity", "E", "saw the Grand Old", "whole in no window"),)


def test_no_plain_label_is_ever_lost() -> None:
    example = Example(text_of(["it", "ran", "very", "fast"]), Tags(("PRON", "VERB", "ADV", "I-ADV")))
    parts = excerpts(example, 3)
    assert [part.gold.labels for part in parts] == [("PRON", "VERB", "ADV"), ("I-ADV",)]
    assert [part.lost for part in parts] == [(), ()]


@given(sentences(), st.integers(1, 8))
def test_every_fact_is_in_a_window_or_lost(example: Example, size: int) -> None:
    """The words are all different, so that a place is known by them."""
    parts = excerpts(example, size)
    if len(parts) == 1:
        return
    found = set()
    for part in parts:
        assert 0 < len(part.input.tokens) <= size
        spans, relations = part.gold.spans, part.gold.relations
        assert all(item.head in spans and item.tail in spans for item in relations)
        found |= {("entity", span.label, part.input.surface(span)) for span in spans}
        found |= {("relation", item.label, part.input.describe(item)) for item in relations}
    lost = {(fact.kind, fact.label, fact.text) for fact in parts[0].lost}
    facts = {("entity", span.label, example.input.surface(span)) for span in example.gold.spans}
    facts |= {("relation", item.label, example.input.describe(item)) for item in example.gold.relations}
    assert not found & lost
    assert found | lost == facts


@given(sentences(), st.integers(1, 8))
def test_tags_stay_legal_and_label_the_same_tokens(example: Example, size: int) -> None:
    tags = tags_from_spans(example.gold.spans, len(example.input.tokens), "bio2")
    example = replace(example, gold=Tags(tuple(tags)))
    label_of = {token.text: tag[2:] for token, tag in zip(example.input.tokens, tags, strict=True)}
    parts = excerpts(example, size)
    for part in parts:
        assert illegal(part.gold.labels, "bio2") == []
        assert [tag[2:] for tag in part.gold.labels] == [label_of[token.text] for token in part.input.tokens]
    whole = {part.input.surface(span) for part in parts for span in spans_from_tags(part.gold.labels, "bio2")}
    lost = {fact.text for fact in parts[0].lost}
    assert {example.input.surface(span) for span in spans_from_tags(tags, "bio2")} <= whole | lost
