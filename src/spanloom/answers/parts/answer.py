"""An answer that knows its text: what a user gets of any task, in characters, with words for its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from spanloom.answers.parts.drawing import Drawing, Shown, as_given, shown_texts

Value = TypeVar("Value")
"""The type that gold answers of a task have, which counts in tokens."""

COLUMNS = ("kind", "label", "text", "start", "end", "head", "tail", "score")
"""Of a row: `text`, `start` and `end` of an entity or a token, `head` and `tail` (their texts) of a relation."""

Page = Callable[[Any, Shown], str]
"""(value, what is shown of it) -> the HTML that a notebook shows; `write/` has it, which stands below this folder."""


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


class Answer(Generic[Value]):
    """An answer and its text. Each type of answers has a class of its own, with more names for its own parts.

    text: the user's own, several one below the other; texts: each by itself. entities: the parts of it that have a
    label; relations: between those; labels: of the whole. value: the same in tokens, of the type that gold answers
    have, which is what scores are made of.
    """

    def __init__(self, shown: Shown, value: Value, page: Page) -> None:
        found = self.found(shown)
        self.value = value
        self.texts = shown_texts(shown)
        self.text = "\n".join(self.texts) if self.texts else str(found["text"])
        self.entities = tuple(map(entity_of, found["entities"]))
        self.relations = tuple(
            Link(self.entities[item["head"]], self.entities[item["tail"]], item["label"], item.get("score"))
            for item in found["relations"]
        )
        self.labels = tuple(Named(item["label"], item.get("score")) for item in found["labels"])
        self._shown = shown
        self._page = page

    @staticmethod
    def found(shown: Shown) -> Drawing:
        """What is shown under the names that a drawing has: `entities`, `relations` and `labels`."""
        return as_given(shown)

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values, what a line of `spanloom predict --format jsonl` holds."""
        return dict(self._shown)

    def rows(self) -> list[dict[str, Any]]:
        """A flat row for each thing found, with the keys `COLUMNS`, for a data frame."""
        found = [flat_row("entity", item) for item in self.entities]
        found += [
            flat_row("relation", item) | {"head": item.head.text, "tail": item.tail.text} for item in self.relations
        ]
        return found + [flat_row("label", item) for item in self.labels]

    def lines(self) -> Iterator[str]:
        """What was found, a line each, as `repr` has it below the text."""
        yield from (scored(f"{item.label}: {item.text}", item.score) for item in self.entities)
        for link in self.relations:
            yield scored(f"{link.head.text} -> {link.label} -> {link.tail.text}", link.score)
        yield from (scored(item.label, item.score) for item in self.labels)

    def __eq__(self, other: object) -> bool:
        """Whether the same is shown of both, scores among it."""
        return isinstance(other, Answer) and (self._shown, self.value) == (other._shown, other.value)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "\n  ".join((self.text, *self.lines()))

    def _repr_html_(self) -> str:
        """What a notebook shows: the page of this answer, with its arcs."""
        return self._page(self.value, self._shown)


def entity_of(item: Mapping[str, Any]) -> Entity:
    """An entity of what is shown."""
    return Entity(item["text"], item["start"], item["end"], item["label"], item.get("score"))


def flat_row(kind: str, fact: object, columns: Sequence[str] = COLUMNS[1:]) -> dict[str, Any]:
    """A row of a fact, with None where it has nothing to say under the name of a column."""
    return {"kind": kind, **{name: getattr(fact, name, None) for name in columns}}


def scored(text: str, score: float | None) -> str:
    """A line of `repr`."""
    return text if score is None else f"{text}  {score:.2f}"
