"""Processes that are measured: what they cost; servers of ours and of others that run while something is measured."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SERVING = re.compile(r"Serving at http://127\.0\.0\.1:(\d+)")
TICK = 1 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
TEXT = "Ada Lovelace lived in London ."
PATIENCE = 300
"""Seconds that a server may take until it answers, on a machine that has other work."""
COMPILED = Path(tempfile.gettempdir()) / "spanloom-benchmarks-compiled"


def surrounded() -> dict[str, str]:
    """The environment of a process whose modules are compiled beforehand, as those of an installed package are."""
    path = os.pathsep.join(each for each in sys.path if each)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(COMPILED)}


def family(process: int) -> list[int]:
    """A process and all that it and its children started, of those that are there."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [process]
    for each in found:
        found += children.get(each, [])
    return found


def _stat(process: int) -> list[str]:
    """What stands behind the name in `/proc/PROCESS/stat`; nothing where it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return []


def worked(process: int) -> float:
    """Seconds that processors spent on a process and those that it started."""
    fields = [fields for each in family(process) if (fields := _stat(each))]
    return sum(int(each[11]) + int(each[12]) for each in fields) * TICK


def resident(process: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * PAGE


def opened(process: int) -> int:
    """How many files and connections a process has open."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


@dataclass(frozen=True)
class Server:
    """A server that listens. path, field: where and as what a text is sent. cold: seconds from its start to its first
    answer, and those of a processor.
    """

    process: int
    port: int
    path: str
    cold: dict[str, float]


@contextmanager
def running(program: Sequence[str], path: str) -> Iterator[Server]:
    """A server, from its first answer on. It says `Serving at http://127.0.0.1:PORT`, and ends on SIGTERM."""
    began = time.perf_counter()
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as said:
        process = subprocess.Popen(program, stdout=said, stderr=said, env=surrounded(), start_new_session=True)
        try:
            port = _port(process, said)
            _first_answer(port, path, began + PATIENCE)
            cold = {"wall": time.perf_counter() - began, "cpu": worked(process.pid)}
            yield Server(process.pid, port, path, cold)
        finally:
            _end(process)


def _port(process: subprocess.Popen[Any], said: Any) -> int:
    """The port that a server says. Its output is read from a file, so that it can never wait for us."""
    while True:
        said.seek(0)
        text = said.read()
        if found := SERVING.search(text):
            return int(found[1])
        if process.poll() is not None:
            raise RuntimeError(f"it ended before it served:\n{text[-3000:]}")
        time.sleep(0.005)


def _first_answer(port: int, path: str, until: float) -> None:
    """Ask until there is an answer: others say where they serve before they do."""
    while True:
        try:
            status, said = answered(port, "POST", path, {"text": TEXT})
            if status == 200:
                return
        except OSError as error:
            said = str(error).encode()
        if time.perf_counter() > until:
            raise RuntimeError(f"no answer within {PATIENCE} s: {said[:300]!r}")
        time.sleep(0.005)


def _end(process: subprocess.Popen[Any]) -> None:
    """End a process that is the first of its group, and what is left of the group behind it."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def ours(model: Path, threads: int, *options: str) -> list[str]:
    """The command line of our service."""
    named = ["-m", "spanloom", "serve", f"m={model}", "--port", "0", "--threads", str(threads)]
    return [sys.executable, *named, *options]


def peer(name: str, model: Path, threads: int) -> list[str]:
    """The command line of another's."""
    return [sys.executable, str(HERE / "peers" / f"{name}.py"), str(model), str(threads)]


def answered(port: int, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    """One request over a connection of its own. body: bytes as they are, all else as JSON."""
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        connection.request(method, path, content, {} if content is None else {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()


def asked(server: Server, bodies: Sequence[str], clients: int) -> dict[str, Any]:
    """What `clients.py` tells of these requests, and `served`: the seconds of processors that the server took."""
    given = {"port": server.port, "path": server.path, "clients": clients, "bodies": bodies}
    before = worked(server.process)
    done = subprocess.run(
        [sys.executable, str(HERE / "clients.py")], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    if set(told["statuses"]) != {"200"}:
        raise RuntimeError(f"answers of status {told['statuses']}")
    return {**told, "served": worked(server.process) - before}
