"""Which pieces of a tokenizer a bundle keeps: the most frequent ones, and what texts need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spanloom.contracts import Codec
from spanloom.errors import ConfigError
from spanloom.read.parts.lines import numbered_lines
from spanloom.text.kept_pieces import Kept, keep_pieces
from spanloom.text.words import tokenize

PIECES = "pieces"
"""The input of a graph that has pieces by their numbers."""

AROUND = re.compile(r"[\s\"\\,:{}\[\]]+")
"""What stands around words in JSON and in tables."""
NUMBER = re.compile("[0-9]+")
ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


@dataclass(frozen=True)
class Keep:
    """first: so many of the vocabulary. files: texts, in whatever format, of which all words stay as they are cut."""

    first: int = 0
    files: tuple[Path, ...] = ()

    def of(self, codec: Codec) -> Kept:
        """The tokenizer of a codec, cut down. Raises ConfigError where it has none that this can be done with, and
        DataError for a file that is no text.
        """
        tokenizer = codec.tokenizer_json()
        if tokenizer is None or PIECES not in codec.declared():
            found, expected = "the model reads no pieces of words", "one whose encoder is a pretrained transformer"
            raise ConfigError("keep-pieces", found, expected, "Leave --keep-pieces out.")
        try:
            return keep_pieces(tokenizer, (word for file in self.files for word in words_of(file)), self.first)
        except ValueError as error:
            raise ConfigError("keep-pieces", str(error), remedy="Leave --keep-pieces out.") from None


def parse_keep(values: Sequence[str | int | Path]) -> Keep | None:
    """What is kept by numbers, of which the largest counts, and names of files; None without any.

    Raises ConfigError for what is neither.
    """
    numbers = [int(value) for value in map(str, values) if NUMBER.fullmatch(value)]
    files = [Path(value) for value in map(str, values) if not NUMBER.fullmatch(value)]
    for file in files:
        if not file.is_file():
            expected = "how many pieces to keep, or a file of texts"
            raise ConfigError("keep-pieces", f"{str(file)!r} is no file", expected, "Give one of the two.")
    return Keep(max(numbers, default=0), tuple(files)) if values else None


def words_of(file: Path) -> Iterator[str]:
    """What may be a word in the lines of a file: between spaces, between the marks of JSON and tables, and by the rules
    that texts are cut into words by.
    """
    for _, line in numbered_lines(file, "utf-8"):
        for text in {line, ESCAPED.sub(_unescaped, line)}:
            yield from text.split()
            yield from filter(None, AROUND.split(text))
            yield from (token.text for token in tokenize(text))


def _unescaped(match: re.Match[str]) -> str:
    """The characters of JSON's escapes; those beyond 16 bits are pairs."""
    numbers = bytes.fromhex(match.group().replace("\\u", ""))
    return numbers.decode("utf-16-be", "replace")
