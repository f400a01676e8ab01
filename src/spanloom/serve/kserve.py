"""The KServe V2 inference protocol: health, metadata, and `infer` with tensors of strings.

A model has one input, `text`, and one output, `answer`: an answer's JSON, a string each. Where several texts make an
answer the input has a second axis, along which they stand; shorter dialogues end in empty strings, which are left out.
https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field

from spanloom import __version__
from spanloom.errors import SpanloomError
from spanloom.predict.predictor import UserText
from spanloom.serve.loaded import Loaded
from spanloom.serve.refusals import stopping, unknown_model, unusable
from spanloom.serve.schemas import Score, Sent
from spanloom.serve.v1 import ASKED, refusals, said, service_of

INPUT, OUTPUT = "text", "answer"
router = APIRouter(prefix="/v2")


class Tensor(Sent):
    """Strings, row by row; nested lists are taken as well."""

    name: Literal["text"]
    shape: list[Annotated[int, Field(ge=0)]] = Field(min_length=1, max_length=2)
    datatype: Literal["BYTES"]
    data: list[str | list[str]]
    parameters: dict[str, Any] = Field(default={})


class Parameters(BaseModel):
    """What spanloom reads of a request's parameters; others are another server's."""

    model_config = ConfigDict(strict=True)
    threshold: Score | dict[str, Score] | None = None


class Wanted(BaseModel):
    """An output that is asked for."""

    name: Literal["answer"]


class InferRequest(BaseModel):
    """Texts as a tensor."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"inputs": [
        {"name": INPUT, "shape": [1], "datatype": "BYTES", "data": ["Ada Lovelace lived in London."]}
    ]}})  # fmt: skip
    id: str | None = None
    inputs: list[Tensor] = Field(min_length=1, max_length=1)
    outputs: list[Wanted] = []
    parameters: Parameters = Parameters()


class Output(BaseModel):
    """Answers, each as JSON in a string."""

    name: str
    shape: list[int]
    datatype: str
    data: list[str]


class InferResponse(BaseModel):
    """Answers as a tensor."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[Output]


class TensorInfo(BaseModel):
    """What a model reads or gives; -1 in a shape is any number."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """A model, as KServe tells it."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorInfo]
    outputs: list[TensorInfo]


class ServerMetadata(BaseModel):
    """The service, as KServe tells it."""

    name: str
    version: str
    extensions: list[str]


@router.get("", response_model=ServerMetadata, responses=refusals())
async def metadata() -> dict[str, Any]:
    """The service's name and version."""
    return {"name": "spanloom", "version": __version__, "extensions": []}


@router.get("/health/live")
async def live() -> dict[str, bool]:
    """Whether the process answers at all."""
    return {"live": True}


@router.get("/health/ready", responses={503: refusals(503)[503]})
async def ready(request: Request) -> dict[str, bool]:
    """Whether requests are taken."""
    if service_of(request).draining:
        raise stopping()
    return {"ready": True}


def model_of(request: Request, name: str, version: str | None = None) -> Loaded:
    """The model of this name, and of this version where one is named. Raises Refused."""
    service = service_of(request)
    model = service.model(name)
    if version not in (None, model.version):
        raise unknown_model(f"{name}/{version}", [f"{each.name}/{each.version}" for each in service.models.values()])
    return model


@router.get("/models/{name}", response_model=ModelMetadata, responses=refusals(404))
@router.get("/models/{name}/versions/{version}", response_model=ModelMetadata, responses=refusals(404))
async def model_metadata(request: Request, name: str, version: str | None = None) -> dict[str, Any]:
    """What a model reads and gives."""
    model = model_of(request, name, version)
    predictor = model.predictor
    shape = [-1] if predictor.texts == 1 else [-1, predictor.texts or -1]
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": f"spanloom_{predictor.task.name}",
        "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": shape}],
        "outputs": [{"name": OUTPUT, "datatype": "BYTES", "shape": [-1]}],
    }


@router.get("/models/{name}/ready", responses=refusals(404, 503))
@router.get("/models/{name}/versions/{version}/ready", responses=refusals(404, 503))
async def model_ready(request: Request, name: str, version: str | None = None) -> dict[str, Any]:
    """Whether a model takes requests."""
    model = model_of(request, name, version)
    if service_of(request).draining:
        raise stopping()
    return {"name": model.name, "ready": True}


@router.post("/models/{name}/infer", response_model=InferResponse, responses=ASKED)
@router.post("/models/{name}/versions/{version}/infer", response_model=InferResponse, responses=ASKED)
async def infer(
    request: Request, name: str, asked: Annotated[InferRequest, Body()], version: str | None = None
) -> dict[str, Any]:
    """Answer for a tensor of texts."""
    model, service = model_of(request, name, version), service_of(request)
    texts = texts_of(asked.inputs[0], model.predictor.texts)
    said(service, texts)
    given = await service.answer(model, texts, asked.parameters.threshold, request.receive)
    data = [json.dumps(outcome.shown, ensure_ascii=False) for outcome in given.outcomes]
    output = {"name": OUTPUT, "shape": [len(data)], "datatype": "BYTES", "data": data}
    return {"model_name": model.name, "model_version": model.version, "id": asked.id, "outputs": [output]}


def texts_of(tensor: Tensor, together: int) -> list[UserText]:
    """The texts of a tensor, those of one answer in a list. together: how many a model reads, 0 for any number.

    Raises Refused where shape and data do not fit each other, or the shape does not fit the model.
    """
    flat = [text for row in tensor.data for text in ([row] if isinstance(row, str) else row)]
    shape = tensor.shape
    if len(flat) != math.prod(shape):
        found = f"{len(flat)} strings of shape {shape}"
        raise unusable(SpanloomError("inputs.text", found, f"{math.prod(shape)}", "Correct its shape."), "shape")
    if len(shape) != (1 if together == 1 else 2) or (together > 1 and shape[1] != together) or 0 in shape[1:]:
        expected = "[-1]" if together == 1 else f"[-1, {together or -1}]"
        raise unusable(SpanloomError("inputs.text", f"shape {shape}", expected, "Correct its shape."), "shape")
    if together == 1:
        return list(flat)
    rows: Sequence[list[str]] = [flat[start : start + shape[1]] for start in range(0, len(flat), shape[1])]
    return [row if together else without_padding(row) for row in rows]


def without_padding(turns: list[str]) -> list[str]:
    """The turns of a dialogue without the empty ones at its end; one stays where all are."""
    while len(turns) > 1 and not turns[-1]:
        turns = turns[:-1]
    return turns
