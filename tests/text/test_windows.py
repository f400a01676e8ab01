from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.inputs import Span, Text, Token
from spanloom.text.windows import around, holding, part_of_text, sentence_ends, windows, windows_of


def split(text: str) -> Text:
    return Text(text, tuple(Token(m.group(), m.start(), m.end()) for m in re.finditer(r"\w+|[^\w\s]", text)))


def test_windows_by_hand() -> None:
    assert windows(0, 4, 1) == []
    assert windows(4, 4, 1) == [(0, 4)]
    assert windows(5, 4, 1) == [(0, 4), (3, 5)]
    assert windows(10, 4, 1) == [(0, 4), (3, 7), (6, 10)]


def test_windows_prefer_to_cut_between_sentences() -> None:
    # Sentences end before 3, 6 and 9: the first window of at most 5 ends at 3, and so on.
    assert windows(12, 5, 1, [3, 6, 9]) == [(0, 3), (2, 6), (5, 9), (8, 12)]
    # Two sentences fit, and the next window begins with the second of them.
    assert windows(12, 6, 3, [3, 6, 9]) == [(0, 6), (3, 9), (6, 12)]


def test_windows_cover_everything_and_advance_for_every_small_case() -> None:
    for n, size in itertools.product(range(14), range(1, 7)):
        for overlap, count in itertools.product(range(size), range(4)):
            for ends in itertools.combinations(range(1, max(n, 1)), count):
                found = windows(n, size, overlap, ends)
                assert [position for s, e in found for position in range(s, e)] or n == 0
                assert {position for s, e in found for position in range(s, e)} == set(range(n))
                assert all(0 < e - s <= size for s, e in found)
                for (s, e), (later_s, later_e) in itertools.pairwise(found):
                    assert s < later_s <= e < later_e
                    assert e - later_s <= overlap


def test_windows_refuse_an_overlap_that_could_not_advance() -> None:
    with pytest.raises(ValueError, match="windows of 3 tokens cannot overlap by 3"):
        windows(9, 3, 3)


def test_sentence_ends_after_marks_closing_quotes_and_line_breaks() -> None:
    text = split('Ann left. "Did she?" Yes\nand no')
    assert [text.tokens[end].text for end in sentence_ends(text)] == ['"', "Yes", "and"]
    assert sentence_ends(split("")) == []


def test_brackets_and_closing_quotes_belong_to_the_sentence_even_behind_a_space() -> None:
    words = re.findall(r"\S+", "( Ann left . ) Bo said : `` No . '' Cy left .")
    starts = [sum(len(word) + 1 for word in words[:place]) for place in range(len(words))]
    tokens = tuple(Token(word, start, start + len(word)) for word, start in zip(words, starts, strict=True))
    text = Text(" ".join(words), tokens)
    assert [words[end] for end in sentence_ends(text)] == ["Bo", "Cy"]


def test_an_abbreviation_ends_no_sentence() -> None:
    text = Text("Dr. Ann left", (Token("Dr.", 0, 3), Token("Ann", 4, 7), Token("left", 8, 12)))
    assert sentence_ends(text) == []


def test_sentence_ends_in_chinese() -> None:
    text = Text("他来了。她走了。", tuple(Token(c, i, i + 1) for i, c in enumerate("他来了。她走了。")))
    assert sentence_ends(text) == [4]


def test_a_short_text_is_one_window_and_an_empty_one_is_none() -> None:
    assert windows_of(split("one two three"), 3) == [(0, 3)]
    assert windows_of(split(" \n"), 3) == []


def test_a_long_text_is_cut_between_sentences() -> None:
    text = split("a b c . d e f . g h i .")
    places = windows_of(text, 8)
    assert places == [(0, 8), (6, 12)]
    window = part_of_text(text, places[1])
    assert window.text == text.text
    assert [window.surface(Span(i, i + 1, "X")) for i in range(6)] == ["f", ".", "g", "h", "i", "."]


def test_a_window_holds_no_more_sentences_than_the_model_is_used_to() -> None:
    text = split("a b . c d . e f . g h .")
    assert windows_of(text, 99, 1) == [(0, 3), (3, 6), (6, 9), (9, 12)]
    assert windows_of(text, 99, 2) == [(0, 6), (3, 9), (6, 12)]
    assert windows_of(text, 99, 3) == [(0, 9), (6, 12)]
    assert windows_of(text, 99, 4) == [(0, 12)]


