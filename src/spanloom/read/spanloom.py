"""The toolkit's own JSON lines, which its predictions are written in too.

`{"text": "…", "entities": [{"start", "end", "label"}], "relations": [{"head", "tail", "label"}]}`. Offsets count
CHARACTERS of the text, half-open; `head` and `tail` index `entities`. Optional: `tokens`, `[[start, end], …]` in
characters, where they are not those of the toolkit's own rules; `score` of an entity or a relation; `text` of an
entity, which must then be what stands at its offsets; `by_text`, `ambiguous` and `lost`, which carry what a reader of
facts given as text has found. A line with neither entities nor relations is a text without gold.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Example, Graph, LostFact, Relation, Source, Span, Text, Token
from spanloom.errors import DataError
from spanloom.read.json_items import Item, field, first_keys, json_items, object_of, of_kind, shown
from spanloom.read.locate import INSIDE_A_TOKEN
from spanloom.read.offsets import checked_index, checked_range, label_of
from spanloom.read.texts import checked_text
from spanloom.text.words import covering, tokenize

NAME = "spanloom"
SHAPE = "text, entities, relations"
ANSWER = Graph


def matches(beginning: str) -> bool:
    keys = first_keys(beginning)
    return "text" in keys and "triple_list" not in keys and "sentText" not in keys


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        yield _example(item, source, config)


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    raw = checked_text(field(item, "text", str, where), where, config)
    text = Text(raw, _tokens(item, raw, where) if "tokens" in item else tokenize(raw))
    lost = [_lost(value, where) for value in field(item, "lost", list, where)] if "lost" in item else []
    gold: Graph | None = None
    if "entities" in item or "relations" in item:
        gold, cut = _graph(item, text, where)
        lost += cut
    else:
        _refuse_near_key(item, where)
    ambiguous = field(item, "ambiguous", int, where) if "ambiguous" in item else 0
    return Example(text, gold, source, item.get("by_text", False) is True, ambiguous, tuple(lost))


def _refuse_near_key(item: Item, where: str) -> None:
    """A misspelt `entities` must not make a text without gold."""
    for key in item:
        if near := difflib.get_close_matches(key, ("entities", "relations"), n=1):
            raise DataError(where, f"unknown key {key!r}", f"did you mean '{near[0]}'?", "Rename it.")


def _tokens(item: Item, text: str, where: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    after = 0
    for value in field(item, "tokens", list, where):
        pair = [of_kind(offset, int, where, "a token offset") for offset in of_kind(value, list, where, "a token")]
        if len(pair) != 2 or not after <= pair[0] < pair[1] <= len(text):
            expected = f"[start, end] in order, from {after} to {len(text)}"
            raise DataError(where, f"token {len(tokens)} is {shown(value)}", expected, "Correct the offsets.")
        start, after = pair
        tokens.append(Token(text[start:after], start, after))
    if not tokens:
        raise DataError(where, "'tokens' is an empty list", "the tokens of the text", "Leave it out, or fill it.")
    return tuple(tokens)


def _graph(item: Item, text: Text, where: str) -> tuple[Graph, list[LostFact]]:
    """The gold graph, and what cannot be in it: entities that cut a token, and their relations."""
    surfaces: list[str] = []
    spans: list[Span | None] = []
    lost: list[LostFact] = []
    for value in field(item, "entities", list, where):
        entity = object_of(value, where, "an entity")
        surface, place, label = _place(entity, text, where)
        surfaces.append(surface)
        spans.append(Span(*place, label, _score(entity, where)) if place else None)
        if place is None:
            lost.append(LostFact("entity", label, surface, INSIDE_A_TOKEN))
    relations: list[Relation] = []
    for value in field(item, "relations", list, where):
        relation = object_of(value, where, "a relation")
        label = label_of(relation, "label", where, "relations")
        head, tail = (checked_index(relation, key, len(spans), where) for key in ("head", "tail"))
        first, second = spans[head], spans[tail]
        if first is None or second is None:
            lost.append(LostFact("relation", label, f"{surfaces[head]} -> {label} -> {surfaces[tail]}", INSIDE_A_TOKEN))
        else:
            relations.append(Relation(first, second, label, _score(relation, where)))
    return Graph(tuple(span for span in spans if span), tuple(relations)), lost


def _place(entity: Item, text: Text, where: str) -> tuple[str, tuple[int, int] | None, str]:
    """An entity's characters without outer spaces, its token range (None where it cuts a token), and its label."""
    label = label_of(entity, "label", where, "entities")
    start, end = checked_range(entity, len(text.text), "characters", where)
    surface = text.text[start:end]
    if "text" in entity and entity["text"] != surface:
        found = f"an entity with the text {shown(entity['text'])} at {start} to {end}, where {shown(surface)} stands"
        raise DataError(where, found, "character offsets, half-open", "Correct the offsets (not bytes, not tokens).")
    start += len(surface) - len(surface.lstrip())
    end -= len(surface) - len(surface.rstrip())
    return surface.strip(), covering(text.tokens, start, end) if start < end else None, label


def _score(item: Item, where: str) -> float | None:
    return None if item.get("score") is None else of_kind(item["score"], float, where, "'score'")


def _lost(value: Any, where: str) -> LostFact:
    item = object_of(value, where, "a lost fact")
    kind, label, text, cause = (field(item, key, str, where, "lost") for key in ("kind", "label", "text", "cause"))
    return LostFact(kind, label, text, cause)
