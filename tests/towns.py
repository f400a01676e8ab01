"""Sentences about people and towns, of which a small tagger understands nearly all, with two errors among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

NAMES = ("Ada", "Bo", "Cy", "Di", "Eve", "Flo", "Gus", "Hal")
CITIES = ("Ulm", "Graz", "Oslo", "Turin", "Cork", "Lyon")
BEFORE = ("Yesterday", "In May", "At last", "Once", "Then")
WRONG, MISSING = 7, 12
"""The lines of the two errors, counted from 0."""

CONFIG: dict[str, Any] = {
    "task": "tag",
    "train": {"epochs": 12, "batch_size": 4, "learning_rate": 1e-2, "threads": 1},
    "model": {"dropout": 0.0, "encoder": {"kind": "rnn", "hidden": 12, "layers": 1, "word_width": 12}},
}


def lines() -> Iterator[dict[str, Any]]:
    """Sentences of three forms; each about a person and a city."""
    for number in range(40):
        name, city = NAMES[number % len(NAMES)], CITIES[number % len(CITIES)]
        before = BEFORE[number % len(BEFORE)]
        text = f"{before} {name} left {city} ."
        start, there = len(before) + 1, len(before) + len(name) + 7
        person = {"start": start, "end": start + len(name), "label": "Person"}
        place = {"start": there, "end": there + len(city), "label": "Person" if number == WRONG else "City"}
        yield {"id": f"s{number}", "text": text, "entities": [person] if number == MISSING else [person, place]}
