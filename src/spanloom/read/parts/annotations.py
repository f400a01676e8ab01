"""What the toolkit's own JSON lines say of a text: its tokens, its entities, and the facts that were lost."""

from __future__ import annotations

from typing import Any

from spanloom.core import LostFact
from spanloom.errors import DataError
from spanloom.inputs import Text, Token
from spanloom.read.parts.json_items import Item, field, object_of, of_kind, shown
from spanloom.read.parts.offsets import NAMES, checked_range, label_of
from spanloom.text.marks import stripped
from spanloom.text.words import covering


def token_ranges(item: Item, text: str, where: str) -> tuple[Token, ...]:
    """`tokens`, `[[start, end], …]` or objects with `start` and `end`, characters, in order. Raises DataError."""
    tokens: list[Token] = []
    after = 0
    for value in field(item, "tokens", list, where):
        if isinstance(value, dict):
            value = [field(value, key, int, where, "tokens") for key in ("start", "end")]
        pair = [of_kind(offset, int, where, "a token offset") for offset in of_kind(value, list, where, "a token")]
        if len(pair) != 2 or not after <= pair[0] < pair[1] <= len(text):
            expected = f"[start, end] in order, from {after} to {len(text)}"
            raise DataError(where, f"token {len(tokens)} is {shown(value)}", expected, "Correct the offsets.")
        start, after = pair
        tokens.append(Token(text[start:after], start, after))
    if not tokens:
        raise DataError(where, "'tokens' is an empty list", "the tokens of the text", "Leave it out, or fill it.")
    return tuple(tokens)


def entity_place(
    entity: Item, text: Text, where: str, owner: str = "entities"
) -> tuple[str, tuple[int, int] | None, str]:
    """An entity's characters without outer spaces, its token range (None where it cuts a token), and its label.

    owner: the key that the entity stands under. Raises DataError.
    """
    label = label_of(entity, "label", where, owner)
    place = character_place(entity, text.text, where, owner)
    if place is None:
        return "", None, label
    return text.text[slice(*place)], covering(text.tokens, *place), label


def character_place(entity: Item, text: str, where: str, owner: str = "entities") -> tuple[int, int] | None:
    """`start` and `end` without the spaces at these ends; None where nothing else is there. Raises DataError."""
    start, end = checked_range(entity, len(text), "characters", where, owner)
    surface = text[start:end]
    if "text" in entity and entity["text"] != surface:
        found = (
            f"{NAMES[owner]} with the text {shown(entity['text'])} at {start} to {end}, where {shown(surface)} stands"
        )
        raise DataError(where, found, "character offsets, half-open", "Correct the offsets (not bytes, not tokens).")
    return stripped(text, (start, end))


def score_of(item: Item, where: str) -> float | None:
    """The `score` of an entity or a relation, if it has one. Raises DataError."""
    return None if item.get("score") is None else of_kind(item["score"], float, where, "'score'")


def lost_facts(item: Item, where: str) -> list[LostFact]:
    """`lost`: the gold facts that an earlier reader could not place; none where it is left out. Raises DataError."""
    values = field(item, "lost", list, where) if "lost" in item else []
    return [_lost(value, where) for value in values]


def _lost(value: Any, where: str) -> LostFact:
    item = object_of(value, where, "a lost fact")
    kind, label, text, cause = (field(item, key, str, where, "lost") for key in ("kind", "label", "text", "cause"))
    return LostFact(kind, label, text, cause)
