"""Pictures for people: a thumbnail with heat, and a sheet."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from spanloom.answers.parts.heat import Heat
from spanloom.core import Array
from spanloom.errors import DataError
from spanloom.pixels.look import Look
from spanloom.pixels.pillow import as_png
from spanloom.pixels.sheet import GAP, sheet
from spanloom.pixels.thumbnail import LARGEST, heated, thumbnail


def pixels_of(uri: str) -> Array:
    assert uri.startswith("data:image/jpeg;base64,")
    return np.asarray(Pillow.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_a_thumbnail_is_small_and_the_heat_lies_on_its_box(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(as_png(np.full((600, 1200, 3), 120, np.uint8), "here"))
    heat = Heat(((0.0, 1.0), (0.0, 1.0)), (600.0, 0.0, 1200.0, 600.0)).to_dict()
    assert heat == {"values": [[0, 100], [0, 100]], "box": [600, 0, 1200, 600]}
    found = thumbnail(str(file), heat)
    plain, warm = (pixels_of(found[name]).astype(int) for name in ("image", "heat"))
    assert plain.shape == warm.shape == (LARGEST // 2, LARGEST, 3)
    assert np.abs(plain - 120).max() <= 4
    assert np.abs(warm[:, :110] - 120).max() <= 8  # left of the box
    assert warm[60, -5, 0] > 190 > 100 > warm[60, -5, 2]  # red, where there is most
    assert np.abs(warm[60, 130] - 120).max() <= 12  # in the box, where there is none


def test_heat_at_the_edge_of_a_small_picture_stays_inside() -> None:
    picture = np.zeros((3, 2, 3), np.uint8)
    seen = heated(picture, np.ones((4, 4)), (1.6, 2.9, 2.4, 3.4))
    assert seen.shape == picture.shape
    assert (seen[2, 1] > 0).any()
    assert not seen[:2].any()


@pytest.mark.parametrize("name", [None, "", "no.png", 5])
def test_of_what_cannot_be_read_there_is_no_picture(name: object) -> None:
    assert thumbnail(name, None) == {}


def test_a_sheet_shows_arrays_as_they_were_before_they_were_normalised() -> None:
    look = Look(8, "stretched", 1.0, (0.5, 0.4, 0.3), (0.2, 0.3, 0.5))
    pictures = np.random.default_rng(0).integers(0, 256, size=(3, 8, 8, 3), dtype=np.uint8)
    arrays = np.stack([look.array(picture) for picture in pictures])
    page = sheet([arrays[:2], arrays[2:]], look)
    assert page.shape == (16 + GAP, 16 + GAP, 3)
    np.testing.assert_array_equal(page[:8, :8], pictures[0])
    np.testing.assert_array_equal(page[:8, 8 + GAP :], pictures[1])
    np.testing.assert_array_equal(page[8 + GAP :, :8], pictures[2])
    assert (page[8 + GAP :, 8:] == 255).all()


@pytest.mark.parametrize("array", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3)), np.zeros(4, np.uint8)])
def test_an_array_that_is_no_picture_is_refused(array: Array) -> None:
    with pytest.raises(DataError, match=rf"an array \[{', '.join(map(str, array.shape))}\] of {array.dtype}; pixels"):
        as_png(array, "here")
