"""Pairs of spans that stand in no window together, against the enumeration of all pairs."""

from __future__ import annotations

from bisect import bisect_right
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.answers.graph import Graph
from spanloom.inputs import Relation, Span, Text
from spanloom.tasks.joint.second_look import LEAST_SCORE, Excerpt, ExcerptBounds, PairsApart, plan, say
from spanloom.text.windows import Window, sentence_ends, windows_of
from tests.run.tiny_task import prepare


def anything(head: str, tail: str) -> bool:
    return True


def a_to_b(head: str, tail: str) -> bool:
    return (head, tail) == ("A", "B")


def name(start: int, end: int, label: str = "A", score: float | None = None) -> Span:
    return Span(start, end, label, score)


def together(one: Span, other: Span, windows: list[Window]) -> bool:
    low, high = min(one.start, other.start), max(one.end, other.end)
    return any(start <= low and high <= end for start, end in windows)


def read(words: str, spans: list[Span], max_words: int, max_sentences: int | None = None) -> tuple[Text, list[Window]]:
    text = prepare(words)
    windows = windows_of(text, max_words, max_sentences)
    assert all(together(span, span, windows) for span in spans)
    return text, windows


@st.composite
def found(draw: st.DrawFn) -> tuple[Text, list[Span], list[Window]]:
    """A text of words and full stops, its windows, and spans that each stand in one of them, in text order."""
    words = draw(st.lists(st.sampled_from(["a", "b", "."]), min_size=1, max_size=40))
    text = prepare(" ".join(words))
    windows = windows_of(text, draw(st.integers(2, 9)), draw(st.sampled_from([None, 1, 2, 3])))
    places = st.tuples(st.sampled_from(windows), st.integers(0, 8), st.integers(1, 3), st.sampled_from("AB"))
    spans = set()
    for (start, end), offset, size, label in draw(st.lists(places, max_size=12)):
        first = min(start + offset, end - 1)
        spans.add(Span(first, min(first + size, end), label, draw(st.sampled_from([0.5, 0.9]))))
    return text, sorted(spans, key=lambda span: (span.start, span.end, span.label)), windows


@settings(max_examples=300, deadline=None, derandomize=True)
@given(found(), st.sampled_from([anything, a_to_b]), st.sampled_from([None, 1, 2]))
def test_the_pairs_apart_are_all_that_share_no_window(
    case: tuple[Text, list[Span], list[Window]], may_relate: object, spread: int | None
) -> None:
    text, spans, windows = case
    ends = sentence_ends(text)
    apart = PairsApart(spans, windows, may_relate, ends, spread)  # type: ignore[arg-type]
    wanted = [
        (left, right)
        for left, right in combinations(range(len(spans)), 2)
        if not together(spans[left], spans[right], windows)
        and (may_relate(spans[left].label, spans[right].label) or may_relate(spans[right].label, spans[left].label))  # type: ignore[operator]
    ]
    sentences = [bisect_right(ends, span.start) for span in spans]
    near = [pair for pair in wanted if spread is None or sentences[pair[1]] - sentences[pair[0]] < spread]
    ordered = list(apart.nearest_first())
    assert sorted(ordered) == near
    assert (apart.total, apart.near) == (len(wanted), len(near))
    gaps = [max(0, spans[right].start - spans[left].end) for left, right in ordered]
    assert gaps == sorted(gaps)
    assert sorted(apart.within([(0, len(text.tokens))])) == near


