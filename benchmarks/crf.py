"""How long a CRF's likelihood and its gradient take, and how long decoding, beside the CRFs that people use.

python benchmarks/crf.py            # prints the table, writes results/crf.json

The peers are pytorch-crf and TorchCRF where they are installed: pip install pytorch-crf==0.7.2 TorchCRF==1.1.0. Scores
are random, and both sides are given the same; every gradient is compared with that of pytorch-crf in float64.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from figures import markdown
from machine import surroundings
from rows import RESULTS
from torch import Tensor

from spanloom.decode.viterbi import viterbi
from spanloom.nn.heads.crf import LinearChainCRF
from spanloom.write.atomic import atomic_write

BATCH = 32
SIZES = {(32, 73): 10, (128, 200): 25}
"""(tokens, tags) -> how many times as fast as the fastest peer the likelihood and its gradient should be."""
DECODING = 2
PEERS = {"pytorch-crf": "torchcrf", "TorchCRF": "TorchCRF"}
Step = Callable[[], object]


def likelihoods(tokens: int, tags: int) -> dict[str, tuple[Step, Callable[[], Tensor]]]:
    """Each contestant's step, forward and backward, and how to read the emissions' gradient after it."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(BATCH, tokens, tags, generator=generator)
    gold = torch.randint(tags, (BATCH, tokens), generator=generator)
    lengths, mask = torch.full((BATCH,), tokens), torch.ones(BATCH, tokens, dtype=torch.bool)
    torch.manual_seed(0)
    ours = LinearChainCRF(tags)

    def contestant(model: Any, loss: Callable[[Tensor], Tensor], kind: torch.dtype) -> Any:
        emissions = scores.to(kind).clone().requires_grad_()

        def step() -> None:
            emissions.grad = None
            model.zero_grad()
            loss(emissions).backward()  # type: ignore[no-untyped-call]

        return step, lambda: emissions.grad

    found = {"spanloom": contestant(ours, lambda e: ours.nll(e, gold, lengths).sum(), torch.float32)}
    for name, model in _peers(ours).items():
        if name == "TorchCRF":
            found[name] = contestant(model, lambda e, m=model: -m(e, gold, mask).sum(), torch.float32)
        else:
            found[name] = contestant(model, lambda e, m=model: -m(e, gold, mask), torch.float32)
            exact = _peers(ours)[name].double()
            found["float64"] = contestant(exact, lambda e, m=exact: -m(e, gold, mask), torch.float64)
    return found


def _peers(ours: LinearChainCRF) -> dict[str, Any]:
    """The installed peers, with our weights."""
    tags, found = len(ours.start), {}
    for name, module in PEERS.items():
        try:
            kind = import_module(module).CRF
        except ImportError:
            continue
        if name == "TorchCRF":
            found[name] = kind(tags, use_gpu=False)
            names = ("trans_matrix", "start_trans", "end_trans")
        else:
            found[name] = kind(tags, batch_first=True)
            names = ("transitions", "start_transitions", "end_transitions")
        with torch.no_grad():
            for theirs, mine in zip(names, (ours.transitions, ours.start, ours.end), strict=True):
                getattr(found[name], theirs).copy_(mine)
    return found


def decoders(tokens: int, tags: int) -> dict[str, Step]:
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(BATCH, tokens, tags, generator=generator)
    mask = torch.ones(BATCH, tokens, dtype=torch.bool)
    torch.manual_seed(0)
    ours = LinearChainCRF(tags)
    chain = [part.detach().numpy() for part in ours.scores()]
    lengths = torch.full((BATCH,), tokens).numpy()
    found: dict[str, Step] = {"spanloom": lambda: viterbi(scores.numpy(), *chain, lengths)[0]}
    for name, model in _peers(ours).items():
        if name == "TorchCRF":
            found[name] = lambda m=model: m.viterbi_decode(scores, mask)
        else:
            found[name] = lambda m=model: m.decode(scores, mask)
    return found


def medians(steps: Mapping[str, Step], rounds: int) -> dict[str, float]:
    """Milliseconds a call, the median of `rounds` in which all take turns after one call to warm up."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 1):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            if turn:
                times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in times.items()}


def measure(rounds: int) -> list[dict[str, Any]]:
    found = []
    for (tokens, tags), target in SIZES.items():
        contestants = likelihoods(tokens, tags)
        steps = {name: step for name, (step, _) in contestants.items() if name != "float64"}
        record = {"tokens": tokens, "tags": tags, "target": target, "milliseconds": medians(steps, rounds)}
        if "float64" in contestants:
            contestants["float64"][0]()
            exact = contestants["float64"][1]()
            record["gradient_error"] = {
                name: float((contestants[name][1]().double() - exact).abs().max()) for name in steps
            }
        decoding = decoders(tokens, tags)
        record["decoding_milliseconds"] = medians(decoding, rounds)
        answers = [[list(map(int, path)) for path in step()] for step in decoding.values()]  # type: ignore[attr-defined]
        record["decoding_agrees"] = all(answer == answers[0] for answer in answers)
        found.append(record)
    return found


def table(records: list[dict[str, Any]]) -> list[str]:
    names = list(records[0]["milliseconds"])
    header = [
        "",
        *(f"{name}, ms" for name in names),
        "times as fast as the fastest peer",
        "should be",
        "gradient off by",
    ]
    lines = []
    for record in records:
        size = f"T={record['tokens']} K={record['tags']}"
        for what, times, target in (
            ("forward and backward", record["milliseconds"], record["target"]),
            ("Viterbi", record["decoding_milliseconds"], DECODING),
        ):
            peers = [value for name, value in times.items() if name != "spanloom"]
            ratio = f"{min(peers) / times['spanloom']:.1f}" if peers else "no peer installed"
            off = record.get("gradient_error", {}).get("spanloom") if target != DECODING else None
            shown = [f"{times[name]:.1f}" for name in names]
            lines.append([f"{what}, {size}", *shown, ratio, target, "" if off is None else f"{off:.1e}"])
    return markdown(header, lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--data", type=Path, help="not needed: scores are random; all benchmarks are called alike")
    options.add_argument("--threads", type=int, default=2, help="default: 2")
    options.add_argument("--rounds", type=int, default=15, help="default: 15; medians are reported")
    options.add_argument("--results", type=Path, default=RESULTS.parent, metavar="DIR", help="JSON goes here")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    records = measure(chosen.rounds)
    print("\n".join(table(records)))
    peers = {name: version(name) for name in PEERS if name in records[0]["milliseconds"]}
    result = {**surroundings(), "peers": peers, "threads": chosen.threads, "batch": BATCH, "rounds": chosen.rounds}
    atomic_write(chosen.results / "crf.json", json.dumps({**result, "sizes": records}, indent=2) + "\n")


if __name__ == "__main__":
    main()
