"""A model whose answers a test decides, and a store that holds some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers import kinds
from spanloom.store.model import Model
from spanloom.store.writer import Writer

NOON = 1_767_268_800.0
"""2026-01-01T12:00:00Z"""


def model(name: str = "first", answers: str = "graph") -> Model:
    """A model whose hash is made of its name, of answers of this kind."""
    stored = kinds()[answers].stored
    assert stored is not None
    return Model((name.encode().hex() * 16)[:64], name, "joint", f"# {name}", stored)


def graph(
    text: str, names: Sequence[tuple[str, str]], *relations: tuple[int, str, int, float | None]
) -> dict[str, Any]:
    """An answer as `to_dict` gives it: names with their labels, in the order of the text, and relations."""
    entities, at = [], 0
    for name, label in names:
        start = text.index(name, at)
        at = start + len(name)
        entities.append({"start": start, "end": at, "text": name, "label": label, "score": 0.5})
    found = [
        {"head": head, "label": label, "tail": tail} | ({} if score is None else {"score": score})
        for head, label, tail, score in relations
    ]
    return {"text": text, "entities": entities, "relations": found}


REYKJAVIK = graph(
    "It rains. Reykjavik is the capital of Iceland. It snows.",
    [("Reykjavik", "City"), ("Iceland", "Country")],
    (0, "capital", 1, 0.9),
    (1, "contains", 0, 0.6),
)
OSLO = graph(
    "Oslo is the capital of Norway, not of ICELAND.",
    [("Oslo", "City"), ("Norway", "Country"), ("ICELAND", "Country")],
    (0, "capital", 1, 0.8),
    (0, "capital", 2, 0.1),
    (1, "borders", 2, None),
)
ANSWERS = {"one": REYKJAVIK, "two": OSLO}


def writer(path: Path, name: str = "first", at: float = NOON, answers: str = "graph") -> Writer:
    return Writer(path, model(name, answers), clock=lambda: at)


def fill(path: Path, name: str = "first", at: float = NOON) -> Path:
    """A store with the answers above."""
    with writer(path, name, at) as into:
        for own, answer in ANSWERS.items():
            into.add(answer["text"], answer, own)
    return path


def synthetic(count: int, seed: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """So many texts of two names and a fact, each with its answer."""
    for number in range(count):
        text = f"Ada{number + seed} met Bo{number % 7}."
        names = [(f"Ada{number + seed}", "Person"), (f"Bo{number % 7}", "Person")]
        yield text, graph(text, names, (0, "met", 1, 0.5))
