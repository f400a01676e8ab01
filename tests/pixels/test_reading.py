"""Every mode and format of a picture becomes the same pixels, and what is no whole picture is refused by its name."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from spanloom.core import Array
from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.pixels.pillow import as_png
from spanloom.pixels.reading import MOST_PIXELS, read_picture
from spanloom.tasks.image.draw import drawn

HERE = "list.csv:7"
PICTURE = drawn("cross", np.random.default_rng(3), 20, 33)
"""Neither square nor symmetric."""
GREY = np.asarray(Pillow.fromarray(PICTURE).convert("L"))


def saved(picture: Any, form: str, **settings: Any) -> bytes:
    held = io.BytesIO()
    (picture if isinstance(picture, Pillow.Image) else Pillow.fromarray(picture)).save(held, form, **settings)
    return held.getvalue()


def read(content: bytes) -> Array:
    found = read_picture(Image("a.png", content), HERE).pixels
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    return found


def as_colours(grey: Array) -> Array:
    return np.repeat(grey[..., None], 3, axis=2)


# ---- modes and formats -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "settings"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True})], ids=["png", "bmp", "webp"]
)
def test_what_is_stored_exactly_is_read_exactly(form: str, settings: Mapping[str, Any]) -> None:
    np.testing.assert_array_equal(read(saved(PICTURE, form, **settings)), PICTURE)
    np.testing.assert_array_equal(read(saved(GREY, form, **settings)), as_colours(GREY))


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_a_jpeg_is_read_in_every_mode(mode: str) -> None:
    smooth = Pillow.fromarray(PICTURE).resize((330, 200)).resize((66, 40))
    wanted = np.asarray(smooth.convert("L").convert("RGB") if mode == "L" else smooth).astype(int)
    found = read(saved(smooth.convert(mode), "JPEG", quality=95, subsampling=0) if mode != "L" else saved(
        smooth.convert("L"), "JPEG", quality=95))  # fmt: skip
    assert np.abs(found - wanted).mean() < 4


def test_a_palette_is_looked_up() -> None:
    palette = Pillow.fromarray(PICTURE).quantize(32)
    np.testing.assert_array_equal(read(saved(palette, "PNG")), np.asarray(palette.convert("RGB")))


def test_of_one_bit_and_of_grey_with_alpha() -> None:
    bits = GREY > 100
    np.testing.assert_array_equal(read(saved(Pillow.fromarray(bits), "PNG")), as_colours(255 * bits.astype(np.uint8)))
    two = np.stack([GREY, np.full_like(GREY, 255)], axis=2)
    np.testing.assert_array_equal(read(saved(Pillow.fromarray(two, "LA"), "PNG")), as_colours(GREY))


def test_of_sixteen_bits_the_upper_eight_count() -> None:
    deep = GREY.astype(np.uint16) * 256 + 77
    assert Pillow.open(io.BytesIO(saved(deep, "PNG"))).mode == "I;16"
    np.testing.assert_array_equal(read(saved(deep, "PNG")), as_colours(GREY))


def test_what_is_transparent_is_white_and_half_of_it_half() -> None:
    alpha = np.full(GREY.shape, 255, np.uint8)
    alpha[:, :10], alpha[:, 10:20] = 0, 128
    found = read(saved(np.dstack([PICTURE, alpha]), "PNG"))
    assert (found[:, :10] == 255).all()
    half = 255 + (PICTURE[:, 10:20].astype(float) - 255) * 128 / 255
    assert np.abs(found[:, 10:20] - half).max() <= 1
    np.testing.assert_array_equal(found[:, 20:], PICTURE[:, 20:])


def test_a_colour_of_a_palette_may_be_transparent() -> None:
    palette = Pillow.fromarray(PICTURE).quantize(8)
    hidden = int(np.asarray(palette)[0, 0])
    found = read(saved(palette, "PNG", transparency=hidden))
    assert (found[np.asarray(palette) == hidden] == 255).all()
    assert (
        found[np.asarray(palette) != hidden] == np.asarray(palette.convert("RGB"))[np.asarray(palette) != hidden]
    ).all()


def test_of_what_moves_the_first_picture_is_read() -> None:
    frames = [Pillow.fromarray(picture).quantize(16) for picture in (PICTURE, PICTURE[::-1], PICTURE[:, ::-1])]
    for form, settings in (("GIF", {}), ("WEBP", {"lossless": True})):
        content = saved(frames[0], form, save_all=True, append_images=frames[1:], **settings)
        assert sum(1 for _ in ImageSequence.Iterator(Pillow.open(io.BytesIO(content)))) == 3
        np.testing.assert_array_equal(read(content), np.asarray(frames[0].convert("RGB")))


UPRIGHT = {
    1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, -1), 7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: lambda p: np.rot90(p),
}  # fmt: skip
"""What sets a picture upright, as the EXIF standard has it: 6 is turned by 90 degrees with the clock."""


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_the_camera_may_have_been_held_in_any_way(orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(read(saved(PICTURE, "PNG", exif=exif)), UPRIGHT[orientation](PICTURE))


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_there_is_not_changes_nothing(orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(read(saved(PICTURE, "PNG", exif=exif)), PICTURE)


def test_broken_exif_data_leave_the_picture_as_it_is() -> None:
    np.testing.assert_array_equal(read(saved(PICTURE, "PNG", exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff")), PICTURE)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (40, 1), (3, 2)])
def test_a_picture_may_be_of_any_size(height: int, width: int) -> None:
    assert read(as_png(PICTURE[:1, :1].repeat(height, 0).repeat(width, 1), HERE)).shape == (height, width, 3)


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_a_file_that_is_cut_short_is_refused_by_its_name(form: str) -> None:
    content = saved(drawn("disc", np.random.default_rng(0), 120, 90), form)
    with pytest.raises(DataError, match=rf"^{HERE}: the picture 'a.png' is cut short or damaged \("):
        read(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; a picture, JPEG, PNG, WebP, BMP or GIF"),
        (b"just some text", "is no picture that can be read; JPEG, PNG, WebP, BMP or GIF"),
        (saved(PICTURE, "TIFF"), "is no picture that can be read"),
        (saved(PICTURE, "PNG")[:200] + bytes(50) + saved(PICTURE, "PNG")[250:], r"is cut short or damaged \("),
    ],
    ids=["empty", "text", "another format", "a damaged part"],
)
def test_what_is_no_picture_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(content)


def test_whatever_byte_is_damaged_nothing_but_a_data_error_comes_out() -> None:
    draw = np.random.default_rng(1)
    refused = []
    for form in ("JPEG", "PNG", "WEBP", "BMP", "GIF"):
        content = saved(PICTURE, form)
        for _ in range(60):
            changed = bytearray(content)
            changed[draw.integers(len(content))] ^= int(draw.integers(1, 256))
            try:
                assert read(bytes(changed)).ndim == 3
            except DataError as error:
                refused.append(error.where)
    assert set(refused) == {HERE}


def png_of(width: int, height: int) -> bytes:
    """A PNG that says that it is this large, and holds a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (60_000, 60_000), (2_000_000_000, 2)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_takes_any_memory(width: int, height: int) -> None:
    with pytest.raises(DataError, match=rf"which would fill the memory; {MOST_PIXELS:,} pixels at most"):
        read(png_of(width, height))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"^{HERE}: the picture '{tmp_path}/no.png' is not there"):
        read_picture(Image(str(tmp_path / "no.png")), HERE)
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        read_picture(Image(str(tmp_path)), HERE)
    with pytest.raises(DataError, match="has a name that no file can have"):
        read_picture(Image("a\0b"), HERE)


def test_an_error_does_not_say_a_place_twice(tmp_path: Path) -> None:
    name = str(tmp_path / "no.png")
    with pytest.raises(DataError, match=rf"^{name}:1: the picture is not there"):
        read_picture(Image(name), f"{name}:1")
