"""How long a CRF's likelihood and its gradient take, and how long decoding, beside the CRFs that people use.

python benchmarks/crf.py            # prints the table, writes results/crf.json

The peers are those that are installed: pip install pytorch-crf==0.7.2 TorchCRF==1.1.0 flair==0.15.1 'transformers<5'
(flair in an environment of its own). Scores are random, and all sides are given the same; every gradient is compared
with that of pytorch-crf in float64. Flair is not asked to decode: its decoder answers in words, with confidences.
"""

from __future__ import annotations

import argparse
import copy
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
PEERS = {"pytorch-crf": "torchcrf", "TorchCRF": "TorchCRF", "flair": "flair.models.sequence_tagger_utils.crf"}
Step = Callable[[], object]
Loss = Callable[[Tensor], Tensor]


def likelihoods(tokens: int, tags: int) -> dict[str, tuple[Step, Callable[[], Tensor]]]:
    """Each contestant's step, forward and backward, and how to read the emissions' gradient after it."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(BATCH, tokens, tags, generator=generator)
    gold = torch.randint(tags, (BATCH, tokens), generator=generator)
    lengths, mask = torch.full((BATCH,), tokens), torch.ones(BATCH, tokens, dtype=torch.bool)
    torch.manual_seed(0)
    ours = LinearChainCRF(tags)

    def contestant(model: Any, loss: Loss, emissions: Tensor) -> tuple[Step, Callable[[], Tensor]]:
        emissions = emissions.clone().requires_grad_()

        def step() -> None:
            emissions.grad = None
            model.zero_grad()
            loss(emissions).backward()  # type: ignore[no-untyped-call]

        def gradient() -> Tensor:
            assert emissions.grad is not None
            return emissions.grad[:, :, :tags]

        return step, gradient

    found = {"spanloom": contestant(ours, lambda e: ours.nll(e, gold, lengths).sum(), scores)}
    for name, model in _peers(ours).items():
        if name == "flair":
            # Two more tags, for before and after a sentence: no path takes them, whatever their emissions.
            wider = torch.cat([scores, torch.zeros(BATCH, tokens, 2)], dim=2)
            found[name] = contestant(model, _flair_loss(model, gold, lengths), wider)
        else:
            found[name] = contestant(model, lambda e, m=model: -m(e, gold, mask).sum(), scores)
        if name == "pytorch-crf":
            exact = copy.deepcopy(model).double()
            found["float64"] = contestant(exact, lambda e, m=exact: -m(e, gold, mask), scores.double())
    return found


def _peers(ours: LinearChainCRF) -> dict[str, Any]:
    """The installed peers, with our weights."""
    tags, found = len(ours.start), {}
    mine = (ours.transitions, ours.start, ours.end)
    for name, module in PEERS.items():
        try:
            kind = import_module(module).CRF
        except ImportError:
            continue
        if name == "flair":
            found[name] = kind(_flair_tags(tags), tags + 2, init_from_state_dict=False)
            transitions = found[name].transitions.detach()  # [to, from], start and stop the last two
            theirs = (transitions[:tags, :tags].T, transitions[:tags, tags], transitions[tags + 1, :tags])
        elif name == "TorchCRF":
            found[name] = kind(tags, use_gpu=False)
            theirs = (found[name].trans_matrix, found[name].start_trans, found[name].end_trans)
        else:
            found[name] = kind(tags, batch_first=True)
            theirs = (found[name].transitions, found[name].start_transitions, found[name].end_transitions)
        with torch.no_grad():
            for part, weights in zip(theirs, mine, strict=True):
                part.copy_(weights)
    return found


def _flair_tags(tags: int) -> Any:
    """Flair's dictionary of so many tags, with the two that it adds."""
    dictionary = import_module("flair.data").Dictionary(add_unk=False)
    for name in [*map(str, range(tags)), "<START>", "<STOP>"]:
        dictionary.add_item(name)
    return dictionary


