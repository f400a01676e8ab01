"""Trains the rows of a table, each (row, seed) in a process of its own, and keeps what came out as JSON."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from machine import surroundings
from rows import CONFIGS, PARTS, BenchmarkRow, result_file
from unannotated import SPANLOOM, encoder_settings, environment, language_models

from spanloom.config import load_config, to_table
from spanloom.engine.report import read_metrics
from spanloom.tasks import find_task
from spanloom.write.atomic import atomic_write

HERE = Path(__file__).resolve().parent
CARD = "README.md"
"""The last file that a training writes."""
KEPT = ("precision", "recall", "f1", "value", "interval", "tp", "predicted", "gold")


def settings_of(row: BenchmarkRow, data: Path, vectors: Path, models: Path) -> list[str]:
    """The `key=value` settings of a row that depend on where the files lie."""
    train, dev = (data / part for part in PARTS[row.data])
    found = [f"data.train={train}", f"data.dev={dev}"]
    found += [f"model.encoder.vectors={vectors}"] if row.vectors else []
    return found + (encoder_settings(models) if row.language_models else [])


def command(row: BenchmarkRow, seed: int, threads: int, data: Path, vectors: Path, output: Path) -> list[str]:
    """What trains a row, after the interpreter: `spanloom train …`, or the peer's own file."""
    if row.peer:
        options = {"--data": data, "--encoder": row.encoder, "--seed": seed, "--threads": threads, "--output": output}
        return [str(HERE / "peers" / f"{row.peer}.py"), *(str(part) for pair in options.items() for part in pair)]
    settings = [*settings_of(row, data, vectors, output.parent), f"seed={seed}", f"train.threads={threads}"]
    return ["-c", SPANLOOM, "train", str(CONFIGS / f"{row.name}.toml"), *settings, "--output", str(output)]


def shown(row: BenchmarkRow, seed: int, threads: int) -> str:
    """The same command as a person types it, with DIR for the folder of the data."""
    parts = command(row, seed, threads, Path("DIR"), Path("GLOVE"), Path(f"runs/{row.name}"))
    parts = ["spanloom", *parts[2:]] if not row.peer else ["python", *parts]
    return shlex.join(part.replace(f"{HERE.parent}{os.sep}", "") for part in parts)


def configuration(row: BenchmarkRow) -> dict[str, Any]:
    """Every setting of a row, but where its files lie and what differs between its runs."""
    if row.peer:
        return {}
    table = to_table(load_config(CONFIGS / f"{row.name}.toml", [], lambda name: find_task(name).config))
    for part, key in (("data", "train"), ("data", "dev"), ("train", "threads")):
        table[part].pop(key, None)
    for key in ("vectors", "path", "backward_path"):
        table["model"].get("encoder", {}).pop(key, None)
    table.pop("seed")
    return table


