"""The short way to `/v1/predict`: what it takes, what it leaves to FastAPI, and that both say the same."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from spanloom.serve.app import build
from spanloom.serve.service import Service
from spanloom.serve.settings import Settings

PREDICT = "/v1/predict"
JSON = b"application/json"


@pytest.fixture(scope="module")
def service(bundles: dict[str, Path]) -> Service:
    """One whose threads were not started: no text that is taken is ever answered."""
    return Service({"tag": bundles["tag"]}, Settings(threads=1))


def asked(app: ASGIApp, path: str, body: list[bytes], kind: bytes = JSON) -> tuple[int, Any]:
    """Status and body of what is given for a POST whose body comes in these pieces, after which the client goes."""
    pieces: list[Message] = [{"type": "http.request", "body": each, "more_body": True} for each in body]
    pieces[-1]["more_body"] = False
    sent: list[Message] = []

    async def receive() -> Message:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [(b"content-type", kind)]}
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    if not sent:
        return 0, None
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.mark.parametrize("pieces", [1, 2, 9])
def test_a_body_may_come_in_pieces(service: Service, pieces: int) -> None:
    body = b'{"texts": []}'
    size = -(-len(body) // pieces)
    status, said = asked(build(service), PREDICT, [body[at : at + size] for at in range(0, len(body), size)])
    assert (status, said["answers"]) == (200, [])


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 422, "body: field required"),
        (b"{", 400, "the body is not JSON"),
        (b'{"text": 5}', 422, "text"),
        (b'{"texts": [], "more": 1}', 422, "body.more"),
        (b'\xef\xbb\xbf{"texts": []}', 200, None),
        ('{"texts": []}'.encode("utf-16"), 200, None),
        (b'{"texts": [], "model": "nobody"}', 404, "model: no model 'nobody'"),
    ],
)
def test_what_is_not_plainly_in_order_is_told_by_fastapi(service: Service, body: bytes, status: int, said: str) -> None:
    found = asked(build(service), PREDICT, [body])
    assert found[0] == status
    assert said is None or said in found[1]["error"]


def test_what_does_not_say_that_it_is_json_is_refused(service: Service) -> None:
    """As a page of another site may send it without being asked."""
    assert asked(build(service), PREDICT, [b'{"texts": []}'], b"text/plain")[0] == 422


def test_a_client_that_goes_away_costs_nothing(service: Service) -> None:
    status, said = asked(build(service), PREDICT, [b'{"text": "a ferry"}'])
    assert (status, said["cause"], service.queue.waiting) == (499, "client_gone", 0)


@pytest.mark.parametrize("kind", [JSON, b"application/json; charset=utf-8"])
def test_a_bug_is_told_without_a_text(
    service: Service, kind: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By either way."""

    def broken(name: str | None) -> None:
        raise ZeroDivisionError("Quokka")

    monkeypatch.setattr(service, "model", broken)
    status, said = asked(build(service), PREDICT, [b'{"text": "Quokka"}'], kind)
    assert (status, said["cause"]) == (500, "bug")
    logged = capsys.readouterr().err
    assert "This is a bug in spanloom: ZeroDivisionError at test_direct.py" in logged
    assert "Quokka" not in logged
    assert service.meters.refusals.labels("bug")._value.get() >= 1
