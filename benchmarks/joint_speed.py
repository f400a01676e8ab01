"""Training and inference time of `configs/conll04-minilm.toml` beside our reading of SpERT, on one thread.

Both train on the same sentences and answer the same sentences, turn by turn, so that whatever else the machine does
falls on both alike; what is reported is the median over the turns, and the median of the turns' ratios. `joint.py
--speed` starts it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from machine import surroundings
from peers import spert
from rows import CONFIGS, PARTS
from turns import Turn, alternate, ratio, timed

from spanloom.config import RunConfig, load_config
from spanloom.core import Example
from spanloom.engine.device import has_bf16
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.repeat import repeatable
from spanloom.engine.report import EpochReport
from spanloom.engine.train import train
from spanloom.engine.trainer import build_trainer
from spanloom.predict.predictor import load
from spanloom.tasks import find_task
from spanloom.write.atomic import atomic_write

ROW = "conll04-minilm"
EXPORT = "import sys; from spanloom.run.cli import main; sys.exit(main())"
CPU = torch.device("cpu")


def sample_of(examples: Sequence[Example], size: int) -> list[Example]:
    return random.Random(0).sample(list(examples), min(size, len(examples)))


def our_epochs(config: RunConfig, examples: Sequence[Example], sample: Sequence[Example]) -> Iterator[float]:
    """Seconds of one pass after another over the sample, by the engine's own loop; there are `config.train.epochs`."""
    task = find_task("joint")
    codec = task.fit(examples, config)
    prepared = Prepared(task, config, codec, Encoded(sample, [codec.encode(example) for example in sample]))
    for report in train(prepared, build_trainer(prepared, CPU)):
        if isinstance(report, EpochReport):
            yield report.seconds


def measure_training(config: RunConfig, examples: Sequence[Example], size: int, rounds: int) -> dict[str, Any]:
    """One pass over the same `size` sentences each; SpERT as published (fp32), and in the precision that ours uses."""
    sample = sample_of(examples, size)
    labels = spert.fit_labels(examples)
    turns: dict[str, Turn] = {}
    ours = our_epochs(replace(config, train=replace(config.train, epochs=rounds + 1)), examples, sample)
    turns["spanloom"] = lambda: next(ours)
    for name, precision in (("spert", "fp32"), ("spert, our precision", config.train.precision)):
        model, tokenizer = spert.build(labels, config.seed)
        sentences = [spert.encode(example, labels, tokenizer) for example in sample]
        epochs = spert.training(model, sentences, rounds + 1, config.seed, precision)
        turns[name] = lambda epochs=epochs: sum(next(epochs))  # type: ignore[misc]
    seconds = alternate(turns, rounds)
    whole = len(examples) / len(sample)
    epoch = {name: statistics.median(taken) * whole for name, taken in seconds.items()}
    return {
        "sentences": len(sample),
        "rounds": seconds,
        "seconds_an_epoch": epoch,
        "epochs": {"spanloom": config.train.epochs, "spert": spert.EPOCHS},
        "precision": {"spanloom": "bf16" if config.train.precision != "fp32" and has_bf16(CPU) else "fp32"},
        "epoch_ratio": {name: ratio(seconds, name, "spanloom") for name in turns if name != "spanloom"},
    }


def measure_inference(
    run: Path, bundle: Path, labels: spert.Labels, dev: Sequence[Example], rounds: int
) -> dict[str, Any]:
    """Sentences a second, from text to answer, one after another, on one thread.

    SpERT gets ready-made words and, for its second step, the gold spans, as untrained it would find none or too many.
    """
    texts = [example.input.text for example in dev]
    predictors = {"int8 bundle": load(bundle, threads=1), "torch fp32": load(run, threads=1)}
    model, tokenizer = spert.build(labels, 0)

    def of_ours(name: str) -> Turn:
        return lambda: timed(lambda: sum(1 for _ in predictors[name].predict(texts)))

    def of_spert() -> None:
        for example in dev:
            sentence = spert.encode(example, labels, tokenizer)
            model.predict(sentence, sentence.spans)

    turns: dict[str, Turn] = {name: of_ours(name) for name in predictors}
    turns["spert"] = lambda: timed(of_spert)
    seconds = alternate(turns, rounds)
    return {
        "sentences": len(texts),
        "rounds": seconds,
        "sentences_a_second": {name: len(texts) / statistics.median(taken) for name, taken in seconds.items()},
        "ratio": {name: ratio(seconds, "spert", name) for name in predictors},
    }


def exported(runs: Path) -> tuple[Path, Path]:
    """The row's first trained run and its bundle, which is made anew. Exits where nothing was trained yet."""
    found = sorted((runs / ROW).glob("seed-*/scorecard.json"))
    if not found:
        sys.exit(
            f"{runs / ROW}: no trained run. Train one: python benchmarks/joint.py --data DIR --rows {ROW} --seeds 0"
        )
    run = found[0].parent
    bundle = runs / ROW / f"bundle-of-{run.name}"
    # Time is asked for here, not quality: a bundle that would be refused for its score is as fast as any other.
    export = ["export", str(run), "--output", str(bundle), "--max-drop", "100"]
    done = subprocess.run([sys.executable, "-c", EXPORT, *export], check=False)
    if done.returncode:
        sys.exit(done.returncode)  # it has said why
    return run, bundle


def main() -> None:
    parser = argparse.ArgumentParser(description="Time training and inference beside SpERT, on one thread.")
    for name in ("--data", "--runs", "--output"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=60, help="of a training turn; default: 60")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    options = parser.parse_args()
    config = load_config(CONFIGS / f"{ROW}.toml", ["train.threads=1"], lambda name: find_task(name).config)
    task = find_task("joint")
    train_part, dev = (list(task.read(options.data / part, config.data)) for part in PARTS["conll04"])
    run, bundle = exported(options.runs)
    with repeatable(CPU, 1):
        before = surroundings()
        training = measure_training(config, train_part, options.sentences, options.rounds)
    torch.set_num_threads(1)
    labels = spert.fit_labels(train_part)
    found = {
        "row": ROW,
        "threads": 1,
        "training": training,
        "inference": measure_inference(run, bundle, labels, dev, options.rounds),
    }
    atomic_write(options.output, json.dumps(before | found, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps({"epoch ratio": training["epoch_ratio"], **found["inference"]["sentences_a_second"]}))  # type: ignore[index]


if __name__ == "__main__":
    main()
