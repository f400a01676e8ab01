"""The text of a sentence of CoNLL-U, and the places of its words in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.inputs import Text, Token
from spanloom.text.joining import spaces

Item = Mapping[str, Any]


def groups_of(parsed: Sequence[Item]) -> list[tuple[str, list[str]]]:
    """What is written in the text, and the words in it: a word itself, or a multiword token and the words it covers."""
    groups: list[tuple[str, list[str]]] = []
    inside = 0  # the last word of the multiword token that is open
    for item in parsed:
        number = item["id"]
        if isinstance(number, int):
            if number > inside:
                groups.append((item["form"], []))
            groups[-1][1].append(item["form"])
        elif number[1] == "-":
            groups.append((item["form"], []))
            inside = number[2]
    return groups


def text_of(groups: Sequence[tuple[str, list[str]]], written: str | None) -> Text | None:
    """The words in their own text, or None where text and words do not agree.

    Words that make up their multiword token (`can` and `n't`) divide its characters. Words that do not (French `de` and
    `le` of `du`) stand in its place, parted by spaces: every token reads as its word, and no two share a character.
    """
    if written is None:
        return None
    parts: list[str] = []
    tokens: list[Token] = []
    at = length = 0  # how far the text was read, and how long the new one is
    for surface, words in groups:
        start = len(written) - len(written[at:].lstrip())
        if not words or not written.startswith(surface, start):
            return None
        parts.append(written[at:start])
        length += start - at
        at = start + len(surface)
        whole = _divided(surface, words)
        spaced = [False] * len(words) if whole else spaces(words)
        for word, gap in zip(whole or words, spaced, strict=True):
            parts.append(f" {word}" if gap else word)
            length += len(parts[-1])
            tokens.append(Token(word, length - len(word), length))
    return None if written[at:].strip() else Text("".join(parts), tuple(tokens))


def _divided(surface: str, words: Sequence[str]) -> list[str]:
    """The characters of a multiword token that each of its words is, in the case of the text; none if they differ."""
    parts, at = [], 0
    for word in words:
        parts.append(surface[at : at + len(word)])
        at += len(word)
    return parts if at == len(surface) and "".join(words).casefold() == surface.casefold() else []
