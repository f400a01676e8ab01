"""Files packed by zstd, by the standard library from Python 3.14 on, before it by the package zstandard."""

from __future__ import annotations

import importlib
import io
from typing import IO, TYPE_CHECKING, Any

from spanloom.errors import MissingExtra

if TYPE_CHECKING:
    from typing_extensions import Buffer

AT_ONCE = 1 << 10
"""Packed bytes that are unpacked in one go: four of them can stand for 128 KiB, so that more could fill the memory."""


class DamagedZstd(Exception):
    """What is in the file is not what zstd packed."""


class ZstdFile(io.RawIOBase):
    """What a file of zstd frames unpacks to. Raises MissingExtra where nothing can unpack it, EOFError where it is cut
    short, DamagedZstd where it is damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        self._make, self._fault = _unpacker()
        self._file = file
        self._frame: Any = None
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        while not self._ready and self._unpack():
            pass
        count = min(len(view), len(self._ready))
        view[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _unpack(self) -> bool:
        """Unpack some bytes; whether there are more."""
        rest = b"" if self._frame is None or not self._frame.eof else self._frame.unused_data
        packed = rest or self._file.read(AT_ONCE)
        if not packed:
            if self._frame is not None and not self._frame.eof:
                raise EOFError("the last frame has no end")
            return False
        if self._frame is None or self._frame.eof:
            self._frame = self._make()
        try:
            self._ready = memoryview(self._frame.decompress(packed))
        except self._fault as error:
            raise DamagedZstd(str(error)) from None
        return True


def _unpacker() -> tuple[Any, type[Exception]]:
    """What makes an unpacker of one frame, and what that raises."""
    try:
        standard = importlib.import_module("compression.zstd")
        return standard.ZstdDecompressor, standard.ZstdError
    except ModuleNotFoundError:
        pass
    try:
        package = importlib.import_module("zstandard")
        return (lambda: package.ZstdDecompressor().decompressobj()), package.ZstdError
    except ModuleNotFoundError:
        raise MissingExtra("Reading a file packed by zstd", "formats") from None
