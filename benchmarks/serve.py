"""The service: how many texts a second over HTTP, beside the same model without it, and how long a request takes.

    python benchmarks/serve.py --model BUNDLE [--texts FILE] [--threads 1 2]

Without `--texts`, a text a line, sentences are made up. Clients keep their connections, send one text a request,
and are threads of one process beside the server: with few processors they take their share of them.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from threading import Barrier
from typing import Any

from machine import surroundings
from rows import RESULTS
from training import store

from spanloom.predict.predictor import bundled, load
from spanloom.write.terminal import tell

OUTPUT = RESULTS.parent / "serve.json"
CLIENTS = (1, 8, 32)
SERVING = re.compile(r"Serving at http://127\.0\.0\.1:(\d+) ")
NAMES = ("Ada Lovelace", "Mira Holm", "Bobby Fischer", "Bo", "Nordvik Press", "Ines Duarte")
PLACES = ("London", "Bergen", "Reykjavik , Iceland", "Oslo", "Lisbon", "Porto")
WARM = 64
"""Requests before those that count."""


def made_up() -> list[str]:
    """Sentences of 6 to 26 words."""
    pairs = itertools.product(NAMES, PLACES)
    return [
        f"{name} lived in {place} ." + " and worked there for a while ." * (turn % 4)
        for turn, (name, place) in enumerate(pairs)
    ]


@contextmanager
def served(model: Path, threads: int) -> Iterator[tuple[int, float]]:
    """A server's port, and the seconds from its start to its first answer."""
    began = time.perf_counter()
    program = [sys.executable, "-m", "spanloom", "serve", f"m={model}", "--port", "0", "--threads", str(threads)]
    process = subprocess.Popen(program, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        port = next(int(found[1]) for line in process.stderr if (found := SERVING.search(line)))
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            ask(connection, "Ada Lovelace lived in London .")
        yield port, time.perf_counter() - began
    finally:
        process.terminate()
        process.communicate()


def ask(connection: http.client.HTTPConnection, text: str) -> None:
    body = json.dumps({"text": text})
    connection.request("POST", "/v1/predict", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    assert response.status == 200, response.status


def client(port: int, texts: Sequence[str], ready: Barrier) -> list[float]:
    """One client: its texts one after the other; what each request took, in seconds."""
    found = []
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        ask(connection, texts[0])
        ready.wait()
        for text in texts:
            began = time.perf_counter()
            ask(connection, text)
            found.append(time.perf_counter() - began)
    return found


def measured(port: int, texts: Sequence[str], clients: int) -> dict[str, float]:
    """Texts a second, and the middle and the slowest hundredth of what a request took, in milliseconds."""
    ready = Barrier(clients + 1)
    with ThreadPoolExecutor(clients) as pool:
        asking = [pool.submit(client, port, texts[number::clients], ready) for number in range(clients)]
        ready.wait()
        began = time.perf_counter()
        each = [seconds for one in asking for seconds in one.result()]
        total = time.perf_counter() - began
    return {"rate": len(texts) / total, "p50": median(each) * 1000, "p99": quantiles(each, n=100)[98] * 1000}


def offline(model: Path, texts: Sequence[str], threads: int) -> float:
    """Texts a second of a predictor that is given all of them."""
    predictor = load(model, threads=threads)
    list(predictor.predict(texts[:WARM]))
    began = time.perf_counter()
    for _ in predictor.predict(texts):
        pass
    return len(texts) / (time.perf_counter() - began)


def measure(model: Path, texts: Sequence[str], threads: int) -> dict[str, Any]:
    without = offline(model, texts, threads)
    with served(model, threads) as (port, cold):
        rows = [{"clients": clients, **measured(port, texts, clients)} for clients in CLIENTS]
    return {
        "model": model.name,
        "threads": threads,
        "texts": len(texts),
        "offline": without,
        "cold": cold,
        "rows": rows,
    }


def table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "| model | threads | clients | texts a second | of offline | p50, ms | p99, ms | cold start, s |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for one in found:
        for row in one["rows"]:
            share = row["rate"] / one["offline"]
            figures = f"{row['rate']:.0f} | {share:.2f} | {row['p50']:.1f} | {row['p99']:.1f} | {one['cold']:.1f}"
            yield f"| {one['model']} | {one['threads']} | {row['clients']} | {figures} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=bundled())
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    chosen = parser.parse_args(arguments)
    given = chosen.texts.read_text(encoding="utf-8").splitlines() if chosen.texts else made_up()
    texts = list(itertools.islice(itertools.cycle(given), chosen.requests))
    found = [measure(chosen.model, texts, threads) for threads in chosen.threads]
    store(chosen.output, {**surroundings(), "found": found})
    for line in table(found):
        tell(line)


if __name__ == "__main__":
    main()
