"""Formats told apart by content, and the faults of a file as a whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read import detect, formats, read

BEGINNINGS = {
    "casrel": [
        '[{"text": "a", "triple_list": []}]',
        '\n{"triple_list": [], "text": "a"}',
        '{"text": "a", "triple_list": [[',
    ],
    "cotype": ['{"articleId": "x", "sentText": "a"}', '{"sentText": "a", "entityMentions": [{"text": "a", "lab'],
    "conll04": ["#doc 5\n0\ta\tO\t['N']\t[0]\n", "0\ta\tO\t['N']\t[0]\n"],
    "layers": [
        "Mara\tB-PER\tO\nHolt\tI-PER\tB-LOC\n",
        "Mara B-PER\nleft O\n",
        "#\tn-tv [2009]\n1\tMara\tB-PER\tO\n2\tleft\tO\tO\n",
        "-DOCSTART- O O O\n\n# O O O\n1 O O O\n",
    ],
    "docred": ['[{"title": "a", "sents": [["a"]], "vertexSet": [], "labels": []}]'],
    "spert": ['[{"tokens": ["a"], "entities": [], "relations": []}]'],
    "spanloom": ['{"text": "a"}', '{"text": "a", "tokens": [[0, 1]], "entities": [], "relations": []}'],
}


def test_all_formats_are_found() -> None:
    assert {*BEGINNINGS, "brat"} <= set(formats())  # which is two files


@pytest.mark.parametrize(("name", "beginning"), [(name, text) for name, texts in BEGINNINGS.items() for text in texts])
def test_detect_by_content(name: str, beginning: str) -> None:
    assert detect(beginning, Path("x.dat"), formats()) == name


@pytest.mark.parametrize("beginning", ["Just a sentence.", "{}", "[1, 2]", "text\tlabel\n", "Mara NNP B-PER\n"])
def test_no_known_format(beginning: str) -> None:
    found = re.escape(f"x.dat: no known format, the file begins with {beginning.strip()!r}; one of: brat (a .ann")
    with pytest.raises(DataError, match=f"{found}.*data.format"):
        detect(beginning, Path("x.dat"), formats())


def test_unknown_format_suggests_the_near_one(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"data\.format: unknown format 'casrell'; did you mean 'casrel'\?; auto or one"
    ):
        read(tmp_path / "x", DataConfig(format="casrell"))


def test_a_named_format_is_taken_at_its_word(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"text": "a", "triple_list": []}')
    with pytest.raises(DataError, match=r"x\.json:1: missing key 'tokens'; keys text, triple_list are there"):
        list(read(path, DataConfig(format="spert")))


@pytest.mark.parametrize("content", ["", " \r\n\n", "\ufeff"])
def test_empty_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content.encode())
    with pytest.raises(DataError, match=r"x\.json: the file is empty; at least one example"):
        read(path, DataConfig())


def test_no_examples(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[ ]")
    with pytest.raises(DataError, match=r"x\.json: the file has no examples; at least one"):
        list(read(path, DataConfig(format="casrel")))


def test_missing_directory_and_binary(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none: no such file; "):
        read(tmp_path / "none", DataConfig())
    with pytest.raises(DataError, match="is a directory; "):
        read(tmp_path, DataConfig())
    (tmp_path / "x").write_bytes(b'{"text": "a"}\n\0')
    with pytest.raises(DataError, match=r"x:2: a NUL byte at column 1"):
        read(tmp_path / "x", DataConfig())
