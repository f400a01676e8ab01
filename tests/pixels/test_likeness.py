"""Nearly the same pictures are found, whatever happened to them, and no others."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as Pillow

from spanloom.core import Array
from spanloom.pixels.colour import blurred, brightened
from spanloom.pixels.geometry import flipped, resized
from spanloom.pixels.likeness import BYTES, NEAR, likeness, near_pairs
from spanloom.tasks.image.draw import SHAPES, drawn


def again(picture: Array, quality: int) -> Array:
    held = io.BytesIO()
    Pillow.fromarray(picture).save(held, "JPEG", quality=quality)
    return np.asarray(Pillow.open(held))


def smooth(seed: int) -> Array:
    """A picture with light and shade all over."""
    coarse = np.random.default_rng(seed).integers(0, 256, size=(6, 6, 3), dtype=np.uint8)
    return resized(coarse, 120, 150)


def test_a_copy_is_near_whatever_was_done_to_it_and_others_are_not() -> None:
    for seed in range(5):
        picture = smooth(seed)
        copies = [again(picture, 60), resized(picture, 77, 91), brightened(picture, 0.8), blurred(picture, 1.5)]
        others = [flipped(picture), smooth(seed + 50)]
        hashes = [likeness(each) for each in (picture, *copies, *others)]
        assert list(near_pairs(hashes)) == [(number, 0) for number in range(1, 1 + len(copies))]


def test_where_there_is_nothing_to_see_nothing_is_compared() -> None:
    flat = likeness(np.full((30, 40, 3), 90, np.uint8))
    assert flat == b""
    assert list(near_pairs([flat, flat, likeness(smooth(0))])) == []
    assert len(likeness(smooth(0))) == BYTES == 16


def test_near_pairs_are_those_of_all_pairs() -> None:
    """By comparing each with each: hashes of a few bits apart, here and there."""
    draw = np.random.default_rng(0)
    hashes: list[bytes] = []
    for _ in range(40):
        bits = draw.random(128) < 0.5
        for _ in range(3):
            bits = bits ^ (draw.random(128) < draw.choice([0.0, 0.03, 0.06]))
            hashes.append(np.packbits(bits).tobytes())

    def apart(one: bytes, other: bytes) -> int:
        return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()

    firsts: list[int] = []
    wanted = []
    for number, each in enumerate(hashes):
        like = next((first for first in firsts if apart(each, hashes[first]) <= NEAR), None)
        firsts += [number] if like is None else []
        wanted += [] if like is None else [(number, like)]
    assert list(near_pairs(hashes)) == wanted
    assert 20 < len(wanted) < 80
    known, asked = hashes[::2], hashes[1::2]
    between = [
        (number, next(place for place, one in enumerate(known) if apart(each, one) <= NEAR))
        for number, each in enumerate(asked)
        if any(apart(each, one) <= NEAR for one in known)
    ]
    assert list(near_pairs(known, asked)) == between


def test_shapes_drawn_anew_are_no_copies() -> None:
    hashes = [likeness(drawn(shape, np.random.default_rng(seed), 96, 96)) for shape in SHAPES for seed in range(8)]
    assert len(list(near_pairs(hashes))) <= 2
