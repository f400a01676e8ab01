"""What takes time in proportion to its input: long blanks, pages of long texts, and names that repeat.

    python benchmarks/heavy.py

Each is done at one size and at twice that size, on one thread, the best of three; processor time. Where the work grows
with the input the ratio is near 2, where it grows with its square near 4. Needs no data.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from machine import surroundings
from rows import RESULTS
from training import store

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.tasks import find_task
from spanloom.tasks.joint.labels import Labels
from spanloom.tasks.joint.memory import Memory
from spanloom.text.words import tokenize
from spanloom.write.html import prediction_page

OUTPUT = RESULTS.parent / "heavy.json"
ROUNDS = 3
Work = Callable[[], object]


def blanks(count: int, folder: Path) -> Work:
    """Tell the format of a file that begins with blanks: it is in none."""
    file = folder / f"{count}.txt"
    file.write_text(" " * count + "x\n", encoding="utf-8")

    def read() -> None:
        try:
            list(find_task("joint").read(file, DataConfig()))
        except DataError:
            return
        raise AssertionError("a file of blanks was read")

    return read


def page(words: int, folder: Path) -> Work:
    """Draw the page of one text, every fourth word of which is an entity."""
    entities = [
        {"start": 5 * place, "end": 5 * place + 4, "text": "Oslo", "label": "place", "score": 0.9}
        for place in range(0, words, 4)
    ]
    text = " ".join("Oslo" if place % 4 == 0 else "went" for place in range(words))
    item = {"text": text, "entities": entities, "relations": []}
    return lambda: sum(map(len, prediction_page([item])))


def recall(words: int, folder: Path) -> Work:
    """Recall what was said of two names that stand in turns throughout a text."""
    said = Text("Rome met Lee", tokenize("Rome met Lee"))
    rome, lee = Span(0, 1, "name"), Span(2, 3, "name")
    example = Example(said, Graph((rome, lee), (Relation(rome, lee, "met"),)))
    memory = Memory.fit([example], Labels.fit([example]))
    raw = " ".join(("Rome", "met", "Lee", "and")[place % 4] for place in range(words))
    text = Text(raw, tokenize(raw))
    return lambda: memory.recall(text)


CASES: tuple[tuple[str, str, int, Callable[[int, Path], Work]], ...] = (
    ("telling a format", "blanks", 400_000, blanks),
    ("a page", "words", 50_000, page),
    ("recall", "words", 20_000, recall),
)


def seconds(work: Work) -> float:
    """Processor time, the best of some rounds: the least disturbed one."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        return [
            {
                "what": what,
                "unit": unit,
                "size": size,
                "seconds": [seconds(make(times * size, Path(folder))) for times in (1, 2)],
            }
            for what, unit, size, make in CASES
        ]


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What was measured, as Markdown."""
    lines = ["| what | size | seconds | twice the size | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        once, twice = row["seconds"]
        size = f"{row['size']:,} {row['unit']}"
        lines.append(f"| {row['what']} | {size} | {once:.3f} | {twice:.3f} | {twice / once:.1f} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Time what must grow with its input, not with its square.")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the JSON to write")
    options = parser.parse_args(arguments)
    rows = measure()
    store(options.output, {"rows": rows, "rounds": ROUNDS, **surroundings()})
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
