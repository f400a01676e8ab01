"""What pixels say: each change against its definition, in numbers worked out here."""

from __future__ import annotations

import numpy as np
import pytest

from spanloom.pixels.arrays import mixed, normalised, patch, patched, to_array
from spanloom.pixels.colour import blurred, brightened, contrasted, erased, saturated
from spanloom.pixels.geometry import Box
from spanloom.tasks.image.draw import drawn

PICTURE = drawn("square", np.random.default_rng(2), 30, 26)
GREYS = (PICTURE.astype(int) @ (299, 587, 114) + 500) // 1000


def close(found: np.ndarray, wanted: np.ndarray) -> bool:
    return bool(np.abs(found.astype(float) - np.clip(wanted, 0, 255)).max() <= 1.5)


@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.4])
def test_brightness_contrast_and_colour_are_blends(factor: float) -> None:
    """With black, with the mean grey of the picture, with its greys."""
    plain, grey = PICTURE.astype(float), GREYS[..., None].astype(float)
    assert close(brightened(PICTURE, factor), factor * plain)
    assert close(contrasted(PICTURE, factor), np.rint(grey.mean()) + factor * (plain - np.rint(grey.mean())))
    assert close(saturated(PICTURE, factor), grey + factor * (plain - grey))


def test_a_blur_is_a_mean_of_what_is_around() -> None:
    point = np.zeros((41, 41, 3), np.uint8)
    point[20, 20] = 255
    seen = blurred(point, 2.0)[..., 0].astype(float)
    assert np.abs(seen - seen[::-1]).max() <= 1
    assert np.abs(seen - seen.T).max() <= 1
    assert seen[20, 20] == seen.max() == pytest.approx(255 / (2 * np.pi * 4), abs=2)
    plain = np.full((20, 20, 3), 77, np.uint8)
    np.testing.assert_array_equal(blurred(plain, 3.0), plain)


def test_what_is_erased_is_noise_and_the_rest_stays() -> None:
    before = PICTURE.copy()
    box = Box(3, 5, 10, 12)
    seen = erased(PICTURE, box, np.random.default_rng(0))
    np.testing.assert_array_equal(PICTURE, before)
    outside = np.ones(PICTURE.shape[:2], bool)
    outside[3:13, 5:17] = False
    np.testing.assert_array_equal(seen[outside], PICTURE[outside])
    assert 60 < seen[3:13, 5:17].std() < 90  # 73.9 of evenly spread bytes


def test_an_array_has_colours_first_and_each_in_its_own_measure() -> None:
    picture = np.array([[[255, 0, 51]], [[0, 102, 255]]], np.uint8)  # [2, 1, 3]
    array = to_array(picture)
    assert array.dtype == np.float32
    np.testing.assert_allclose(array, [[[1], [0]], [[0], [0.4]], [[0.2], [1]]])
    found = normalised(array, (0.5, 0.2, 0.0), (0.5, 0.1, 2.0))
    np.testing.assert_allclose(found, [[[1], [-1]], [[-2], [2]], [[0.1], [0.5]]], rtol=1e-6)
    assert found.dtype == np.float32


def test_two_pictures_are_mixed_by_their_shares() -> None:
    one, other = np.full((3, 2, 2), 4, np.float32), np.full((3, 2, 2), 8, np.float32)
    np.testing.assert_allclose(mixed(one, other, 0.75), np.full((3, 2, 2), 5))


def test_a_patch_is_put_where_its_box_says() -> None:
    one, other = (np.random.default_rng(seed).random((3, 7, 6)).astype(np.float32) for seed in (0, 1))
    found = patched(one, other, Box(2, 1, 3, 4))
    for colour, row, column in np.ndindex(3, 7, 6):
        inside = 2 <= row < 5 and 1 <= column < 5
        assert found[colour, row, column] == (other if inside else one)[colour, row, column]


def test_a_patch_leaves_about_its_share_and_lies_inside() -> None:
    draw = np.random.default_rng(0)
    for _ in range(200):
        share = draw.random()
        box = patch(32, share, draw)
        assert 0 <= box.top <= box.top + box.height <= 32
        assert 0 <= box.left <= box.left + box.width <= 32
        assert box.height * box.width <= (np.sqrt(1 - share) * 32 + 1) ** 2
    assert patch(32, 1.0, draw)[2:] == (0, 0)
