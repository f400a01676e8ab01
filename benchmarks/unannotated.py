"""Language models of a data set's training sentences without their labels, for rows that stand on them.

`configs/NAME-language-model.toml` is trained twice on the texts, forward and backward; `configs/NAME.toml` says of what
task the data are, and how they are read.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rows import CONFIGS, PARTS

from spanloom.config import load_config
from spanloom.core import Example
from spanloom.encoders.language_model.runs import FOLDERS
from spanloom.engine.report import read_metrics
from spanloom.tasks import find_task
from spanloom.text.joining import side_by_side, spaces
from spanloom.write.lines import write_lines

SPANLOOM = "import sys; from spanloom.run.cli import main; sys.exit(main())"  # works from a checkout and installed


def environment(threads: int) -> dict[str, str]:
    """This process's environment, in which no library starts more threads than were asked for."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(threads)), "TOKENIZERS_PARALLELISM": "false"}


def examples_of(config: str, name: str, data: Path, part: int) -> list[Example]:
    """The training (0) or dev (1) sentences of a data set, as `configs/CONFIG.toml` reads them."""
    settings = load_config(CONFIGS / f"{config}.toml", [], lambda task: find_task(task).config)
    return list(find_task(settings.task).read(data / PARTS[name][part], settings.data))


def write_texts(examples: Sequence[Example], file: Path) -> None:
    """The sentences as JSON lines, words set side by side as an encoder's language models will read them."""
    lines = ([token.text for token in example.input.tokens] for example in examples)
    write_lines(file, ({"text": side_by_side(words, spaces(words)).text} for words in lines))


def language_models(config: str, name: str, data: Path, folder: Path, threads: int) -> dict[str, Any]:
    """Train both models of a data set into `folder`, as far as they are not there; bits and seconds of each.

    What stands in the dev sentences is only scored: the last epoch is kept whatever it scores. config: the row's own.
    Raises CalledProcessError.
    """
    found = {}
    for way in FOLDERS:
        run = folder / way
        if not (run / "README.md").exists():
            shutil.rmtree(run, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            for part, file in enumerate(("text.jsonl", "dev-text.jsonl")):
                write_texts(examples_of(config, name, data, part), folder / file)
            print(f"== {name}: a language model that reads {way}", flush=True)
            settings = [f"data.train={folder / 'text.jsonl'}", f"data.dev={folder / 'dev-text.jsonl'}"]
            settings += [f"model.direction={way}", f"train.threads={threads}"]
            parts = ["train", str(CONFIGS / f"{name}-language-model.toml"), *settings, "--output", str(run)]
            subprocess.run(
                [sys.executable, "-c", SPANLOOM, *parts],
                check=True,
                env=environment(threads),
                stderr=subprocess.DEVNULL,
            )
        overall = json.loads((run / "scorecard.json").read_text(encoding="utf-8"))["overall"]
        lines = read_metrics(run / "metrics.jsonl")
        values = {key: overall[key]["value"] for key in ("perplexity", "bits per character")}
        seconds = sum(line["seconds"] for line in lines if line["kind"] == "step")
        found[way] = {**values, "seconds": seconds}
    return found


def encoder_settings(folder: Path) -> list[str]:
    """The `key=value` settings that name both models of a folder."""
    return [f"model.encoder.{key}={folder / way}" for way, key in FOLDERS.items()]