def _flair_loss(model: Any, gold: Tensor, lengths: Tensor) -> Loss:
    loss = import_module("flair.models.sequence_tagger_utils.viterbi").ViterbiLoss(_flair_tags(model.tagset_size - 2))
    return lambda emissions: loss((model(emissions), lengths, model.transitions), gold.flatten())


def decoders(tokens: int, tags: int) -> dict[str, Step]:
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(BATCH, tokens, tags, generator=generator)
    mask = torch.ones(BATCH, tokens, dtype=torch.bool)
    torch.manual_seed(0)
    ours = LinearChainCRF(tags)
    chain = [part.detach().numpy() for part in ours.scores()]
    lengths = torch.full((BATCH,), tokens).numpy()
    found: dict[str, Step] = {"spanloom": lambda: viterbi(scores.numpy(), *chain, lengths)[0]}
    peers = _peers(ours)
    if "pytorch-crf" in peers:
        found["pytorch-crf"] = lambda: peers["pytorch-crf"].decode(scores, mask)
    if "TorchCRF" in peers:
        found["TorchCRF"] = lambda: peers["TorchCRF"].viterbi_decode(scores, mask)
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


def measure(rounds: int, runs: int) -> list[dict[str, Any]]:
    """A record a size: milliseconds are medians over the runs, `times_as_fast` has the ratio in each of them."""
    found = []
    for (tokens, tags), target in SIZES.items():
        contestants = likelihoods(tokens, tags)
        steps = {name: step for name, (step, _) in contestants.items() if name != "float64"}
        record = {"tokens": tokens, "tags": tags, "target": target, **summary(steps, rounds, runs)}
        if "float64" in contestants:
            contestants["float64"][0]()
            exact = contestants["float64"][1]()
            record["gradient_error"] = {
                name: float((contestants[name][1]().double() - exact).abs().max()) for name in steps
            }
        decoding = decoders(tokens, tags)
        record["decoding"] = summary(decoding, rounds, runs)
        answers = [[list(map(int, path)) for path in step()] for step in decoding.values()]  # type: ignore[attr-defined]
        record["decoding"]["agrees"] = all(answer == answers[0] for answer in answers)
        found.append(record)
    return found


def summary(steps: Mapping[str, Step], rounds: int, runs: int) -> dict[str, Any]:
    every = [medians(steps, rounds) for _ in range(runs)]
    middle = {name: statistics.median(run[name] for run in every) for name in steps}
    ratios = [min(peers) / run["spanloom"] for run in every if (peers := [run[name] for name in run if name in PEERS])]
    return {"milliseconds": middle, "times_as_fast": ratios}


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
        off = record.get("gradient_error", {}).get("spanloom")
        for what, result, target, error in (
            ("forward and backward", record, record["target"], "" if off is None else f"{off:.1e}"),
            ("Viterbi", record["decoding"], DECODING, ""),
        ):
            times, ratios = result["milliseconds"], result["times_as_fast"]
            shown = [f"{times[name]:.1f}" if name in times else "" for name in names]
            ratio = "no peer installed"
            if ratios:
                ratio = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
            lines.append([f"{what}, {size}", *shown, ratio, target, error])
    return markdown(header, lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--data", type=Path, help="not needed: scores are random; all benchmarks are called alike")
    options.add_argument("--threads", type=int, default=2, help="default: 2")
    options.add_argument("--rounds", type=int, default=15, help="default: 15; medians are reported")
    options.add_argument("--runs", type=int, default=5, help="default: 5; all of them with as many rounds")
    options.add_argument("--results", type=Path, default=RESULTS.parent, metavar="DIR", help="JSON goes here")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    records = measure(chosen.rounds, chosen.runs)
    print("\n".join(table(records)))
    absent = [name for name in PEERS if name not in records[0]["milliseconds"]]
    if absent:
        print(f"Not installed: {', '.join(absent)}.")
    setting = {name: getattr(chosen, name) for name in ("threads", "rounds", "runs")}
    peers = {name: version(name) for name in PEERS if name not in absent}
    result = {**surroundings(), "peers": peers, "absent": absent, "batch": BATCH, **setting, "sizes": records}
    atomic_write(chosen.results / "crf.json", json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
