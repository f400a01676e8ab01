"""What `check` says of pictures: broken ones, copies, near copies, labels, in training and dev data."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from spanloom.check.pictures import UNREADABLE, check_picture_data
from spanloom.config import DataConfig
from spanloom.core import Array, Example
from spanloom.pixels.geometry import resized
from spanloom.pixels.pillow import as_png
from spanloom.run.cli import main
from spanloom.tasks import find_task


def smooth(seed: int, height: int = 60, width: int = 80) -> Array:
    return resized(np.random.default_rng(seed).integers(0, 256, size=(6, 6, 3), dtype=np.uint8), height, width)


def jpeg(picture: Array) -> bytes:
    held = io.BytesIO()
    Pillow.fromarray(picture).save(held, "JPEG", quality=70)
    return held.getvalue()


def folder(home: Path, **pictures: bytes) -> Path:
    """cat_1="…" is cat/1.png."""
    for name, content in pictures.items():
        place = home / f"{name.replace('_', '/')}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return home


def png(seed: int, **size: int) -> bytes:
    return as_png(smooth(seed, **size), "here")


@pytest.fixture
def train(tmp_path: Path) -> Path:
    return folder(
        tmp_path / "train",
        cat_1=png(1), cat_2=png(2), cat_3=png(1), cat_4=jpeg(smooth(2)), cat_5=png(5)[:900],
        dog_1=png(3), dog_2=png(2), dog_3=png(6, height=9, width=12), dog_4=png(7, height=20, width=200),
        owl_1=png(8),
    )  # fmt: skip


def read(path: Path) -> list[Example]:
    return list(find_task("image").read(path, DataConfig()))


def test_what_is_wrong_is_counted_and_named(train: Path) -> None:
    found = check_picture_data(read(train))
    json.dumps(found)
    first = {
        name: [case.removeprefix(f"{train}/") for case in issue["first"]] for name, issue in found["issues"].items()
    }
    broken = first.pop(UNREADABLE)
    assert len(broken) == 1
    assert broken[0].startswith("cat/5.png:1: the picture is cut short or damaged (")
    assert first == {
        "duplicate examples": [f"cat/3.png:1: the picture of {train}/cat/1.png:1 again"],
        "contradictory examples": [f"dog/2.png:1: the picture of {train}/cat/2.png:1 again"],
        "nearly the same picture": [f"cat/4.png:1: like {train}/cat/2.png:1"],
        "label of a single example": ["owl/1.png:1: owl"],
        "pictures of less than 16 pixels": ["dog/3.png:1: 12 x 9"],
        "long pictures, of which the middle is seen": ["dog/4.png:1: 200 x 20"],
    }
    gold = found["gold"]
    assert gold["sizes"] == {"pictures": 10, "labels": 3}
    assert gold["labels"] == {"labels": {"cat": 5, "dog": 4, "owl": 1}, "files": {"PNG, RGB": 8, "JPEG, RGB": 1}}
    assert gold["lengths"]["pixels across"]["longest"] == 200
    assert gold["shares"] == {"most frequent label": 0.5}


def test_dev_is_compared_with_training_data(train: Path, tmp_path: Path) -> None:
    dev = folder(tmp_path / "dev", cat_1=png(3), cat_2=jpeg(smooth(8)), fox_1=png(9), fox_2=png(10)[:500])
    found = check_picture_data(read(train), read(dev))
    of_dev = {name: issue["first"] for name, issue in found["issues"].items() if "dev" in name}
    assert of_dev == {
        "dev examples that are in train": [f"{dev}/cat/1.png:1: the picture of {train}/dog/1.png:1 in train"],
        "dev pictures nearly the same as one in train": [f"{dev}/cat/2.png:1: like {train}/owl/1.png:1"],
        "dev labels never seen in train": [f"{dev}/fox/1.png:1: fox", f"{dev}/fox/2.png:1: fox"],
    }
    assert found["gold"]["labels"]["labels in dev"] == {"cat": 2, "fox": 2}


def test_the_command_says_it(train: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dev = folder(tmp_path / "dev", cat_1=png(4), cat_2=png(10)[:500])
    command = ["check", str(train), "--task", "image", f"data.dev={dev}"]
    assert main(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert UNREADABLE in said
    assert "length in pixels across" in said
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["issues"][f"dev: {UNREADABLE}"]["count"] == 1
