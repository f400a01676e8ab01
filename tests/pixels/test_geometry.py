"""Where pixels come to stand, against Pillow, and against what can be said of a turn or a mirror."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image as Pillow

from spanloom.pixels.geometry import (
    SQUEEZED,
    Box,
    central,
    cropped,
    flipped,
    random_box,
    resize_short,
    resized,
    rotated,
)
from spanloom.tasks.image.draw import drawn

PICTURE = drawn("disc", np.random.default_rng(5), 40, 64)


def test_a_picture_is_resized_as_pillow_does() -> None:
    wanted = np.asarray(Pillow.fromarray(PICTURE).resize((17, 23), Pillow.Resampling.BICUBIC))
    np.testing.assert_array_equal(resized(PICTURE, 23, 17), wanted)
    assert resized(PICTURE, 40, 64) is PICTURE


def test_a_smaller_picture_is_made_of_all_pixels() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(resized(stripes, 8, 8).astype(int) - 128).max() <= 12


@pytest.mark.parametrize(
    ("shape", "size", "wanted"), [((40, 64), 20, (20, 32)), ((64, 40), 80, (128, 80)), ((3, 100), 9, (9, 300))]
)
def test_the_shorter_side_decides(shape: tuple[int, int], size: int, wanted: tuple[int, int]) -> None:
    assert resize_short(np.zeros((*shape, 3), np.uint8), size).shape == (*wanted, 3)


def test_the_middle_is_cut_out() -> None:
    assert central(PICTURE, 20, 30) == Box(10, 17, 20, 30)
    assert central(PICTURE, 99, 30) == Box(0, 17, 40, 30)
    np.testing.assert_array_equal(cropped(PICTURE, Box(10, 17, 20, 30)), PICTURE[10:30, 17:47])


def test_a_random_crop_lies_inside_and_has_the_area_and_the_proportions_that_were_asked_for() -> None:
    draw = np.random.default_rng(0)
    boxes = [random_box(PICTURE, 0.3, draw) for _ in range(400)]
    for box in boxes:
        assert 0 <= box.top <= 40 - box.height
        assert 0 <= box.left <= 64 - box.width
    drawn_boxes = [box for box in boxes if box != central(PICTURE, 40, 40)]
    areas = [box.height * box.width / (40 * 64) for box in drawn_boxes]
    wide = [box.width / box.height for box in drawn_boxes]
    assert 0.27 < min(areas) < 0.4 < 0.6 < max(areas) <= 1
    assert 1 / SQUEEZED - 0.1 < min(wide) < max(wide) < SQUEEZED + 0.1
    assert {box.top == 0 for box in boxes} == {True, False}


def test_of_what_no_crop_fits_into_the_middle_square_is_taken() -> None:
    thin = np.zeros((4, 400, 3), np.uint8)
    assert random_box(thin, 0.9, np.random.default_rng(0)) == Box(0, 198, 4, 4)


def test_a_mirror_changes_sides() -> None:
    np.testing.assert_array_equal(
        flipped(PICTURE), np.asarray(Pillow.fromarray(PICTURE).transpose(Pillow.Transpose(0)))
    )
    np.testing.assert_array_equal(flipped(flipped(PICTURE, upside_down=True), upside_down=True), PICTURE)
    np.testing.assert_array_equal(flipped(PICTURE, upside_down=True)[0], PICTURE[-1])


def test_a_turn_by_quarters_is_exact_and_against_the_clock() -> None:
    square = PICTURE[:, :40]
    assert rotated(square, 0.0) is square
    np.testing.assert_array_equal(rotated(square, 90.0), np.rot90(square))
    np.testing.assert_array_equal(rotated(PICTURE, 180.0), PICTURE[::-1, ::-1])


def test_a_turn_keeps_the_size_and_moves_a_point_as_it_must() -> None:
    dark = np.zeros((61, 61, 3), np.uint8)
    dark[28:33, 48:53] = 255  # 20 to the right of the middle
    seen = rotated(dark, 30.0)[..., 0].astype(float)
    down, across = (np.mgrid[:61, :61] * seen).sum(axis=(1, 2)) / seen.sum()
    assert across - 30 == pytest.approx(20 * math.cos(math.radians(30)), abs=0.6)
    assert 30 - down == pytest.approx(20 * math.sin(math.radians(30)), abs=0.6)
    assert rotated(PICTURE, 17.0).shape == PICTURE.shape


def test_the_corners_of_a_turned_picture_mirror_it() -> None:
    plain = np.full((30, 44, 3), (10, 200, 90), np.uint8)
    np.testing.assert_array_equal(rotated(plain, 23.0), plain)
    assert rotated(plain[:1, :1], 23.0).shape == (1, 1, 3)
