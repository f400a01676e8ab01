"""How other services join requests into batches: as ours does."""

from __future__ import annotations

import socket

TOGETHER, LATE = 32, 0.002
"""Texts of a batch at most, and seconds that it waits for company at most."""


def free_port() -> int:
    """A port of loopback that nothing listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
