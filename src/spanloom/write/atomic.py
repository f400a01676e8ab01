"""Files that are there whole or not at all: written under a temporary name in the same folder, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any


@contextmanager
def atomic_file(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file to write that takes the name `path` when the block ends well; on any error `path` stays as it was.

    mode: "w" for UTF-8 text with `\\n` line endings, "wb" for bytes. The folder is made if need be. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(number, mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write bytes, or text as UTF-8, to `path` whole or not at all. Raises OSError."""
    with atomic_file(path, "wb") as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)


def _umask() -> int:
    """The process's file mode mask: mkstemp makes private files, and these are ordinary ones."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
