"""Marks around two spans: read out of a text, written into it, put between its words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Span, Text, Token
from spanloom.text.marks import (
    MARKS,
    insert,
    mark,
    mark_places,
    read_marks,
    split_tokens,
    stripped,
    words_between,
    write_marks,
)
from tests.tasks.sentences import text_of


def words(item: MarkedText) -> tuple[list[str], str, str]:
    return [token.text for token in item.text.tokens], item.text.surface(item.head), item.text.surface(item.tail)


def test_offsets_refer_to_the_text_without_the_marks() -> None:
    item = read_marks("The <e1>old dam</e1> caused the <e2>flood</e2>.", "x")
    assert item.text.text == "The old dam caused the flood."
    assert words(item) == (["The", "old", "dam", "caused", "the", "flood", "."], "old dam", "flood")
    assert (item.head, item.tail) == (Span(1, 3, ""), Span(5, 6, ""))
    assert item.text.characters(item.tail) == (23, 28)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<e2>Rain</e2> <e1>fell</e1>", (["Rain", "fell"], "fell", "Rain")),  # the tail may come first
        ("a <e1> b </e1><e2>c </e2>", (["a", "b", "c"], "b", "c")),  # spaces belong to no span
        ("<e1>sun</e1><e2>flower</e2>s", (["sun", "flower", "s"], "sun", "flower")),  # a mark cuts a word
        ("<e1>the <e2>dam</e2> wall</e1>", (["the", "dam", "wall"], "the dam wall", "dam")),
        ("<e1><e2>dam</e2></e1>", (["dam"], "dam", "dam")),
        ("<e1>a <e2>b</e1> c</e2>", (["a", "b", "c"], "a b", "b c")),
    ],
)
def test_spans_wherever_they_stand(raw: str, expected: tuple[list[str], str, str]) -> None:
    item = read_marks(raw, "x")
    assert words(item) == expected
    assert "".join(token.text for token in item.text.tokens) == item.text.text.replace(" ", "")
    assert read_marks(write_marks(item), "x") == item


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("The fire", "x: no <e1>, </e1>, <e2>, </e2> in 'The fire'; a text in which a head and a tail are marked"),
        ("The <e1>fire</e1> <e2>died", "x: no </e2> in 'The <e1>fire</e1> <e2>died'"),
        ("<e1>a</e1> <e1>b</e1> <e2>c</e2>", "x: <e1> stands there twice in '<e1>a</e1> <e1>b</e1>"),
        ("<e1>a</e1> <e2> </e2>", "x: nothing stands between <e2> and </e2>; a word or more"),
        ("<e1>a</e1> b </e2>c<e2>", "x: nothing stands between <e2> and </e2>"),
    ],
)
def test_a_text_without_both_marks_is_one_clear_error(raw: str, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}.* Write it as in: The <e1>fire</e1>"):
        read_marks(raw, "x")


def test_tokens_are_cut_at_edges_inside_them_alone() -> None:
    tokens = (Token("abcd", 2, 6), Token("e", 7, 8))
    assert split_tokens(tokens, (2, 4, 6, 7)) == (Token("ab", 2, 4), Token("cd", 4, 6), Token("e", 7, 8))
    assert split_tokens(tokens, (3, 5)) == (Token("a", 2, 3), Token("bc", 3, 5), Token("d", 5, 6), Token("e", 7, 8))


def test_a_place_loses_its_outer_spaces() -> None:
    assert stripped(" ab  c", (0, 5)) == (1, 3)
    assert stripped(" ab  c", (3, 5)) is None


def test_marks_are_nested_and_closed_before_the_next_opens() -> None:
    assert mark_places((0, 3), (1, 3)) == [(0, "<e1>"), (1, "<e2>"), (3, "</e2>"), (3, "</e1>")]
    assert mark_places((2, 4), (0, 2)) == [(0, "<e2>"), (2, "</e2>"), (2, "<e1>"), (4, "</e1>")]
    assert mark_places((1, 2), (1, 2)) == [(1, "<e1>"), (1, "<e2>"), (2, "</e2>"), (2, "</e1>")]


@given(st.data())
def test_words_between_their_markers_are_the_words_of_the_spans(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 7))
    said = [f"w{number}" for number in range(size)]
    places = []
    for _ in range(2):
        start = data.draw(st.integers(0, size - 1))
        places.append((start, data.draw(st.integers(start + 1, size))))
    out, *found = insert(said, places[0], places[1], MARKS)
    assert [word for word in out if word not in MARKS] == said
    assert sorted(word for word in out if word in MARKS) == sorted(MARKS)
    for (start, end), (low, high), opening, closing in zip(places, found, MARKS[::2], MARKS[1::2], strict=True):
        assert (out[low - 1], out[high]) == (opening, closing)
        assert [word for word in out[low:high] if word not in MARKS] == said[start:end]


@given(st.text("ab ", min_size=1), st.data())
def test_any_two_places_of_a_text_can_be_marked_and_read_again(text: str, data: st.DataObject) -> None:
    places = []
    for _ in range(2):
        start = data.draw(st.integers(0, len(text) - 1))
        place = stripped(text, (start, data.draw(st.integers(start + 1, len(text)))))
        if place is None:
            return
        places.append(place)
    item = mark(text, places[0], places[1])
    assert [item.text.characters(span) for span in (item.head, item.tail)] == places
    assert read_marks(write_marks(item), "x") == item


def test_what_stands_between_is_counted_in_tokens() -> None:
    text: Text = text_of(["a", "b", "c", "d", "e"])
    assert words_between(MarkedText(text, Span(0, 1, ""), Span(3, 4, ""))) == 2
    assert words_between(MarkedText(text, Span(3, 5, ""), Span(0, 2, ""))) == 1
    assert words_between(MarkedText(text, Span(0, 3, ""), Span(1, 2, ""))) == 0
