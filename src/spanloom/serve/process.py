"""The process: an address to listen at, signals, and an end that loses no answer."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import uvicorn

from spanloom.errors import ConfigError
from spanloom.serve.app import build
from spanloom.serve.service import Service
from spanloom.serve.settings import LOOPBACK, Settings
from spanloom.write.terminal import say

AFTER = 5
"""Seconds beyond the time of a request that its answer may still take to be sent when the process stops."""
BACKLOG = 2048


class Server(uvicorn.Server):
    """uvicorn, which tells the service that it is stopping."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self.stopping = stopping

    def stop(self) -> None:
        """Stop in order, also where it has not begun."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops in order; another one at once."""
        self.stopping()
        super().handle_exit(sig, frame)


def serve(folders: Mapping[str, Path], host: str, port: int, settings: Settings) -> None:
    """Serve models until the process is told to stop by SIGTERM or Ctrl-C; what was taken by then is answered.

    port: 0 for any that is free. Raises ConfigError for an address that cannot be had, and what loading raises.
    """
    listening = listen(host, port)
    try:
        service = Service(folders, settings)
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)  # its tracebacks can hold parts of texts
        config = uvicorn.Config(
            build(service),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(settings.limits.seconds) + AFTER,
        )
        _say_where(listening, service)

        def stopping() -> None:
            if not service.draining:
                service.draining = True
                say("Stopping: what was taken is answered first.")

        server = Server(config, stopping)
        for number in (signal.SIGTERM, signal.SIGINT):  # until uvicorn listens to them, and when it raises them again
            signal.signal(number, lambda *_: server.stop())
        server.run(sockets=[listening])
    finally:
        listening.close()
    say("Stopped.")


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ConfigError."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, number)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "Name another with --host or --port; --port 0 takes any that is free."
        raise ConfigError("serve", f"cannot listen at {host}:{port} ({reason})", "a free address", remedy) from error
    listening.set_inheritable(True)
    return listening


def _say_where(listening: socket.socket, service: Service) -> None:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    if host not in LOOPBACK and not service.settings.tokens:
        say(f"Anybody who reaches {shown}:{port} can ask: there is no --token-file.")
    for model in service.models.values():
        say(f"Model {model.name!r}: task {model.predictor.task.name}, version {model.version}.")
    say(f"Serving at http://{shown}:{port} with {service.settings.threads} threads. Ctrl-C stops.")
