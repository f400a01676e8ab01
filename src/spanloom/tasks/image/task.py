"""The image task, put together from the functions of the folders above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from spanloom.answers.label import Label, labels_to_dict
from spanloom.check.labels import require_label_spelling
from spanloom.check.parts import with_dev
from spanloom.check.pictures import check_picture_data
from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task, deferred
from spanloom.core import Array, Example, Row, Source
from spanloom.decode.temperature import calibrated
from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.metrics.labels import label_scorecard
from spanloom.metrics.reliability import reliability
from spanloom.pixels.pillow import as_png, is_pillow
from spanloom.pixels.reading import READ, content_of
from spanloom.pixels.sheet import sheet
from spanloom.read import read
from spanloom.read.parts.pictures import image_in, is_picture
from spanloom.read.parts.sources import spelled_strictly
from spanloom.tasks.image.codec import HERE, ImageCodec
from spanloom.tasks.image.config import ImageConfig
from spanloom.write.label_lines import picture_line, picture_line_whole

TRIAL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFUlEQVR4nAXBAQEAAACAEP9PF0JQGR7vBPykAXTzAAAA"
    "AElFTkSuQmCC"
)
"""A picture of four pixels."""


def _read(path: Path, config: DataConfig) -> Iterator[Example]:
    return read(path, config, Label, Image)


def _check(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """Beside `data.dev`, where it is set, which should hold nothing that training holds."""
    dev = None if config.data.dev is None else list(_read(config.data.dev, config.data))
    found = check_picture_data(examples, dev)
    return with_dev(found, None if dev is None else check_picture_data(dev))


def _fit(examples: Sequence[Example], config: RunConfig) -> ImageCodec:
    require_label_spelling(spelled_strictly(examples, config.data))
    return ImageCodec.fit(examples, config.model)


def _score(examples: Sequence[Example], predictions: Sequence[Label], codec: ImageCodec) -> dict[str, Any]:
    card = label_scorecard(examples, predictions, None, codec.classes.decision == "each")
    return {**card, **reliability(examples, predictions, codec.scaling)}


def _best(scorecard: Mapping[str, Any]) -> float:
    return float(scorecard["overall"][scorecard["rule"]]["f1"])


def _takes(given: Any) -> bool:
    """Paths, the bytes of a file, Pillow's pictures and arrays of pixels."""
    return isinstance(given, bytes | bytearray | PathLike | np.ndarray) or is_pillow(given)


def _prepare(given: Any, codec: ImageCodec) -> Image:
    """A picture by its path, as a string too, as the bytes of its file, as a data URI, or as its pixels."""
    if isinstance(given, bytes | bytearray):
        return Image("", bytes(given))
    if isinstance(given, np.ndarray) or is_pillow(given):
        return Image("", as_png(given, HERE))
    if not isinstance(given, str | PathLike):
        found = f"{len(given)} of them together"
        raise DataError(HERE, found, "one picture at a time", "Give each by itself.")
    name = fspath(given)
    if name.startswith("data:"):
        return image_in(name, HERE)
    if "\0" in name or not Path(name).is_file():
        if name and Path(name.replace("\0", "")).is_dir():
            raise DataError(HERE, f"{name!r} is a folder", "a picture", f"Name it with --input: --input {name}")
        raise DataError(HERE, f"no such file {name!r}", f"the path of a picture, {READ}", "Check the path.")
    return Image(name)


def _sent(given: str | Sequence[str], codec: ImageCodec) -> Image:
    """A picture in base64, bare or as a data URI: what a client names is no file of this machine."""
    if not isinstance(given, str):
        return _prepare(given, codec)
    return image_in(given if given.startswith("data:") else f"data:image/any;base64,{given}", HERE)


def _questions(example: Example) -> Iterator[tuple[str, Source]]:
    content_of(example.input, str(example.source))  # says which is missing
    yield example.input.digest(), example.source


def _sheet(lines: Sequence[Sequence[Row]], codec: ImageCodec) -> Array:
    """A line of pictures an example."""
    plain = [[replace(row, targets={}) for row in line] for line in lines]
    return sheet([codec.collate(line).inputs["pixels"] for line in plain], codec.look)


TASK = Task(
    name="image",
    summary="a picture: one class, or several labels",
    answer=Label,
    config=ImageConfig,
    read=_read,
    check=_check,
    fit=_fit,
    load=ImageCodec.from_dict,
    build=deferred("spanloom.tasks.image.model", "build"),
    losses=deferred("spanloom.nn.heads.classes", "losses"),
    score=_score,
    best=_best,
    prepare=_prepare,
    show=labels_to_dict,
    line=picture_line,
    divergence=deferred("spanloom.nn.heads.classes", "divergence"),
    calibrate=calibrated,
    trial=TRIAL,
    questions=_questions,
    told=("accuracy", "micro_f1", "exact_match", "macro_f1"),
    input=Image,
    takes=_takes,
    is_input=lambda path: is_picture(path.name),
    sent=_sent,
    whole=picture_line_whole,
    sheet=_sheet,
    typed="PICTURE.jpg",
)
