"""Beyond one process: how many texts a second one and two workers of a Ray cluster answer, beside `spanloom predict`.

    python benchmarks/scaling.py [--model BUNDLE] [--texts 2000] [--rounds 3]

Each round measures an ordinary predictor of one thread, then one worker, then two, so that whatever else runs on the
machine meets all three. The start of the cluster and of its workers and the loading of the model are left out: what
counts begins when every worker has answered a block. CPU seconds are those of the processes that answer, which other
work on the machine does not change much; a wall clock it does.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from machine import load as machine_load
from machine import surroundings
from rows import RESULTS
from serve import made_up
from training import store

from spanloom.predict.fingerprint import model_hash
from spanloom.predict.predictor import Predictor, bundled, load
from spanloom.run.cli.answers import OutputFormat
from spanloom.run.cli.entries import Maker
from spanloom.run.cluster import blocks as planned
from spanloom.run.cluster.pool import cluster, outcomes
from spanloom.run.cluster.worker import Work
from spanloom.write.terminal import tell

OUTPUT = RESULTS.parent / "scaling.json"
TEXTS_A_BLOCK = 40
TURNS = 4
"""How often the blocks may be answered until all workers have begun."""


def write_texts(folder: Path, count: int) -> None:
    lines = (json.dumps({"text": text}) for text in itertools.islice(itertools.cycle(made_up()), count))
    (folder / "texts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def alone(predictor: Predictor[Any], texts: Sequence[str]) -> dict[str, float]:
    """An ordinary predictor of one thread."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in predictor.predict(texts):
        pass
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "texts": len(texts)}


def workers(count: int, work: Work, blocks: Sequence[planned.Block]) -> dict[str, float]:
    """So many workers of the cluster."""
    came = outcomes([*blocks] * (TURNS + 1), replace(work, output=work.output / str(count)), count)
    seen: set[int] = set()
    for turn, outcome in enumerate(came):
        seen.add(outcome.process)
        if len(seen) == count:
            break
        assert turn < len(blocks) * TURNS, "a worker never began"
    began, texts, cpu = time.perf_counter(), 0, 0.0
    for outcome in itertools.islice(came, len(blocks)):
        assert outcome.fault is None, outcome.fault
        texts += outcome.reading.inputs
        cpu += outcome.cpu
    return {"wall": time.perf_counter() - began, "cpu": cpu, "texts": texts}


def measure(model: Path, texts: int, rounds: int) -> Iterator[dict[str, Any]]:
    predictor = load(model, threads=1)
    planned.TEXTS = TEXTS_A_BLOCK
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "in")
        folder.mkdir()
        write_texts(folder, texts)
        sentences = [json.loads(line)["text"] for line in (folder / "texts.jsonl").read_text("utf-8").splitlines()]
        blocks = planned.blocks_of(folder, Maker(predictor), None)
        work = Work(model, model_hash(model), folder, Path(place, "out"), OutputFormat.jsonl)
        with cluster("local", processors=2):
            for _ in range(rounds):
                found = {"alone": alone(predictor, sentences)}
                found |= {str(count): workers(count, work, blocks) for count in (1, 2)}
                yield {**found, "load": machine_load()}


def summary(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The middle of the rounds: texts a wall and a CPU second of each, and two workers beside one in the same round."""
    return {
        **{
            name: {unit: median(one[name]["texts"] / one[name][unit] for one in rounds) for unit in ("wall", "cpu")}
            for name in ("alone", "1", "2")
        },
        "two_to_one": median(rate(one["2"]) / rate(one["1"]) for one in rounds),
        "best_two_to_one": max(rate(one["2"]) / rate(one["1"]) for one in rounds),
    }


def rate(one: dict[str, float]) -> float:
    return one["texts"] / one["wall"]


def table(found: dict[str, Any]) -> Iterator[str]:
    yield "| what answers | texts a second | texts a CPU second |"
    yield "| --- | --- | --- |"
    names = {"alone": "`spanloom predict`, one thread", "1": "one worker", "2": "two workers"}
    for key, name in names.items():
        yield f"| {name} | {found[key]['wall']:.1f} | {found[key]['cpu']:.1f} |"
    yield f"Two workers beside one: {found['two_to_one']:.2f} times (best round {found['best_two_to_one']:.2f})."


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=bundled())
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    chosen = parser.parse_args(arguments)
    rounds = list(measure(chosen.model, chosen.texts, chosen.rounds))
    found = {"model": chosen.model.name, "texts": chosen.texts, **summary(rounds), "rounds": rounds}
    store(chosen.output, {**surroundings(), "found": found})
    for line in table(found):
        tell(line)


if __name__ == "__main__":
    main()
