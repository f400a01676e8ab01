"""A task of the engine's own: is each letter of a word a vowel? Small and ragged, with dropout and two losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spanloom.batch.pad import lengths, pad
from spanloom.config import DataConfig, RunConfig, TrainConfig
from spanloom.contracts import Codec, Task
from spanloom.core import Array, Arrays, Batch, Example, Row, Source
from spanloom.engine.average import WeightAverage
from spanloom.engine.state import Training
from spanloom.engine.trainer import Method, Trainer
from spanloom.nn.loss import symmetric_kl
from spanloom.nn.model import Model
from tests.choices import with_choices

WORDS = ["loom", "span", "thread", "weave", "warp", "weft", "shuttle", "heddle", "reed", "selvage", "a", "yarn", "dye"]


@dataclass(frozen=True)
class ToyConfig:
    """The `[model]` table."""

    width: int = 8
    dropout: float = 0.3


def gold(word: str) -> tuple[int, ...]:
    return tuple(int(letter in "aeiou") for letter in word)


def examples(count: int, seed: int = 0) -> list[Example]:
    chosen = np.random.default_rng(seed).integers(0, len(WORDS), size=(count, 2))
    words = [WORDS[first] + WORDS[second] for first, second in chosen]
    return [Example(word, gold(word), Source("toy.txt", line)) for line, word in enumerate(words, 1)]


class ToyCodec(Codec):
    def __init__(self, letters: str) -> None:
        self.letters = letters

    def encode(self, example: Example) -> Row:
        ids = np.array([self.letters.find(letter) + 2 for letter in example.input], dtype=np.int64)
        targets = {} if example.gold is None else {"tags": np.array(example.gold, dtype=np.int64)}
        return Row({"ids": ids}, targets, len(ids), len(ids))

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        return []

    def require_known(self, example: Example) -> None:
        pass

    def collate(self, rows: Sequence[Row]) -> Batch:
        ids = [row.inputs["ids"] for row in rows]
        mask = np.arange(max(map(len, ids))) < lengths(ids)[:, None]  # [B, T]
        tags = pad([row.targets.get("tags", row.inputs["ids"] * 0) for row in rows], 0)
        targets = {"tags": tags, "mask": mask}
        counts = {"letters": float(mask.sum()), "vowels": float((tags * mask).sum())}
        return Batch({"ids": pad(ids, 0), "mask": mask}, targets, counts)

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[tuple[int, ...]]:
        best = outputs["logits"].argmax(-1)  # [B, T]
        return [tuple(row[mask].tolist()) for row, mask in zip(best, batch.inputs["mask"], strict=True)]

    def perfect(self, batch: Batch) -> Arrays:
        return {"logits": np.eye(2)[batch.targets["tags"]]}

    def limits(self) -> dict[str, int]:
        return {"ids": len(self.letters) + 2, "tags": 2}

    def to_dict(self) -> dict[str, Any]:
        return {"letters": self.letters}

    def tokenizer_json(self) -> str | None:
        return None


class ToyModel(Model):
    """A GRU over letters; padding stands after what is read, so it changes nothing."""

    pretrained_prefixes = ("embed.",)
    adversarial_names = ("embed",)  # letters are too few to be taken for tokens

    def __init__(self, letters: int, width: int, dropout: float) -> None:
        super().__init__()
        self.architecture = {"letters": letters, "width": width}
        self.embed = nn.Embedding(letters, width)
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, 2)

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        return self.from_vectors(self.embed(ids), mask)

    def from_vectors(self, vectors: Tensor, mask: Tensor) -> dict[str, Tensor]:
        hidden, _ = self.gru(self.dropout(vectors))  # [B, T, H]
        return {"logits": self.out(self.dropout(hidden)) * mask[..., None]}  # [B, T, 2]


class Wavering(ToyModel):
    """Two passes give two outputs without any random number, whatever the micro-batches: for R-Drop."""

    wavers, second = True, False

    def from_vectors(self, vectors: Tensor, mask: Tensor) -> dict[str, Tensor]:
        factor, self.second = (0.5, False) if self.second else (1.0, self.wavers)
        return super().from_vectors(factor * vectors, mask)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    for line, word in enumerate(path.read_text(encoding="utf-8").split(), 1):
        yield Example(word, gold(word), Source(str(path), line))


def build(config: ToyConfig, codec: ToyCodec, architecture: Mapping[str, Any] | None = None) -> ToyModel:
    shape = architecture or {"letters": len(codec.letters) + 2, "width": config.width}
    return ToyModel(shape["letters"], shape["width"], config.dropout)


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    costs = nn.functional.cross_entropy(outputs["logits"].transpose(1, 2), targets["tags"], reduction="none")
    costs = costs * targets["mask"]  # [B, T]
    return {"letters": costs.sum(), "vowels": (costs * targets["tags"]).sum()}


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    return {"letters": symmetric_kl(outputs["logits"], others["logits"], targets["mask"])}


def score(examples: Sequence[Example], answers: Sequence[Any], codec: ToyCodec) -> dict[str, Any]:
    right = sum(
        int(a == b) for e, answer in zip(examples, answers, strict=True) for a, b in zip(e.gold, answer, strict=True)
    )
    accuracy = right / sum(len(example.gold) for example in examples)
    return {"letters": {"accuracy": accuracy, "f1": accuracy}, "seen": len(codec.letters)}


TASK = Task(
    name="toy",
    summary="Tells vowels from consonants.",
    answer=list,
    config=ToyConfig,
    read=read,
    check=lambda examples, config: {},
    fit=lambda examples, config: ToyCodec("".join(sorted({letter for e in examples for letter in e.input}))),
    load=lambda table, tokenizer: ToyCodec(table["letters"]),
    build=build,
    losses=losses,
    score=score,
    best=lambda scorecard: scorecard["letters"]["accuracy"],
    prepare=lambda text, codec: text,
    show=lambda text, answer: {"text": text, "vowels": answer},
    line=lambda example: {"text": example.input, "vowels": example.gold},
    divergence=divergence,
    questions=lambda example: iter([(example.input, example.source)]),
)


def find_task(name: str) -> Task:
    assert name == "toy"
    return TASK


def settings(folder: Path, dev: bool = True, **train: Any) -> RunConfig:
    """A run on twenty words of training data and ten of dev, written into `folder`: three updates an epoch."""
    for name, count in (("train", 20), ("dev", 10)):
        words = [example.input for example in examples(count, seed=len(name))]
        (folder / f"{name}.txt").write_text("\n".join(words), encoding="utf-8")
    data = DataConfig(train=folder / "train.txt", dev=folder / "dev.txt" if dev else None)
    base = TrainConfig(epochs=2, batch_size=4, batch_tokens=1000, accumulate=2, learning_rate=0.01, precision="fp32")
    return RunConfig("toy", seed=1, data=data, train=replace(base, **with_choices(train)), model=ToyConfig())


def trainer(
    model: Model,
    codec: Codec,
    method: Method | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    average: WeightAverage | None = None,
    seed: int | None = None,
    **state: Any,
) -> Trainer:
    """A trainer of any model, on rows that need not be a run's; plain gradient descent where nothing else is given."""
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=1.0)
    return Trainer(Training(model, optimizer, average, **state), codec.collate, method or Method(losses), seed=seed)


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in model.state_dict().items()}


def same_bits(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
