"""`/v1`, health and models, asked of a real process: what is answered is what a predictor answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

import spanloom
from spanloom.predict.predictor import Predictor
from tests.serve.conftest import SERVED
from tests.serve.process import Server

TEXTS: dict[str, list[Any]] = {
    "tag": ["The ferry to Bergen leaves at noon .", "", "Mira Holm 👩‍👩‍👧 sails to Oslo."],
    "joint": ["Mira Holm runs Nordvik Press in Bergen .", "", "Nobody ."],
    "pair": [["The shop is open .", "The shop is closed ."], ["A kite .", ""]],
    "dialogue": [["我想学吹笛子", "学多久了", "还没开始学"], ["怎么去"]],
}
Predictors = dict[str, Predictor[Any]]


def of_one(predictor: Predictor[Any], text: Any) -> dict[str, Any]:
    """What a predictor answers, as JSON has it."""
    found: dict[str, Any] = json.loads(json.dumps(predictor(text if isinstance(text, str) else tuple(text)).to_dict()))
    return found


@pytest.mark.parametrize("name", SERVED)
def test_one_text_and_many_are_answered_as_by_the_predictor(server: Server, predictors: Predictors, name: str) -> None:
    expected = [of_one(predictors[name], text) for text in TEXTS[name]]
    for text, answer in zip(TEXTS[name], expected, strict=True):
        reply = server.predict(text, model=name)
        assert (reply.status, reply.body["answer"], reply.body["model"]) == (200, answer, name)
    many = server.predict_all(TEXTS[name], model=name)
    assert many.body["answers"] == expected
    assert many.body["notes"] == []


def test_the_first_model_answers_where_none_is_named(server: Server) -> None:
    text = TEXTS["tag"][0]
    assert server.predict(text).body == server.predict(text, model="tag").body
    assert server.predict_all([]).body["answers"] == []


def test_a_threshold_leaves_out_what_is_less_sure(server: Server, predictors: Predictors) -> None:
    text = TEXTS["joint"][0]
    everything = of_one(predictors["joint"], text)
    least = max(fact["score"] for fact in everything["entities"])
    sure = json.loads(json.dumps(next(predictors["joint"].predict([text], threshold=least)).to_dict()))
    assert server.predict(text, model="joint", threshold=least).body["answer"] == sure
    assert server.predict(text, model="joint", threshold={"*": least}).body["answer"] == sure
    assert len(everything["entities"]) + len(everything["relations"]) > len(sure["entities"]) + len(sure["relations"])


def test_what_was_read_in_windows_is_said(server: Server, predictors: Predictors) -> None:
    text = "Mira Holm runs Nordvik Press in Bergen . " * 60
    reply = server.predict(text, model="joint")
    assert reply.body["answer"] == of_one(predictors["joint"], text)
    assert "windows" in reply.body["notes"][0]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "the body is not JSON"),
        (b"", 422, "field required"),
        (b"[" * 100_000, 400, "read as JSON"),
        (b'{"text": "\\ud800"}', 422, "half a character, '\\ud800'"),
        (b'{"text": "\xff"}', 400, "read as JSON"),
        ({}, 422, "neither 'text' nor 'texts'; one of the two"),
        ({"text": "a", "texts": ["b"]}, 422, "both 'text' and 'texts'"),
        ({"text": 5}, 422, "body.text.str: input should be a valid string"),
        ({"texts": "a"}, 422, "body.texts"),
        ({"text": "a", "modle": "tag"}, 422, "body.modle: extra inputs are not permitted"),
        ({"text": "a", "model": "../tag"}, 404, "no model '../tag'; one of tag, joint, pair, dialogue"),
        ({"text": "a", "threshold": 1.5}, 422, "body.threshold"),
        ({"text": "a", "threshold": True}, 422, "body.threshold"),
        (b'{"text": "a", "threshold": NaN}', 422, "body.threshold"),
        ({"text": "a", "threshold": {"Ship": 0.5}, "model": "joint"}, 422, "unknown label 'Ship'"),
        ({"text": "a", "model": "pair"}, 422, "text: one text; exactly two"),
        ({"text": ["a", "b"]}, 422, "text: 2 texts together; one text"),
    ],
)
def test_what_cannot_be_understood_is_refused(server: Server, body: Any, status: int, said: str) -> None:
    reply = server.ask("POST", "/v1/predict", body, {"Content-Type": "application/json"})
    assert (reply.status, set(reply.body)) == (status, {"error", "cause"})
    assert said in reply.body["error"]


def test_a_text_that_fails_has_its_error_in_its_place(server: Server, predictors: Predictors) -> None:
    good = TEXTS["pair"][0]
    answers = server.predict_all([good, "alone", good], model="pair").body["answers"]
    assert answers[0] == answers[2] == of_one(predictors["pair"], good)
    assert answers[1]["error"].startswith("text 2 (index 1): one text")


def test_models_are_told_without_where_they_are(server: Server, predictors: Predictors, bundles: Any) -> None:
    models = server.get("/v1/models").body["models"]
    assert [model["name"] for model in models] == list(SERVED)
    assert [model["texts"] for model in models] == [predictors[name].texts for name in SERVED]
    assert server.get("/v1/models/joint").body == models[1]
    assert models[1]["labels"] == {kind: list(names) for kind, names in predictors["joint"].codec.known().items()}
    assert str(bundles["tag"].parent) not in json.dumps(models)
    assert server.get("/v1/models/nobody").status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/v1/predict", 405),
        ("GET", "/v1/models/../../etc/passwd", 404),
        ("GET", "/v1/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
        ("GET", "/docs", 404),
        ("POST", "/v1/models/nobody/reload", 404),
    ],
)
def test_addresses(server: Server, method: str, path: str, status: int) -> None:
    reply = server.ask(method, path)
    assert reply.status == status
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_openapi_has_an_example_that_is_real(server: Server) -> None:
    route = server.get("/openapi.json").body["paths"]["/v1/predict"]["post"]
    asked = route["requestBody"]["content"]["application/json"]["example"]
    given = route["responses"]["200"]["content"]["application/json"]["example"]
    assert server.ask("POST", "/v1/predict", asked).body == given


def test_there_is_one_version(server: Server) -> None:
    assert server.get("/openapi.json").body["info"]["version"] == spanloom.__version__