@settings(max_examples=300, deadline=None, derandomize=True)
@given(found(), st.integers(2, 9), st.sampled_from([None, 1, 2]), st.integers(0, 4))
def test_every_pair_is_tried_once_or_counted(
    case: tuple[Text, list[Span], list[Window]], max_words: int, max_sentences: int | None, most: int
) -> None:
    text, spans, windows = case
    apart = PairsApart(spans, windows, anything, sentence_ends(text), None)
    planned = plan(text, spans, windows, anything, ExcerptBounds(max_words, max_sentences), most)
    pairs = [pair for excerpt in planned.excerpts for pair in excerpt.pairs]
    assert len(pairs) == len(set(pairs)) == planned.tried
    assert planned.tried + planned.untried == apart.total
    assert len(planned.excerpts) <= most
    for excerpt in planned.excerpts:
        assert len(excerpt.text.tokens) <= max_words
        assert excerpt.text.tokens == tuple(token for low, high in excerpt.windows for token in text.tokens[low:high])
        assert excerpt.pairs
        held = {span for span in spans if any(together(span, span, [window]) for window in excerpt.windows)}
        assert {span for pair in excerpt.pairs for span in pair} <= held
    if most > len(planned.excerpts):  # what is left has a mention that does not fit into half an excerpt
        fits = {span for span in spans if span.end - span.start <= max_words // 2}
        assert planned.tried == sum(
            {spans[left], spans[right]} <= fits or frozenset((spans[left], spans[right])) in set(pairs)
            for left, right in apart.nearest_first()
        )


def test_an_excerpt_is_what_stands_around_both_and_answers_in_the_tokens_of_the_text() -> None:
    ada, bo = name(1, 2), name(13, 15)
    text, windows = read("so Ada sat . the the . the the . there sat Mister Bo Cy . the", [ada, bo], 8, 1)
    [excerpt] = plan(text, [ada, bo], windows, anything, ExcerptBounds(12, 2)).excerpts
    assert " ".join(token.text for token in excerpt.text.tokens) == "so Ada sat . there sat Mister Bo Cy ."
    assert excerpt.windows == [(0, 4), (10, 16)]
    assert excerpt.text.text == text.text
    answer = Graph((name(1, 2), name(7, 9)), (Relation(name(1, 2), name(7, 9), "next", 0.95),))
    assert excerpt.judged(answer) == [Relation(ada, bo, "next")]


@pytest.mark.parametrize(
    ("relation", "why"),
    [
        (Relation(name(1, 2), name(7, 9), "next", LEAST_SCORE - 0.01), "not sure"),
        (Relation(name(1, 2), name(7, 8), "next", 0.99), "not exactly the span"),
        (Relation(name(1, 2), name(7, 9, "B"), "next", 0.99), "not its label"),
        (Relation(name(3, 5), name(7, 9), "next", 0.99), "over the seam"),
        (Relation(name(0, 1), name(1, 2), "next", 0.99), "not a pair that is asked about"),
    ],
)
def test_only_sure_relations_of_the_pairs_themselves_are_taken(relation: Relation, why: str) -> None:
    text = prepare("so Ada sat . the the . the the . there sat Mister Bo Cy . the")
    excerpt = Excerpt(text, [(0, 4), (10, 16)], frozenset([frozenset((name(1, 2), name(13, 15)))]))
    assert excerpt.judged(Graph((relation.head, relation.tail), (relation,))) == [], why
    sure = Relation(name(7, 9), name(1, 2), "next", LEAST_SCORE)
    assert excerpt.judged(Graph((sure.head, sure.tail), (sure,))) == [Relation(name(13, 15), name(1, 2), "next")]


def test_pairs_farther_apart_than_relations_in_training_are_counted_not_read() -> None:
    spans = [name(0, 1), name(4, 5), name(10, 11)]
    text, windows = read("Ada sat . so Bo sat . the the the Cy", spans, 99, 1)
    near = plan(text, spans, windows, anything, ExcerptBounds(99, 1, spread=2))
    assert [excerpt.windows for excerpt in near.excerpts] == [[(0, 7)], [(3, 11)]]
    assert (near.tried, near.untried, near.beyond) == (2, 0, 1)
    none = plan(text, spans, windows, anything, ExcerptBounds(99, 1, spread=1))
    assert (none.excerpts, none.tried, none.beyond) == ((), 0, 3)


def test_a_text_full_of_names_is_planned_without_all_its_pairs() -> None:
    # 20,000 names make 200 million pairs: to build them all would not end here.
    spans = [name(place, place + 1) for place in range(0, 40_000, 2)]
    text, windows = read("a . " * 20_000, spans, 99, 1)
    planned = plan(text, spans, windows, anything, ExcerptBounds(99, 1))
    assert len(planned.excerpts) == planned.tried == 32
    assert planned.tried + planned.untried == 20_000 * 19_999 // 2


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"pairs": 0, "excerpts": 0, "found": 0, "untried": 0, "beyond": 0}, []),
        (
            {"pairs": 12, "excerpts": 3, "found": 1},
            ["12 pairs of distant mentions were scored again in 3 excerpts: 1 relation found."],
        ),
        ({"untried": 1}, ["1 pair of distant mentions was not scored, as too many for their texts."]),
        (
            {"beyond": 2000},
            [
                "2,000 pairs of distant mentions were not scored, as farther apart than relations in training: "
                "--second-look all scores them too."
            ],
        ),
    ],
)
def test_what_was_scored_again_and_what_was_not_is_said(counts: dict[str, int], said: list[str]) -> None:
    assert say(counts) == said
