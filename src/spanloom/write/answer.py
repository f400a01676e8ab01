"""An answer that knows its text: what a user gets of any task, in characters, with words for its parts."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spanloom.answers import kind_of

Shown = Mapping[str, Any]

COLUMNS = ("kind", "label", "text", "start", "end", "head", "tail", "score")
"""Of a row: `text`, `start` and `end` of an entity, `head` and `tail` (their texts) of a relation."""

FRAME = "border:0;width:100%;height:16em;resize:vertical"


@dataclass(frozen=True, slots=True)
class Entity:
    """A part of the text with a label: `text[start:end]`, in characters, half-open. score: in 0..1, or None."""

    text: str
    start: int
    end: int
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A directed relation between two entities. score: in 0..1, or None."""

    head: Entity
    tail: Entity
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A label of the whole text, such as a class or an intent. score: in 0..1, or None."""

    label: str
    score: float | None = None


class Answer:
    """An answer and its text.

    text: what a page shows of it: the user's own, of several the lines, and behind an arrow what was made of them.
    entities: the parts of it that have a label, single tokens too where a task labels each; relations: between those;
    labels: of the whole. value: the same in tokens, of the type that gold answers have. `answer["rewrite"]`, say, is
    any other part of `to_dict()`.
    """

    def __init__(self, shown: Shown, value: Any) -> None:
        self.value = value
        self._shown = shown
        drawn = kind_of(value).draw(shown)
        self.text = str(drawn["text"])
        self.entities = tuple(
            Entity(item["text"], item["start"], item["end"], item["label"], item.get("score"))
            for item in drawn["entities"]
        )
        self.relations = tuple(
            Link(self.entities[item["head"]], self.entities[item["tail"]], item["label"], item.get("score"))
            for item in drawn["relations"]
        )
        self.labels = tuple(Named(item["label"], item.get("score")) for item in drawn["labels"])

    def __getitem__(self, key: str) -> Any:
        return self._shown[key]

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values, what a line of `spanloom predict --format jsonl` holds."""
        return dict(self._shown)

    def rows(self) -> list[dict[str, Any]]:
        """A flat row for each thing found, with the keys `COLUMNS`, for a data frame."""
        found = [_row("entity", item) for item in self.entities]
        found += [_row("relation", item) | {"head": item.head.text, "tail": item.tail.text} for item in self.relations]
        return found + [_row("label", item) for item in self.labels]

    def __repr__(self) -> str:
        return "\n  ".join((self.text, *self._lines()))

    def _repr_html_(self) -> str:
        """The page of this answer, with its arcs, in a frame of its own, so that it cannot touch the notebook."""
        from spanloom.write.html import prediction_page

        page = "".join(prediction_page([self._shown], draw=kind_of(self.value).draw))
        return f'<iframe srcdoc="{html.escape(page, quote=True)}" style="{FRAME}"></iframe>'

    def _lines(self) -> Iterator[str]:
        yield from (_scored(f"{item.label}: {item.text}", item.score) for item in self.entities)
        for link in self.relations:
            yield _scored(f"{link.head.text} -> {link.label} -> {link.tail.text}", link.score)
        yield from (_scored(item.label, item.score) for item in self.labels)


def _row(kind: str, fact: Entity | Link | Named) -> dict[str, Any]:
    return {"kind": kind, **{name: getattr(fact, name, None) for name in COLUMNS[1:]}}


def _scored(text: str, score: float | None) -> str:
    return text if score is None else f"{text}  {score:.2f}"
