"""The KServe V2 protocol, asked of a real process."""

from __future__ import annotations

import json
from typing import Any

import pytest

import spanloom
from spanloom.predict.predictor import Predictor
from spanloom.serve.kserve import without_padding
from tests.serve.process import Reply, Server
from tests.serve.test_predict import TEXTS, of_one

SHAPES = {"tag": [-1], "joint": [-1], "pair": [-1, 2], "dialogue": [-1, -1]}


def infer(server: Server, name: str, shape: list[int], data: list[Any], **more: Any) -> Reply:
    tensor = {"name": "text", "shape": shape, "datatype": "BYTES", "data": data}
    return server.ask("POST", f"/v2/models/{name}/infer", {"inputs": [tensor], **more})


def answers(reply: Reply) -> list[Any]:
    assert reply.status == 200, reply.body
    [output] = reply.body["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("answer", "BYTES", [len(output["data"])])
    return [json.loads(each) for each in output["data"]]


def test_health_and_metadata(server: Server) -> None:
    assert server.get("/v2").body == {"name": "spanloom", "version": spanloom.__version__, "extensions": []}
    assert server.get("/v2/health/live").body == {"live": True}
    assert server.get("/v2/health/ready").body == {"ready": True}


@pytest.mark.parametrize("name", SHAPES)
def test_a_model_is_told(server: Server, name: str) -> None:
    told = server.get(f"/v2/models/{name}").body
    assert told["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": SHAPES[name]}]
    assert told["outputs"] == [{"name": "answer", "datatype": "BYTES", "shape": [-1]}]
    assert server.get(f"/v2/models/{name}/versions/{told['versions'][0]}").body == told
    assert server.get(f"/v2/models/{name}/ready").body == {"name": name, "ready": True}
    assert server.get(f"/v2/models/{name}/versions/0/ready").status == 404


def test_tensors_are_answered_as_by_the_predictor(server: Server, predictors: dict[str, Predictor[Any]]) -> None:
    for name in ("tag", "joint"):
        expected = [of_one(predictors[name], text) for text in TEXTS[name]]
        assert answers(infer(server, name, [len(expected)], TEXTS[name])) == expected
    pairs = [of_one(predictors["pair"], pair) for pair in TEXTS["pair"]]
    assert answers(infer(server, "pair", [2, 2], TEXTS["pair"])) == pairs
    assert answers(infer(server, "pair", [2, 2], [*TEXTS["pair"][0], *TEXTS["pair"][1]])) == pairs, "flat, row by row"
    padded = [*TEXTS["dialogue"][0], *TEXTS["dialogue"][1], "", ""]
    assert answers(infer(server, "dialogue", [2, 3], padded)) == [
        of_one(predictors["dialogue"], turns) for turns in TEXTS["dialogue"]
    ]


def test_the_id_comes_back_and_a_version_can_be_named(server: Server) -> None:
    version = server.get("/v2/models/tag").body["versions"][0]
    tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": TEXTS["tag"][:1]}
    asked = {"id": "7", "inputs": [tensor], "outputs": [{"name": "answer"}], "parameters": {"priority": 3}}
    reply = server.ask("POST", f"/v2/models/tag/versions/{version}/infer", asked)
    assert (reply.body["id"], reply.body["model_version"]) == ("7", version)
    assert server.ask("POST", "/v2/models/tag/versions/0/infer", asked).status == 404


def test_a_threshold_is_a_parameter(server: Server) -> None:
    text = TEXTS["joint"][0]
    [sure] = answers(infer(server, "joint", [1], [text], parameters={"threshold": 1.0}))
    assert sure == server.predict(text, model="joint", threshold=1.0).body["answer"]


@pytest.mark.parametrize(
    ("name", "shape", "data", "said"),
    [
        ("tag", [2], ["a"], "1 strings of shape [2]; 2"),
        ("tag", [1, 1], ["a"], "shape [1, 1]; [-1]"),
        ("pair", [2], ["a", "b"], "shape [2]; [-1, 2]"),
        ("pair", [1, 3], ["a", "b", "c"], "shape [1, 3]; [-1, 2]"),
        ("dialogue", [2, 0], [], "shape [2, 0]; [-1, -1]"),
        ("tag", [-1], ["a"], "greater than or equal to 0"),
        ("tag", [1], [1], "valid string"),
        ("tag", [257], ["a"] * 257, "257 texts; at most 256 (--max-texts)"),
    ],
)
def test_what_does_not_fit_is_refused(server: Server, name: str, shape: list[int], data: list[Any], said: str) -> None:
    reply = infer(server, name, shape, data)
    assert reply.status == 422
    assert said in reply.body["error"]


def test_padding_is_left_out_but_for_one_turn() -> None:
    assert without_padding(["a", "", "b", "", ""]) == ["a", "", "b"]
    assert without_padding(["", ""]) == [""]
