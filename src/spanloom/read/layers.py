"""Layers of tags in columns: one token a line, its outer tag, its inner tag, and any more of them; nested spans.

    Museum   B-ORG  O
    of       I-ORG  O
    Bergen   I-ORG  B-LOC

Each layer is a sequence of tags by itself, in any of the schemes of `text/tags.py`. Every column of tags behind the
tokens is a layer, or, with `data.tag_column`, that one and every column behind it. A first column that counts the
tokens, comments and a header are passed over (see `parts/column_layout.py`). The columns of GermEval 2014 (Benikova et
al. 2014, https://aclanthology.org/L14-1251).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Span
from spanloom.read.conll_columns import blocks
from spanloom.read.parts.blanks import Kept
from spanloom.read.parts.column_choice import asked_for, layer_columns, token_column
from spanloom.read.parts.column_layout import LOOKED_AT, NEARLY_ALL, TAG, Layout, layout_of
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import opening
from spanloom.read.parts.tagged import Notes, Sentence, gold_tags, sentence_text, worded
from spanloom.text.joining import CharacterCount
from spanloom.text.tag_spelling import TagReading, tag_reading
from spanloom.text.tags import spans_from_tags


def fit(beginning: str) -> int:
    """How many layers nearly all of the first lines have tags in, and one for the token's column; else 0."""
    if is_json(beginning):
        return 0
    layout = layout_of(beginning, LOOKED_AT)
    if layout.width < 2:
        return 0
    token = 1 if layout.width > 2 and layout.counts_tokens and not layout.spans[1] else 0
    layers = layer_columns(layout, token)
    fits = sum(
        len(cells) == layout.width and all(TAG.fullmatch(cells[layer]) for layer in layers) for _, cells in layout.rows
    )
    return 1 + len(layers) if layers and fits >= NEARLY_ALL * len(layout.rows) else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a sentence, outer spans first. Raises DataError citing the line, ConfigError for a wrong column."""
    layout = layout_of(opening(path, config.encoding))
    if not layout.width:
        return
    token, layers = _columns(layout, config, f"{path}:{layout.first}")
    characters = CharacterCount()
    sentences = partial(_sentences, path, config, layout, token, layers)
    reading = tag_reading(_looked_at(sentences(), characters), config.tags)
    if reading.scheme is None:
        found, expected = "the tags are not those of spans", "O, B-LABEL and I-LABEL, or another scheme of spans"
        raise DataError(str(path), found, expected, "Say which columns are meant with data.tag_column.")
    for layers_of_one, kept, notes in worded(sentences(), lambda layers_of_one: layers_of_one[0], reading.note, config):
        yield _example(layers_of_one, kept, reading, characters.by_character, config, notes)


def _looked_at(sentences: Iterator[list[Sentence]], characters: CharacterCount) -> Iterator[Sequence[str]]:
    for layers in sentences:
        characters.add(layers[0].words)
        yield from (layer.tags or () for layer in layers)


def _example(
    layers: Sequence[Sentence], kept: Kept, reading: TagReading, by_character: bool, config: DataConfig, notes: Notes
) -> Example:
    text = sentence_text(layers[0], kept, by_character, config)
    read_layers = [gold_tags(layer, kept, reading, config) for layer in layers]
    spans: list[Span] = []
    lost: list[LostFact] = []
    for tags, _, gone in read_layers:
        spans += spans_from_tags(tags.labels, "bio2")
        lost += gone
    mended = chain(notes, *(cases for _, cases, _ in read_layers))
    return Example(text, Graph(tuple(spans)), layers[0].source, lost=tuple(lost), mended=tuple(mended))


def _sentences(
    path: Path, config: DataConfig, layout: Layout, token: int, layers: Sequence[int]
) -> Iterator[list[Sentence]]:
    """The layers of each sentence, each as a sentence with its tags."""
    for rows, notes in blocks(path, config, layout, token, layers):
        lines = [number for number, _ in rows]
        words = [cells[token] for _, cells in rows]
        source = Source(str(path), lines[0]) if lines else notes[0][0]
        sentence = Sentence(source, words, None, lines, notes=notes)
        yield [
            replace(
                sentence,
                tags=[cells[column] for _, cells in rows],
                column=f"layer {place}" if len(layers) > 1 else "",
            )
            for place, column in enumerate(layers, 1)
        ]


def _columns(layout: Layout, config: DataConfig, where: str) -> tuple[int, Sequence[int]]:
    """The column of the tokens, and those of the layers."""
    token = token_column(layout, config, where)
    if config.tag_column is not None:
        return token, range(asked_for("tag", config.tag_column, layout, where), layout.width)
    if token == layout.width - 1:
        found = f"no tags behind data.token_column {token}, but the line has {layout.width} columns"
        raise ConfigError(where, found, "a token and its tags", "Set data.token_column to the column of the tokens.")
    return token, layer_columns(layout, token)


FORMAT = Format(
    name="layers", shape="one token a line, then its tags: outer, inner, …", answer=Graph, fit=fit, read=read
)
