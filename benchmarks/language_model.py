"""How fast a character model trains, and how well, beside the plain textbook loop and torch.nn.RNN in the same run.

export OMP_NUM_THREADS=1                                    # for NumPy, which reads it when it is imported
python benchmarks/language_model.py --data DIR              # DIR/timemachine/*.txt; writes results/language_model.json
python benchmarks/language_model.py --data DIR --epochs 4   # a look
python benchmarks/language_model.py --data DIR --speeds     # times anew, keeps the perplexities that are there

The book as letters a-z and single spaces; its first 10,000 characters are learnt in 32 stripes, 35 characters at a
time, by 512 tanh units, with plain gradient descent at rate 1 and gradients clipped at norm 1; the rest of it is held
out. All sides run on one thread and take turns. "textbook loop" is one matrix product a step in Python with one-hot
vectors, weights of standard deviation 0.01, and autograd; "torch.nn.RNN" is PyTorch's layer as it comes; "spanloom" is
configs/timemachine.toml through the engine; "from_scratch" is from_scratch/rnn.py, in NumPy. Perplexities and seconds
are medians over the seeds, each of which draws other weights.

"best held out" is configs/timemachine-held-out.toml, trained as any other model is: what a small text gives for the
rest of the book when nothing but that counts. Its epoch is chosen on the rest of the book, and its perplexity there is
that of the scorecard, which begins anew every 4,096 characters.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from figures import markdown
from machine import REPOSITORY, surroundings
from rows import CONFIGS, RESULTS
from torch import Tensor, nn

from spanloom.config import RunConfig, load_config
from spanloom.engine.prepare import prepare
from spanloom.engine.report import read_metrics
from spanloom.engine.run import run_training
from spanloom.engine.schedule import build_schedule
from spanloom.engine.train import build_sampler, groups_of, total_steps, update
from spanloom.engine.trainer import build_trainer
from spanloom.tasks import find_task
from spanloom.write.atomic import atomic_write

sys.path.insert(0, str(REPOSITORY))
from from_scratch import rnn
from from_scratch.characters import ALPHABET, clip, cross_entropy, numbers_of, parts

TRAINED, BATCH, STEPS, HIDDEN, RATE, CLIP = 10_000, 32, 35, 512, 1.0, 1.0
V = len(ALPHABET)
CPU = torch.device("cpu")
TARGET, SCRATCH_TARGET = 1.5, 2.0
"""How many times as fast as either we should be, and how many times as slow as the textbook loop NumPy may be."""


class Contestant(Protocol):
    """Trains epoch by epoch, each giving its perplexity, and reads a text of numbers [N] on."""

    def epoch(self) -> float: ...
    def held_out(self, numbers: np.ndarray[Any, Any]) -> float: ...


class Plain:
    """A network that is trained by hand: forward, back, clip, step."""

    def __init__(self, network: nn.Module, numbers: np.ndarray[Any, Any]) -> None:
        self.network = network
        self.parts = [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in parts(numbers, BATCH, STEPS)]

    def epoch(self) -> float:
        state, total, count = torch.zeros(BATCH, HIDDEN), 0.0, 0
        for inputs, targets in self.parts:
            logits, state = self.network(inputs, state.detach())
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.reshape(-1))
            self.network.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
            with torch.no_grad():
                for weight in self.network.parameters():
                    weight -= RATE * weight.grad
            total, count = total + loss.item() * targets.numel(), count + targets.numel()
        return math.exp(total / count)

    def held_out(self, numbers: np.ndarray[Any, Any]) -> float:
        state, total = torch.zeros(1, HIDDEN), 0.0
        with torch.no_grad():
            for inputs, targets in parts(numbers, 1, 4096):
                logits, state = self.network(torch.from_numpy(inputs), state)
                wanted = torch.from_numpy(targets).reshape(-1)
                total += float(nn.functional.cross_entropy(logits.flatten(0, 1), wanted, reduction="sum"))
        return math.exp(total / (len(numbers) - 1))


class TextbookLoop(nn.Module):
    """One step after the other: inputs [T, B], state [B, H] -> logits [T, B, V], state."""

    def __init__(self) -> None:
        super().__init__()
        shapes = {"input": (V, HIDDEN), "recurrent": (HIDDEN, HIDDEN), "output": (HIDDEN, V)}
        self.weights = nn.ParameterDict({name: 0.01 * torch.randn(*shape) for name, shape in shapes.items()})
        self.biases = nn.ParameterDict({"hidden": torch.zeros(HIDDEN), "output": torch.zeros(V)})

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        logits = []
        for one in nn.functional.one_hot(inputs, V).float():
            state = torch.tanh(one @ self.weights["input"] + state @ self.weights["recurrent"] + self.biases["hidden"])
            logits.append(state @ self.weights["output"] + self.biases["output"])
        return torch.stack(logits), state


class TorchLayer(nn.Module):
    """PyTorch's own layer, as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.output = nn.RNN(V, HIDDEN), nn.Linear(HIDDEN, V)

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        states, last = self.layer(nn.functional.one_hot(inputs, V).float(), state[None])
        return self.output(states), last[0]


