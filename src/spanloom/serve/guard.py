"""What stands before every route: tokens, the size and the time of a body, what is counted and what is said."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
import traceback
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanloom.serve.front import PATHS
from spanloom.serve.refusals import Refused, beyond, no_token, too_slow
from spanloom.serve.service import Service
from spanloom.serve.settings import Log
from spanloom.write.terminal import say

OPEN = PATHS | {"/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"}
"""What is answered without a token: the page to type it in, and whether the service is there."""

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
UNKNOWN = "unknown"
BUG = "bug"
"""The cause of what is not refused but failed."""


def refusal(error: Refused) -> JSONResponse:
    """A refusal as a response: what was wrong, and its cause by a fixed name."""
    return JSONResponse({"error": error.detail, "cause": error.cause}, error.status_code, error.headers)


def bug() -> JSONResponse:
    """The answer where something failed that should not."""
    return JSONResponse({"error": "service: failed. This is a bug in spanloom: please report it.", "cause": BUG}, 500)


class Guard:
    """The outermost layer. Every request is counted here, and nothing that fails gets out but as a response."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service
        self.limits = service.settings.limits
        self._tokens = [_digest(token.encode("ascii")) for token in service.settings.tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        meters, began, sent = self.service.meters, time.perf_counter(), Sent(send)
        meters.open.inc()
        try:
            self._authorise(scope)
            await self.app(scope, self._bounded(scope, receive), sent)
        except Refused as error:
            if not sent.status:
                meters.refusals.labels(error.cause).inc()
                await refusal(error)(scope, receive, sent)
        except Exception as error:
            say(_where(error))
            meters.refusals.labels(BUG).inc()
            if not sent.status:
                await bug()(scope, receive, sent)
        finally:
            meters.open.dec()
            route, took = route_of(scope), time.perf_counter() - began
            meters.answered(route, sent.status, took)
            if self.service.settings.log is not Log.quiet:
                say(f"{scope['method'][:10]} {route} {sent.status} {took * 1000:.1f} ms")

    def _authorise(self, scope: Scope) -> None:
        """Every token is compared, each in constant time, so that the time says nothing of which came close."""
        if not self._tokens or scope["path"] in OPEN:
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        digest = _digest(_token(given))
        same = [hmac.compare_digest(digest, each) for each in self._tokens]
        if not any(same):
            raise no_token()

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """The body, piece by piece, up to its limits of size and time."""
        most, until = self.limits.body, time.monotonic() + self.limits.seconds
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        size, whole = 0, False

        async def bounded() -> Message:
            nonlocal size, whole
            if whole:
                return await receive()  # waits for the client to go away
            if declared.isdigit() and int(declared) > most:
                raise beyond(413, "body", f"a body of {int(declared):,} bytes", most)
            try:
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise too_slow(self.limits.seconds) from None
            size += len(message.get("body", b""))
            if size > most:
                raise beyond(413, "body", f"a body of more than {most:,} bytes", most)
            whole = not message.get("more_body", False)
            return message

        return bounded


class Sent:
    """What is sent, with the headers that every response has. status: 0 until a response begins."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            known = {name for name, _ in message["headers"]}
            message = {**message, "headers": [*message["headers"], *(item for item in HEADERS if item[0] not in known)]}
        await self.send(message)


def route_of(scope: Scope) -> str:
    """The route of a request as it is declared: what stands in its place in the address may be anything."""
    route: Any = scope.get("route")
    return UNKNOWN if route is None else str(route.path)


def _token(given: bytes) -> bytes:
    """The token of a header: behind Bearer, or the password of Basic, which is what Label Studio can send."""
    kind, _, rest = given.partition(b" ")
    if kind.lower() == b"bearer":
        return rest.strip()
    if kind.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(rest.strip(), validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _where(error: Exception) -> str:
    """An error by its type and place; its message may hold a part of a text."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"This is a bug in spanloom: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}."
