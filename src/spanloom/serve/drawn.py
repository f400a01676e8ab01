"""`/v1/draw`: answers, and what a page draws of each, whatever its type."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from starlette.responses import JSONResponse

from spanloom.answers import kind_of
from spanloom.answers.parts.drawing import Shown
from spanloom.serve.loaded import Loaded
from spanloom.serve.schemas import DrawResponse, PredictRequest
from spanloom.serve.v1 import ASKED, answered
from spanloom.store.names import key_of
from spanloom.write.annotated import hue, legend_label, relation_names
from spanloom.write.answer_html import answer_html, drawing_of, without_inline_style

router = APIRouter()


@router.post("/v1/draw", response_model=DrawResponse, responses=ASKED)
async def draw(request: Request, asked: Annotated[PredictRequest, Body()]) -> Response:
    """Answer as `/v1/predict` does, with what is drawn of each answer. A text that fails has its error in its place."""
    given = await answered(request, asked)
    shown = [outcome.shown for outcome in given.outcomes]
    drawn = await asyncio.to_thread(lambda: [drawn_of(given.model, each) for each in shown])
    return JSONResponse({**given.about(), "drawn": drawn})


def drawn_of(model: Loaded, shown: Shown) -> dict[str, Any]:
    """What is drawn of what is shown of an answer, see `Drawn`."""
    drawing = drawing_of(shown, kind_of(model.predictor.task.answer()).draw)
    names = relation_names(drawing["relations"])
    return {
        "answer": shown,
        "html": without_inline_style(answer_html(drawing)),
        "entities": [
            {**_marked(span), **{key: span[key] for key in ("text", "start", "end")}, "name": key_of(span["text"])}
            for span in drawing["entities"]
        ],
        "relations": [
            {**_marked(item), "short": names[item["label"]], "head": item["head"], "tail": item["tail"]}
            for item in drawing["relations"]
        ],
        "labels": [_marked(label) for label in drawing["labels"]],
    }


def _marked(fact: Shown) -> dict[str, Any]:
    kind = legend_label(fact)
    return {"label": fact["label"], "kind": kind, "hue": hue(kind), "score": fact.get("score")}