class FromScratch:
    """NumPy alone."""

    def __init__(self, numbers: np.ndarray[Any, Any], seed: int) -> None:
        self.numbers = numbers
        self.weights = rnn.initial(HIDDEN, V, seed)

    def epoch(self) -> float:
        state, total, count = rnn.start(self.weights, BATCH), 0.0, 0
        for inputs, targets in parts(self.numbers, BATCH, STEPS):
            logits, state, notes = rnn.forward(self.weights, inputs, state)
            loss, by_logits = cross_entropy(logits, targets)
            slopes = rnn.backward(self.weights, inputs, notes, by_logits)
            clip(slopes, CLIP)
            for weight, slope in zip(self.weights, slopes, strict=True):
                weight -= RATE * slope
            total, count = total + loss * targets.size, count + targets.size
        return math.exp(total / count)

    def held_out(self, numbers: np.ndarray[Any, Any]) -> float:
        state, total = rnn.start(self.weights, 1), 0.0
        for inputs, targets in parts(numbers, 1, 4096):
            logits, state, _ = rnn.forward(self.weights, inputs, state)
            total += cross_entropy(logits, targets)[0] * targets.size
        return math.exp(total / (len(numbers) - 1))


class Spanloom:
    """The configuration through the engine, without its reports and checkpoints."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.prepared = prepare(find_task("language_model"), config, lambda report: None)
        self.trainer = build_trainer(self.prepared, CPU)
        self.state = self.trainer.state
        self.sampler = build_sampler(self.prepared.data.rows, config.train, config.seed)
        self.steps = total_steps(self.sampler, config.train)
        self.schedule = build_schedule(config.train)
        self.units = self.prepared.codec.units.numbers(list(ALPHABET))  # type: ignore[attr-defined]

    def epoch(self) -> float:
        for group in groups_of(self.sampler, self.config.train, self.state.epoch):
            factor = self.schedule(self.state.step, self.steps)
            update(self.prepared, self.trainer, group, factor, self.steps)
        perplexity = math.exp(self.state.means()["units"])
        self.state.begin_epoch(self.state.epoch + 1)
        return perplexity

    def held_out(self, numbers: np.ndarray[Any, Any]) -> float:
        """In float32, as predicting is."""
        state, total = torch.zeros(1, HIDDEN), 0.0
        self.state.model.eval()
        with torch.no_grad():
            for inputs, targets in parts(self.units[numbers], 1, 4096):
                tokens, following = torch.from_numpy(inputs.T), torch.from_numpy(targets.T)
                found = self.state.model(tokens, following, torch.tensor([tokens.shape[1]]), state)
                state, total = found["state"], total - float(found["log_probs"].double().sum())
        return math.exp(total / (len(numbers) - 1))


def contestants(numbers: np.ndarray[Any, Any], config: RunConfig, seed: int = 0) -> dict[str, Contestant]:
    torch.manual_seed(seed)
    loop = TextbookLoop()
    torch.manual_seed(seed)
    layer = TorchLayer()
    return {
        "spanloom": Spanloom(replace(config, seed=seed)),
        "textbook loop": Plain(loop, numbers),
        "torch.nn.RNN": Plain(layer, numbers),
        "from_scratch": FromScratch(numbers, seed),
    }


def timed(run: Callable[[], float]) -> tuple[float, float]:
    began = time.perf_counter()
    found = run()
    return time.perf_counter() - began, found


def speeds(all_of_them: dict[str, Contestant], tokens: int, rounds: int) -> dict[str, list[float]]:
    """Characters a second of each, in every round; all take turns, after one epoch to warm up."""
    found: dict[str, list[float]] = {name: [] for name in all_of_them}
    for turn in range(rounds + 1):
        for name, contestant in all_of_them.items():
            seconds, _ = timed(contestant.epoch)
            if turn:
                found[name].append(tokens / seconds)
    return found


def results(
    numbers: np.ndarray[Any, Any], config: RunConfig, epochs: int, rounds: int, seeds: int
) -> Iterator[dict[str, Any]]:
    """A record of each contestant."""
    learnt, rest = numbers[:TRAINED], numbers[TRAINED:]
    tokens = (len(learnt) - 1) // BATCH * BATCH
    measured = speeds(contestants(learnt, config), tokens, rounds)
    trained: dict[str, list[dict[str, float]]] = {name: [] for name in measured}
    for seed in range(seeds):
        for name, contestant in contestants(learnt, config, seed).items():
            began, training = time.perf_counter(), math.nan
            for _ in range(epochs):
                training = contestant.epoch()
            seconds = time.perf_counter() - began
            found = {"training_perplexity": training, "held_out_perplexity": contestant.held_out(rest)}
            trained[name].append({**found, "training_seconds": seconds})
            print(f"{name}, seed {seed}: training perplexity {training:.3f} in {seconds:.0f} s", file=sys.stderr)
    for name, runs in trained.items():
        medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        speed = {"characters_a_second": statistics.median(measured[name]), "rounds": measured[name]}
        yield {"name": name, **speed, **medians, "seeds": runs}


def best_held_out(train: Path, rest: Path) -> dict[str, Any]:
    """The record of the configuration that is made for the rest of the book."""
    settings = [f"data.train={train}", f"data.dev={rest}"]
    config = load_config(CONFIGS / "timemachine-held-out.toml", settings, lambda name: find_task(name).config)
    run = train.parent / "held-out"
    scorecard = run_training(find_task("language_model"), config, run, device=CPU)
    lines = [line for line in read_metrics(run / "metrics.jsonl") if line["kind"] == "epoch"]
    [best] = [line for line in lines if line["epoch"] == max(line["epoch"] for line in lines if line["best"])]
    steps = [line for line in read_metrics(run / "metrics.jsonl") if line["kind"] == "step"]
    return {
        "name": "best held out",
        "training_perplexity": best["training"]["perplexity"],
        "held_out_perplexity": scorecard["overall"]["perplexity"]["value"],
        "training_seconds": sum(line["seconds"] for line in steps),
        "epoch": best["epoch"],
    }


def timed_anew(output: Path, numbers: np.ndarray[Any, Any], config: RunConfig, rounds: int) -> None:
    """Put other speeds into the results that are there: timing needs a quiet machine, and perplexities do not."""
    found = json.loads(output.read_text(encoding="utf-8"))
    learnt = numbers[:TRAINED]
    measured = speeds(contestants(learnt, config), (len(learnt) - 1) // BATCH * BATCH, rounds)
    for record in found["records"]:
        if record["name"] in measured:
            rates = measured[record["name"]]
            record |= {"characters_a_second": statistics.median(rates), "rounds": rates}
    atomic_write(output, json.dumps(found | {"timed": surroundings()}, indent=1) + "\n")
    print("\n".join(table(found["records"])))


def table(records: list[dict[str, Any]]) -> list[str]:
    ours = records[0]
    lines = []
    for record in records:
        speed = record.get("characters_a_second")
        lines.append(
            [
                record["name"],
                f"{speed:,.0f}" if speed else "",
                f"{ours['characters_a_second'] / speed:.2f}" if speed else "",
                f"{record['training_perplexity']:.3f}",
                f"{record['held_out_perplexity']:.2f}",
                f"{record['training_seconds']:.0f}",
            ]
        )
    heads = ["", "characters a second", "spanloom is so many times as fast", "training perplexity"]
    return markdown([*heads, "held-out perplexity", "seconds of training"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a character model beside others.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with timemachine/*.txt in it")
    parser.add_argument("--epochs", type=int, default=160, help="of the perplexities; %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="epochs that are timed; %(default)s")
    parser.add_argument("--seeds", type=int, default=5, help="how many, of the perplexities; %(default)s")
    parser.add_argument("--speeds", action="store_true", help="only time anew, and keep the perplexities of --output")
    parser.add_argument("--output", type=Path, default=RESULTS.with_name("language_model.json"))
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1":
        sys.exit(
            "NumPy would use every processor. Start it with: OMP_NUM_THREADS=1 python benchmarks/language_model.py …"
        )
    torch.set_num_threads(1)
    [book] = sorted((options.data / "timemachine").glob("*.txt"))
    numbers = numbers_of(book.read_text(encoding="utf-8-sig"))
    plain = "".join(ALPHABET[number] for number in numbers)
    with tempfile.TemporaryDirectory() as work:
        train, rest = Path(work) / "train.txt", Path(work) / "rest.txt"
        train.write_text(plain[:TRAINED], encoding="utf-8")
        rest.write_text(plain[TRAINED:], encoding="utf-8")
        settings = [f"data.train={train}", f"train.epochs={options.epochs}", "train.evaluate_from=1"]
        config = load_config(CONFIGS / "timemachine.toml", settings, lambda name: find_task(name).config)
        if options.speeds:
            timed_anew(options.output, numbers, config, options.rounds)
            return
        records = list(results(numbers, config, options.epochs, options.rounds, options.seeds))
        records.append(best_held_out(train, rest))
    found = {
        "setting": {
            "characters": TRAINED,
            "held_out": len(numbers) - TRAINED,
            "epochs": options.epochs,
            "seeds": options.seeds,
        },
        "targets": {"times_as_fast": TARGET, "from_scratch_times_as_slow": SCRATCH_TARGET},
        "records": records,
        **surroundings(),
    }
    atomic_write(options.output, json.dumps(found, indent=1) + "\n")
    print("\n".join(table(records)))


if __name__ == "__main__":
    main()
