"""Spaces between given tokens, or none."""

from __future__ import annotations

import pytest

from spanloom.inputs import Text
from spanloom.text.joining import CharacterCount, spaces, written
from spanloom.text.words import tokenize


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        ("Mara left Lyon .", "Mara left Lyon ."),
        ("我 住 在 里昂 。", "我住在里昂。"),
        ("我 用 Open Office 写 字 , 好 !", "我用Open Office写字,好!"),
        ("The word 里 昂 means Lyon", "The word 里昂 means Lyon"),
        ("カメラ を 買っ た", "カメラを買った"),
        ("나는 리옹에 산다", "나는 리옹에 산다"),
        ("1 9 年", "1 9年"),
        ("“ 好 ” （ 笑 ）", "“好”（笑）"),  # noqa: RUF001
        ("", ""),
    ],
)
def test_by_script(words: str, joined: str) -> None:
    tokens = words.split()
    assert "".join(" " * gap + word for gap, word in zip(spaces(tokens), tokens, strict=True)) == joined


def test_single_characters_of_a_chinese_file_are_never_parted() -> None:
    assert spaces(["1", "9", "年", "J", "a"], by_character=True) == [False] * 5


@pytest.mark.parametrize(
    ("words", "by_character"),
    [
        ("我 住 在 1 9 9 0 J a v a", True),
        ("我 住 在 里昂", False),
        ("a b c d", False),
        ("我 " * 19 + "[UNK]", True),
        ("が か\u3099", True),  # a mark belongs to its character
        ("", False),
    ],
)
def test_whether_a_file_is_in_single_characters(words: str, by_character: bool) -> None:
    count = CharacterCount()
    for word in words.split():
        count.add([word])
    assert count.by_character == by_character


def pieces(*parts: tuple[str, int, int]) -> str:
    """What `written` makes of tokens `start:end` of each text."""
    texts = {text: Text(text, tokenize(text)) for text, _, _ in parts}
    return written([(texts[text], number) for text, start, end in parts for number in range(start, end)])


def test_tokens_of_several_texts_are_written_side_by_side() -> None:
    asked, said = "Where is  it?", "(The old mill) isn't far."
    assert pieces((asked, 0, 2), (said, 1, 4), (asked, 3, 4)) == "Where is The old mill?"
    assert pieces((asked, 0, 4)) == "Where is  it?"  # a text's own spacing stays
    assert pieces((said, 0, 2), (said, 3, 5)) == "(The mill)"
    assert pieces((said, 5, 6), (said, 6, 7)) == "isn't"
    assert pieces((asked, 2, 3), (said, 6, 7)) == "itn't"  # what touches the word before it in its own text
    assert pieces((said, 0, 1), (asked, 2, 3)) == "(it"
    assert pieces() == ""


def test_behind_a_word_of_the_host_its_own_space_stays() -> None:
    host, noun = (Text(text, tokenize(text)) for text in ("不对 它很高", "灯塔 旧"))
    parts = [(host, 0), (host, 1), (noun, 0), (noun, 1), (host, 3), (host, 4)]
    assert written(parts, host) == "不对 灯塔很高"
    assert written(parts) == "不对灯塔很高"
    assert written([(noun, 0), (noun, 1), *parts[:2]], host) == "灯塔不对"


def test_nothing_stands_beside_chinese_characters() -> None:
    assert pieces(("iphonex 好不好", 0, 1), ("为什么不好用", 0, 6)) == "iphonex为什么不好用"
    assert pieces(("我买kindle", 0, 3), ("还是 kobo 好", 2, 4)) == "我买kindle kobo 好"
