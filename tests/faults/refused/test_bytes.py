"""The bytes of a file: packed, of another kind, in another encoding, or not to be read at all."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read import read
from spanloom.read.parts.lines import numbered_lines, opening, whole_text

LINES = "Oslo B-LOC\nslept O\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.conll"


def refusal(path: Path, encoding: str = "utf-8") -> str:
    with pytest.raises(DataError) as caught:
        list(numbered_lines(path, encoding))
    return str(caught.value)


# ---- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "UTF_16LE",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "gb18030",
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_text(path: Path, encoding: str) -> None:
    codec = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    mark = b"" if encoding in ("utf-16", "utf-32") else "\ufeff".encode(codec)
    path.write_bytes(mark + LINES.encode(codec))
    assert list(numbered_lines(path, encoding)) == [(1, "Oslo B-LOC"), (2, "slept O")]
    assert opening(path, encoding) == whole_text(path, encoding) == LINES
    (example,) = read(path, DataConfig(encoding=encoding), Tags)
    assert example.input.text == "Oslo slept"


def test_no_mark_in_a_label(tmp_path: Path) -> None:
    for name, content in (("seq.in", "to Oslo\n"), ("label", "go\n")):
        (tmp_path / name).write_bytes(("\ufeff" + content).encode("utf-16-le"))
    (example,) = read(tmp_path, DataConfig(encoding="utf-16-le"), Label)
    assert (example.input.text, example.gold) == ("to Oslo", Label(("go",)))


@pytest.mark.parametrize(
    "encoding",
    ["base64", "rot13", "hex", "zip", "zlib", "bz2", "uu", "quopri", "idna", "punycode", "undefined", "unicode_escape",
     "raw_unicode_escape", "a\0b", "é", "", "\udc80", "latin-nine", "aliases"],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"", b"a O\n", b"\xff\xfe\x00\\x"])
def test_what_is_no_encoding_of_a_file(path: Path, encoding: str, content: bytes) -> None:
    path.write_bytes(content)
    found = (
        f"data.conll: unknown encoding {encoding!r}; a name such as utf-8, utf-16, cp1252 or gb18030. Set data.encoding"
    )
    assert found in refusal(path, encoding)


def test_the_name_of_an_encoding_is_cut(path: Path) -> None:
    path.write_text(LINES)
    assert len(refusal(path, "x" * 100_000)) < 400


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_the_mark_of_another_encoding_is_named(path: Path, encoding: str) -> None:
    path.write_bytes(LINES.encode(encoding))
    found = f"data.conll:1: is not utf-8 text: it begins with the byte order mark of {encoding.upper()}; "
    assert refusal(path).endswith(f"{found}utf-8 throughout. Set data.encoding = '{encoding}'.")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(path: Path, encoding: str) -> None:
    path.write_bytes(LINES.encode(encoding))
    assert f"Set data.encoding = '{encoding}': the file looks like UTF-16." in refusal(path)


# ---- packed files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_read_whatever_their_name(path: Path, pack: Callable[[bytes], bytes]) -> None:
    path.write_bytes(pack(("\ufeff" + LINES).encode()))
    assert list(numbered_lines(path, "utf-8")) == [(1, "Oslo B-LOC"), (2, "slept O")]
    path.write_bytes(pack("ä".encode("cp1252")))
    assert "byte 0xe4 at offset 0 is not utf-8 text" in refusal(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_that_is_cut(path: Path, pack: Callable[[bytes], bytes]) -> None:
    path.write_bytes(pack(os.urandom(9000).hex().encode())[:-9])
    assert "data.conll: is cut short or damaged (" in refusal(path)
    assert "; a whole packed file. Get the file again, or unpack it." in refusal(path)


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 99)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return file.getvalue()


OTHERS = [
    (zipped("a.txt"), "a zip archive"),
    (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Office document (xlsx)"),
    (zipped("[Content_Types].xml", "word/document.xml"), "an Office document (docx)"),
    (b"\x04\x22\x4d\x18" + bytes(9), "an lz4 file"),
    (b"7z\xbc\xaf\x27\x1c" + bytes(9), "a 7z archive"),
    (b"Rar!\x1a\x07\x01\x00", "a rar archive"),
    (tarred(), "a tar archive"),
    (gzip.compress(tarred()), "a tar archive"),
    (b"%PDF-1.7\n", "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "an old Office document (xls, doc or ppt)"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"PAR1" + bytes(9) + b"PAR1", "a Parquet file"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS, not the file itself"),
]


@pytest.mark.parametrize(("content", "kind"), OTHERS, ids=[kind for _, kind in OTHERS])
def test_other_kinds_of_file_are_named(path: Path, content: bytes, kind: str) -> None:
    path.write_bytes(content)
    assert f"data.conll: is {kind}; a file of text. " in refusal(path)
    with pytest.raises(DataError, match=re.escape(f"data.conll: is {kind}; ")):
        read(path, DataConfig(), Frame)


@pytest.mark.parametrize("text", ["PAR1 B-GENE\nis O\n", "BZh9 O\nis O\n", "Rar! O\nis O\n", "%PDF O\nis O\n"])
def test_text_that_begins_like_another_kind(path: Path, text: str) -> None:
    path.write_text(text)
    (example,) = read(path, DataConfig(), Tags)
    assert len(example.input.tokens) == 2


# ---- what cannot be read ---------------------------------------------------------------------------------------------


def test_links_that_go_round(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(DataError, match=r"/a: cannot be read \(.*symbolic links\); a readable file\. Check the path"):
        read(tmp_path / "a", DataConfig(), Tags)


def test_pipes_and_devices(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(DataError, match=rf"{path}: is a pipe or a device, which cannot be read twice; a file"):
            read(path, DataConfig(), Tags)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("x" * 300, r"x: cannot be read \(File name too long\)"),
        ("a\0b", r"a\\x00b': a NUL character in a path"),
        ("\ud800", r"\\ud800': is no name of a file"),
        ("none\udcff", r"none\udcff: no such file"),
    ],
)
def test_names_of_no_file(tmp_path: Path, name: str, found: str) -> None:
    for answer in (Tags, Label):
        with pytest.raises(DataError, match=found):
            read(tmp_path / name, DataConfig(), answer)


def test_a_file_that_may_not_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(LINES)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the superuser may read all
    assert refusal(path) == f"{path}: may not be read; a readable file. Allow it: chmod u+r data.conll"
