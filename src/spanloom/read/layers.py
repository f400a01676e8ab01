"""Layers of tags in columns: one token a line, its outer tag, its inner tag, and any more of them; nested spans.

    Museum   B-ORG  O
    of       I-ORG  O
    Bergen   I-ORG  B-LOC

Each layer is a sequence of tags by itself, in any of the schemes of `text/tags.py`. Every column behind the tokens is a
layer, or, with `data.tag_column`, that one and every column behind it. A first column that counts the tokens from 1 is
passed over, as is a line that begins with `#` before a sentence. The columns of GermEval 2014 (Benikova et al. 2014,
https://aclanthology.org/L14-1251).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example, Graph, Source, Span
from spanloom.errors import ConfigError, DataError
from spanloom.read.conll_columns import DOCUMENT, JSON, LOOKED_AT, blocks, cells_of
from spanloom.read.tagged import Sentence, gold_tags, text_of
from spanloom.text.joining import CharacterCount
from spanloom.text.tags import spans_from_tags, tag_scheme

NAME = "layers"
SHAPE = "one token a line, then its tags: outer, inner, …"
ANSWER = Graph
TAG = re.compile(r"O|[BIMESLU]-.+")
NEARLY_ALL = 0.95


def fit(beginning: str) -> int:
    """Whether nearly all of the first lines have tags in every column behind the token's."""
    if JSON.match(beginning):
        return 0
    lines = (line for line in beginning.split("\n") if line.strip() and not line.startswith(DOCUMENT))
    rows = [cells for cells in map(cells_of, islice(lines, LOOKED_AT)) if not _is_comment(cells)]
    tagged = sum(
        bool(cells[_token_column(cells) + 1 :]) and _all_tags(cells[_token_column(cells) + 1 :]) for cells in rows
    )
    return len(rows[0]) * (tagged >= NEARLY_ALL * len(rows)) if rows else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a sentence, outer spans first. Raises DataError citing the line, ConfigError for a wrong column."""
    characters = CharacterCount()
    found_scheme = tag_scheme(_looked_at(path, config, characters))
    scheme = found_scheme if config.tags == "auto" else config.tags
    if scheme is None or scheme == "none":
        found, expected = "the tags are not those of spans", "O, B-LABEL and I-LABEL, or another scheme of spans"
        raise DataError(str(path), found, expected, "Say which columns are meant with data.tag_column.")
    for layers in _sentences(path, config):
        yield _example(layers, scheme, characters.by_character, config)


def _looked_at(path: Path, config: DataConfig, characters: CharacterCount) -> Iterator[Sequence[str]]:
    for layers in _sentences(path, config):
        characters.add(layers[0].words)
        yield from (layer.tags or () for layer in layers)


def _example(layers: Sequence[Sentence], scheme: str, by_character: bool, config: DataConfig) -> Example:
    text = text_of(layers[0], by_character, config)
    read_layers = [gold_tags(layer, layer.tags or (), scheme, config) for layer in layers]
    spans: list[Span] = []
    for tags, _ in read_layers:
        spans += spans_from_tags(tags.labels, "bio2")
    mended = tuple(chain.from_iterable(cases for _, cases in read_layers))
    return Example(text, Graph(tuple(spans)), layers[0].source, mended=mended)


def _sentences(path: Path, config: DataConfig) -> Iterator[list[Sentence]]:
    """The layers of each sentence, each as a sentence with its tags."""
    columns: tuple[int, range] | None = None
    for rows in blocks(path, config.encoding, _is_comment):
        number, cells = rows[0]
        token, layers = columns = columns or _columns(config, cells, f"{path}:{number}")
        words = [cells[token] for _, cells in rows]
        sentence = Sentence(Source(str(path), number), words, None, [number for number, _ in rows])
        yield [
            replace(
                sentence,
                tags=[cells[column] for _, cells in rows],
                column=f"layer {place}" if len(layers) > 1 else "",
            )
            for place, column in enumerate(layers, 1)
        ]


def _columns(config: DataConfig, cells: Sequence[str], where: str) -> tuple[int, range]:
    """The column of the tokens, and those of the layers."""
    width = len(cells)
    token = config.token_column or _token_column(cells)
    first = token + 1 if config.tag_column is None else config.tag_column
    for key, column in (("token", token), ("tag", first)):
        if not isinstance(column, int) or not -width <= column < width:
            found = f"data.{key}_column is {column!r}"
            if key == "tag" and config.tag_column is None:
                found = f"no tags behind data.token_column {token}"
            raise ConfigError(where, f"{found}, but the line has {width} columns", "a token and its tags", "Change it.")
    return token, range(int(first) % width, width)


def _token_column(cells: Sequence[str]) -> int:
    """1 where the first column counts the tokens, else 0."""
    return int(cells[0].isdecimal() and len(cells) > 2 and not _all_tags(cells[1:]))


def _is_comment(cells: Sequence[str]) -> bool:
    return cells[0].startswith("#") and not _all_tags(cells[-1:])


def _all_tags(cells: Sequence[str]) -> bool:
    return all(map(TAG.fullmatch, cells))
