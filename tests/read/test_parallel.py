"""Words and tags in two files side by side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read import read

WORDS = "fly to New York \n\nplay jazz\n"
TAGS = "O O B-city I-city\n\nO B-genre \n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, WORDS, TAGS)
    return tmp_path


def write(folder: Path, words: str, tags: str) -> None:
    (folder / "seq.in").write_bytes(words.encode())
    (folder / "seq.out").write_bytes(tags.encode())


@pytest.mark.parametrize("name", ["", "seq.in"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_by_folder_or_by_the_file_of_words(folder: Path, name: str, end: str) -> None:
    write(folder, WORDS.replace("\n", end), TAGS.replace("\n", end))
    first, second = read(folder / name, DataConfig(), Tags)
    assert first.input.text == "fly to New York"
    assert first.gold == Tags(("O", "O", "B-city", "I-city"))
    assert second.source == Source(str(folder / "seq.in"), 3)
    assert second.gold == Tags(("O", "B-genre"))


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        (WORDS, "O O B-city\n\nO B-genre\n", "seq.in:1: 4 tokens, but 3 tags at {folder}/seq.out:1; one tag a token."),
        (WORDS, "O O B-city I-city\nO\nO O\n", "seq.in:2: 0 tokens, but 1 tag at {folder}/seq.out:2"),
        (WORDS, TAGS + "O\n", "seq.out:4: line 4 is there, but {folder}/seq.in has 3 lines; as many lines in both."),
        (WORDS, "O O B-city I-city\n", "seq.in:2: line 2 is there, but {folder}/seq.out has 1 line"),
        (WORDS, TAGS.replace("B-city", "O"), "seq.in:1: tag 'I-city' follows 'O' (token 3, 'York'); BIO2 expects 'B-"),
    ],
)
def test_files_that_do_not_go_together(folder: Path, words: str, tags: str, message: str) -> None:
    write(folder, words, tags)
    with pytest.raises(DataError, match=re.escape(message.format(folder=folder))):
        list(read(folder, DataConfig(), Tags))


def test_a_folder_without_them(folder: Path) -> None:
    (folder / "seq.out").unlink()
    with pytest.raises(DataError, match=re.escape(f"{folder}: is a directory")):
        list(read(folder, DataConfig(), Tags))
    with pytest.raises(DataError, match=re.escape(f"{folder}: has no files seq.in and seq.out; both, side by side")):
        list(read(folder / "seq.in", DataConfig(format="parallel"), Tags))
