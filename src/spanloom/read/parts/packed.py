"""The bytes of a file, unpacked on the way where it is packed, and named where they are no text at all.

What a file is is told by its first bytes, whatever its name.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO, cast

from spanloom.errors import DataError
from spanloom.read.parts.zstd import ZstdFile

if TYPE_CHECKING:
    from typing_extensions import Buffer

HEAD = 512  # bytes at the beginning in which a kind of file shows
TAIL = 1 << 16  # bytes at the end in which a zip archive lists what it holds
UNPACKED = 1 << 26
"""Bytes that any file may unpack to; beyond, what it unpacks to may be SWOLLEN times its own size."""
SWOLLEN = 100  # text in columns or in JSON packs to a fifth or a twentieth of its size, never to this

Packer = Callable[[BinaryIO], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile | ZstdFile]
PACKERS: tuple[tuple[bytes, Packer], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", ZstdFile),
)
PACKED = (".gz", ".bz2", ".xz", ".zst")
"""The endings that the names of packed files have."""
BZIP2_BLOCK = b"\x31\x41\x59\x26\x53\x59"  # what stands behind `BZh9`: text may begin with these letters too

DOCBIN = (b"\xa7version", b"\xa5attrs")
"""The first key of every DocBin, of spaCy 3 or 2, as msgpack writes it behind the size of the map."""

UNPACK = "Unpack it, and name the file inside."
SAVE = "Save what it holds as text (CSV, JSON lines or columns), and name that file."
KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x04\x22\x4d\x18", "an lz4 file", "Unpack it first: lz4 -d FILE."),
    (b"\x1f\x9d", "a file packed with compress", "Unpack it first: uncompress FILE."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a rar archive", UNPACK),
    (b"%PDF-", "a PDF", "Take the text out of it first."),
    (b"{\\rtf", "an RTF document", SAVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (xls, doc or ppt)", SAVE),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", "Name a file of text."),
    (b"\xff\xd8\xff", "a JPEG picture", "Name a file of text."),
    (b"GIF87a", "a GIF picture", "Name a file of text."),
    (b"GIF89a", "a GIF picture", "Name a file of text."),
    (b"ARROW1\0\0", "an Arrow file", SAVE),
    (b"SQLite format 3\0", "a SQLite database", SAVE),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", SAVE),
    (b"\x93NUMPY", "a NumPy array", SAVE),
    (b"\x80\x04\x95", "a Python pickle", SAVE),
    (b"\x80\x05\x95", "a Python pickle", SAVE),
    (b"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS, not the file itself", "Run: git lfs pull."),
)
IN_ZIP = ((b"xl/", "xlsx", SAVE), (b"word/", "docx", SAVE), (b"ppt/", "pptx", SAVE), (b"content.xml", "odf", SAVE))


def is_docbin(head: bytes) -> bool:
    """Whether a file that begins so is spaCy's DocBin: what zlib packed of a map that begins with one of its keys."""
    try:
        return zlib.decompressobj().decompress(head, 1 + max(map(len, DOCBIN)))[1:].startswith(DOCBIN)
    except zlib.error:
        return False


def unpacked(path: Path) -> io.BufferedReader:
    """The bytes of a file, from the beginning. Raises DataError for what is no file of text, OSError as `open` does."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        found = "is a pipe or a device, which cannot be read twice"
        raise DataError(str(path), found, "a file of examples", "Write what it gives to a file first.")
    file = path.open("rb")
    try:
        head = file.read(HEAD)
        file.seek(0)
        _refuse_other_kinds(path, head)
        for magic, packer in PACKERS:
            if head.startswith(magic) and (magic != b"BZh" or head[4:10] == BZIP2_BLOCK):
                return _unpacked_by(packer, file, path)
    except BaseException:
        file.close()
        raise
    return file


def _unpacked_by(packer: Packer, file: BinaryIO, path: Path) -> io.BufferedReader:
    _refuse_other_kinds(path, packer(file).read(HEAD) or b"")
    file.seek(0)
    return io.BufferedReader(_Bounded(cast(IO[bytes], packer(file)), file, path))


def refuse_swollen(packed: bytes, path: Path) -> None:
    """Raise DataError where what zlib packed is more than a file of text may be, zlib.error where it is damaged."""
    most, done = max(UNPACKED, SWOLLEN * len(packed)), 0
    unpacker = zlib.decompressobj()
    rest = packed
    while rest and not unpacker.eof:
        done += len(unpacker.decompress(rest, 1 << 20))
        rest = unpacker.unconsumed_tail
        if done > most:
            raise _swollen(path)


def _swollen(path: Path) -> DataError:
    found = f"unpacks to more than {SWOLLEN} times its size of {path.stat().st_size:,} bytes"
    return DataError(str(path), found, "a packed text", "Unpack it yourself, if that is meant.")


def taken(text: TextIO) -> int:
    """How many bytes of a file that `unpacked` opened were read so far, packed ones of a packed file."""
    buffer = cast(io.BufferedReader, text.buffer)
    raw = buffer.raw
    return raw.file.tell() if isinstance(raw, _Bounded) else buffer.tell()


class _Bounded(io.RawIOBase):
    """What a packed file unpacks to, up to a size that no file of text needs. Raises DataError beyond it."""

    def __init__(self, inner: IO[bytes], file: BinaryIO, path: Path) -> None:
        self.inner, self.file, self.path = inner, file, path
        self.left = max(UNPACKED, SWOLLEN * path.stat().st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        part = self.inner.read(len(view))
        self.left -= len(part)
        if self.left < 0:
            raise _swollen(self.path)
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self.inner.close()
            self.file.close()
        super().close()


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    """Raise DataError where the first bytes are those of a file that holds no plain text, saying what it is."""
    for magic, kind, remedy in KINDS:
        if head.startswith(magic):
            raise DataError(str(path), f"is {kind}", "a file of text", remedy)
    if is_docbin(head):
        raise DataError(str(path), "is spaCy's DocBin", "a file of text", "Make one of it: spanloom convert FILE OUT.")
    if head.startswith(b"PK\x03\x04"):
        end = _end_of(path)
        for name, kind, remedy in IN_ZIP:
            if name in end:
                raise DataError(str(path), f"is an Office document ({kind})", "a file of text", remedy)
        raise DataError(str(path), "is a zip archive", "a file of text", UNPACK)
    if head[257:262] == b"ustar":
        raise DataError(str(path), "is a tar archive", "a file of text", UNPACK)
    if head.startswith(b"PAR1") and _end_of(path).endswith(b"PAR1"):  # a gene is called so too
        raise DataError(str(path), "is a Parquet file", "a file of text", SAVE)


def _end_of(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-min(TAIL, path.stat().st_size), io.SEEK_END)
        return file.read()
