"""How a model looks at a picture, and how training varies it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from spanloom.pixels.augment import Mixing, mixing, varied
from spanloom.pixels.config import PictureAugmentConfig
from spanloom.pixels.look import Look
from spanloom.tasks.image.draw import drawn

LOOK = Look(32, "short side", 0.8, (0.5, 0.4, 0.3), (0.2, 0.3, 0.5))
NONE = PictureAugmentConfig(least_crop=1.0, rotation=0.0, brightness=0.0, contrast=0.0, saturation=0.0)
ALL = PictureAugmentConfig(flip="both", blur=2.0, erase=0.5, rotation=20.0)
PICTURE = drawn("cross", np.random.default_rng(1), 50, 90)


@pytest.mark.parametrize("fit", ["short side", "stretched"])
@pytest.mark.parametrize("shape", [(1, 1), (50, 90), (90, 50), (5, 4000), (4000, 5), (300, 300)])
def test_a_picture_of_any_size_is_seen_in_that_of_the_model(shape: tuple[int, int], fit: str) -> None:
    look = replace(LOOK, fit=fit)
    frame = look.frame(np.zeros((*shape, 3), np.uint8))
    assert min(frame.pixels.shape[:2]) == look.side == 40
    assert max(frame.pixels.shape[:2]) <= 80
    view = look.view(frame)
    assert view.pixels.shape == (32, 32, 3)
    left, top, right, bottom = view.box
    assert 0 <= left < right <= shape[1]
    assert 0 <= top < bottom <= shape[0]


def test_where_the_middle_stood_is_told() -> None:
    left, top, right, bottom = LOOK.view(LOOK.frame(PICTURE)).box
    assert (right - left, bottom - top) == pytest.approx((40, 40))  # 0.8 of 50
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((45, 25), abs=1)
    stretched = replace(LOOK, fit="stretched", crop=1.0)
    assert stretched.view(stretched.frame(PICTURE)).box == (0, 0, 90, 50)


def test_an_array_is_what_the_network_was_trained_on() -> None:
    array = LOOK.array(np.full((32, 32, 3), 255, np.uint8))
    np.testing.assert_allclose(array[:, 0, 0], [0.5 / 0.2, 0.6 / 0.3, 0.7 / 0.5], rtol=1e-6)


def test_it_comes_back_from_json() -> None:
    assert Look.from_dict(json.loads(json.dumps(LOOK.to_dict()))) == LOOK


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": 0}, "size: '0'"),
        ({"size": 10**6}, "size: '1000000'"),
        ({"fit": "round"}, "fit: 'round'"),
        ({"crop": 0}, "crop: '0'"),
        ({"deviation": [1, 0, 1]}, "deviation: '0'"),
        ({"mean": [1, 2]}, "mean is '\\[1, 2\\]'"),
    ],
)
def test_what_is_damaged_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Look.from_dict({**LOOK.to_dict(), **changed})


def test_with_every_change_turned_off_training_sees_what_prediction_sees() -> None:
    frame = LOOK.frame(PICTURE)
    seen = varied(frame.pixels, NONE, 32, np.random.default_rng(0))
    np.testing.assert_array_equal(seen, LOOK.view(frame).pixels)


def test_what_is_drawn_depends_on_the_generator_alone() -> None:
    frame = LOOK.frame(PICTURE).pixels
    before = frame.copy()
    one, again, other = (varied(frame, ALL, 32, np.random.default_rng([7, epoch, 3])) for epoch in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(frame, before)
    assert (one != other).any()
    assert one.shape == (32, 32, 3)
    assert one.flags.c_contiguous


@pytest.mark.parametrize(
    "change",
    [
        {"least_crop": 0.3}, {"rotation": 30.0}, {"flip": "sides"}, {"brightness": 0.5}, {"contrast": 0.5},
        {"saturation": 0.9}, {"blur": 3.0}, {"erase": 1.0},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_each_change_changes_something_and_not_always_the_same(change: dict[str, object]) -> None:
    frame = LOOK.frame(PICTURE).pixels
    config = replace(NONE, **change)
    seen = [varied(frame, config, 32, np.random.default_rng(seed)) for seed in range(12)]
    assert len({picture.tobytes() for picture in seen}) >= (2 if "flip" in change else 4)


def test_mixup_and_cutmix_say_how_much_is_of_the_picture_itself() -> None:
    draw = np.random.default_rng(0)
    ones, zeros = np.ones((3, 32, 32), np.float32), np.zeros((3, 32, 32), np.float32)
    for config, cut in ((replace(NONE, mixup=0.5), False), (replace(NONE, cutmix=1.0), True)):
        for _ in range(50):
            found = mixing(config, 32, draw)
            assert (found.box is not None) == cut
            assert found.of(ones, zeros).mean() == pytest.approx(found.share, abs=1e-6)
    both = {mixing(replace(NONE, mixup=0.5, cutmix=1.0), 32, draw).box is None for _ in range(30)}
    assert both == {True, False}
    assert Mixing(0.25).of(ones, zeros).max() == 0.25
