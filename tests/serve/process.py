"""A real server process on loopback, and what is said to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.serve import gated

SERVING = re.compile(r"Serving at http://127\.0\.0\.1:(\d+) with")
SECONDS = 60


class Reply(NamedTuple):
    """status, headers in lower case, and the body, decoded where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Server:
    """`spanloom serve` in a process of its own. gate: a named pipe that texts with `hold` wait for, see `gated`."""

    def __init__(self, *arguments: object, gate: Path | None = None) -> None:
        program = ["-m", "spanloom", "serve"]
        if gate is not None:
            os.mkfifo(gate)
            program = [str(Path(gated.__file__)), str(gate)]
        self.gate = gate
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *program, "--port", "0", *map(str, arguments)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        self._told = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = int(self.said(SERVING)[1])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._told:
                self.lines.append(line)
                self._told.notify_all()
        with self._told:
            self.lines.append("")  # the end
            self._told.notify_all()

    def said(self, pattern: str | re.Pattern[str]) -> re.Match[str]:
        """The first line that fits, once it is said."""
        with self._told:
            self._told.wait_for(lambda: self._found(pattern) or "" in self.lines, SECONDS)
            found = self._found(pattern)
        assert found, self.log
        return found

    def _found(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        return next((found for line in self.lines if (found := re.search(pattern, line))), None)

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One request over a connection of its own. body: bytes as they are, all else as JSON."""
        with contextlib.closing(self.connection()) as connection:
            return ask(connection, method, path, body, headers)

    def get(self, path: str) -> Reply:
        return self.ask("GET", path)

    def predict(self, text: Any, **fields: Any) -> Reply:
        """What one answer is wanted for: a text, or several in a list."""
        return self.ask("POST", "/v1/predict", {"text": text, **fields})

    def predict_all(self, texts: list[Any], **fields: Any) -> Reply:
        """What an answer each is wanted for."""
        return self.ask("POST", "/v1/predict", {"texts": texts, **fields})

    def metric(self, name: str) -> float:
        """A number of `/metrics`, by all that stands in front of it."""
        page = self.get("/metrics").body
        found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
        return float(found[1]) if found else 0.0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """While a model stands at the gate."""
        assert self.gate is not None
        with self.gate.open("wb"):
            yield

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code, once it ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request over this connection."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, path, content, {**kind, **(headers or {})})
    response = connection.getresponse()
    raw = response.read()
    known = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, known, json.loads(raw) if "json" in known.get("content-type", "") else raw.decode())
