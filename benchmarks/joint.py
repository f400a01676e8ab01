"""Joint extraction: trains each row of the table over several seeds, keeps what came out as JSON, and prints the table.

    python benchmarks/joint.py --data DIR [--rows conll04-minilm,nyt-minilm] [--seeds 0,1,2] [--threads 2]

Each (row, seed) is trained in a fresh process by `spanloom train`, exactly as a person would. Those that have their
file in `benchmarks/results/joint/` are skipped, so an interruption costs the one that was running. `README.md` beside
this file says more.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figures import rows_table
from machine import surroundings
from rows import CONFIGS, PARTS, RESULTS, ROWS, read_results
from training import add_options, parsed, stopping_cleanly, store, train_missing
from unannotated import environment
from wording import LANGUAGES

from spanloom.config import DataConfig, load_config
from spanloom.tasks import find_task

HERE = Path(__file__).resolve().parent
AUDITED = {"conll04": "conll04-minilm", "nyt": "nyt-minilm", "webnlg": "webnlg-minilm"}


def audit(data: Path) -> dict[str, Any]:
    """For each data set and part, both schemes' oracle scores and ledgers, without the sentences they are about."""
    found: dict[str, Any] = {}
    for name, row in AUDITED.items():
        config = load_config(CONFIGS / f"{row}.toml", [], lambda task: find_task(task).config)
        for part, file in zip(("train", "dev"), PARTS[name], strict=True):
            print(f"auditing {file}", file=sys.stderr, flush=True)
            task = find_task("joint")
            examples = [item for item in task.read(data / file, DataConfig(repair=True)) if item.gold is not None]
            schemes = task.check(examples, config)["audit"]
            found.setdefault(name, {})[part] = {
                "sentences": len(examples),
                "schemes": {scheme: without_examples(table) for scheme, table in schemes.items()},
            }
    return {"data": found, **surroundings()}


def without_examples(table: Mapping[str, Any]) -> dict[str, Any]:
    """An audit with causes and counts alone: the sentences are the data sets' own and stay there."""
    ledgers = {
        name: [{key: line[key] for key in ("kind", "cause", "count")} for line in table[name]]
        for name in ("lost", "spurious")
    }
    return {"entities": table["entities"], "relations": table["relations"], **ledgers}


def measure_speed(options: argparse.Namespace) -> None:
    """Time our model beside SpERT in a process of its own, on one thread."""
    file = options.results / "speed.json"
    places = ["--data", options.data, "--runs", options.runs, "--output", file]
    subprocess.run([sys.executable, str(HERE / "joint_speed.py"), *map(str, places)], check=True, env=environment(1))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Train and table the joint extraction benchmark.")
    add_options(made, ROWS, RESULTS)
    made.add_argument("--speed", action="store_true", help="instead: time training and inference beside SpERT")
    made.add_argument("--audit", action="store_true", help="instead: what each scheme can say of each data set")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(parser(), arguments)
    with stopping_cleanly():
        if options.audit:
            store(options.results / "audit.json", audit(options.data))
        elif options.speed:
            measure_speed(options)
        elif not options.table:
            train_missing(options.rows, options)
    print("\n".join(rows_table(read_results(options.results), LANGUAGES["en"])))


if __name__ == "__main__":
    main()
