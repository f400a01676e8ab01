"""Two half-annotated halves in place of one data set: what is lost, and what simply joining them would lose.

    python benchmarks/sources.py --data DIR [--config conll04-e5] [--seeds 0,1,2] [--ways NAME,…] [--runs DIR]
    python benchmarks/sources.py --table

`conll04/train` is cut in two. The first half annotates Peop and Org, and relations; of the names that stand in a
relation and are neither, it says that they are names, not of which kind. The second half annotates Loc and Other, and
no relation. Four ways to train a configuration on this, each scored on the whole of dev after its last epoch, as no dev
data chooses one:

    everything   all of conll04/train as it is annotated
    joined       the two halves in one file, what one does not annotate taken for absent
    sources      the two halves as [[data.source]], each with what it annotates
    filled       the same, and what is left open is learned from the run of `sources` (`data.fill`)
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from machine import surroundings
from plain_tables import WAYS, sources_table
from rows import CONFIGS, RESULTS
from unannotated import SPANLOOM, environment
from wording import LANGUAGES

import spanloom
from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import SOME, Example
from spanloom.read import read
from spanloom.write.lines import write_lines
from spanloom.write.spanloom import example_to_dict

FIRST, SECOND = ("Peop", "Org"), ("Loc", "Other")
FILES = ("everything", "first", "second", "joined")


def halves(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Both halves with what each annotates; in the first one, names in a relation keep their label whatever it is."""
    middle = len(examples) // 2
    first = []
    for example in examples[:middle]:
        ends = {span for item in example.gold.relations for span in (item.head, item.tail)}
        spans = tuple(span for span in example.gold.spans if span.label in FIRST or span in ends)
        first.append(replace(example, gold=Graph(spans, example.gold.relations)))
    second = [
        replace(example, gold=Graph(tuple(span for span in example.gold.spans if span.label in SECOND)))
        for example in examples[middle:]
    ]
    return first, second


def write_files(data: Path, folder: Path) -> None:
    """The training data of each way."""
    examples = list(read(data / "conll04" / "train.txt", DataConfig(repair=True)))
    first, second = halves(examples)
    for name, part in zip(FILES, (examples, first, second, [*first, *second]), strict=True):
        write_lines(folder / f"{name}.jsonl", map(example_to_dict, part))


def settings_of(way: str, seed: int, folder: Path) -> str:
    """The `[data]` of a way, as TOML."""
    if way in ("everything", "joined"):
        return f'[data]\ntrain = "{folder / way}.jsonl"\n'
    fill = f'[data]\nfill = "{folder / f"sources-{seed}"}"\n\n' if way == "filled" else ""
    listed = ", ".join(f'"{label}"' for label in FIRST)
    return (
        f'{fill}[[data.source]]\ntrain = "{folder / "first.jsonl"}"\nannotates = {{ entities = [{listed}] }}\n'
        f'rename = {{ Loc = "{SOME}" }}\n\n'  # no Other stands in a relation there
        f'[[data.source]]\ntrain = "{folder / "second.jsonl"}"\nannotates = {{ relations = "none" }}\n'
    )


def configuration(name: str, way: str, seed: int, folder: Path) -> str:
    """A configuration of `configs/` on the data of a way."""
    lines = (CONFIGS / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("[data]")
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith("["))
    return "\n".join([*lines[:start], settings_of(way, seed, folder), *lines[end:]]) + "\n"


def trained(way: str, seed: int, folder: Path, name: str) -> Path:
    """The run of a way, trained as far as it is not, after the one that it learns from."""
    if way == "filled":
        trained("sources", seed, folder, name)
    run, config = folder / f"{way}-{seed}", folder / f"{way}-{seed}.toml"
    config.write_text(configuration(name, way, seed, folder), encoding="utf-8")
    if not (run / "README.md").exists():
        parts = ["train", str(config), f"seed={seed}", "--output", str(run)]
        parts += ["--resume"] if run.exists() else []
        print(f"== {name}, {way}, seed {seed}", flush=True)
        subprocess.run([sys.executable, "-c", SPANLOOM, *parts], check=True, env=environment(1))
    return run


def scored(way: str, seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """What is kept of a way: its scores on dev."""
    run = trained(way, seed, arguments.runs / arguments.config, arguments.config)
    card = spanloom.evaluate(run, arguments.data / "conll04" / "dev.txt", data_config={"repair": True})
    scores = {kind: card[kind]["strict"] for kind in ("entities", "triples")}
    return {
        **surroundings(),
        "config": arguments.config,
        "way": way,
        "seed": seed,
        "scores": {
            kind: {name: score[name] for name in ("precision", "recall", "f1", "interval")}
            for kind, score in scores.items()
        },
        "labels": {label: score["f1"] for label, score in card["labels"]["entities"].items()},
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Half-annotated halves of CoNLL04, joined and as sources.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with conll04/ in it")
    parser.add_argument("--config", default="conll04-minilm", metavar="NAME", help="of configs/")
    parser.add_argument("--seeds", default="0,1,2", metavar="N,…")
    parser.add_argument("--ways", default=",".join(WAYS), metavar="NAME,…")
    parser.add_argument("--runs", type=Path, default=Path("runs/benchmarks/sources"), metavar="DIR")
    parser.add_argument("--results", type=Path, default=RESULTS.with_name("sources"), metavar="DIR")
    parser.add_argument("--table", action="store_true", help="only print the table of what is there")
    arguments = parser.parse_args()
    if not arguments.table:
        if arguments.data is None:
            parser.error("--data DIR is needed, the folder with conll04/ in it")
        arguments.runs = arguments.runs.absolute()
        (arguments.runs / arguments.config).mkdir(parents=True, exist_ok=True)
        arguments.results.mkdir(parents=True, exist_ok=True)
        write_files(arguments.data, arguments.runs / arguments.config)
        for seed in map(int, arguments.seeds.split(",")):
            for way in arguments.ways.split(","):
                found = scored(way, seed, arguments)
                file = arguments.results / f"{arguments.config}-{way}-{seed}.json"
                file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print("\n".join(sources_table(arguments.results, LANGUAGES["en"])))


if __name__ == "__main__":
    main()
