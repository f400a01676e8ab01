from __future__ import annotations

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph, with_relations
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.inputs import Relation, Span
from spanloom.predict.long_text import merge
from spanloom.text.windows import windows_of
from tests.run.tiny_task import prepare


def name(start: int, end: int, score: float | None = None) -> Span:
    return Span(start, end, "Name", score)


def test_the_time_to_cut_and_merge_grows_with_the_text_and_no_faster() -> None:
    # 40,000 sentences, each with a name at both of its edges: work that is quadratic in them would not end here.
    text = prepare("a . " * 40_000)
    places = windows_of(text, 99, 2)
    assert len(places) == 39_999
    merged = merge([Graph((name(0, 1), name(2, 3)))] * len(places), places)
    assert merged.spans == tuple(name(place, place + 1) for place in range(0, 80_000, 2))


def test_facts_found_twice_are_kept_once_with_their_best_score_and_whole_text_offsets() -> None:
    first = Graph((name(0, 1, 0.9), name(4, 5, 0.6)), (Relation(name(0, 1), name(4, 5), "next", 0.4),))
    second = Graph((name(1, 2, 0.8), name(3, 4, 0.7)), (Relation(name(1, 2), name(3, 4), "next", 0.5),))
    merged = merge([first, second], [(0, 6), (3, 8)])
    assert merged.spans == (name(0, 1), name(4, 5), name(6, 7))
    assert [span.score for span in merged.spans] == [0.9, 0.8, 0.7]
    assert [(r.head.start, r.tail.start, r.score) for r in merged.relations] == [(0, 4, 0.4), (4, 6, 0.5)]
    assert all(r.head in merged.spans and r.tail in merged.spans for r in merged.relations)
    assert merged.relations[0].tail.score == 0.8


def test_of_two_equal_relations_the_surer_one_stays() -> None:
    pair = name(0, 1), name(1, 2)
    graphs = [
        Graph((name(4, 5), name(5, 6)), (Relation(name(4, 5), name(5, 6), "next", 0.3),)),
        Graph(pair, (Relation(*pair, "next", 0.8),)),
    ]
    # Both ends of the pair stand at an edge of one window, and are believed since the other window found them too.
    merged = merge(graphs, [(0, 6), (4, 9)])
    assert merged.spans == (name(4, 5), name(5, 6))
    assert [r.score for r in merged.relations] == [0.8]


def test_a_span_cut_by_an_inner_edge_gives_way_to_the_window_that_holds_it_whole() -> None:
    # The name is 4..7; the first window ends at 6 and sees 4..6 of it.
    first = Graph((name(0, 1), name(4, 6)), (Relation(name(0, 1), name(4, 6), "next"),))
    second = Graph((name(1, 4),), ())
    merged = merge([first, second], [(0, 6), (3, 9)])
    assert merged.spans == (name(0, 1), name(4, 7))
    assert merged.relations == ()


def test_a_span_cut_at_the_beginning_of_a_window_gives_way_too() -> None:
    merged = merge([Graph((name(2, 5),)), Graph((name(0, 2),))], [(0, 6), (3, 9)])
    assert merged.spans == (name(2, 5),)


def test_a_span_at_an_edge_that_no_other_window_sees_is_kept() -> None:
    long_name = name(2, 6)  # begins before the next window does, which therefore cannot judge it
    assert merge([Graph((long_name,)), Graph()], [(0, 6), (5, 9)]).spans == (long_name,)


def test_the_edges_of_the_text_cut_nothing() -> None:
    merged = merge([Graph((name(0, 2),)), Graph((name(4, 6),))], [(0, 6), (3, 9)])
    assert merged.spans == (name(0, 2), name(7, 9))


def test_nested_spans_in_one_window_are_all_kept_in_order() -> None:
    merged = merge([Graph((name(1, 4), name(2, 3))), Graph()], [(0, 6), (5, 9)])
    assert merged.spans == (name(1, 4), name(2, 3))


@pytest.mark.parametrize("spans", [(), (name(1, 3, 0.5),)])
def test_one_window_changes_nothing(spans: tuple[Span, ...]) -> None:
    graph = Graph(spans)
    assert merge([graph], [(0, 5)]) is graph


def test_a_tag_comes_from_the_window_that_shows_most_around_it() -> None:
    first = Tags(("O", "B-X", "I-X", "I-X", "O"), (0.1, 0.2, 0.3, 0.4, 0.5))  # tokens 0..4
    second = Tags(("O", "I-X", "B-Y", "O"), (0.6, 0.7, 0.8, 0.9))  # tokens 3..6
    merged = merge([first, second], [(0, 5), (3, 7)])
    assert merged.labels == ("O", "B-X", "I-X", "I-X", "I-X", "B-Y", "O")
    assert merged.scores == (0.1, 0.2, 0.3, 0.4, 0.7, 0.8, 0.9)


def test_a_span_that_loses_its_beginning_at_a_seam_begins_where_it_is_left() -> None:
    merged = merge([Tags(("O", "O", "O")), Tags(("B-X", "I-X", "I-X", "I-X"))], [(0, 3), (1, 5)])
    assert merged == Tags(("O", "O", "B-X", "I-X", "I-X"))


def test_the_intent_is_that_of_the_window_least_out_of_scope_and_slots_come_by_position() -> None:
    first = Frame(Label(("Ask",), (0.9,)), Tags(("O", "B-x", "O"), (0.1, 0.2, 0.3)), 0.7, True)
    second = Frame(Label(("Buy",), (0.6,)), Tags(("O", "O", "B-y"), (0.4, 0.5, 0.6)), 0.4, False)
    merged = merge([first, second], [(0, 3), (1, 4)])
    assert merged == Frame(Label(("Buy",)), Tags(("O", "B-x", "O", "B-y")))
    assert (merged.intent.scores, merged.out_of_scope, merged.rejected) == ((0.6,), 0.4, False)
    assert merged.slots.scores == (0.1, 0.2, 0.5, 0.6)
    assert merge([first], [(0, 3)]) is first


def test_more_relations_join_the_spans_that_are_there_in_order() -> None:
    graph = Graph((name(0, 1, 0.9), name(4, 5, 0.8)), (Relation(name(4, 5), name(0, 1), "next", 0.6),), 3)
    more = with_relations(graph, [Relation(name(0, 1), name(4, 5), "next", 0.95)])
    assert [(r.head.start, r.score, r.head.score) for r in more.relations] == [(0, 0.95, 0.9), (4, 0.6, None)]
    assert (more.spans, more.dropped) == (graph.spans, 3)
    assert with_relations(graph, []) is graph


def test_what_windows_dropped_is_added_up() -> None:
    assert merge([Graph((name(0, 1),), (), 2), Graph((), (), 3)], [(0, 4), (3, 6)]).dropped == 5
