"""The service as one ASGI application, with what OpenAPI says of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from spanloom import __version__
from spanloom.errors import SpanloomError
from spanloom.serve import drawn, facts, front, kserve, label_studio, v1
from spanloom.serve.direct import Direct
from spanloom.serve.guard import Guard, bug, refusal
from spanloom.serve.refusals import Refused
from spanloom.serve.retraining import Retraining
from spanloom.serve.schemas import PredictRequest
from spanloom.serve.service import Service
from spanloom.serve.watch import watch

OF_STATUS = {
    404: ("unknown_address", "no such address"),
    405: ("wrong_method", "another method than this address has"),
    400: ("not_json", "the body cannot be read as JSON"),
}
"""What the framework itself refuses, by its status: the cause, and what was found."""


def build(service: Service) -> ASGIApp:
    """An application that answers by this service, and starts and stops it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        seconds = service.settings.watch
        watching = None if seconds is None else asyncio.create_task(watch(service, seconds))
        yield
        if watching is not None:
            watching.cancel()
        if retraining is not None:
            await asyncio.to_thread(retraining.stop)
        service.stop()

    trained = service.settings.trained
    retraining = None if trained is None else Retraining(service, trained)
    about = "Text to structure: entities, relations, tags and labels."
    app = FastAPI(
        title="spanloom", version=__version__, description=about, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.service = service
    for each in (v1, drawn, facts, kserve, front):
        app.include_router(each.router)
    if service.settings.label_studio:
        app.state.retraining = retraining
        app.include_router(label_studio.router)
        app.include_router(label_studio.router, prefix=label_studio.PREFIX)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, not_understood)
    app.add_exception_handler(Exception, broken)
    app.openapi = cache(described(app, service))  # type: ignore[method-assign]
    return Guard(Direct(app, v1.PREDICT, PredictRequest), service)


async def refused(request: Request, error: Exception) -> Response:
    """A refusal, ours or the framework's, in the words of ours."""
    assert isinstance(error, HTTPException)
    if not isinstance(error, Refused):
        cause, found = OF_STATUS.get(error.status_code, ("invalid", str(error.detail)))
        said = SpanloomError("request", found, "one of those that /openapi.json lists", "Correct it.")
        error = Refused(error.status_code, cause, said, error.headers)
    service: Service = request.app.state.service
    service.meters.refusals.labels(error.cause).inc()
    return refusal(error)


async def broken(request: Request, error: Exception) -> Response:
    """The answer where there is a bug of ours, which goes on to the guard."""
    return bug()


async def not_understood(request: Request, error: Exception) -> Response:
    """A body that is no JSON, or not of the fields that it should have: the first fault, by the name of its field."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("list[", "constrained-")))
    broken = first["type"] == "json_invalid"
    found = "the body is not JSON" if broken else f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    expected = "" if broken else "a body as /openapi.json describes it"
    fault = SpanloomError("request" if broken else place, found, expected, "Correct it.")
    return await refused(request, Refused(400 if broken else 422, "not_json" if broken else "invalid", fault))


def described(app: FastAPI, service: Service) -> Callable[[], dict[str, Any]]:
    """What OpenAPI says, with a text that the first model can read and what it answers as the example."""

    def schema() -> dict[str, Any]:
        page = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        model = service.model(None)
        text = model.example()
        answer = model.predictor(text if isinstance(text, str) else tuple(text)).to_dict()
        given = {"model": model.name, "version": model.version, "notes": []}
        answers = {"predict": {"answer": answer}, "draw": {"drawn": [drawn.drawn_of(model, answer)]}}
        for name, found in answers.items():
            asked = page["paths"][f"/v1/{name}"]["post"]
            asked["requestBody"]["content"]["application/json"]["example"] = {"text": text}
            asked["responses"]["200"]["content"]["application/json"]["example"] = {**given, **found}
        if service.settings.tokens:
            page["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            page["security"] = [{"token": []}]
        return page

    return schema
