"""The short way to the address that nearly all requests are for: what FastAPI does for it, without the machinery.

Between a request and its route FastAPI has seven layers, a match of every address and a solver of dependencies, which
take longer than a small model takes for a text. Whatever is not plainly in order goes to FastAPI, with what was read of
it, so that there is one place that says what is wrong.
"""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

JSON = (b"content-type", b"application/json")


class Direct:
    """Calls the endpoint of one route itself. body: the model of what is sent to it, its argument `asked`."""

    def __init__(self, app: FastAPI, route: APIRoute, body: type[BaseModel]) -> None:
        self.app = app
        self.route = route
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = self.route.methods or ()
        ours = scope["type"] == "http" and scope["path"] == self.route.path and scope["method"] in methods
        if not ours or JSON not in scope["headers"]:
            await self.app(scope, receive, send)
            return
        content = await _read(receive)
        try:
            asked = None if content is None else self.body.model_validate_json(content)
        except ValidationError:
            asked = None
        if asked is None:
            await self.app(scope, _again(content, receive), send)
            return
        scope["app"], scope["route"] = self.app, self.route
        response: Response = await self.route.endpoint(Request(scope, receive), asked)
        await response(scope, receive, send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None where the client went away before its end."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def _again(content: bytes | None, receive: Receive) -> Receive:
    """A body that was read, to be read once more; a client that went away is still gone."""
    left: list[Message] = [{"type": "http.disconnect"}]
    if content is not None:
        left = [{"type": "http.request", "body": content, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again
