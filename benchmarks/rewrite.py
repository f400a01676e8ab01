"""Rewriting: trains each row of the table over several seeds; says what edits cannot write, and how fast bundles are.

    python benchmarks/rewrite.py --data DIR [--seeds 0,1,2] [--threads 2]
    python benchmarks/rewrite.py --data DIR --audit     # which gold rewrites edits cannot write, by cause
    python benchmarks/rewrite.py --data DIR --speed     # dialogues a second of the bundles of a trained run, one thread

`README.md` beside this file says more.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from machine import surroundings
from plain_tables import markdown, plain_table, read
from rows import CONFIGS, PARTS, REWRITE_RESULTS, REWRITE_ROWS, read_results
from training import add_options, parsed, stopping_cleanly, store, train_missing
from turns import Turn, alternate, timed
from unannotated import environment
from wording import LANGUAGES

from spanloom.config import load_config
from spanloom.export.bundle import export
from spanloom.predict.predictor import Predictor, load
from spanloom.tasks import find_task

ROW = "rewrite-rnn"
ROUNDS = 5


def measure_audit(options: argparse.Namespace) -> dict[str, Any]:
    """What `spanloom check` says of the shares that edits cannot write, in the training and the dev data."""
    task = find_task("rewrite")
    config = load_config(CONFIGS / f"{ROW}.toml", [], lambda name: find_task(name).config)
    found = {}
    for name, part in zip(("train", "dev"), PARTS["rewrite"], strict=True):
        examples = list(task.read(options.data / part, config.data))
        gold = task.check(examples, config)["gold"]
        found[name] = {"dialogues": len(examples), "shares": gold["shares"]}
    return {"insertions": config.model.insertions, "data": found}


def measure_speed(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds for all dialogues of the dev set, from turns to rewrites, on one thread, by contestant and round.

    "rounds" are wall clock; "processor" is how long the process had the processor, which a busy machine shares.
    """
    run = next((card.parent for card in sorted((options.runs / ROW).glob("seed-*/scorecard.json"))), None)
    if run is None:
        sys.exit(f"{options.runs / ROW}: no trained run. Train one first: python benchmarks/rewrite.py --data DIR")
    task = find_task("rewrite")
    config = load_config(CONFIGS / f"{ROW}.toml", [], lambda name: find_task(name).config)
    examples = task.read(options.data / PARTS["rewrite"][1], config.data)
    dialogues = [[turn.text for turn in example.input.turns] for example in examples]
    turns: dict[str, Turn] = {}
    processor: dict[str, list[float]] = {name: [] for name in ("int8", "fp32", "torch")}
    scores = {}
    for precision in ("int8", "fp32"):
        bundle = options.runs / ROW / f"bundle-{precision}"
        scores[precision] = export(run, bundle, max_drop=100.0, precision=precision)["scores"][precision]["summary"]  # type: ignore[arg-type]
        turns[precision] = _answering(load(bundle, threads=1), dialogues, processor[precision])
    turns["torch"] = _answering(load(run, threads=1), dialogues, processor["torch"])
    measured = {"rounds": alternate(turns, ROUNDS), "processor": {name: taken[1:] for name, taken in processor.items()}}
    return {"threads": 1, "dialogues": len(dialogues), **measured, "scores": scores, **surroundings()}


def _answering(predictor: Predictor, dialogues: Sequence[Sequence[str]], processor: list[float]) -> Turn:
    def work() -> None:
        began = time.process_time()
        assert sum(1 for _ in predictor.predict(dialogues)) == len(dialogues)
        processor.append(time.process_time() - began)

    return lambda: timed(work)


def speed_table(results: Path) -> list[str]:
    """Dialogues a second, by the median of the rounds: of wall clock, and of processor time."""
    found = read(results / "speed.json")
    if found is None:
        return []
    lines = []
    for name in found["rounds"]:
        rates = [found["dialogues"] / statistics.median(found[kind][name]) for kind in ("rounds", "processor")]
        lines.append([name, *(f"{rate:,.0f}" for rate in rates)])
    return markdown(("model", "dialogues/s", "dialogues/s of processor time"), lines)


def audit_table(results: Path) -> list[str]:
    """The shares of the audit in percent."""
    found = read(results / "audit.json")
    if found is None:
        return []
    names = list(dict.fromkeys(name for part in found["data"].values() for name in part["shares"]))
    lines = [[name, *(f"{100 * part['shares'].get(name, 0):.1f}" for part in found["data"].values())] for name in names]
    return markdown(("share, %", *found["data"]), lines)


MEASURES: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "audit": measure_audit,
    "speed": measure_speed,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and table the rewriting benchmark.")
    add_options(parser, REWRITE_ROWS, REWRITE_RESULTS)
    parser.add_argument("--audit", action="store_true", help="instead: what edits cannot write of the data")
    parser.add_argument("--speed", action="store_true", help="instead: time the bundles of a trained run")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parsed(parser, arguments)
    wanted = [what for what in MEASURES if getattr(options, what)]
    if options.here:
        for what in wanted:
            store(options.results / f"{what}.json", MEASURES[what](options))
        return
    with stopping_cleanly():
        for what in wanted:
            places = {"--data": options.data, "--runs": options.runs, "--results": options.results}
            parts = [str(part) for pair in places.items() for part in pair]
            # In a process of its own, where no library has started its threads yet.
            subprocess.run([sys.executable, __file__, *parts, f"--{what}", "--here"], check=True, env=environment(1))
        if not wanted and not options.table:
            train_missing(options.rows, options)
    tables = (
        plain_table(REWRITE_ROWS, read_results(options.results, REWRITE_ROWS), LANGUAGES["en"]),
        speed_table(options.results),
        audit_table(options.results),
    )
    for table in tables:
        print("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
