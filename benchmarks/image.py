"""Pictures: trains each row of the table over several seeds, its peers beside it, and says what transfer gives.

    python benchmarks/image.py --data DIR [--rows signs-tuned,signs-frozen] [--seeds 0,1,2] [--threads 2]
    python benchmarks/image.py --data DIR --peers      # the same backbone in a plain loop; a regression on pixels
    python benchmarks/image.py --data DIR --transfer   # 5, 20 and all pictures a class, from scratch and from ImageNet
    python benchmarks/image.py --data DIR --speed      # bundles beside PyTorch: accuracy, pictures a second
    python benchmarks/image.py --data DIR --folds 1 [--set key=value …]   # training pictures alone, people apart

Settings are chosen by `--folds`, never by dev: every run is scored on dev once, after its last epoch. `README.md`
beside this file says more.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from image_tables import ARMS, image_tables
from machine import installed, surroundings
from peers import plain_vision
from plain_tables import plain_table
from rows import CONFIGS, IMAGE_RESULTS, IMAGE_ROWS, PARTS, read_results
from training import add_options, numbers, parsed, stopping_cleanly, store, train_missing
from turns import alternate, timed
from unannotated import SPANLOOM, environment
from wording import LANGUAGES

from spanloom.config import DataConfig, load_config
from spanloom.core import Example
from spanloom.export.bundle import export
from spanloom.pixels.geometry import resized
from spanloom.pixels.reading import read_picture
from spanloom.predict.predictor import load
from spanloom.tasks import find_task
from spanloom.write.lines import write_lines

SIGNS = "signs"
TASK = find_task("image")
FOLDS = 4
ROUNDS = 5
PIXELS = 32
"""The side of the pictures that the regression gets."""

FEW = {5: 40, 20: 20}
"""Pictures a class -> epochs. All pictures are those of the rows themselves."""

LONGER = {"scratch": 4}
"""What starts from nothing gets so many times as many epochs, which take as long as those of the large backbone."""


def pictures(data: Path, part: int) -> list[Example]:
    """The training (0) or dev (1) pictures."""
    return list(TASK.read(data / PARTS[SIGNS][part], DataConfig()))


def number_of(example: Example) -> int:
    """The number that the camera gave a picture: those of a person stand together."""
    return int(re.findall(r"\d+", Path(example.input.name).stem)[-1])


def folds(examples: Sequence[Example]) -> list[list[Example]]:
    """The pictures in parts, in the order in which they were taken, so that people are apart but at the edges."""
    order = sorted(examples, key=number_of)
    cuts = [len(order) * part // FOLDS for part in range(FOLDS + 1)]
    return [order[begin:end] for begin, end in itertools.pairwise(cuts)]


def few(examples: Sequence[Example], number: int, seed: int) -> list[Example]:
    """So many pictures of each class, drawn by the seed."""
    classes: dict[tuple[str, ...], list[Example]] = defaultdict(list)
    for example in examples:
        classes[example.gold.names].append(example)
    draw = random.Random(seed)
    return [example for _, group in sorted(classes.items()) for example in draw.sample(group, number)]


def train_on(
    row: str, parts: tuple[Sequence[Example], Sequence[Example]], settings: Sequence[str], options: argparse.Namespace
) -> dict[str, Any]:
    """Train a row on some examples and score it on others, in a process of its own; nothing of it stays but figures."""
    folder = options.runs / f"{row}-part"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = [folder / "train.jsonl", folder / "dev.jsonl"]
    for file, examples in zip(files, parts, strict=True):
        write_lines(file, map(TASK.line, examples))
    named = [f"data.train={files[0]}", f"data.dev={files[1]}", f"train.threads={options.threads}", *settings]
    command = [sys.executable, "-c", SPANLOOM, "train", str(CONFIGS / f"{row}.toml"), *named]
    began = time.perf_counter()
    subprocess.run([*command, "--output", str(folder / "run")], check=True, env=environment(options.threads))
    seconds = time.perf_counter() - began
    score = json.loads((folder / "run" / "scorecard.json").read_text(encoding="utf-8"))["overall"]["accuracy"]
    shutil.rmtree(folder)
    return {"score": score["f1"], "interval": score["interval"], "pictures": len(parts[0]), "seconds": seconds}


def measure_folds(options: argparse.Namespace) -> None:
    """Each row on each of the folds that are asked for; added to what is there."""
    parts = folds(pictures(options.data, 0))
    for row in options.rows:
        for fold in options.folds:
            train = [example for number, part in enumerate(parts) if number != fold for example in part]
            found = {"row": row.name, "fold": fold, "settings": options.set}
            found |= train_on(row.name, (train, parts[fold]), options.set, options)
            print(f"== {json.dumps(found)}", flush=True)
            add(options.results / "folds.json", found, options)


def measure_transfer(options: argparse.Namespace) -> None:
    """Each arm on few pictures a class, the same ones for all arms of a seed; added to what is there."""
    file = options.results / "transfer.json"
    train, dev = (pictures(options.data, part) for part in (0, 1))
    for size, epochs in FEW.items():
        for seed in options.seeds:
            for arm, row in ARMS.items():
                key = {"arm": arm, "size": size, "seed": seed}
                if any(key.items() <= run.items() for run in runs_in(file)):
                    continue
                last = epochs * LONGER.get(arm, 1)
                settings = [f"seed={seed}", f"train.epochs={last}", f"train.evaluate_from={last}"]
                settings.append("train.batch_size=16")
                found = key | train_on(row, (few(train, size, seed), dev), settings, options)
                print(f"== {json.dumps(found)}", flush=True)
                add(file, found, options)


def runs_in(file: Path) -> list[dict[str, Any]]:
    return list(json.loads(file.read_text(encoding="utf-8"))["runs"]) if file.exists() else []


def add(file: Path, run: Mapping[str, Any], options: argparse.Namespace) -> None:
    store(file, {"data": SIGNS, "threads": options.threads, "runs": [*runs_in(file), run], **surroundings()})


def measure_peers(options: argparse.Namespace) -> None:
    """A logistic regression on pixels, then the backbone of `signs-tuned` in a plain loop for as many epochs; what is
    there already is not measured again.
    """
    file = options.results / "peers.json"
    train, dev = (pictures(options.data, part) for part in (0, 1))
    config = load_config(CONFIGS / f"{ARMS['tuned']}.toml", [], lambda name: find_task(name).config)
    recipe = plain_vision.Recipe(config.model.size, config.train.epochs, config.train.batch_size)
    files = [[(example.input.name, example.gold.names[0]) for example in part] for part in (train, dev)]
    peers: list[tuple[str, int, Callable[[], float]]] = [("pixels", 0, lambda: pixel_regression(train, dev))]
    for seed in options.seeds:
        peers.append(
            ("plain loop", seed, lambda seed=seed: plain_vision.accuracy(*files, recipe, seed, options.threads))  # type: ignore[misc]
        )
    for peer, seed, score in peers:
        if any((run["peer"], run["seed"]) == (peer, seed) for run in runs_in(file)):
            continue
        began = time.perf_counter()
        reached = score()
        found = {"peer": peer, "seed": seed, "score": reached, "seconds": time.perf_counter() - began}
        print(f"== {json.dumps(found)}", flush=True)
        add(file, found | {"scikit-learn": installed("scikit-learn")}, options)


def pixel_regression(train: Sequence[Example], dev: Sequence[Example]) -> float:
    """The accuracy of scikit-learn's logistic regression on small pictures, from 0 to 1."""
    from sklearn.linear_model import LogisticRegression

    def seen(examples: Sequence[Example]) -> np.ndarray[Any, np.dtype[np.float64]]:
        small = (resized(read_picture(one.input, one.input.name).pixels, PIXELS, PIXELS) for one in examples)
        return np.stack([picture.ravel() / 255 for picture in small])

    model = LogisticRegression(max_iter=1000).fit(seen(train), [one.gold.names[0] for one in train])
    return float(model.score(seen(dev), [one.gold.names[0] for one in dev]))


