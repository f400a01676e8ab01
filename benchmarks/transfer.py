"""What the unannotated text of a domain gives a model that is trained on few annotated sentences of it.

    python benchmarks/transfer.py --data DIR [--sets conll03,polarity] [--sizes 100,1000,all] [--seeds 0,1,2]
    python benchmarks/transfer.py --table

Two language models, one forward, one backward, learn from the training sentences of a data set without their labels
(`configs/SET-language-model.toml`). Then the same small model is trained on some of the sentences with their labels:
without them, with them frozen, and with them fine-tuned, unfrozen layer by layer from the top. The seed chooses the
sentences and draws the weights; all three see the same ones. Every run is scored after its last epoch alone, so
nothing is chosen on dev.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import surroundings
from plain_tables import markdown
from rows import CONFIGS, PARTS, RESULTS
from scipy.stats import t as student
from training import numbers, stopping_cleanly, store
from unannotated import SPANLOOM, encoder_settings, environment, examples_of, language_models

from spanloom.config import load_config
from spanloom.tasks import find_task
from spanloom.write.lines import write_lines

TRANSFER_RESULTS = RESULTS.with_name("transfer")
ALL = 0
"""The size that stands for all sentences."""

ARMS: Mapping[str, Sequence[str]] = {
    "without": ("model.encoder.kind=rnn",),
    "frozen": ("model.encoder.kind=language_model", "model.encoder.freeze=all"),
    "fine-tuned": (
        "model.encoder.kind=language_model",
        "model.encoder.freeze=none",
        "model.encoder.unfreeze_epochs=1",
        "train.encoder_learning_rate=5e-4",
    ),
}
TRAINING = {100: (40, 8), 1000: (14, 16), ALL: (5, 32)}
"""Size -> epochs and sentences a batch: some 500, 900 and 2,200 updates of conll03."""


@dataclass(frozen=True)
class DataSet:
    """A configuration that starts from no vectors, what in it is set otherwise, and the score that is shown."""

    config: str
    settings: tuple[str, ...]
    score: str


SETS = {
    "conll03": DataSet("conll03-random", (), "strict"),
    "polarity": DataSet("polarity-rnn", ("model.encoder.word_width=50",), "accuracy"),
}


def task_of(name: str) -> str:
    return load_config(CONFIGS / f"{SETS[name].config}.toml", [], lambda task: find_task(task).config).task


def train_one(name: str, arm: str, size: int, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train on `size` sentences, and keep the score on dev after the last epoch."""
    folder = options.runs / name
    chosen = examples_of(SETS[name].config, name, options.data, 0)
    if size != ALL:
        chosen = random.Random(seed).sample(chosen, size)
    part = folder / f"annotated-{size}-{seed}.jsonl"
    line = find_task(task_of(name)).line
    write_lines(part, map(line, chosen))
    run = folder / f"{arm}-{size}-{seed}"
    shutil.rmtree(run, ignore_errors=True)
    epochs, batch = TRAINING[size]
    settings = [f"train.epochs={epochs}", f"train.evaluate_from={epochs}", f"train.batch_size={batch}", f"seed={seed}"]
    settings += [f"data.train={part}", f"data.dev={options.data / PARTS[name][1]}", *SETS[name].settings, *ARMS[arm]]
    if arm != "without":
        settings += encoder_settings(folder)
    began = time.perf_counter()
    parts = [sys.executable, "-c", SPANLOOM, "train", str(CONFIGS / f"{SETS[name].config}.toml"), *settings]
    parts += [f"train.threads={options.threads}", "--output", str(run)]
    subprocess.run(parts, check=True, env=environment(options.threads), stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    score = json.loads((run / "scorecard.json").read_text(encoding="utf-8"))["overall"][SETS[name].score]
    shutil.rmtree(run)
    value = score.get("f1", score.get("value"))
    return {"arm": arm, "size": size, "seed": seed, "score": value, "interval": score["interval"], "seconds": seconds}


def measure(name: str, options: argparse.Namespace) -> None:
    """Train what is not in the results yet; each run is kept as soon as it is done."""
    file = options.results / f"{name}.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"runs": []}
    models = language_models(SETS[name].config, name, options.data, options.runs / name, options.threads)
    found |= {"data": name, "threads": options.threads, "language_models": models}
    for size in options.sizes:
        for seed in options.seeds:
            for arm in ARMS:
                key = {"arm": arm, "size": size, "seed": seed}
                if any(key.items() <= run.items() for run in found["runs"]):
                    continue
                found["runs"].append(train_one(name, arm, size, seed, options))
                print(f"== {name}: {key}: {100 * found['runs'][-1]['score']:.1f}", flush=True)
                store(file, found | surroundings())


def mean_and_reach(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and how far Student's 95% interval of it reaches to either side; infinite for one value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, float("inf")
    return mean, float(student.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5


def table(found: Mapping[str, Any]) -> list[str]:
    """A row a size: the mean score of each arm over the seeds, and the mean of what was gained, with its interval."""
    lines = []
    for size in TRAINING:
        scores: dict[str, dict[int, float]] = {
            arm: {run["seed"]: 100 * run["score"] for run in found["runs"] if (run["arm"], run["size"]) == (arm, size)}
            for arm in ARMS
        }
        plain = scores["without"]
        if not plain:
            continue
        line = [f"{size:,}" if size else "all", shown(list(plain.values()))]
        for arm in ("frozen", "fine-tuned"):
            gains = [score - plain[seed] for seed, score in scores[arm].items() if seed in plain]
            line += [shown(list(scores[arm].values())), shown(gains, signed=True)] if gains else ["", ""]
        lines.append([*line, str(len(plain))])
    heads = ["annotated sentences", "without", "frozen", "gained", "fine-tuned", "gained", "seeds"]
    return markdown(heads, lines)


def shown(values: Sequence[float], signed: bool = False) -> str:
    mean, reach = mean_and_reach(values)
    sign = "+" if signed else "-"
    return f"{mean:{sign}.1f}" + (f" ± {reach:.1f}" if len(values) > 1 else "")


def print_tables(options: argparse.Namespace) -> None:
    for name in options.sets:
        file = options.results / f"{name}.json"
        if not file.exists():
            continue
        found = json.loads(file.read_text(encoding="utf-8"))
        bits = ", ".join(f"{m['bits per character']:.2f} {way}" for way, m in found["language_models"].items())
        print(f"\n{name}, {SETS[name].score} on dev, mean ± 95% interval; language models of {bits} bits a character\n")
        print("\n".join(table(found)))


def sizes(text: str) -> list[int]:
    found = [ALL if part == "all" else int(part) for part in text.split(",")]
    unknown = [size for size in found if size not in TRAINING]
    if unknown:
        raise argparse.ArgumentTypeError(f"no size {unknown[0]}; there are 100, 1000 and all")
    return found


def names(text: str) -> list[str]:
    unknown = [name for name in text.split(",") if name not in SETS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no data set '{unknown[0]}'; there are {', '.join(SETS)}")
    return text.split(",")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure what language models give to tagging and classification.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with conll03/ and polarity/ in it")
    parser.add_argument("--sets", type=names, default=list(SETS), metavar="NAME,…", help="default: both")
    parser.add_argument("--sizes", type=sizes, default=list(TRAINING), metavar="N,…", help="default: 100,1000,all")
    parser.add_argument("--seeds", type=numbers, default=[0, 1, 2], metavar="N,…", help="default: 0,1,2")
    parser.add_argument("--threads", type=int, default=1, help="default: 1")
    parser.add_argument("--runs", type=Path, default=Path("runs/transfer"), metavar="DIR", help="for run folders")
    parser.add_argument("--results", type=Path, default=TRANSFER_RESULTS, metavar="DIR", help="JSON goes here")
    parser.add_argument("--table", action="store_true", help="only print the tables of what is there")
    options = parser.parse_args(arguments)
    if not options.table and options.data is None:
        parser.error("--data DIR is needed to measure anything; --table prints what was measured")
    options.runs = options.runs.resolve()
    if not options.table:
        options.data = options.data.resolve()
        with stopping_cleanly():
            for name in options.sets:
                measure(name, options)
    print_tables(options)


if __name__ == "__main__":
    main()
