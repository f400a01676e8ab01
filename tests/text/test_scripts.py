"""Which scripts letters are in."""

from __future__ import annotations

import pytest

from spanloom.inputs import Text, TextPair
from spanloom.text.scripts import Scripts, count_letters, readable, script_of


@pytest.mark.parametrize(
    ("letters", "script"),
    [
        ("aZéßæ", "Latin"),
        ("Ａｚ", "Latin"),  # noqa: RUF001  full width
        ("αΩ", "Greek"),
        ("жЯ", "Cyrillic"),
        ("שא", "Hebrew"),
        ("عب", "Arabic"),
        ("कह", "Devanagari"),
        ("กข", "Thai"),
        ("한글", "Hangul"),
        ("ひカｶ", "Kana"),
        ("漢字㐀", "Han"),
    ],
)
def test_letters_of_a_script(letters: str, script: str) -> None:
    assert [script_of(letter) for letter in letters] == [script] * len(letters)


def test_what_is_no_letter_of_a_script_is_in_none() -> None:
    assert [script_of(character) for character in "7 .-️😀µ𝐀٣"] == [""] * 9


def test_letters_are_counted_the_most_frequent_first() -> None:
    found = count_letters(["Ωmega 漢字", "漢 12"])
    assert list(found.items()) == [("Latin", 4), ("Han", 3), ("Greek", 1)]


def test_a_script_is_known_from_a_hundredth_of_the_letters_on() -> None:
    scripts = Scripts({"Latin": 9_800, "Han": 100, "Greek": 100, "Thai": 99})
    assert scripts.known() == ("Latin",)
    scripts = Scripts({"Latin": 9_800, "Han": 100, "Greek": 100})
    assert scripts.known() == ("Latin", "Han", "Greek")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Ada met Bo.", ""),
        ("Ада met", ""),  # as many of one as of the other
        ("Ада мет Bo", "Cyrillic"),
        ("漢字", ""),
        ("αβγδ 漢字 abc", ""),  # four of nine
        ("123 ...", ""),
        ("", ""),
    ],
)
def test_a_text_is_unread_where_most_of_it_is_in_another_script(text: str, script: str) -> None:
    assert Scripts({"Latin": 90, "Han": 10}).unknown([text]) == script


def test_of_training_without_a_letter_nothing_is_said() -> None:
    assert Scripts({}).unknown(["Ada"]) == ""


def test_the_texts_of_an_input() -> None:
    assert readable(TextPair(Text("a b", ()), Text("c", ()))) == ["a b", "c"]
    assert readable(object()) == []


def test_scripts_come_back_from_their_table() -> None:
    scripts = Scripts.of(["Ada", "漢"])
    assert Scripts.from_dict(dict(scripts.letters)) == scripts


@pytest.mark.parametrize("table", [[], "Latin", {"Latin": -1}, {"Latin": True}, {"Latin": 1.5}, {"\x1b[2J": 3}])
def test_a_damaged_table_is_refused(table: object) -> None:
    with pytest.raises(ValueError, match="in place of letters by script"):
        Scripts.from_dict(table)
