"""The addresses of spanloom's own: `/v1/…`, health and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse

from spanloom.errors import SpanloomError
from spanloom.predict.predictor import UserText
from spanloom.serve.refusals import Refused, stopping, unusable
from spanloom.serve.schemas import Health, Limits, ModelInfo, ModelList, PredictRequest, PredictResponse, Refusal
from spanloom.serve.service import Answered, Service
from spanloom.serve.settings import Log
from spanloom.write.terminal import say

REFUSALS: dict[int, str] = {
    400: "Not JSON.",
    401: "No valid token.",
    404: "No such model.",
    408: "The body did not come in time.",
    413: "The body is too large.",
    422: "A field is missing, unknown or wrong, or a text is beyond a limit.",
    429: "Too many texts wait; `Retry-After` says when to come again.",
    503: "The service is stopping.",
    504: "Not answered in time.",
}
METRICS = "text/plain; version=0.0.4; charset=utf-8"


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of refusals with these statuses."""
    return {status: {"model": Refusal, "description": REFUSALS[status]} for status in (401, *statuses)}


def said(service: Service, texts: Sequence[UserText]) -> None:
    """Say the texts of a request, where that is asked for."""
    if service.settings.log is Log.texts:
        for text in texts:
            say(f"text: {text!r}")


ASKED = refusals(400, 404, 408, 413, 422, 429, 503, 504)
router = APIRouter()


def service_of(request: Request) -> Service:
    """The service that the application was built for."""
    service: Service = request.app.state.service
    return service


async def answered(request: Request, asked: PredictRequest) -> Answered:
    """What is asked for, one text or several. Raises Refused."""
    service = service_of(request)
    one, many = (name in asked.model_fields_set for name in ("text", "texts"))
    if one == many:
        found = "both 'text' and 'texts'" if one else "neither 'text' nor 'texts'"
        raise unusable(SpanloomError("request", found, "one of the two", "Send a text, or a list of texts."))
    texts = [asked.text] if one else asked.texts
    said(service, texts)
    return await service.answer(service.model(asked.model), texts, asked.threshold, request.receive)


@router.post("/v1/predict", response_model=PredictResponse, responses=ASKED)
async def predict(request: Request, asked: Annotated[PredictRequest, Body()]) -> Response:
    """Answer for one text, or for several."""
    given = await answered(request, asked)
    if "texts" in asked.model_fields_set:
        return JSONResponse({**given.about(), "answers": [outcome.shown for outcome in given.outcomes]})
    [outcome] = given.outcomes
    if outcome.failed:
        raise Refused(422, "text", str(outcome.shown["error"]))
    # As it is: checking it would take longer than answering.
    return JSONResponse({**given.about(), "answer": outcome.shown})


PREDICT = next(route for route in router.routes if isinstance(route, APIRoute))
"""The route of `predict`, see `direct.py`."""


@router.get("/v1/models", response_model=ModelList, responses=refusals())
async def models(request: Request) -> dict[str, Any]:
    """What is served; the first answers where no model is named."""
    service = service_of(request)
    limits = {name: getattr(service.settings.limits, name) for name in Limits.model_fields}
    known = [model.about() for model in service.models.values()]
    return {"models": known, "limits": limits, "store": service.settings.store is not None}


@router.get("/v1/models/{name}", response_model=ModelInfo, responses=refusals(404))
async def model(request: Request, name: str) -> dict[str, Any]:
    """One model."""
    return service_of(request).model(name).about()


RELOADED = {**refusals(404), 409: {"model": Refusal, "description": "It cannot be loaded; the old one stays."}}


@router.post("/v1/models/{name}/reload", response_model=ModelInfo, responses=RELOADED)
async def reload(request: Request, name: str) -> dict[str, Any]:
    """Load a model again from its folder, which was named when the service began. No request is lost by it."""
    service = service_of(request)
    old = service.model(name)
    try:
        return (await asyncio.to_thread(service.reload, name)).about()
    except SpanloomError as error:
        said = str(error).replace(str(old.folder), name)  # where it is kept is nobody's business
        raise Refused(409, "not_loaded", said) from error


@router.get("/healthz", response_model=Health)
async def healthz() -> dict[str, str]:
    """Whether the process answers at all."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Health, responses={503: refusals(503)[503]})
async def readyz(request: Request) -> dict[str, str]:
    """Whether requests are taken: models are loaded, and the service is not stopping."""
    if service_of(request).draining:
        raise stopping()
    return {"status": "ready"}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **refusals()})
async def metrics(request: Request) -> Response:
    """Counters and histograms in Prometheus' text format."""
    return Response(service_of(request).meters.page(), media_type=METRICS)
