"""Spaces between given tokens, or none."""

from __future__ import annotations

import pytest

from spanloom.text.joining import CharacterCount, spaces


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
