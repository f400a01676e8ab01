"""A task with another kind of input and of answer: how dark is a small picture? Nothing in spanloom knows of either.

The folders beside this file stand in for those of spanloom, `tasks/picture/` and `answers/tone.py`: see `a_new_task`.
B batch, H rows, W columns.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spanloom.answers
import spanloom.tasks
from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.answers.parts.kind import AnswerKind
from spanloom.answers.parts.table import Part, line
from spanloom.config import setting
from spanloom.contracts import Codec, Task
from spanloom.core import Array, Batch, Example, Row, Source
from spanloom.errors import DataError

HERE = Path(__file__).parent
CLOSE = 0.01


@dataclass(frozen=True)
class Picture:
    """Rows of pixels, each between 0, black, and 1, white."""

    pixels: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Tone:
    """How dark a picture is: 0 is white, 1 is black."""

    dark: float = 0.0


@dataclass(frozen=True)
class PictureConfig:
    bias: bool = setting(True, "whether the map has a constant")


class PictureCodec(Codec):
    def encode(self, example: Example) -> Row:
        pixels = np.array(example.input.pixels, dtype=np.float32)  # [H, W]
        targets = {} if example.gold is None else {"dark": np.array(example.gold.dark, np.float32)}
        return Row({"pixels": pixels, "valid": np.ones_like(pixels)}, targets, pixels.size, pixels.shape[1])

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        return []

    def require_known(self, example: Example) -> None:
        pass

    def collate(self, rows: Sequence[Row]) -> Batch:
        height, width = np.max([row.inputs["pixels"].shape for row in rows], axis=0)
        inputs = {name: np.zeros((len(rows), height, width), np.float32) for name in ("pixels", "valid")}
        for name, padded in inputs.items():
            for place, row in zip(padded, rows, strict=True):
                array = row.inputs[name]
                place[: array.shape[0], : array.shape[1]] = array
        targets = {"dark": np.stack([row.targets["dark"] for row in rows])} if rows[0].targets else {}
        return Batch(inputs, targets, {"dark": float(len(rows))})

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Tone]:
        return [Tone(float(dark)) for dark in outputs["dark"]]

    def perfect(self, batch: Batch) -> dict[str, Array]:
        return {"dark": batch.targets["dark"]}

    def limits(self) -> dict[str, int]:
        return {}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return {"dark": (None,)}

    def to_dict(self) -> dict[str, Any]:
        return {}

    def tokenizer_json(self) -> str | None:
        return None


def build(config: PictureConfig, codec: PictureCodec, architecture: Any = None) -> Any:
    import torch

    from spanloom.nn.model import Model

    class Mean(Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = torch.nn.Linear(1, 1, bias=config.bias)

        def forward(self, pixels: torch.Tensor, valid: torch.Tensor) -> dict[str, torch.Tensor]:
            mean = (pixels * valid).sum((1, 2)) / valid.sum((1, 2))  # [B]
            return {"dark": self.out(mean[:, None])[:, 0]}

    return Mean()


def losses(outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, Any]:
    return {"dark": ((outputs["dark"] - targets["dark"]) ** 2).sum()}


def read(path: Path, config: Any) -> Iterator[Example]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        item = json.loads(text)
        if "picture" not in item:
            raise DataError(f"{path}:{number}", "no picture", "a list of rows under 'picture'", "Add it.")
        gold = Tone(item["dark"]) if "dark" in item else None
        yield Example(Picture(tuple(map(tuple, item["picture"]))), gold, Source(str(path), number))


def prepare(text: Any, codec: object) -> Picture:
    """Rows of numbers with `/` between them: `0 0.5 / 1 1`."""
    return Picture(tuple(tuple(map(float, row.split())) for row in text.split("/")))


def check(examples: Sequence[Example], config: Any) -> dict[str, Any]:
    return {"gold": {"sizes": {"pictures": len(examples)}}}


def score(examples: Sequence[Example], predictions: Sequence[Tone], codec: object) -> dict[str, Any]:
    close = [abs(item.gold.dark - tone.dark) < CLOSE for item, tone in zip(examples, predictions, strict=True)]  # type: ignore[union-attr]
    return {
        "answers": "tone",
        "rule": "close",
        "size": {"pictures": len(examples)},
        "summary": {"close": sum(close) / len(close)},
        "sentences": {"close": [[int(right), 1, 1] for right in close]},
        "gold_hash": hashlib.sha256(repr([(item.input, item.gold) for item in examples]).encode()).hexdigest(),
    }


def show(item: Picture, tone: Tone) -> dict[str, Any]:
    return {"picture": list(map(list, item.pixels)), "dark": round(tone.dark, 3)}


def questions(example: Example) -> Iterator[tuple[str, Source]]:
    yield repr(example.input.pixels), example.source


def table(shown: Shown) -> list[Part]:
    return [line(f"{len(shown['picture'])} rows, {100 * shown['dark']:.0f} % dark", "bold")]


def draw(shown: Shown) -> Drawing:
    text = "\n".join("".join("#" if pixel < 0.5 else "." for pixel in row) for row in shown["picture"])
    return {"text": text, "entities": (), "relations": (), "labels": ({"label": f"{shown['dark']:.1f} dark"},)}


TASK = Task(
    name="picture",
    summary="how dark a picture is",
    answer=Tone,
    config=PictureConfig,
    read=read,
    check=check,
    fit=lambda examples, config: PictureCodec(),
    load=lambda table, tokenizer: PictureCodec(),
    build=build,
    losses=losses,
    score=score,
    best=lambda card: float(card["summary"]["close"]),
    prepare=prepare,
    show=show,
    line=lambda example: show(example.input, example.gold),
    trial="0 1 / 1 0",
    questions=questions,
)
KIND = AnswerKind(answer=Tone, draw=draw, table=table)


def a_new_task(patch: Callable[..., None], with_kind: bool) -> None:
    """Let spanloom find the task in this folder and, with_kind, what it says of its answers. patch: see monkeypatch."""
    for room, name in ((spanloom.tasks, "tasks"), (spanloom.answers, "answers"))[: 2 if with_kind else 1]:
        patch(room, "__path__", [*room.__path__, str(HERE / name)])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures of various sizes, from dark to light, each with its tone."""
    draw_number = np.random.default_rng(7)
    lines = []
    for level in np.linspace(0, 1, 10):
        height, width = draw_number.integers(2, 5, size=2)
        pixels = (0.9 * level + 0.1 * draw_number.random((height, width))).round(2)
        lines.append(json.dumps({"picture": pixels.tolist(), "dark": 1 - float(pixels.mean())}))
    file = tmp_path_factory.mktemp("pictures") / "pictures.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def forget() -> None:
    """Let the next import of the task and its kind begin anew."""
    for name in ("spanloom.tasks.picture", "spanloom.answers.tone"):
        sys.modules.pop(name, None)
