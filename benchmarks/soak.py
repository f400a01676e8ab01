"""A soak: many requests of every kind from many clients at once, and whether the service is after them as before.

`python benchmarks/serve.py --parts soak` runs it with a small tagger, trained on the spot, and the bundled model. Every
request of a set is answered once, one after the other; then clients draw from the set, valid and not, and each answer
is compared byte by byte. Some clients leave in the middle of a request. Memory is looked at all the time, and
descriptors before and after.
"""

from __future__ import annotations

import itertools
import json
import random
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from processes import Server, answered, opened, ours, resident, running

from spanloom.predict.predictor import bundled
from spanloom.tasks import FOLDER

CLIENTS = 32
SAMPLES = 100
"""How often memory is looked at."""
WARM = 0.1
"""The share of the requests that warms up, and that of those behind it, and at the end, that are compared."""
KEPT = 40
"""Requests over one connection; the next goes over another."""
LEAVING = 0.01
"""The share of clients' turns that leave in the middle of a request."""
LIMITS = ("--max-body", "20000", "--max-texts", "16", "--max-characters", "4000")
NAMES = ("Bergen", "Oslo", "Mira Holm", "the ferry", "Nordvik Press", "kites")
JSON = {"Content-Type": "application/json"}


class Request(NamedTuple):
    method: str
    path: str
    body: bytes | None = None


class Reply(NamedTuple):
    status: int
    body: bytes


def small_tagger(folder: Path) -> Path:
    """A bundle of the tagger's own sample."""
    from spanloom.run.functions import export  # brings PyTorch, which nothing else here needs
    from spanloom.run.train import train

    run, bundle = folder / "run", folder / "tag"
    train(FOLDER / "tag" / "tiny.toml", run, ("train.epochs=8", "train.evaluate_from=8"))
    export(run, bundle, max_drop=100, precision="fp32")
    return bundle


def requests_for(tagger: str, other: str) -> list[Request]:
    """Every kind, valid and not; few are for the other model, which takes longer."""
    texts = [f"{one} met {two} in {three} ." for one, two, three in itertools.permutations(NAMES, 3)]
    bodies: list[Any] = [{"text": text, "model": tagger} for text in ("", "今天。", *texts)]
    bodies += [{"texts": texts[at : at + 1 + at % 8], "model": tagger} for at in range(0, 100, 2)]
    bodies += [{"text": " ".join(texts[at : at + 40]), "model": tagger} for at in range(10)]
    bodies += [{"text": text, "model": other, "threshold": 0.3} for text in texts[:4]]
    wrong: list[Any] = [{"text": texts[0], "threshold": 2}, {"text": texts[0], "model": "nobody"}, {"text": 5}, {}, []]
    wrong += [{"text": texts[0], "texts": texts}, {"texts": texts[:17]}, {"text": "x" * 4001}, {"text": "x" * 20_001}]
    wrong += [{"text": texts[0], "threshold": {"Nothing": 0.5}, "model": other}, {"text": texts[0], "more": 1}]
    found = [Request("POST", "/v1/predict", json.dumps(body).encode()) for body in (*bodies, *(wrong * 3))]
    for text in texts[:20]:
        tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}
        found.append(Request("POST", f"/v2/models/{tagger}/infer", json.dumps({"inputs": [tensor]}).encode()))
    found += [Request("POST", "/v1/predict", body) for body in (b"", b"{", b"\xff", b'{"text": "\\ud800"}', b"null")]
    found += [Request("GET", path) for path in ("/v1/models", "/healthz", "/nowhere", f"/v1/models/{tagger}", "/v2")]
    return [*found, Request("PUT", "/v1/predict", b"{}"), Request("GET", "/v1/predict")]


class Soak:
    """The clients, what they were told, and what was seen meanwhile."""

    def __init__(self, server: Server, expected: Mapping[Request, Reply], requests: int) -> None:
        self.server = server
        self.expected = expected
        self.kinds = list(expected)
        self.requests = requests
        self.statuses: Counter[int] = Counter()
        self.wrong: list[tuple[Request, Reply]] = []
        self.left = 0
        self.memory: list[int] = []
        self._turns = itertools.count()
        self._lock = threading.Lock()

    def client(self, seed: int) -> None:
        """One client, until all requests are made."""
        chance = random.Random(seed)
        ended = False
        while not ended:
            connection = HTTPConnection("127.0.0.1", self.server.port, timeout=120)
            for _ in range(KEPT):
                ended = next(self._turns) >= self.requests
                if ended:
                    break
                if chance.random() < LEAVING:
                    self._leave()
                    continue
                asked = chance.choice(self.kinds)
                self._note(asked, _answered(connection, asked))
            connection.close()

    def _leave(self) -> None:
        head = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.server.port)) as leaving:
            leaving.sendall(head + b'{"text": "')
        with self._lock:
            self.left += 1

    def _note(self, asked: Request, reply: Reply) -> None:
        with self._lock:
            self.statuses[reply.status] += 1
            if reply != self.expected[asked]:
                self.wrong.append((asked, reply))
            done = self.statuses.total() + self.left
            if done >= len(self.memory) * self.requests / SAMPLES:
                self.memory.append(resident(self.server.process))


def _answered(connection: HTTPConnection, asked: Request) -> Reply:
    connection.request(asked.method, asked.path, asked.body, {} if asked.body is None else JSON)
    response = connection.getresponse()
    return Reply(response.status, response.read())


def at_rest(process: int) -> int:
    """How many files a process has open once those connections are closed that clients have closed."""
    found = []
    for _ in range(20):
        found.append(opened(process))
        time.sleep(0.1)
    return min(found)


def growth(memory: Sequence[int]) -> dict[str, float]:
    """Memory behind the warm-up and at the end, in MB, and by which share it grew."""
    part = max(1, round(len(memory) * WARM))
    warm, end = median(memory[part : 2 * part]), median(memory[-part:])
    return {"warm_mb": round(warm / 1e6, 1), "end_mb": round(end / 1e6, 1), "growth": round(end / warm - 1, 4)}


def soak(requests: int, models: Mapping[str, Path] | None = None, clients: int = CLIENTS) -> dict[str, Any]:
    """What became of so many requests. models: a tagger and another; by default both are made or found."""
    with ExitStack() as stack:
        if models is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            models = {"tag": small_tagger(folder), "joint": bundled()}
        (name, first), (other, second) = models.items()
        server = stack.enter_context(running([*ours(first, 2, *LIMITS), f"{other}={second}"], "/v1/predict"))
        began = time.perf_counter()
        expected = {asked: Reply(*answered(server.port, *asked)) for asked in dict.fromkeys(requests_for("m", other))}
        before = at_rest(server.process)
        run = Soak(server, expected, requests)
        with ThreadPoolExecutor(clients) as pool:
            for each in [pool.submit(run.client, seed) for seed in range(clients)]:
                each.result()
        page = answered(server.port, "GET", "/metrics")[1].decode()
        after = at_rest(server.process)
    waiting = next(float(line.split()[1]) for line in page.splitlines() if line.startswith("spanloom_queue_texts "))
    return {
        "requests": requests,
        "clients": clients,
        "kinds": len(expected),
        "models": [name, other],
        "statuses": {str(status): count for status, count in sorted(run.statuses.items())},
        "left": run.left,
        "wrong": len(run.wrong),
        "first_wrong": [str(each)[:500] for each in run.wrong[:3]],
        "memory": growth(run.memory),
        "samples_mb": [round(each / 1e6, 1) for each in run.memory],
        "descriptors": {"before": before, "after": after},
        "waiting": waiting,
        "seconds": round(time.perf_counter() - began, 1),
    }
