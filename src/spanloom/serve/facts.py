"""`/v1/facts` and `/v1/names`: what the store of the service knows. Nothing is written to it here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from spanloom.errors import ConfigError, SpanloomError
from spanloom.serve.refusals import no_store, store_failed, unusable
from spanloom.serve.v1 import refusals, service_of
from spanloom.store.store import Store

MOST = 1000
"""Rows of a response."""

ROW: dict[str, Any] = {
    "head": "Ada Lovelace",
    "head_label": "person",
    "head_start": 0,
    "head_end": 12,
    "head_entity": "Ada Lovelace",
    "relation": "lives in",
    "tail": "London",
    "tail_label": "location",
    "tail_start": 22,
    "tail_end": 28,
    "tail_entity": "London",
    "score": 0.8921811872227349,
    "sentence": "Ada Lovelace lived in London.",
    "document": "e8f32fe99df048d2",
    "model": "default",
    "at": "2026-11-30T09:00:00Z",
}
"""What the model that comes with spanloom makes of one sentence."""
NAME: dict[str, Any] = {"name": "London", "mentions": 1, "facts": 1}


class FactsAsked(BaseModel):
    """What is asked for, as `spanloom facts` has it; without any of these, all."""

    model_config = ConfigDict(extra="forbid")

    show: Literal["facts", "mentions", "labels"] = Field(
        default="facts", description="Facts, the names in texts, or labels of texts."
    )
    entity: str | None = Field(
        default=None, description="A name; case, spaces and a leading article do not matter.", examples=["London"]
    )
    relation: str | None = Field(default=None, description="A relation; or a label, of mentions and of texts.")
    min_score: float | None = Field(default=None, ge=0, le=1, description="What scores less is left out.")
    document: str | None = Field(default=None, description="An own id, or the beginning of the text's hash.")
    since: str | None = Field(default=None, description="Answered then or later: a date, or with a time.")
    model: str | None = Field(default=None, description="The name of its folder, or the beginning of its hash.")
    limit: int = Field(default=20, ge=1, le=MOST, description="Rows at most.")


class NamesAsked(BaseModel):
    """Which names are looked for."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field(description="Names have all of these words, or begin with them.", examples=["lond"])
    limit: int = Field(default=20, ge=1, le=MOST, description="Names at most.")


class FactsResponse(BaseModel):
    """Rows as `spanloom facts --json` writes them: the surest first where an entity or a relation is named."""

    model_config = ConfigDict(json_schema_extra={"example": {"rows": [ROW], "more": False}})

    rows: list[dict[str, Any]]
    more: bool = Field(description="Whether there are more than `limit`.")


class NamesResponse(BaseModel):
    """Entities, by the first spelling that was met, and how often each stands in texts and in facts."""

    model_config = ConfigDict(json_schema_extra={"example": {"names": [NAME]}})

    names: list[dict[str, Any]]


router = APIRouter()
REFUSALS = refusals(404, 422, 503)
REFUSALS[404]["description"] = "This service keeps no store."
REFUSALS[503]["description"] = "The store cannot be read."


@router.get("/v1/facts", response_model=FactsResponse, responses=REFUSALS)
async def facts(request: Request, asked: Annotated[FactsAsked, Query()]) -> dict[str, Any]:
    """Facts that answers left in the store, each with its sentence, or the names or the labels of texts.

    An answer is there about two seconds after it was given.
    """
    wanted: Any = {**asked.model_dump(exclude={"show"}), "limit": asked.limit + 1}

    def rows(store: Store) -> list[dict[str, Any]]:
        kinds: Mapping[str, Any] = {"facts": store.facts, "mentions": store.mentions, "labels": store.labels}
        return [row.to_dict() for row in kinds[asked.show](**wanted)]

    found = await read(request, rows)
    return {"rows": found[: asked.limit], "more": len(found) > asked.limit}


@router.get("/v1/names", response_model=NamesResponse, responses=REFUSALS)
async def names(request: Request, asked: Annotated[NamesAsked, Query()]) -> dict[str, Any]:
    """The entities of the store in whose names words stand, those that fit best first."""
    found = await read(request, lambda store: [each._asdict() for each in store.search(asked.words, asked.limit)])
    return {"names": found}


async def read(request: Request, rows: Callable[[Store], Sequence[dict[str, Any]]]) -> Sequence[dict[str, Any]]:
    """What a store gives. Raises Refused where there is none to read."""
    path = service_of(request).settings.store
    if path is None:
        raise no_store()
    try:
        return await asyncio.to_thread(rows, Store(path))
    except ConfigError as error:
        raise unusable(error) from error
    except SpanloomError as error:
        raise store_failed(error, path) from error
