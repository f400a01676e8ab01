"""What training on a GPU gives: sentences a second beside a plain Hugging Face loop, memory, and dev scores.

    python benchmarks/gpu.py --data DIR [--quick] [--minutes 5] [--rows NAME,…]
    python benchmarks/gpu.py --table

Each row is a configuration in bf16. First its speed: it and `peers/plain_transformers.py`, which tags the same
sentences with the same encoder in batches as large, take turns of `--steps` updates. The plain loop does less: it
learns the names alone, by a linear layer. Then, in the order of the rows, it is trained whole, as far as `--minutes`
allow; what they did not allow is said. `--quick` leaves that out. It is `scripts/gpu-check` that runs this.

Without a CUDA device the CPU does it all, which shows that it works, and nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from machine import surroundings
from peers import plain_transformers, spert
from plain_tables import markdown
from rows import CONFIGS, PARTS, RESULTS, ROWS, TAG_ROWS, BenchmarkRow
from training import chosen_from, scores_of, store
from turns import Turn, alternate, ratio

from spanloom.config import RunConfig, load_config
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.engine.device import pick_device
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.repeat import repeatable
from spanloom.engine.report import Report, StepReport
from spanloom.engine.run import run_training
from spanloom.engine.train import train
from spanloom.engine.trainer import build_trainer
from spanloom.errors import SpanloomError
from spanloom.tasks import find_task
from spanloom.text.tags import tags_from_spans

CHOSEN = ("conll04-minilm", "conll04-e5", "conll03-minilm", "conll03-e5")
GPU_ROWS = [row for name in CHOSEN for row in (*ROWS, *TAG_ROWS) if row.name == name]
OURS, PLAIN = "spanloom", "plain loop"
BESIDE_SECONDS = 15.0
"""What a whole training takes beside its updates: reading, encoding, scoring dev, writing."""


class OutOfTime(Exception):
    """A training was still going on when its minutes were over."""


@dataclass
class Minutes:
    """Until when there is time, by `time.monotonic`, and what was left out for want of it or of something else."""

    ends: float
    left_out: list[str] = field(default_factory=list)

    def left(self) -> float:
        """Seconds."""
        return self.ends - time.monotonic()

    def watch(self, report: Report) -> None:
        """Raise OutOfTime once it is over."""
        if self.left() < 0:
            raise OutOfTime


@dataclass(frozen=True)
class Size:
    """Of the measurement of speed: updates a turn, and turns of each contestant that count."""

    steps: int
    rounds: int

    def sentences(self, batch: int) -> int:
        """As many as all turns take: these, one that warms up, and one that measures memory."""
        return self.steps * batch * (self.rounds + 2)


def settings(row: BenchmarkRow, data: Path) -> tuple[Task, RunConfig]:
    """A row's task and its configuration, in bf16."""
    parts = [f"data.{name}={data / file}" for name, file in zip(("train", "dev"), PARTS[row.data], strict=True)]
    given = [*parts, "train.precision=bf16"]
    config = load_config(CONFIGS / f"{row.name}.toml", given, lambda name: find_task(name).config)
    return find_task(config.task), config


# ---- speed -----------------------------------------------------------------------------------------------------------


TAGS: dict[str, Callable[[Any, int], Sequence[str]]] = {
    "tag": lambda gold, words: gold.labels,
    "joint": lambda gold, words: tags_from_spans(gold.spans, words, "bio2"),
}
"""By task, the tag of each word: its own, or that of the names of a graph."""


def tagged(task: Task, examples: Sequence[Example]) -> list[plain_transformers.Tagged]:
    """The sentences in words and tags."""
    found = []
    for example in examples:
        words = [token.text for token in example.input.tokens]
        found.append((words, TAGS[task.name](example.gold, len(words))))
    return found


def our_updates(task: Task, config: RunConfig, sample: Sequence[Example], device: torch.device) -> Iterator[int]:
    """Train by the engine's own loop, and give after each update its sentences."""
    codec = task.fit(sample, config)
    prepared = Prepared(task, config, codec, Encoded(sample, [codec.encode(example) for example in sample]))
    for report in train(prepared, build_trainer(prepared, device)):
        if isinstance(report, StepReport):
            yield report.sentences


def turn_of(updates: Iterator[int], steps: int, device: torch.device) -> Turn:
    """The seconds that a sentence takes, over as many updates."""

    def turn() -> float:
        began = time.perf_counter()
        sentences = sum(next(updates) for _ in range(steps))
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return (time.perf_counter() - began) / sentences

    return turn


def peak_of(turn: Turn, device: torch.device) -> int:
    """Bytes of the GPU that the first turn, in which all is built, has beyond what was there before; 0 on a CPU."""
    if device.type != "cuda":
        turn()
        return 0
    torch.cuda.init()
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    turn()
    return torch.cuda.max_memory_allocated(device) - before


