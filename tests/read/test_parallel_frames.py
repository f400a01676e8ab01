"""Requests, their slots and their intents in three files side by side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read import formats, read

WORDS = "wake me at six thirty \n\nplay a waltz\n"
TAGS = "O O O B-time I-time\n\nO O B-genre \n"
INTENTS = "SetAlarm\n\nPlayMusic#SetAlarm \n"


def write(folder: Path, *contents: str, end: str = "\n") -> None:
    for name, content in zip(("seq.in", "seq.out", "label"), contents, strict=False):
        (folder / name).write_bytes(content.replace("\n", end).encode())


@pytest.mark.parametrize("name", ["", "seq.in"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_by_folder_or_by_the_file_of_words(tmp_path: Path, name: str, end: str) -> None:
    write(tmp_path, WORDS, TAGS, INTENTS, end=end)
    first, second = read(tmp_path / name, DataConfig(), Frame)
    assert first.input.text == "wake me at six thirty"
    assert first.gold == Frame(Label(("SetAlarm",)), Tags(("O", "O", "O", "B-time", "I-time")))
    assert second.source == Source(str(tmp_path / "seq.in"), 3)
    assert second.gold == Frame(Label(("PlayMusic#SetAlarm",)), Tags(("O", "O", "B-genre")))  # kept whole


@pytest.mark.parametrize(
    ("tags", "intents", "message"),
    [
        ("O O O B-time\n\nO O O\n", INTENTS, "seq.in:1: 5 tokens, but 4 tags at {folder}/seq.out:1; one tag a token."),
        (TAGS, "SetAlarm\n\n", "seq.in:3: line 3 is there, but {folder}/label has 2 lines; as many lines in both."),
        (TAGS, INTENTS + "SetAlarm\n", "label:4: line 4 is there, but {folder}/seq.in has 3 lines"),
        (TAGS + "O\n", INTENTS, "seq.out:4: line 4 is there, but {folder}/seq.in has 3 lines"),
        (TAGS, "SetAlarm\n\n \n", "label:3: the intent is empty; the name of a class"),
        (TAGS, "SetAlarm\nStray\nPlayMusic\n", "label:2: the intent 'Stray' of an empty line; a request."),
        (
            "O O O O I-time\n\nO B-a B-b\n",
            INTENTS,
            "seq.in:1: tag 'I-time' follows 'O' (token 4, 'thirty'); BIO2 expects",
        ),
        ("A B C D E\n\nF G H\n", INTENTS, "seq.in:1: tag 'A' (token 0, 'wake'); BIO2 has O, B-LABEL, I-LABEL."),
    ],
)
def test_files_that_do_not_go_together(tmp_path: Path, tags: str, intents: str, message: str) -> None:
    write(tmp_path, WORDS, tags, intents)
    with pytest.raises(DataError, match=re.escape(message.format(folder=tmp_path))):
        list(read(tmp_path, DataConfig(), Frame))


def test_tags_are_mended_where_that_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, WORDS, TAGS.replace("B-time", "I-time"), INTENTS)
    first, _ = read(tmp_path, DataConfig(repair=True), Frame)
    assert first.gold.slots.labels == ("O", "O", "O", "B-time", "I-time")
    where, what = first.mended[0]
    assert (str(where), what) == (f"{tmp_path}/seq.in:1", "tag 'I-time' follows 'O' (token 3, 'six')")


def test_a_folder_that_lacks_a_file_is_told_which(tmp_path: Path) -> None:
    write(tmp_path, WORDS, TAGS)
    expected = re.escape(f"{tmp_path}: has no file label; seq.in, seq.out, label, side by side. Add it.")
    with pytest.raises(DataError, match=expected):
        list(read(tmp_path, DataConfig(), Frame))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").write_text("a\n")
    with pytest.raises(DataError, match=r"has no file seq\.in and no file seq\.out and no file label"):
        list(read(tmp_path / "other" / "x", DataConfig(format="parallel"), Frame))


def test_both_formats_are_found() -> None:
    assert set(formats(Frame)) == {"parallel", "rasa", "spanloom"}
