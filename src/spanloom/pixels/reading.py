"""Files of pictures to pixels: every mode as red, green and blue, turned as the camera was held, refused where broken.

What lies behind a transparent pixel is white. Of what moves, the first picture is read.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from spanloom.core import Array
from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.pixels.pillow import pillow

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
"""What Pillow is allowed to read: others run more code, some of it programs of other makers."""

ENDINGS = frozenset((".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif"))
"""Of the names of files that are pictures."""

READ = "JPEG, PNG, WebP, BMP or GIF"

MOST_PIXELS = 80_000_000
"""Of a picture: a small file may say that it is as large as a house, and take the memory for it."""

ORIENTATION = 0x0112
TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
    8: "ROTATE_90",
}  # fmt: skip
"""What sets a picture upright, by its EXIF orientation."""


class Picture(NamedTuple):
    """A picture as read. pixels: [H, W, 3]. format, mode: of its file, as Pillow calls them, such as JPEG and CMYK."""

    pixels: Array
    format: str
    mode: str


def content_of(image: Image, where: str) -> bytes:
    """What the file of a picture holds. Raises DataError where it cannot be had; `where` it is named."""
    try:
        return image.read()
    except OSError as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
    except ValueError:
        reason = "has a name that no file can have"
    raise _fault(image, where, reason, "a picture", "Correct its path, or remove the example.")


def read_picture(image: Image, where: str) -> Picture:
    """The pixels of a picture. Raises DataError, naming the file, for what is no whole picture; MissingExtra."""
    return decoded(content_of(image, where), image, where)


def decoded(content: bytes, image: Image, where: str) -> Picture:
    """The same of what its file holds."""
    module = pillow("Image")
    if not content:
        raise _fault(image, where, "is empty", f"a picture, {READ}", "Get the file again, or remove it.")
    try:
        with module.open(io.BytesIO(content), formats=FORMATS) as opened:
            _refuse_bomb(opened.size, image, where)
            opened.load()
            form, mode = str(opened.format), str(opened.mode)
            pixels = np.ascontiguousarray(np.asarray(_upright(_in_colours(opened, module), opened, module)))
    except module.UnidentifiedImageError:
        raise _fault(image, where, "is no picture that can be read", READ, "Convert it, or remove it.") from None
    except (module.DecompressionBombError, module.DecompressionBombWarning) as error:
        raise _bomb(image, where) from error
    except (DataError, MemoryError):
        raise
    except Exception as error:  # of whatever damaged bytes make the library stumble over
        said = " ".join(str(error).split())[:160] or type(error).__name__
        found = f"is cut short or damaged ({said})"
        raise _fault(image, where, found, "a whole picture", "Get the file again, or remove it.") from None
    return Picture(pixels, form, mode)


def _in_colours(opened: Any, module: Any) -> Any:
    """The picture in the mode RGB. Of 16 bits the upper 8 count; Pillow would cut them off above 255."""
    if opened.mode.startswith(("I", "F")):
        deep = np.clip(np.asarray(opened).astype(np.int64), 0, 0xFFFF)
        return module.fromarray((deep >> 8).astype(np.uint8)).convert("RGB")
    if opened.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in opened.info:
        seen = opened.convert("RGBA")
        white = module.new("RGBA", seen.size, (255, 255, 255, 255))
        return module.alpha_composite(white, seen).convert("RGB")
    return opened.convert("RGB")


def _upright(picture: Any, opened: Any, module: Any) -> Any:
    """The picture turned as its EXIF data say; where these are damaged, as it is."""
    orientation: Any = 1
    with suppress(Exception):  # what stands there may be anything
        orientation = opened.getexif().get(ORIENTATION, 1)
    turn = TURNS.get(orientation) if isinstance(orientation, int) else None
    return picture if turn is None else picture.transpose(module.Transpose[turn])


def _refuse_bomb(size: tuple[int, int], image: Image, where: str) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise _bomb(image, where, f" of {size[0]:,} x {size[1]:,} pixels")


def _bomb(image: Image, where: str, size: str = "") -> DataError:
    found = f"says that it is{size or ' larger than any picture'}, which would fill the memory"
    return _fault(image, where, found, f"{MOST_PIXELS:,} pixels at most", "Make it smaller, or remove it.")


def _fault(image: Image, where: str, found: str, expected: str, remedy: str) -> DataError:
    """An error at `where` that names the file, unless that is the place."""
    named = "the picture" if not image.name or where.startswith(image.name) else f"the picture {image.name!r}"
    return DataError(where, f"{named} {found}", expected, remedy)