def speed(row: BenchmarkRow, data: Path, size: Size, device: torch.device) -> dict[str, Any]:
    """Sentences a second and peak memory of a row and of the plain loop on its encoder, which take turns."""
    task, config = settings(row, data)
    assert config.data.train is not None
    examples = list(task.read(config.data.train, config.data))
    batch = config.train.batch_size
    sample = random.Random(0).sample(examples, min(len(examples), size.sentences(batch)))
    epochs = 1 + -(-size.sentences(batch) // len(sample))
    config = replace(config, train=replace(config.train, epochs=epochs))
    folder = spert.ENCODERS[config.model.encoder.kind]()
    updates = {
        OURS: our_updates(task, config, sample, device),
        PLAIN: plain_transformers.training(tagged(task, sample), folder, batch, device),
    }
    turns = {name: turn_of(made, size.steps, device) for name, made in updates.items()}
    with repeatable(device, config.train.threads):
        peaks = {name: peak_of(turn, device) for name, turn in turns.items()}
        seconds = alternate(turns, size.rounds)
    return {
        "batch_size": batch,
        "steps": size.steps,
        "seconds_a_sentence": seconds,
        "sentences_a_second": {name: 1 / statistics.median(taken) for name, taken in seconds.items()},
        "times_plain": ratio(seconds, PLAIN, OURS),
        "peak_memory": peaks,
        "training_sentences": len(examples),
    }


# ---- whole trainings -------------------------------------------------------------------------------------------------


def needed(found: Mapping[str, Any], epochs: int) -> float:
    """Seconds that a whole training is likely to take."""
    return BESIDE_SECONDS + float(epochs * found["training_sentences"] / found["sentences_a_second"][OURS])


def whole(row: BenchmarkRow, data: Path, run: Path, watch: Callable[[Report], None], device: torch.device) -> Any:
    """Train a row to its end: scores on dev, and seconds. Raises what `watch` does."""
    task, config = settings(row, data)
    shutil.rmtree(run, ignore_errors=True)
    began = time.perf_counter()
    card = run_training(task, config, run, on_report=watch, device=device)
    scores = {kind: score.get("f1", score.get("value")) for kind, score in scores_of(card).items()}
    return {"epochs": config.train.epochs, "seconds": time.perf_counter() - began, "dev": scores}


# ---- the whole of it -------------------------------------------------------------------------------------------------


def measured(options: argparse.Namespace, minutes: Minutes, device: torch.device) -> dict[str, Any]:
    """Every row, as far as there is time."""
    found: dict[str, Any] = {}
    size = Size(options.steps, options.rounds)
    for row in options.rows:
        if minutes.left() < 0:
            minutes.left_out.append(f"{row.name}: everything, as the minutes were over")
            continue
        try:
            found[row.name] = speed(row, options.data, size, device)
        except SpanloomError as error:  # its encoder, say, is not installed
            minutes.left_out.append(f"{row.name}: everything ({error})")
    for row in [] if options.quick else [row for row in options.rows if row.name in found]:
        _, config = settings(row, options.data)
        expected = needed(found[row.name], config.train.epochs)
        if expected > minutes.left():
            said = f"{row.name}: the whole training, about {expected:.0f} s with {max(minutes.left(), 0):.0f} s left"
            minutes.left_out.append(said)
            continue
        try:
            found[row.name]["whole"] = whole(row, options.data, options.runs / row.name, minutes.watch, device)
        except OutOfTime:
            minutes.left_out.append(f"{row.name}: the end of its training, as the minutes were over")
    return found


HEADS = ("row", "batch", "sentences/s", "plain loop", "times", "peak MB", "plain loop", "dev F1", "whole training, s")


def gpu_table(rows: Mapping[str, Any]) -> list[str]:
    """Speed and memory beside those of the plain loop, and what a whole training gave."""
    lines = []
    for name, found in rows.items():
        rates, peaks = found["sentences_a_second"], found["peak_memory"]
        cells = [name, found["batch_size"], f"{rates[OURS]:.0f}", f"{rates[PLAIN]:.0f}", f"{found['times_plain']:.2f}"]
        cells += [f"{peaks[each] / 1e6:.0f}" if peaks[each] else "" for each in (OURS, PLAIN)]
        done = found.get("whole")
        dev = " / ".join(f"{100 * score:.1f}" for score in done["dev"].values()) if done else ""
        lines.append([*cells, dev, f"{done['seconds']:.0f}" if done else ""])
    return markdown(HEADS, lines)


def device_of(device: torch.device) -> dict[str, Any]:
    """What a GPU is, for the record."""
    if device.type != "cuda":
        return {}
    total = torch.cuda.get_device_properties(device).total_memory
    return {"gpu": {"name": torch.cuda.get_device_name(device), "memory": total, "cuda": torch.version.cuda}}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Speed, memory and scores of training on a GPU, in bf16.")
    made.add_argument("--data", type=Path, metavar="DIR", help="the folder with conll04/ and conll03/ in it")
    made.add_argument("--rows", type=chosen_from(GPU_ROWS), default=GPU_ROWS, metavar="NAME,…", help="default: all")
    made.add_argument("--quick", action="store_true", help="speed and memory alone; nothing is trained whole")
    made.add_argument("--minutes", type=float, default=5.0, help="what does not fit into them is left out; default: 5")
    made.add_argument("--steps", type=int, default=40, help="updates of a turn; default: 40")
    made.add_argument("--rounds", type=int, default=5, help="turns that count; default: 5")
    made.add_argument("--runs", type=Path, default=Path("runs/benchmarks/gpu"), metavar="DIR", help="for run folders")
    made.add_argument("--results", type=Path, default=RESULTS.parent, metavar="DIR", help="gpu.json goes here")
    made.add_argument("--table", action="store_true", help="only print the table of what is there")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    made = parser()
    options = made.parse_args(arguments)
    file = options.results / "gpu.json"
    if options.table:
        table = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"rows": {}, "left_out": []}
    elif options.data is None:
        made.error("--data DIR is needed to measure anything; --table prints what was measured")
    else:
        device = pick_device()
        minutes = Minutes(time.monotonic() + 60 * options.minutes)
        before = surroundings() | device_of(device)
        table = {**before, "rows": measured(options, minutes, device), "left_out": minutes.left_out}
        if device.type == "cuda":
            store(file, table)
        else:
            print("No CUDA device: the CPU did this, and nothing was kept.")
    print("\n".join(gpu_table(table["rows"])))
    for line in table["left_out"]:
        print(f"left out: {line}")


if __name__ == "__main__":
    main()
