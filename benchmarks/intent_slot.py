"""Intents and slots: trains each row of the table over several seeds, and measures what it makes of foreign requests.

    python benchmarks/intent_slot.py --data DIR [--rows atis-rnn,snips-rnn] [--seeds 0,1,2] [--threads 2]
    python benchmarks/intent_slot.py --data DIR --scope     # each trained row on its own dev set and on the other's

`README.md` beside this file says more.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import surroundings
from plain_tables import markdown, plain_table, read
from rows import INTENT_RESULTS, INTENT_ROWS, PARTS, BenchmarkRow, read_results
from training import add_options, parsed, stopping_cleanly, store, train_missing
from wording import LANGUAGES

from spanloom.answers.frame import Frame
from spanloom.config import DataConfig
from spanloom.predict.predictor import load
from spanloom.tasks import find_task

OTHER = {"atis": "snips", "snips": "atis"}
SCORES = {
    "energy": lambda answer: answer.out_of_scope,
    "1 - highest probability": lambda answer: 1 - answer.intent.scores[0],
}


def measure_scope(rows: Sequence[BenchmarkRow], data: Path, runs: Path) -> dict[str, Any]:
    """For each row and seed that was trained: how well a score tells the other data set's requests from its own.

    auroc: how probable it is that a request of the other set scores higher than one of its own, by score. rejected: the
    part of either that the threshold rejects, which was fitted on the very dev set that stands for "in scope" here.
    """
    found: dict[str, Any] = {}
    for row in rows:
        for card in sorted((runs / row.name).glob("seed-*/scorecard.json")):
            sides = [_answers(card.parent, data / PARTS[name][1]) for name in (row.data, OTHER[row.data])]
            found.setdefault(row.name, {})[card.parent.name.removeprefix("seed-")] = {
                "auroc": {
                    name: auroc(*([score(item) for item in side] for side in sides)) for name, score in SCORES.items()
                },
                "rejected": dict(zip(("in scope", "out of scope"), map(_rejected, sides), strict=True)),
            }
    return {"rows": found, **surroundings()}


def _answers(run: Path, data: Path) -> list[Frame]:
    return list(
        load(run).predict_inputs(example.input for example in find_task("intent_slot").read(data, DataConfig()))
    )


def _rejected(answers: Sequence[Frame]) -> float:
    return sum(answer.rejected for answer in answers) / len(answers)


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """How probable it is that one of `outside` is larger than one of `inside`; a tie counts half."""
    ordered = np.sort(inside)
    below = np.searchsorted(ordered, outside, "left") + np.searchsorted(ordered, outside, "right")
    return float(below.mean() / 2 / len(ordered))


def results_table(rows: Sequence[BenchmarkRow], results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Sentence accuracy, intent accuracy and slot F1 of each row in points, means over its seeds."""
    kinds = ("sentence", "intent", "slots")
    lines = []
    for row in rows:
        for records in [results[row.name]] if row.name in results else []:
            means = (100 * statistics.fmean(record["scores"][kind]["f1"] for record in records) for kind in kinds)
            lines.append([f"`{row.name}`", *(f"{mean:.1f}" for mean in means), len(records)])
    return markdown(("row", "sentence accuracy", "intent accuracy", "slot F1", "seeds"), lines) if lines else []


def scope_table(results: Path) -> list[str]:
    """AUROC of both scores and what the threshold rejects, in points, means over the seeds."""
    found = read(results / "scope.json")
    if found is None:
        return []
    lines = []
    for name, seeds in found["rows"].items():
        auroc_of = [f"{100 * statistics.fmean(one['auroc'][score] for one in seeds.values()):.1f}" for score in SCORES]
        sides = ("in scope", "out of scope")
        rejected = [f"{100 * statistics.fmean(one['rejected'][side] for one in seeds.values()):.1f}%" for side in sides]
        lines.append([f"`{name}`", *auroc_of, *rejected, len(seeds)])
    header = ("row", *(f"AUROC, {score}" for score in SCORES), "rejected of its own", "rejected of the other", "seeds")
    return markdown(header, lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and table the benchmark of intents and slots.")
    add_options(parser, INTENT_ROWS, INTENT_RESULTS)
    parser.add_argument("--scope", action="store_true", help="instead: out-of-scope scores of the rows in --runs")
    options = parsed(parser, arguments)
    with stopping_cleanly():
        if options.scope:
            store(options.results / "scope.json", measure_scope(options.rows, options.data, options.runs))
        elif not options.table:
            train_missing(options.rows, options)
    results = read_results(options.results, INTENT_ROWS)
    tables = plain_table(INTENT_ROWS, results, LANGUAGES["en"]), results_table(INTENT_ROWS, results)
    for table in (*tables, scope_table(options.results)):
        print("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