def test_a_sentence_that_is_too_long_by_itself_is_cut_inside() -> None:
    text = split("a b . c d e f g h i . j")
    assert windows_of(text, 4, 1) == [(0, 3), (3, 7), (6, 10), (9, 11), (11, 12)]


def test_a_text_without_sentence_ends_is_one_sentence() -> None:
    assert windows_of(split("a b c"), 99, 1) == [(0, 3)]
    assert windows_of(split(""), 99, 1) == []


def test_what_is_kept_around_two_places_by_hand() -> None:
    assert holding(5, (0, 1), (4, 5), 8) == [(0, 5)]
    assert holding(20, (8, 9), (10, 12), 8) == [(6, 14)]  # 2 words to the left of both, 2 to the right
    assert holding(20, (1, 2), (0, 1), 6) == [(0, 6)]
    assert holding(20, (18, 20), (17, 18), 6) == [(14, 20)]
    assert holding(30, (20, 21), (5, 6), 10) == [(3, 8), (18, 23)]  # 8 words are left for four sides
    assert holding(30, (0, 1), (29, 30), 10) == [(0, 5), (25, 30)]
    assert holding(30, (2, 20), (4, 6), 10) == [(2, 20)]
    assert holding(30, (2, 9), (15, 22), 10) == [(2, 9), (15, 22)]


def test_both_places_are_kept_whole_and_as_much_around_them_as_there_is_room() -> None:
    """All small cases."""
    places = [(start, end) for start in range(9) for end in range(start + 1, 10)]
    for first, second in itertools.product(places, places):
        least = len({*range(*first), *range(*second)})
        for size in (1, 4, 7, 12):
            kept = holding(9 + 3, first, second, size)
            tokens = [token for start, end in kept for token in range(start, end)]
            assert sorted(set(tokens)) == tokens, (first, second, size)
            assert {*range(*first), *range(*second)} <= {*tokens}
            assert len(tokens) == (min(size, 12) if least <= size else least), (first, second, size)


# ---- around two places -----------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_what_stands_around_two_places_holds_them_and_no_more_than_is_allowed(data: st.DataObject) -> None:
    n_tokens = data.draw(st.integers(2, 60))
    ends = sorted(data.draw(st.sets(st.integers(1, n_tokens - 1), max_size=12)))
    size, sentences = data.draw(st.integers(2, 40)), data.draw(st.sampled_from([None, 1, 2, 3, 6]))
    starts = sorted(data.draw(st.lists(st.integers(0, n_tokens - 1), min_size=2, max_size=2)))
    places = tuple((start, min(n_tokens, start + data.draw(st.integers(1, 4)))) for start in starts)
    found = around(places, ends, n_tokens, size, sentences)  # type: ignore[arg-type]
    if any(end - start > size // 2 for start, end in places):
        assert found == []
        return
    assert 1 <= len(found) <= 2
    assert sum(high - low for low, high in found) <= size
    for start, end in places:
        assert any(low <= start and end <= high for low, high in found)
    if len(found) == 2:
        assert found[0][1] < found[1][0]
    edges = [0, *ends, n_tokens]
    for (start, end), (low, high) in zip(places, found, strict=False) if len(found) == 2 else ():
        assert high - low <= size // 2
        inside = [edge for edge in edges if low < edge < high]
        own = sum(start < edge < end for edge in edges)
        if sentences is not None:
            assert len(inside) <= max(own, sentences // 2 - 1)
        if low not in edges:  # only where no sentence begins between there and the place
            assert not any(low < edge <= start for edge in edges)
        if high not in edges:
            assert not any(end <= edge < high for edge in edges)


def test_around_two_places_worked_by_hand() -> None:
    ends = [4, 8, 12, 16]
    assert around(((1, 2), (17, 18)), ends, 20, 99, 2) == [(0, 4), (16, 20)]
    assert around(((1, 2), (17, 18)), ends, 20, 99, 4) == [(0, 8), (12, 20)]
    assert around(((1, 2), (5, 6)), ends, 20, 99, 2) == [(0, 8)]
    assert around(((1, 2), (17, 18)), ends, 20, 6, 2) == [(0, 3), (16, 19)]
    assert around(((1, 2), (17, 18)), [], 20, 8) == [(0, 4), (16, 20)]
    assert around(((6, 10), (17, 18)), [], 20, 6) == []
