"""Nested entities: trains the row of the table over several seeds, and says what flat tags would lose of its data.

    python benchmarks/nested.py --data DIR [--seeds 0,1,2] [--threads 2]
    python benchmarks/nested.py --data DIR --audit     # span table and flat tags: what each can say of germeval

`README.md` beside this file says more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from machine import surroundings
from plain_tables import markdown, plain_table
from rows import CONFIGS, NESTED_RESULTS, NESTED_ROWS, PARTS, read_results, summary
from training import add_options, parsed, stopping_cleanly, store, train_missing
from wording import LANGUAGES

from spanloom.config import load_config
from spanloom.tasks import find_task

KINDS = ("all", "outer", "inner", "boundaries")


def audit(data: Path) -> dict[str, Any]:
    """For each part, what each scheme gives back and what it loses, by cause and label, without the sentences."""
    row = NESTED_ROWS[0]  # all are on the same data
    task = find_task("nested")
    config = load_config(CONFIGS / f"{row.name}.toml", [], lambda name: find_task(name).config)
    found: dict[str, Any] = {}
    for part, file in zip(("train", "dev"), PARTS[row.data], strict=True):
        print(f"auditing {file}", file=sys.stderr, flush=True)
        examples = list(task.read(data / file, config.data))
        schemes = task.check(examples, config)["audit"]
        found[part] = {
            "sentences": len(examples),
            "schemes": {scheme: without_examples(table) for scheme, table in schemes.items()},
        }
    return {"data": {row.data: found}, **surroundings()}


def without_examples(table: Mapping[str, Any]) -> dict[str, Any]:
    """An audit with causes, labels and counts alone: the sentences are the data set's own and stay there."""
    lost = [{key: line[key] for key in ("kind", "cause", "count", "labels")} for line in table["lost"]]
    return {"entities": table["entities"], "lost": lost}


def kinds_table(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """F1 of all, outer and inner entities, and of boundaries alone: means over the seeds."""
    lines = [
        [f"`{name}`", *(f"{summary(records, kind).mean:.1f}" for kind in KINDS)] for name, records in results.items()
    ]
    return markdown(("row", *(f"{kind} F1" for kind in KINDS)), lines) if lines else []


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and table the benchmark of nested entities.")
    add_options(parser, NESTED_ROWS, NESTED_RESULTS)
    parser.add_argument("--audit", action="store_true", help="instead: what each scheme can say of the data")
    options = parsed(parser, arguments)
    with stopping_cleanly():
        if options.audit:
            store(options.results / "audit.json", audit(options.data))
        elif not options.table:
            train_missing(options.rows, options)
    results = read_results(options.results, NESTED_ROWS)
    for table in (plain_table(NESTED_ROWS, results, LANGUAGES["en"]), kinds_table(results)):
        print("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
