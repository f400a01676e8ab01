"""Joint extraction: trains each row of the table over several seeds, keeps what came out as JSON, and prints the table.

    python benchmarks/joint.py --data DIR [--rows conll04-minilm,nyt-minilm] [--seeds 0,1,2] [--threads 2]

Each (row, seed) is trained in a fresh process by `spanloom train`, exactly as a person would. Those that have their
file in `benchmarks/results/joint/` are skipped, so an interruption costs the one that was running. `README.md` beside
this file says more.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figures import rows_table
from machine import surroundings
from rows import CONFIGS, PARTS, RESULTS, ROWS, BenchmarkRow, read_results, result_file
from wording import LANGUAGES

from spanloom.config import DataConfig, load_config, to_table
from spanloom.engine.report import read_metrics
from spanloom.tasks import find_task
from spanloom.write.atomic import atomic_write

SPANLOOM = "import sys; from spanloom.run.cli import main; sys.exit(main())"  # works from a checkout and installed
HERE = Path(__file__).resolve().parent
AUDITED = {"conll04": "conll04-minilm", "nyt": "nyt-minilm", "webnlg": "webnlg-minilm"}


def settings_of(row: BenchmarkRow, data: Path, vectors: Path) -> list[str]:
    """The `key=value` settings of a row that depend on where the files lie."""
    train, dev = (data / part for part in PARTS[row.data])
    found = [f"data.train={train}", f"data.dev={dev}"]
    return [*found, f"model.encoder.vectors={vectors}"] if row.vectors else found


def command(row: BenchmarkRow, seed: int, threads: int, data: Path, vectors: Path, output: Path) -> list[str]:
    """What trains a row, after the interpreter: `spanloom train …`, or the peer's own file."""
    if row.peer:
        options = {"--data": data, "--seed": seed, "--threads": threads, "--output": output}
        return [str(HERE / "peers" / f"{row.peer}.py"), *(str(part) for pair in options.items() for part in pair)]
    settings = [*settings_of(row, data, vectors), f"seed={seed}", f"train.threads={threads}"]
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
    table["model"]["encoder"].pop("vectors", None)
    table.pop("seed")
    return table


def train_row(row: BenchmarkRow, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train one row with one seed in a fresh process, and return its record. Raises CalledProcessError."""
    output = options.runs / row.name / f"seed-{seed}"
    if output.exists():
        shutil.rmtree(output)  # of an interrupted run, or one to be done again
    output.parent.mkdir(parents=True, exist_ok=True)
    parts = command(row, seed, options.threads, options.data, options.vectors, output)
    before, settings = surroundings(), configuration(row)  # now: the file may be edited while this trains
    began = time.perf_counter()
    subprocess.run([sys.executable, *parts], check=True, env=environment(options.threads))
    whole = time.perf_counter() - began
    return before | record(row, seed, options.threads, output, whole) | {"settings": settings}


def environment(threads: int) -> dict[str, str]:
    """This process's environment, in which no library starts more threads than were asked for."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(threads)), "TOKENIZERS_PARALLELISM": "false"}


def record(row: BenchmarkRow, seed: int, threads: int, run: Path, whole: float) -> dict[str, Any]:
    """What is kept of a finished run folder. Scores are in 0..1, times in seconds of wall clock."""
    scorecard = json.loads((run / "scorecard.json").read_text(encoding="utf-8"))
    lines = read_metrics(run / "metrics.jsonl")
    epochs = [line for line in lines if line["kind"] == "epoch"]
    rule = scorecard["rule"]
    kinds = {"entity": scorecard["entities"][rule], "relation": scorecard["triples"][rule]}
    keys = ("precision", "recall", "f1", "interval", "tp", "predicted", "gold")
    return {
        "row": row.name,
        "seed": seed,
        "threads": threads,
        "command": shown(row, seed, threads),
        "settings": configuration(row),
        "rule": rule,
        "scores": {kind: {key: score[key] for key in keys} for kind, score in kinds.items()},
        "relation_by_pair": scorecard["breakdown"].get("seen in training", {}),
        "best_epoch": max(line["epoch"] for line in epochs if line["best"]),
        "epochs": len(epochs),
        "seconds": {
            "training": sum(line["seconds"] for line in lines if line["kind"] == "step"),
            "with_dev_scoring": sum(line["seconds"] for line in epochs),
            "whole_command": whole,
        },
    }


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


def store(file: Path, table: Mapping[str, Any]) -> None:
    atomic_write(file, json.dumps(table, ensure_ascii=False, indent=1) + "\n")


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def chosen_rows(text: str) -> list[BenchmarkRow]:
    known = {row.name: row for row in ROWS}
    unknown = [name for name in text.split(",") if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no row '{unknown[0]}'; there are {', '.join(known)}")
    return [known[name] for name in text.split(",")]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Train and table the joint extraction benchmark.")
    made.add_argument("--data", type=Path, metavar="DIR", help="the folder with conll04/, nyt/ and webnlg/ in it")
    ours = [row for row in ROWS if not row.peer]
    made.add_argument("--rows", type=chosen_rows, default=ours, metavar="NAME,…", help="default: all but conll04-spert")
    made.add_argument("--seeds", type=numbers, default=[0, 1, 2], metavar="N,…", help="default: 0,1,2")
    made.add_argument("--threads", type=int, default=2, help="default: 2")
    made.add_argument("--runs", type=Path, default=Path("runs/benchmarks"), metavar="DIR", help="run folders go here")
    made.add_argument(
        "--vectors", type=Path, metavar="FILE", help="what glove.py made; default: in the folder of --runs"
    )
    made.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="JSON goes here")
    made.add_argument("--again", action="store_true", help="train rows anew that have their results")
    made.add_argument("--table", action="store_true", help="only print the table of what is there")
    made.add_argument("--speed", action="store_true", help="instead: time training and inference beside SpERT")
    made.add_argument("--audit", action="store_true", help="instead: what each scheme can say of each data set")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser()
    options = made.parse_args(arguments)
    options.vectors = options.vectors or options.runs / "glove-50.safetensors"
    if not options.table and options.data is None:
        made.error("--data DIR is needed to measure anything; --table prints what was measured")
    try:
        if options.audit:
            store(options.results / "audit.json", audit(options.data))
        elif options.speed:
            measure_speed(options)
        elif not options.table:
            train_missing(options.rows, options)
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on, with the row that was running from its beginning")
    except subprocess.CalledProcessError as error:
        sys.exit(f"stopped: the command above ended with {error.returncode}")
    print("\n".join(rows_table(read_results(options.results), LANGUAGES["en"])))


if __name__ == "__main__":
    main()
