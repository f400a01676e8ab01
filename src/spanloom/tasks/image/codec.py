"""Examples to arrays and back for pictures: their pixels on one side, their classes on the other.

A row holds no pixels: a batch has them, read when it is made. B batch, S scores, K classes, h w places. NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spanloom.answers.label import Label
from spanloom.answers.parts.heat import Heat
from spanloom.axes import Declared
from spanloom.config import check_values
from spanloom.core import Array, Arrays, Batch, Example, Row
from spanloom.decode.class_codec import ClassCodec
from spanloom.decode.classes import Classes
from spanloom.decode.scaling import stored_scaling
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Image
from spanloom.pixels.augment import Mixing, mixing, varied
from spanloom.pixels.cache import Frames
from spanloom.pixels.config import PictureAugmentConfig
from spanloom.pixels.look import Look
from spanloom.tasks.image.config import BackboneConfig, EfficientNetLite0, ImageConfig, Residual, check_backbone
from spanloom.text.stored import part

Colours = tuple[float, float, float]

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TENSORFLOW = (127 / 255, 127 / 255, 127 / 255), (128 / 255, 128 / 255, 128 / 255)
PLAIN = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
"""The mean and the deviation of each colour, in 0..1, that backbones are trained with."""

HERE = "predict"
"""Where an error is of a picture that has no name."""

PARTNER = 1
"""Stands behind the seeds of what is drawn for the picture that is mixed in."""


@dataclass(frozen=True, slots=True)
class Varied:
    """A picture as an epoch trains on it. chance: what is drawn goes by it alone. other: the picture that is mixed in,
    and how, None for none.
    """

    image: Image
    chance: tuple[int, ...]
    other: tuple[Image, Mixing] | None = None


def colours_of(config: BackboneConfig) -> tuple[Colours, Colours]:
    """The mean and the deviation that colours are measured by before a backbone sees them."""
    match config:
        case Residual():
            return PLAIN
        case EfficientNetLite0(origin="tensorflow"):
            return TENSORFLOW
    return IMAGENET


class ImageCodec(ClassCodec):
    """What a classifier of pictures knows besides its weights: how it looks at them, its classes, how its loss weighs.

    loss: see `Classes.weighing`. augment: how training varies pictures, None where nothing is trained. sources: as of
    `ClassifyCodec`. Pictures with gold, those of training and dev data, are read whole when they are encoded, so that a
    broken one ends no epoch, and kept as far as `cache` megabytes go.
    """

    def __init__(
        self,
        look: Look,
        classes: Classes,
        loss: Mapping[str, Any],
        augment: PictureAugmentConfig | None = None,
        cache: int = 0,
        sources: bool = False,
    ) -> None:
        self.look = look
        self.classes = classes
        self.loss = dict(loss)
        self.augment = augment
        self.frames = Frames(look, cache)
        self.sources = sources

    @classmethod
    def fit(cls, examples: Sequence[Example], config: ImageConfig) -> ImageCodec:
        """Raises ConfigError for a setting out of range, DataError for data without a label."""
        check_values(config, "model.")
        check_backbone(config)
        classes = Classes.fit(examples, config.labels, config.loss, config.threshold)
        loss = classes.weighing(examples, config.focal_gamma, config.label_smoothing, config.class_weights)
        look = Look(config.size, config.fit, config.crop, *colours_of(config.backbone))
        sources = any(example.covered for example in examples)
        if sources and (config.label_smoothing or config.augment.mixes):
            key = "label_smoothing" if config.label_smoothing else "augment"
            found = "spreads what is learned over classes, but not every source has every class"
            raise ConfigError(f"model.{key}", found, "0 with several sources", "Leave it out.")
        return cls(look, classes, loss, config.augment, config.cache, sources)

    def encode(self, example: Example) -> Row:
        """A row; without targets where the example has no gold. Raises DataError for what is no whole picture."""
        image, source = example.input, str(example.source)
        if not isinstance(image, Image):
            found = f"an input of type {type(image).__name__}, but the model reads pictures"
            raise DataError(source, found, "a picture in every example", "Mend the example.")
        if example.gold is None:
            return Row({}, {}, 1, 1, example.lost, item=image)
        self.require_known(example)
        self.frames.keep(image, source)
        targets = {"classes": self.classes.encode(example)}
        if self.sources:
            targets["judged"] = self.classes.judged(example.covered)
        group = " + ".join(example.gold.names) or "no label"
        return Row({}, targets, 1, 1, example.lost, group, item=image, digest=image.digest())

    def varied(self, rows: Sequence[Row], index: int, chance: Sequence[int]) -> Row:
        """The row with what its picture is to be varied by. Of a mixed one `others` are the targets of the other, and
        `share` how much its own count.
        """
        row, augment = rows[index], self.augment
        if augment is None:
            return row
        if not augment.mixes:
            return replace(row, item=Varied(row.item, tuple(chance)))
        draw = np.random.default_rng([*chance, PARTNER])
        other, how = rows[int(draw.integers(len(rows)))], mixing(augment, self.look.size, draw)
        targets = {**row.targets, "others": other.targets["classes"], "share": np.array(how.share, dtype=np.float32)}
        return replace(row, targets=targets, item=Varied(row.item, tuple(chance), (other.item, how)))

    def _pixels(self, item: Image | Varied) -> tuple[Array, tuple[float, float, float, float]]:
        """The array [3, size, size] of a row, and which part of the picture it shows."""
        if isinstance(item, Image):
            seen = self.look.view(self.frames.of(item, item.name or HERE))
            return self.look.array(seen.pixels), seen.box
        frame = self.frames.of(item.image, item.image.name or HERE)
        array = self._drawn(item.image, item.chance)
        if item.other is not None:
            image, how = item.other
            array = how.of(array, self._drawn(image, (*item.chance, PARTNER, PARTNER)))
        return array, frame.box

    def _drawn(self, image: Image, chance: Sequence[int]) -> Array:
        assert self.augment is not None, "a codec without changes varies nothing"
        frame = self.frames.of(image, image.name or HERE)
        draw = np.random.default_rng(list(chance))
        return self.look.array(varied(frame.pixels, self.augment, self.look.size, draw))

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Inputs: pixels [B, 3, size, size], read here; targets: classes [B] or [B, S], and their loss. items: which
        part of each picture is seen. Raises DataError for a picture that cannot be read.
        """
        read = [self._pixels(row.item) for row in rows]
        pixels = np.stack([array for array, _ in read])
        return Batch(
            {"pixels": pixels}, self.targets(rows), {"classes": float(len(rows))}, tuple(box for _, box in read)
        )

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Label]:
        """The classes, with the heat of the surest where the network gives maps [B, S, h, w]."""
        answers = self.scaled(self.classes.decode(outputs["classes"]))
        maps = outputs.get("maps")
        if maps is None:
            return answers
        return [
            replace(answer, heat=self._heat(answer, map_, box))
            for answer, map_, box in zip(answers, maps, batch.items, strict=True)
        ]

    def _heat(self, answer: Label, maps: Array, box: tuple[float, float, float, float]) -> Heat | None:
        """What spoke for the surest class of an answer, of maps [S, h, w], 1 where it is the most; None for none."""
        if not answer.names or answer.probabilities is None:
            return None
        sure = dict(zip(self.classes.names, answer.probabilities, strict=True))
        number = self.classes.names.index(max(answer.names, key=lambda name: sure[name]))
        spoke = maps[number] if self.classes.decision != "second" else (maps[0] if number else -maps[0])
        spoke = np.maximum(spoke, 0.0)
        most = float(spoke.max(initial=0.0))
        values = spoke / most if most else spoke
        return Heat(tuple(tuple(row) for row in values.tolist()), box)

    def perfect(self, batch: Batch) -> Arrays:
        scores = self.classes.perfect(batch.targets["classes"])
        return {"classes": scores, "maps": np.repeat(scores[:, :, None, None], 2, axis=2)}

    def declared(self) -> dict[str, Declared]:
        return {"pixels": Declared((3, self.look.size, self.look.size))}

    def limits(self) -> dict[str, int]:
        return {"classes": self.classes.limit}

    def to_dict(self) -> dict[str, Any]:
        return {
            "look": self.look.to_dict(),
            "classes": self.classes.to_dict(),
            "loss": self.loss,
            **self.stored_scaling(),
        }

    def tokenizer_json(self) -> str | None:
        return None

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> ImageCodec:
        codec = cls(Look.from_dict(part(table, "look")), Classes.from_dict(part(table, "classes")), part(table, "loss"))
        return codec.with_scaling(stored_scaling(table))
