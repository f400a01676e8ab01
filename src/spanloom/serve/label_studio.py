"""The protocol of Label Studio's machine learning back ends: it asks for predictions, and tells of annotations.

Under `/` the first model that is served answers, under `/label-studio/NAME` the one of that name.
https://labelstud.io/guide/ml
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse

from spanloom.answers import kind_of
from spanloom.errors import DataError, SpanloomError
from spanloom.serve.controls import Controls, controls_of, prediction
from spanloom.serve.loaded import Loaded
from spanloom.serve.refusals import unusable
from spanloom.serve.retraining import Retraining
from spanloom.serve.v1 import said, service_of

PREFIX = "/label-studio/{name}"
IGNORED = {"status": "ignored"}
router = APIRouter()


class Told(BaseModel):
    """What Label Studio sends has more fields, which differ from version to version, than are read of it."""

    model_config = ConfigDict(extra="ignore")


class Setup(Told):
    """A project that is connected. Its `access_token` is not read."""

    # `schema` is Label Studio's word for the labelling configuration
    model_config = ConfigDict(extra="allow", protected_namespaces=())


class Predict(Told):
    tasks: list[dict[str, Any]]
    label_config: str


class Event(Told):
    """Something that happened in Label Studio."""

    action: str = ""
    annotation: dict[str, Any] | None = None
    annotations: list[dict[str, Any]] = []
    task: dict[str, Any] | list[dict[str, Any]] | None = None


class Train(Told):
    """Tasks with their annotations, as older versions send them."""

    annotations: list[dict[str, Any]] = []


def model_of(request: Request) -> Loaded:
    """The model that the address names, or the first."""
    return service_of(request).model(request.path_params.get("name"))


@router.get("/health")
async def health(request: Request) -> dict[str, str]:
    """That it is there, as Label Studio asks when a back end is added."""
    return {"status": "UP", "model_class": model_of(request).predictor.task.name}


@router.post("/setup")
async def setup(request: Request, asked: Setup) -> dict[str, str]:
    """Whether the model's answers have a place in the project; refused where they have none."""
    model = model_of(request)
    if model.predictor.texts != 1:
        found = f"reads {model.predictor.texts or 'several'} texts together"
        raise unusable(DataError(f"model {model.name!r}", found, "one that reads single texts", "Serve another model."))
    xml = (asked.model_extra or {}).get("schema")
    if isinstance(xml, str) and xml.strip():
        labels = [label for names in model.predictor.codec.known().values() for label in names]
        if not _controls(xml).fit(labels):
            found = f"no control for any label of the model: {', '.join(labels)[:200]}"
            raise unusable(DataError("label_config", found, "<Labels> or <Choices> with some", "Add them."))
    return {"model_version": model.version}


@router.get("/versions")
async def versions(request: Request) -> dict[str, list[str]]:
    return {"versions": [model_of(request).version]}


@router.post("/predict")
async def predict(request: Request, asked: Predict) -> dict[str, Any]:
    """An answer for each task, as a prediction with scores; an empty one for a task whose text cannot be read."""
    service, model = service_of(request), model_of(request)
    controls = _controls(asked.label_config)
    try:
        texts = [controls.text_of(task) for task in asked.tasks]
    except DataError as error:
        raise unusable(error) from error
    said(service, texts)
    given = await service.answer(model, texts, None, request.receive)
    draw = kind_of(model.predictor.task.answer()).draw
    version = given.model.version
    empty = {"model_version": version, "result": []}
    results = [
        empty if outcome.failed else prediction(draw(outcome.shown), controls, version) for outcome in given.outcomes
    ]
    return {"results": results, "model_version": version}


@router.post("/webhook")
async def webhook(request: Request, event: Event) -> Response:
    """Keep annotations as they are made, and train on them when there are enough, where that is wanted."""
    retraining = _retraining(request)
    if retraining is None:
        return JSONResponse(IGNORED)
    tasks = event.task if isinstance(event.task, list) else [event.task] if event.task else []
    annotations = [*([event.annotation] if event.annotation else []), *event.annotations]
    enough = await asyncio.to_thread(retraining.heed, event.action, tasks, annotations)
    return _told(retraining, enough)


@router.post("/train")
async def train(request: Request, asked: Train) -> Response:
    """Keep the annotations of these tasks, and train now."""
    retraining = _retraining(request)
    if retraining is None:
        return JSONResponse(IGNORED)
    for task in asked.annotations:
        await asyncio.to_thread(retraining.heed, "", [task], list(task.get("annotations") or []))
    return _told(retraining, start=True)


def _told(retraining: Retraining, start: bool) -> Response:
    """That it was heeded; a training begins once that is said, as Label Studio does not wait for long."""
    begin = BackgroundTask(retraining.start) if start else None
    return JSONResponse({"status": "ok", **retraining.state()}, background=begin)


def _controls(xml: str) -> Controls:
    try:
        return controls_of(xml)
    except SpanloomError as error:
        raise unusable(error) from error


def _retraining(request: Request) -> Retraining | None:
    """What trains the model of this address; the first model alone is trained again."""
    service = service_of(request)
    retraining: Retraining | None = request.app.state.retraining
    return retraining if retraining is not None and model_of(request) is service.model(retraining.model) else None
