"""Labels of texts, of pairs and of pictures to the toolkit's own JSON lines, which `read.label_lines` and
`read.picture_lines` read back."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from spanloom.answers.label import labels_to_dict, texts_to_dict
from spanloom.core import Example
from spanloom.read.parts.pictures import uri_of


def label_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    if example.gold is None:
        return texts_to_dict(example.input)
    return labels_to_dict(example.input, replace(example.gold, scores=None))


def picture_line(example: Example) -> dict[str, Any]:
    """The same of a picture, by the whole path of its file, so that the line may stand in any folder."""
    if example.input.content is not None:
        return picture_line_whole(example)
    return _named(example, os.path.abspath(example.input.name))


def picture_line_whole(example: Example) -> dict[str, Any]:
    """The same with the bytes of the picture in place of the path. Raises OSError where there are none."""
    return _named(example, uri_of(example.input.read()))


def _named(example: Example, name: str) -> dict[str, Any]:
    return label_line(replace(example, input=replace(example.input, name=name)))
