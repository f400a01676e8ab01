"""The service: texts a second over HTTP beside the same model without it, what a request takes, and what it withstands.

    python benchmarks/serve.py                                 # the bundled model; with --model BUNDLE … others as well
    python benchmarks/serve.py --parts speed --peers litserve ray --rounds 3
    python benchmarks/serve.py --parts cold soak --soak 20000

`speed`: the predictor without a service, ours, and other services that run the same bundle take turns, so that whatever
else the machine does falls on all alike. Clients are a process of its own beside the server. With few processors it
takes a share of them, so seconds of processors are counted, the server's apart from the clients': texts a second of a
processor tell what the service itself costs, on a machine with other work too. `cold`: from the start of the process to
its first answer. `soak`: see `soak.py`. Without `--texts`, a text a line, sentences are made up. Results are kept in
`results/serve.json`, a part as it was last measured; docs/serving.md shows them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from machine import surroundings
from processes import Server, asked, ours, peer, running
from rows import RESULTS
from serve_tables import serve_tables
from soak import soak
from training import store

from spanloom.predict.predictor import Predictor, bundled, load
from spanloom.write.terminal import tell

OUTPUT = RESULTS.parent / "serve.json"
PEERS = {"litserve": ("litserve_service", "/predict"), "ray": ("ray_service", "/")}
CELLS = ((1, 1), (8, 1), (32, 1), (1, 8), (8, 8), (32, 8))
"""Clients, and texts a request; others are asked for one text at a time."""
STARTS = 7
NAMES = ("Ada Lovelace", "Mira Holm", "Bobby Fischer", "Bo", "Nordvik Press", "Ines Duarte")
PLACES = ("London", "Bergen", "Reykjavik , Iceland", "Oslo", "Lisbon", "Porto")
OURS = "spanloom"


def made_up() -> list[str]:
    """Sentences of 5 to 23 words."""
    pairs = itertools.product(NAMES, PLACES)
    return [
        f"{name} lived in {place}" + " and worked there for a while" * (turn % 4) + " ."
        for turn, (name, place) in enumerate(pairs)
    ]


def bodies(texts: Sequence[str], together: int) -> list[str]:
    """Requests of so many texts each."""
    if together == 1:
        return [json.dumps({"text": text}) for text in texts]
    return [json.dumps({"texts": texts[at : at + together]}) for at in range(0, len(texts), together)]


def offline(predictor: Predictor[Any], texts: Sequence[str]) -> dict[str, Any]:
    """Seconds, of the clock and of processors, that all the texts take without a service."""
    began, worked = time.perf_counter(), time.process_time()
    for _ in predictor.predict(texts):
        pass
    return {"wall": time.perf_counter() - began, "served": time.process_time() - worked}


def share(texts: Sequence[str], clients: int) -> Sequence[str]:
    """As many texts as so many clients are given: one waits for each answer, and would take long for all."""
    return texts[: max(64, len(texts) // (4 if clients < 8 else 1))]


def speed(model: Path, threads: int, texts: Sequence[str], peers: Sequence[str], rounds: int) -> dict[str, Any]:
    """Every contestant in turns; the first round warms up and is left out."""
    predictor = load(model, threads=threads)
    alone: list[dict[str, Any]] = []
    cells: dict[tuple[str, int, int], list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        servers = {OURS: stack.enter_context(running(ours(model, threads), "/v1/predict"))}
        for name in peers:
            file, path = PEERS[name]
            servers[name] = stack.enter_context(running(peer(file, model, threads), path))
        for number in range(rounds + 1):
            given = texts if number else texts[:64]
            alone.append(offline(predictor, given))
            for (clients, together), (name, server) in itertools.product(CELLS, servers.items()):
                if together == 1 or name == OURS:
                    found = _cell(server, share(given, clients), clients, together)
                    cells.setdefault((name, clients, together), []).append(found)
    without = {kind: median(len(texts) / each[key] for each in alone[1:]) for kind, key in KINDS.items()}
    return {
        "model": model.name,
        "threads": threads,
        "rounds": rounds,
        "texts": len(texts),
        "offline": without,
        "rows": [_row(*key, found[1:]) for key, found in cells.items()],
    }


KINDS = {"rate": "wall", "of_processor": "served"}


def _cell(server: Server, texts: Sequence[str], clients: int, together: int) -> dict[str, Any]:
    return {**asked(server, bodies(texts, together), clients), "texts": len(texts)}


def _row(name: str, clients: int, together: int, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The medians over the rounds; of what a request took, over all requests, in milliseconds."""
    each = [seconds * 1000 for one in found for seconds in one["each"]]
    rates = {kind: median(one["texts"] / max(one[key], 0.01) for one in found) for kind, key in KINDS.items()}
    clients_took = sum(one["cpu"] for one in found) / sum(one["texts"] for one in found)
    return {
        "service": name,
        "clients": clients,
        "together": together,
        **rates,
        "client_microseconds_a_text": clients_took * 1e6,
        "p50": median(each),
        "p99": quantiles(each, n=100)[98],
    }


def cold(model: Path, threads: int, starts: int) -> dict[str, Any]:
    """The start that fills the caches is left out."""
    found = []
    for _ in range(starts + 1):
        with running(ours(model, threads), "/v1/predict") as server:
            found.append(server.cold)
    seconds = {kind: [round(each[kind], 3) for each in found[1:]] for kind in ("wall", "cpu")}
    return {"model": model.name, "threads": threads, **seconds}


def beside(known: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is found, in the place of what was known of the same, beside what was known of others."""
    same = ("model", "threads")
    new = [[one.get(name) for name in same] for one in found]
    return [*(one for one in known if [one.get(name) for name in same] not in new), *found]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, nargs="+", default=[bundled()])
    parser.add_argument("--parts", nargs="+", choices=("speed", "cold", "soak"), default=["speed", "cold"])
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--requests", type=int, nargs="+", default=[2000], help="texts a round, one number a model")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--soak", type=int, default=20_000, help="requests of the soak")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    chosen = parser.parse_args(arguments)
    known = json.loads(chosen.output.read_text(encoding="utf-8")) if chosen.output.exists() else {}
    given = chosen.texts.read_text(encoding="utf-8").splitlines() if chosen.texts else made_up()
    requests = dict(zip(chosen.model, itertools.cycle(chosen.requests), strict=False))
    found: dict[str, Any] = {}
    if "speed" in chosen.parts:
        found["speed"] = [
            speed(model, threads, list(itertools.islice(itertools.cycle(given), most)), chosen.peers, chosen.rounds)
            for (model, most), threads in itertools.product(requests.items(), chosen.threads)
        ]
    if "cold" in chosen.parts:
        found["cold"] = [cold(chosen.model[0], chosen.threads[0], chosen.starts)]
    if "soak" in chosen.parts:
        found["soak"] = [soak(chosen.soak)]
    about = surroundings()
    now = {part: [{**one, **about} for one in each] for part, each in found.items()}
    store(chosen.output, {**known, **{part: beside(known.get(part, []), each) for part, each in now.items()}})
    for line in serve_tables(now):
        tell(line)


if __name__ == "__main__":
    main()
