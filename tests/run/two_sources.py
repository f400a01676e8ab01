"""Two small data sets that annotate different things, as files and as a configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spanloom.config import RunConfig
from spanloom.run.user_config import resolved
from spanloom.tasks import FOLDER

NAMES = ("Ada", "Bo", "Cai", "Dov", "Eve", "Fay")
TOWNS = ("Oslo", "Rome", "Lima", "Kyiv", "Bern", "Cork")


def people(count: int) -> str:
    """Columns in which people alone are annotated, although towns stand there too."""
    pairs = [(NAMES[number % 6], TOWNS[number * 5 % 6]) for number in range(count)]
    return "".join(f"{name} B-PER\nsaw O\n{town} O\n. O\n\n" for name, town in pairs)


def homes(count: int) -> str:
    """Where people live, with towns, and people as names of some kind."""
    lines = []
    for number in range(count):
        name, town = NAMES[number * 3 % 6], TOWNS[number % 6]
        text = f"{name} lives in {town} ."
        spans = [(0, len(name), "Entity"), (len(name) + 10, len(name) + 10 + len(town), "Town")]
        entities = [{"start": start, "end": end, "label": label} for start, end, label in spans]
        lines.append({"text": text, "entities": entities, "relations": [{"head": 1, "tail": 0, "label": "home of"}]})
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def write_sources(folder: Path) -> dict[str, Any]:
    """The tables of a configuration of both, whose files are written."""
    for name, text in (("people", people(24)), ("homes", homes(24))):
        (folder / name).mkdir()
        (folder / name / ("train.conll" if name == "people" else "train.jsonl")).write_text(text)
    (folder / "people" / "dev.conll").write_text(people(5))
    (folder / "homes" / "dev.jsonl").write_text(homes(4))
    sources = [
        {
            "train": folder / "people" / "train.conll",
            "dev": folder / "people" / "dev.conll",
            "annotates": {"relations": "none"},
            "rename": {"PER": "person"},
        },
        {
            "train": folder / "homes" / "train.jsonl",
            "dev": folder / "homes" / "dev.jsonl",
            "weight": 0.5,
            "annotates": {"entities": "related only"},
            "rename": {"Entity": "*", "Town": "town", "home of": "-lives in"},
        },
    ]
    table = resolved(FOLDER / "joint" / "tiny.toml")
    settings = {"epochs": 6, "batch_size": 4, "learning_rate": 5e-3, "threads": 1, "evaluate_from": 3}
    encoder = {"kind": "rnn", "word_width": 16, "char_filters": 8, "hidden": 16}
    model = {"projection": 16, "rank": 8, "between": 8, "label_width": 8, "recall": False, "encoder": encoder}
    return {"task": table.task, "data": {"source": sources}, "train": settings, "model": model}


def run_of(config: dict[str, Any], **train: Any) -> RunConfig:
    return resolved({**config, "train": {**config["train"], **train}})
