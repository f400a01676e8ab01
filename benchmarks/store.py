"""A store of facts: how fast it is written, how large it is, and how long a question takes.

    python benchmarks/store.py          # a million facts: a few minutes, 0.4 GB in a temporary folder
    python benchmarks/store.py --facts 10000000 --together 1000000 --store facts.sqlite    # what is asked of it

Texts are made up, with five names and five facts each; names are drawn so that a few are in very many facts, as in
texts of people. `--together` writes so many mentions and facts at once, for which a job has no time; with `--store`
the file stays, and a run that was stopped goes on with it. Writes `results/store.json` with `--output`, and prints the
table.
"""

from __future__ import annotations

import argparse
import math
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from machine import surroundings
from training import store as store_json

from spanloom.answers import kinds
from spanloom.store import Store
from spanloom.store import writer as writer_module
from spanloom.store.model import Model
from spanloom.store.writer import Writer

NAMES = 5
"""Names, and facts, of a text."""
REPEATS = 15
CACHE = 2_000_000
"""KiB of pages in memory where batches are large."""
FEW = 0.05
"""Seconds that a question about an entity may take."""
RELATIONS = ("founder_of", "based_in", "capital_of", "works_for", "located_in", "owns", "part_of", "made_by")


def answers(facts: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Texts with their answers, as a predictor's `to_dict` gives them, until there are so many facts.

    There are as many entities as a fifth of the facts; the one of rank r is drawn about 1 / r as often as the first.
    """
    most = max(facts // NAMES, NAMES)
    for number in range(facts // NAMES):
        names = [f"Name {int(most ** chance.random()):,}" for _ in range(NAMES)]
        text, entities = f"Text {number:,}:", []
        for name in names:
            entities.append({"start": len(text) + 1, "text": name, "label": "Name", "score": chance.random()})
            text += f" {name} ;"
        for item in entities:
            item["end"] = item["start"] + len(item["text"])
        relations = [
            {"head": at, "tail": (at + 1) % NAMES, "label": chance.choice(RELATIONS), "score": chance.random()}
            for at in range(NAMES)
        ]
        yield {"text": text, "entities": entities, "relations": relations}


def filled(path: Path, facts: int, seed: int, together: int = 0) -> dict[str, int]:
    """Write so many facts, those that are not there yet, and how many a second, and a second of a processor.

    together: of how many mentions and facts a batch is, 0 for as many as a job writes.
    """
    stored = kinds()["graph"].stored
    assert stored is not None
    writing, working = 0.0, 0.0
    with Writer(path, Model("0" * 64, "made-up", "joint", "", stored)) as writer:
        (known,) = writer._connection.execute("SELECT count(*) FROM reading").fetchone()
        if together:
            writer_module.TOGETHER, writer_module.SECONDS = together, math.inf
            writer._connection.execute(f"PRAGMA cache_size = -{CACHE}")
        for number, answer in enumerate(answers(facts, random.Random(seed))):
            if number < known:
                continue
            began, worked = time.perf_counter(), time.process_time()
            writer.add(answer["text"], answer, number)
            writing += time.perf_counter() - began
            working += time.process_time() - worked
            if number % 20_000 == 0:
                print(f"{number * NAMES:,} facts, {writing:.0f} s", file=sys.stderr, flush=True)
        began, worked = time.perf_counter(), time.process_time()
    writing, working = writing + time.perf_counter() - began, working + time.process_time() - worked
    new = facts - known * NAMES
    rates = {"a_second": new / writing, "a_processor_second": new / working}
    return {"written_now": new, **{name: round(rate) for name, rate in rates.items()}}


def timed(ask: Callable[[], object], repeats: int = REPEATS) -> dict[str, float]:
    """The median and the longest of several, in seconds; each opens the file anew, as a command does."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
    return {"median": round(median(seconds), 5), "longest": round(max(seconds), 5)}


def by_rank(path: Path, entities: int) -> dict[str, tuple[str, int]]:
    """An entity in most facts, one in the middle and one in few, each with how many facts it is in."""
    connection = sqlite3.connect(path)
    found = {}
    for name, rank in (("in most", 1), ("in some", max(entities // 1000, 2)), ("in few", max(entities // 2, 3))):
        asked = "SELECT id, name FROM entity WHERE key >= ? ORDER BY key LIMIT 1"
        number, called = connection.execute(asked, (f"name {rank:,}",)).fetchone()
        count = "SELECT (SELECT count(*) FROM fact WHERE head_entity = ?1)"
        count += " + (SELECT count(*) FROM fact WHERE tail_entity = ?1 AND head_entity <> ?1)"
        found[name] = (called, connection.execute(count, (number,)).fetchone()[0])
    connection.close()
    return found


def asked(path: Path, facts: int) -> dict[str, dict[str, float]]:
    """How long each question takes."""
    store, times = Store(path), {}
    for rank, (name, count) in by_rank(path, facts // NAMES).items():
        about = f"an entity {rank} facts ({count:,})"
        times[about] = timed(lambda name=name: list(store.facts(entity=name, limit=20)))
        times[f"{about}, a relation, score 0.8"] = timed(
            lambda name=name: list(store.facts(entity=name, relation=RELATIONS[2], min_score=0.8, limit=20))
        )
        times[f"{about}, since a day"] = timed(
            lambda name=name: list(store.facts(entity=name, since="2020-01-01", limit=20))
        )
    times["a relation"] = timed(lambda: list(store.facts(relation=RELATIONS[0], limit=20)))
    times["a document"] = timed(lambda: list(store.facts(document=str(facts // NAMES // 2))))
    times["names with a word"] = timed(lambda: store.search("Name 77"), 3)
    return times


def table(result: dict[str, Any]) -> str:
    rates = result["writing"]
    lines = [
        f"{result['facts']:,} facts: {rates['a_second']:,} a second, {rates['a_processor_second']:,} a second of a "
        f"processor (of {rates['written_now']:,}, {rates['together'] or 20_000:,} mentions and facts at once); "
        f"{result['bytes'] / 1e9:.2f} GB, {result['bytes_a_fact']} bytes a fact with its text",
        "",
        "| question | median, ms | longest, ms |",
        "|---|---|---|",
    ]
    for name, times in result["seconds"].items():
        lines.append(f"| {name} | {times['median'] * 1000:.1f} | {times['longest'] * 1000:.1f} |")
    slowest = max(times["median"] for name, times in result["seconds"].items() if name.startswith("an entity"))
    lines += ["", f"By entity at most {slowest * 1000:.1f} ms; asked for {FEW * 1000:.0f}: {_met(slowest < FEW)}."]
    return "\n".join(lines)


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--together", type=int, default=0)
    parser.add_argument("--store", type=Path, metavar="FILE")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    facts = options.facts // NAMES * NAMES
    with tempfile.TemporaryDirectory() as folder:
        path = options.store or Path(folder) / "facts.sqlite"
        rates = filled(path, facts, options.seed, options.together)
        size = path.stat().st_size
        result = {
            "facts": facts,
            "texts": facts // NAMES,
            "writing": {**rates, "together": options.together},
            "bytes": size,
            "bytes_a_fact": round(size / facts),
            "seconds": asked(path, facts),
            "sqlite": sqlite3.sqlite_version,
            **surroundings(),
        }
    if options.output:
        store_json(options.output, result)
    print(table(result))


if __name__ == "__main__":
    main()