def train_row(row: BenchmarkRow, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train one row with one seed in a fresh process, and return its record. Raises CalledProcessError.

    A run that was interrupted goes on from its last checkpoint; one that ended is done again.
    """
    output = options.runs / row.name / f"seed-{seed}"
    begun = [output / "checkpoint", output / "checkpoint.safetensors"]  # ours, and a peer's
    goes_on = any(kept.exists() for kept in begun) and not (output / CARD).exists()
    if output.exists() and not goes_on:
        shutil.rmtree(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    models: dict[str, Any] = {}
    if row.language_models:
        found = language_models(row.name, row.data, options.data, output.parent, options.threads)
        models = {"language_models": found}
    parts = command(row, seed, options.threads, options.data, options.vectors, output)
    parts += ["--resume"] if goes_on and not row.peer else []
    before, settings = surroundings(), configuration(row)  # now: the file may be edited while this trains
    began = time.perf_counter()
    subprocess.run([sys.executable, *parts], check=True, env=environment(options.threads))
    whole = time.perf_counter() - began
    return before | models | record(row, seed, options.threads, output, whole) | {"settings": settings}


def record(row: BenchmarkRow, seed: int, threads: int, run: Path, whole: float) -> dict[str, Any]:
    """What is kept of a finished run folder. Scores are in 0..1, times in seconds of wall clock."""
    scorecard = json.loads((run / "scorecard.json").read_text(encoding="utf-8"))
    lines = read_metrics(run / "metrics.jsonl")
    epochs = [line for line in lines if line["kind"] == "epoch"]
    return {
        "row": row.name,
        "seed": seed,
        "threads": threads,
        "command": shown(row, seed, threads),
        "settings": configuration(row),
        "rule": scorecard["rule"],
        "scores": {
            kind: {key: score[key] for key in KEPT if key in score} for kind, score in scores_of(scorecard).items()
        },
        **by_pair(scorecard),
        "best_epoch": max(line["epoch"] for line in epochs if line["best"]),
        "epochs": len(epochs),
        "peak_memory": max(line.get("peak_memory", 0) for line in lines),  # bytes; 0 where it was not measured
        "seconds": {
            "training": sum(line["seconds"] for line in lines if line["kind"] == "step"),
            "with_dev_scoring": sum(line["seconds"] for line in epochs),
            "whole_command": whole,
        },
    }


def scores_of(scorecard: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The scores that a row may have a target for: of graphs by the scorecard's own rule, of the others all."""
    if "triples" not in scorecard:
        return dict(scorecard["overall"])
    return {"entity": scorecard["entities"][scorecard["rule"]], "relation": scorecard["triples"][scorecard["rule"]]}


def by_pair(scorecard: Mapping[str, Any]) -> dict[str, Any]:
    """Of graphs, relation F1 of pairs seen in training and of others."""
    return {"relation_by_pair": scorecard["breakdown"].get("seen in training", {})} if "triples" in scorecard else {}


def train_missing(rows: Sequence[BenchmarkRow], options: argparse.Namespace) -> None:
    for row in rows:
        for seed in options.seeds:
            file = result_file(options.results, row.name, seed)
            if file.exists() and not options.again:
                if json.loads(file.read_text(encoding="utf-8"))["settings"] != configuration(row):
                    print(f"{file}: made with other settings than configs/{row.name}.toml has now; --again renews it")
                continue
            if row.vectors and not options.vectors.is_file():
                sys.exit(
                    f"{options.vectors}: no such file. Make it with: python benchmarks/glove.py, or name --vectors."
                )
            print(f"== {row.name}, seed {seed}: {shown(row, seed, options.threads)}", flush=True)
            store(file, train_row(row, seed, options))


def store(file: Path, table: Mapping[str, Any]) -> None:
    atomic_write(file, json.dumps(table, ensure_ascii=False, indent=1) + "\n")


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def chosen_from(rows: Sequence[BenchmarkRow]) -> Callable[[str], list[BenchmarkRow]]:
    """What makes the rows of `--rows NAME,…`."""
    known = {row.name: row for row in rows}

    def chosen(text: str) -> list[BenchmarkRow]:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no row '{unknown[0]}'; there are {', '.join(known)}")
        return [known[name] for name in text.split(",")]

    return chosen


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of `add_options` and others, complete. Exits where there is nothing to measure with."""
    options = parser.parse_args(arguments)
    options.vectors = options.vectors or options.runs / "glove-50.safetensors"
    if not options.table and options.data is None:
        parser.error("--data DIR is needed to measure anything; --table prints what was measured")
    return options


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Ctrl-C and a command that failed end the measuring in one sentence."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on, with the row that was running from its beginning")
    except subprocess.CalledProcessError as error:
        sys.exit(f"stopped: the command above ended with {error.returncode}")


def add_options(parser: argparse.ArgumentParser, rows: Sequence[BenchmarkRow], results: Path) -> None:
    """The options that every table has."""
    ours = [row for row in rows if not row.peer]
    data = ", ".join(sorted({f"{row.data}/" for row in rows}))
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"the folder with {data} in it")
    parser.add_argument("--rows", type=chosen_from(rows), default=ours, metavar="NAME,…", help="default: all of ours")
    parser.add_argument("--seeds", type=numbers, default=[0, 1, 2], metavar="N,…", help="default: 0,1,2")
    parser.add_argument("--threads", type=int, default=2, help="default: 2")
    parser.add_argument("--runs", type=Path, default=Path("runs/benchmarks"), metavar="DIR", help="for run folders")
    parser.add_argument("--vectors", type=Path, metavar="FILE", help="what glove.py made; default: in --runs")
    parser.add_argument("--results", type=Path, default=results, metavar="DIR", help="JSON goes here")
    parser.add_argument("--again", action="store_true", help="train rows anew that have their results")
    parser.add_argument("--table", action="store_true", help="only print the table of what is there")
