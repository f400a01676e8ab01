"""What a store gives: facts, mentions and labels, each with where it stands and which model said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text: `text[start:end]`, in characters, half-open. entity: the spelling that was met first."""

    text: str
    label: str
    start: int
    end: int
    entity: str


@dataclass(frozen=True, slots=True)
class Origin:
    """document: an id of the user's own, or the beginning of the text's hash; model: its folder's name; at: UTC."""

    document: str
    model: str
    at: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A directed relation between two names, and the sentence that both stand in. score: in 0..1, or None."""

    head: Name
    relation: str
    tail: Name
    score: float | None
    sentence: str
    origin: Origin

    def to_dict(self) -> dict[str, Any]:
        """A flat row, with the keys `COLUMNS["facts"]`."""
        sides = {**_side("head", self.head), "relation": self.relation, **_side("tail", self.tail)}
        return {**sides, "score": self.score, "sentence": self.sentence, **_origin(self.origin)}

    def said(self) -> tuple[str, ...]:
        """What a table shows of it first."""
        return self.head.text, self.relation, self.tail.text


@dataclass(frozen=True, slots=True)
class Mention:
    """A name, and the sentence that it stands in. score: in 0..1, or None."""

    name: Name
    score: float | None
    sentence: str
    origin: Origin

    def to_dict(self) -> dict[str, Any]:
        """A flat row, with the keys `COLUMNS["mentions"]`."""
        return {**_side("mention", self.name), "score": self.score, "sentence": self.sentence, **_origin(self.origin)}

    def said(self) -> tuple[str, ...]:
        """What a table shows of it first."""
        return self.name.text, self.name.label


@dataclass(frozen=True, slots=True)
class Label:
    """A class or an intent of a whole text. score: in 0..1, or None."""

    label: str
    score: float | None
    sentence: str
    origin: Origin

    def to_dict(self) -> dict[str, Any]:
        """A flat row, with the keys `COLUMNS["labels"]`."""
        return {"label": self.label, "score": self.score, "sentence": self.sentence, **_origin(self.origin)}

    def said(self) -> tuple[str, ...]:
        """What a table shows of it first."""
        return (self.label,)


def _side(side: str, name: Name) -> dict[str, Any]:
    parts = {"label": name.label, "start": name.start, "end": name.end, "entity": name.entity}
    return {side: name.text, **{f"{side}_{part}": value for part, value in parts.items()}}


def _origin(origin: Origin) -> dict[str, Any]:
    return {"document": origin.document, "model": origin.model, "at": origin.at}


_NAME, _ORIGIN = Name("", "", 0, 0, ""), Origin("", "", "")

COLUMNS = {
    "facts": tuple(Fact(_NAME, "", _NAME, None, "", _ORIGIN).to_dict()),
    "mentions": tuple(Mention(_NAME, None, "", _ORIGIN).to_dict()),
    "labels": tuple(Label("", None, "", _ORIGIN).to_dict()),
}
"""The keys of a row, by the table that it is of."""
