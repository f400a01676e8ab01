"""Where data name a picture: by its path, from the folder of the file that names it, or by its bytes as a data URI."""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path

from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.pixels.reading import ENDINGS, READ
from spanloom.read.parts.texts import is_utf8

NAMES = ("image", "path", "file", "file_name", "filename", "image_path", "picture")
"""What the key or the column of a picture is called."""

OTHER_PICTURES = frozenset((".tif", ".tiff", ".heic", ".heif", ".avif", ".svg", ".ico", ".psd", ".raw", ".dng", ".jp2"))
"""The endings of pictures that are not read: passed over in silence they would be missed."""

URI = re.compile(r"data:image/[\w.+-]+;base64,(.*)", re.DOTALL)
ONE = re.compile(rf"(?:{'|'.join(re.escape(ending) for ending in sorted(ENDINGS))})\"?\s*(?:[,;\t]|$)", re.I | re.M)


def is_picture(name: str) -> bool:
    """Whether the name of a file ends as that of a picture."""
    return os.path.splitext(name)[1].lower() in ENDINGS


def names_pictures(beginning: str) -> bool:
    """Whether a cell in the first rows of a table ends as the name of a picture does."""
    return any(ONE.search(line) for line in beginning.split("\n", 5)[:5])


def image_at(value: str, path: Path, where: str) -> Image:
    """The picture that `value` names in the file `path`. Raises DataError where it names none."""
    if not value.strip() or "\0" in value:
        raise DataError(where, f"the picture is {value!r}", "the path of a file", "Fill it in, or remove the example.")
    if value.startswith("data:"):
        return image_in(value, where)
    return Image(os.path.normpath(path.parent / value))


def image_in(uri: str, where: str) -> Image:
    """The picture that a data URI holds. Raises DataError for any other."""
    found = URI.fullmatch(uri)
    if found is None:
        said = f"a URI that begins with {uri[:40]!r}"
        raise DataError(where, said, "data:image/png;base64,… or the like", "Write the bytes of the file in base64.")
    try:
        return Image("", base64.b64decode(found[1], validate=True))
    except (binascii.Error, ValueError) as error:
        expected = "a picture's bytes in base64"
        raise DataError(where, f"base64 that is broken ({error})", expected, "Encode them again.") from None


def uri_of(content: bytes) -> str:
    """The bytes of a picture as a data URI. What kind of picture it is its bytes say."""
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"


def refuse_other(path: Path) -> None:
    """Raise DataError for a picture of a format that is not read, and for a name that no text can hold."""
    if path.suffix.lower() in OTHER_PICTURES:
        raise DataError(str(path), f"a {path.suffix} file", READ, "Convert it, or move it away.")
    if not is_utf8(path.name):
        where = str(path.parent).encode("utf-8", "backslashreplace").decode()
        found = f"the name {os.fsencode(path.name)!r} is not UTF-8"
        raise DataError(where, found, "names that can be written", "Rename it.")
