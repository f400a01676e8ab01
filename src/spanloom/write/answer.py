"""An answer that knows its text: what a user gets of any task, in characters, with words for its parts."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spanloom.answers import kind_of

Shown = Mapping[str, Any]

COLUMNS = ("kind", "label", "text", "start", "end", "head", "tail", "score")
"""Of a row: `text`, `start` and `end` of an entity or a token, `head` and `tail` (their texts) of a relation."""

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

    text: the user's own, of several the lines. entities, relations, labels, tokens: what was found, as far as the task
    finds it; tokens where each has a label of its own. value: the same in tokens, of the type that gold answers have.
    `answer["rewrite"]`, say, is any other part of `to_dict()`.
    """

    def __init__(self, shown: Shown, value: Any) -> None:
        self.value = value
        self._shown = shown
        self.text = _text(shown)
        self.entities, self.relations = _graph(shown)
        self.labels = tuple(Named(item["label"], item.get("score")) for item in _labels(shown))
        self.tokens = tuple(_entity(item) for item in shown.get("tokens", ()) if "label" in item)

    def __getitem__(self, key: str) -> Any:
        return self._shown[key]

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values, what a line of `spanloom predict --format jsonl` holds."""
        return dict(self._shown)

    def rows(self) -> list[dict[str, Any]]:
        """A flat row for each thing found, with the keys `COLUMNS`, for a data frame; of tokens where that is all."""
        found = [_row("entity", item) for item in self.entities]
        found += [_row("relation", item) | {"head": item.head.text, "tail": item.tail.text} for item in self.relations]
        found += [_row("label", item) for item in self.labels]
        return found or [_row("token", item) for item in self.tokens]

    def __repr__(self) -> str:
        return "\n  ".join((self.text, *self._lines()))

    def _repr_html_(self) -> str:
        """The page of this answer, with its arcs, in a frame of its own, so that it cannot touch the notebook."""
        from spanloom.write.html import prediction_page

        page = "".join(prediction_page([self._shown]))
        return f'<iframe srcdoc="{html.escape(page, quote=True)}" style="{FRAME}"></iframe>'

    def _lines(self) -> Iterator[str]:
        yield from (_scored(f"{item.label}: {item.text}", item.score) for item in self.entities)
        for link in self.relations:
            yield _scored(f"{link.head.text} -> {link.label} -> {link.tail.text}", link.score)
        yield from (_scored(item.label, item.score) for item in self.labels)
        if not self.entities and self.tokens:
            yield " ".join(f"{token.text}/{token.label}" for token in self.tokens)
        yield from kind_of(self.value).says(self._shown)


def _text(shown: Shown) -> str:
    parts = [shown[key] for key in ("text", "first", "second") if key in shown]
    return "\n".join([*parts, *shown.get("turns", ())])


def _graph(shown: Shown) -> tuple[tuple[Entity, ...], tuple[Link, ...]]:
    """The entities of a graph, of tags or of slots, and relations between them; or the two marked spans and theirs."""
    if "head" in shown and "tail" in shown:
        head, tail = _entity(shown["head"]), _entity(shown["tail"])
        return (head, tail), (Link(head, tail, shown["relation"], shown.get("score")),)
    entities = tuple(map(_entity, shown.get("entities", shown.get("slots", ()))))
    links = (
        Link(entities[item["head"]], entities[item["tail"]], item["label"], item.get("score"))
        for item in shown.get("relations", ())
    )
    return entities, tuple(links)


def _labels(shown: Shown) -> Sequence[Shown]:
    if shown.get("intent") is not None:
        return [{"label": shown["intent"], "score": shown.get("intent_score")}]
    return shown.get("labels", ())  # type: ignore[no-any-return]


def _entity(item: Shown) -> Entity:
    return Entity(item["text"], item["start"], item["end"], item.get("label", ""), item.get("score"))


def _row(kind: str, fact: Entity | Link | Named) -> dict[str, Any]:
    return {"kind": kind, **{name: getattr(fact, name, None) for name in COLUMNS[1:]}}


def _scored(text: str, score: float | None) -> str:
    return text if score is None else f"{text}  {score:.2f}"
