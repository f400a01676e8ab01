"""Clients of a service, in a process of their own that costs little: sockets, and requests made beforehand.

    python benchmarks/clients.py < ASKED > TOLD

ASKED is JSON: `port`, `path`, `clients`, and `bodies`, which clients send among them in turn, each the next once
the one before is answered. TOLD is JSON: `wall` and `cpu`, the seconds that it all took and those that a processor
spent here; `each`, what each request took; `statuses`, how many of each.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

PIECE = 2**16
END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
CHUNKED, LAST = b"\r\ntransfer-encoding: chunked", b"\r\n0\r\n\r\n"


def request(path: str, body: str) -> bytes:
    """A POST of JSON as it goes over the line."""
    content = body.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def whole(reply: bytes | bytearray) -> bool:
    """Whether a reply is there to its end. Raises ValueError for one that does not say its length."""
    end = reply.find(END)
    if end < 0:
        return False
    head = bytes(reply[: end + 2]).lower()
    place = head.find(LENGTH)
    if CHUNKED in head:
        return reply.endswith(LAST)
    if place < 0:
        raise ValueError(f"a reply without its length: {head[:200]!r}")
    place += len(LENGTH)
    return len(reply) - end - len(END) >= int(head[place : head.index(b"\r\n", place)])


class Client:
    """One connection, and what it waits for."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reply = bytearray()
        self.began = 0.0

    def send(self, content: bytes) -> None:
        self.reply.clear()
        self.began = time.perf_counter()
        self.socket.sendall(content)

    def receive(self) -> bool:
        """Take what came; whether the reply is whole. Raises ConnectionError where the service went away."""
        piece = self.socket.recv(PIECE)
        if not piece:
            raise ConnectionError("the service closed the connection")
        self.reply += piece
        return whole(self.reply)


def ask(port: int, requests: Iterable[bytes], clients: int) -> dict[str, Any]:
    """Send all of them, by so many clients at once."""
    left, each, statuses = deque(requests), [], Counter[int]()
    asking = [Client(port) for _ in range(min(clients, len(left)))]
    with selectors.DefaultSelector() as ready:
        began, worked = time.perf_counter(), time.process_time()
        for client in asking:
            ready.register(client.socket, selectors.EVENT_READ, client)
            client.send(left.popleft())
        while ready.get_map():
            for key, _ in ready.select():
                client = key.data
                if not client.receive():
                    continue
                each.append(time.perf_counter() - client.began)
                statuses[int(client.reply[9:12])] += 1
                if left:
                    client.send(left.popleft())
                else:
                    ready.unregister(client.socket)
                    client.socket.close()
        seconds, working = time.perf_counter() - began, time.process_time() - worked
    return {"wall": seconds, "cpu": working, "each": each, "statuses": dict(statuses)}


def main() -> None:
    asked = json.load(sys.stdin)
    requests = [request(asked["path"], body) for body in asked["bodies"]]
    json.dump(ask(asked["port"], requests, asked["clients"]), sys.stdout)


if __name__ == "__main__":
    main()