def measure_speed(options: argparse.Namespace) -> None:
    """Every row's first seed: accuracy on dev of its run and its bundles, and pictures a second, taking turns."""
    dev = pictures(options.data, 1)
    found: dict[str, Any] = {}
    for row in IMAGE_ROWS:
        run = options.runs / row.name / f"seed-{options.seeds[0]}"
        if not (run / "scorecard.json").is_file():
            continue
        models = {"PyTorch, fp32": load(run, threads=1)}
        sizes = {}
        for precision in ("fp32", "int8"):
            bundle = options.runs / row.name / f"bundle-{precision}"
            shutil.rmtree(bundle, ignore_errors=True)
            export(run, bundle, max_drop=100.0, precision=precision)  # type: ignore[arg-type]
            models[f"{precision} bundle"] = load(bundle, threads=1)
            sizes[f"{precision} bundle"] = sum(file.stat().st_size for file in bundle.iterdir())
        scores = {name: right(model, dev) for name, model in models.items()}
        turns = {name: answering(model, dev) for name, model in models.items()}
        found[row.name] = {"scores": scores, "bytes": sizes, "rounds": alternate(turns, ROUNDS)}
    store(
        options.results / "speed.json",
        {"data": SIGNS, "threads": 1, "pictures": len(dev), "rows": found, **surroundings()},
    )


def right(model: Any, examples: Sequence[Example]) -> float:
    """The part of the pictures of which a model says the class."""
    answers = model.predict_inputs(example.input for example in examples)
    return sum(answer == one.gold for answer, one in zip(answers, examples, strict=True)) / len(examples)


def answering(model: Any, examples: Sequence[Example]) -> Callable[[], float]:
    return lambda: timed(lambda: list(model.predict_inputs(example.input for example in examples)))


MEASURES: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "peers": measure_peers,
    "transfer": measure_transfer,
    "speed": measure_speed,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train and table the benchmark of pictures.")
    add_options(parser, IMAGE_ROWS, IMAGE_RESULTS)
    for what in MEASURES:
        parser.add_argument(f"--{what}", action="store_true", help=f"instead: measure {what}")
    parser.add_argument("--folds", type=numbers, metavar="N,…", help=f"instead: folds of train, of 0 to {FOLDS - 1}")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of --folds: another setting")
    options = parsed(parser, arguments)
    with stopping_cleanly():
        wanted = [measure for what, measure in MEASURES.items() if getattr(options, what)]
        wanted += [measure_folds] if options.folds else []
        for measure in wanted:
            measure(options)
        if not wanted and not options.table:
            train_missing(options.rows, options)
    words = LANGUAGES["en"]
    print("\n".join(plain_table(IMAGE_ROWS, read_results(options.results, IMAGE_ROWS), words)))
    for _, table in image_tables(options.results, words):
        print("\n" + "\n".join(table))


if __name__ == "__main__":
    main()
