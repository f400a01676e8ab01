from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from spanloom.answers.surprisal import Surprisal
from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read import formats, read
from spanloom.read import plain as plain_format
from spanloom.read.plain import STRETCH, stretch_end

LINES = "The tide went out.\n\n  It left a boat behind, and a rope,\nand nobody came.\n"


def texts(path: Path, most: int = 100_000) -> list[str]:
    return [example.input.text for example in read(path, DataConfig(max_characters=most), Surprisal)]


@pytest.mark.parametrize("most", [1, 5, 17, 30, 50, 1000])
def test_the_stretches_are_the_whole_text(most: int, tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(LINES * 5, encoding="utf-8")
    found = texts(file, most)
    assert all(0 < len(text) <= most for text in found)
    whole = "".join(found)
    assert whole.split() == (LINES * 5).split() if most > 30 else "".join(whole.split()) == "".join((LINES * 5).split())
    if most >= 50:  # no stretch is blank, so none is left out
        assert whole == LINES * 5


def test_a_stretch_ends_behind_a_line_else_behind_a_word_else_anywhere() -> None:
    assert stretch_end("one two\nthree four", 12) == len("one two\n")
    assert stretch_end("one two three", 9) == len("one two ")
    assert stretch_end("abcdefgh", 5) == 5
    assert stretch_end("   abcdef", 5) == 5  # space alone would be a stretch of nothing


def test_gold_is_no_surprise_and_the_source_is_the_line_of_the_first_token(tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text("\n\n" + LINES, encoding="utf-8")
    examples = list(read(file, DataConfig(max_characters=40), Surprisal))
    assert [example.source.line for example in examples] == [3, 5, 6]
    assert [token.text for token in examples[2].input.tokens] == ["and", "nobody", "came", "."]
    assert all(example.gold == Surprisal((0.0,) * len(example.input.tokens)) for example in examples)


def test_gzip_is_unpacked_whatever_the_name(tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_bytes(gzip.compress(LINES.encode()))
    assert texts(file) == [LINES]


@pytest.mark.parametrize(
    ("cut", "message"), [(slice(0, -12), "cut short or damaged"), (slice(0, 30), "cut short or damaged")]
)
def test_a_damaged_gzip_file_is_named(cut: slice, message: str, tmp_path: Path) -> None:
    file = tmp_path / "story.gz"
    file.write_bytes(gzip.compress(LINES.encode())[cut])
    with pytest.raises(DataError, match=rf"story.gz: is {message}"):
        texts(file)


def test_a_packed_file_that_is_no_text_cites_its_line(tmp_path: Path) -> None:
    file = tmp_path / "story.gz"
    file.write_bytes(gzip.compress(b"one\ntwo \xff\n"))
    with pytest.raises(DataError, match=r"story.gz:2: byte 0xff at offset 8 is not utf-8"):
        texts(file)


def test_one_endless_line_is_never_whole_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "line.txt"
    file.write_text("salt and rope " * 200_000, encoding="utf-8")
    longest = 0

    def watched(text: str, most: int) -> int:
        nonlocal longest
        longest = max(longest, len(text))
        return stretch_end(text, most)

    monkeypatch.setattr(plain_format, "stretch_end", watched)
    examples = read(file, DataConfig(), Surprisal)
    assert sum(len(next(examples).input.text) for _ in range(20)) > 19 * (STRETCH - 20)
    assert longest <= 2 * STRETCH


def test_a_nul_cites_its_line_far_into_the_file(tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text("a line of text\n" * 90_000 + "a \0 line", encoding="utf-8")
    with pytest.raises(DataError, match=r"story.txt:90001: a NUL byte at column 3"):
        texts(file)


def test_json_lines_of_texts_are_told_from_plain_text(tmp_path: Path) -> None:
    assert formats(Surprisal).keys() == {"plain", "spanloom"}
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "one boat"}\n{"text": "two boats", "id": 2}\n', encoding="utf-8")
    assert texts(file) == ["one boat", "two boats"]
    file.write_text('{"text": "one boat"}\n{"txt": "two"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"texts.jsonl:2: missing key 'text'; did you mean this by 'txt'"):
        texts(file)
