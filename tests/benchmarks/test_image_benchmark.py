"""What `benchmarks/image.py` chooses by, and what its tables say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import image as benchmark
import numpy as np
import pytest
from image_tables import ARMS, image_tables
from peers import plain_vision
from PIL import Image as Pillow
from wording import LANGUAGES

from spanloom.answers.label import Label
from spanloom.core import Example
from spanloom.inputs import Image
from spanloom.tasks.image.draw import write_pictures

WORDS = LANGUAGES["en"]
CLASSES = ("cross", "disc", "square")


def example(number: int, name: str = "disc") -> Example:
    return Example(Image(f"train/7/IMG_{number}.JPG"), Label((name,)))


def test_folds_are_stretches_of_what_the_camera_took() -> None:
    """A person's pictures have numbers that follow one another: of two people, two folds each."""
    examples = [example(number) for number in (1010, 998, 1011, 999, 1012, 1000, 1013, 1001)]
    found = [[benchmark.number_of(one) for one in fold] for fold in benchmark.folds(examples)]
    assert found == [[998, 999], [1000, 1001], [1010, 1011], [1012, 1013]]


def test_few_pictures_are_as_many_of_each_class_and_others_for_another_seed() -> None:
    examples = [example(number, CLASSES[number % 3]) for number in range(60)]
    chosen = benchmark.few(examples, 5, seed=1)
    assert sorted(one.gold.names[0] for one in chosen) == sorted(CLASSES * 5)
    assert len({one.input.name for one in chosen}) == 15
    assert benchmark.few(examples, 5, seed=1) == chosen != benchmark.few(examples, 5, seed=2)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    folder = tmp_path_factory.mktemp("shapes")
    write_pictures(folder, 4)
    return [Example(Image(str(file)), Label((file.parent.name,))) for file in sorted(folder.rglob("*.png"))]


def test_the_regression_on_pixels_learns_its_own_pictures_by_heart(shapes: list[Example]) -> None:
    assert benchmark.pixel_regression(shapes, shapes) == 1.0


def test_the_plain_loop_learns_and_repeats_itself(shapes: list[Example]) -> None:
    files = [(one.input.name, one.gold.names[0]) for one in shapes]
    found = [plain_vision.accuracy(files, files, plain_vision.Recipe(32, epochs, 6), 0, 1) for epochs in (8, 8)]
    assert found[0] == found[1] > 0.6


def test_the_plain_loop_sees_colours_as_the_backbone_was_trained_to() -> None:
    picture = Pillow.fromarray(np.full((4, 4, 3), (127, 255, 0), dtype=np.uint8))
    assert plain_vision.tensor(picture, 2).tolist() == [[[v] * 2] * 2 for v in (0.0, 1.0, -127 / 128)]


def run(arm: str, size: int, seed: int, score: float) -> dict[str, Any]:
    return {"arm": arm, "size": size, "seed": seed, "score": score, "seconds": 9.0}


def test_tables_say_what_their_results_do(tmp_path: Path) -> None:
    assert image_tables(tmp_path, WORDS) == []
    runs = [
        run(arm, 5, seed, 0.2 + seed / 10 + place / 2)
        for place, arm in enumerate(("scratch", "tuned"))
        for seed in (0, 1)
    ]
    peers = [
        {"peer": "plain loop", "seed": 0, "score": 0.9, "seconds": 100.0},
        {"peer": "pixels", "seed": 0, "score": 0.5, "seconds": 3.4},
    ]
    speed = {
        "signs-tuned": {
            "scores": {"PyTorch, fp32": 0.975, "int8 bundle": 0.97},
            "bytes": {"int8 bundle": 4_560_000},
            "rounds": {"PyTorch, fp32": [4.0, 2.0, 2.0], "int8 bundle": [1.0, 1.0, 9.0]},
        }
    }
    for name, found in (
        ("peers", {"runs": peers}),
        ("transfer", {"runs": runs}),
        ("speed", {"pictures": 200, "rows": speed}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
    row = tmp_path / ARMS["scratch"] / "seed-0.json"
    row.parent.mkdir()
    row.write_text(json.dumps({"seed": 0, "scores": {"accuracy": {"f1": 0.95}}}), encoding="utf-8")
    tables = [table[2:] for _, table in image_tables(tmp_path, WORDS)]
    assert tables[0] == [
        "| a plain PyTorch loop | 90.0 | 100 | 1 |",
        "| logistic regression on pixels | 50.0 | 3 | 1 |",
    ]
    assert tables[1] == [
        "| `signs-tuned` | PyTorch, fp32 | 97.5 | 100 |  |",
        "| `signs-tuned` | int8 bundle | 97.0 | 200 | 4.6 |",
    ]
    assert tables[2][0] == "| 5 | 25.0 ± 63.5 |  |  | 75.0 ± 63.5 | +50.0 ± 0.0 | 2 |"  # t of one degree: 12.706 * 5
    assert tables[2][1] == "| all | 95.0 |  |  |  |  | 1 |"
