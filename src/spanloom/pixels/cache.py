"""Frames of pictures that are looked at again and again, as far as the memory for them goes."""

from __future__ import annotations

from spanloom.inputs import Image
from spanloom.pixels.look import Frame, Look
from spanloom.pixels.reading import read_picture


class Frames:
    """What a model's look makes of pictures. megabytes: of frames that are kept, the first that are asked to be; the
    others are read anew each time, and are the same."""

    def __init__(self, look: Look, megabytes: int = 0) -> None:
        self.look = look
        self._room = megabytes * 2**20
        self._kept: dict[Image, Frame] = {}

    def of(self, image: Image, where: str) -> Frame:
        """The frame of a picture. Raises DataError as `read_picture` does."""
        return self._kept.get(image) or self.look.frame(read_picture(image, where).pixels)

    def keep(self, image: Image, where: str) -> None:
        """Read a picture to its end, and keep its frame where there is room."""
        frame = self.of(image, where)
        if image not in self._kept and frame.pixels.nbytes <= self._room:
            self._room -= frame.pixels.nbytes
            self._kept[image] = frame
