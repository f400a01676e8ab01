"""`/v1/draw`, `/v1/facts` and `/v1/names`, asked of a real process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spanloom.predict.predictor import bundled, load
from spanloom.store import Store
from tests.serve.process import Server

LIVED = "Ada Lovelace lived in London."
TEXTS = (LIVED, "Mira Holm lived in London.", "Marie Curie was born in Warsaw.")
Started = Callable[..., Server]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "facts.sqlite"
    predictor = load(bundled())
    with Store(path).writer(predictor) as writer:
        for number, text in enumerate(TEXTS):
            writer.add(text, predictor(text), id=number)
    return path


@pytest.fixture(scope="module")
def keeping(kept: Path) -> Any:
    server = Server("--store", kept)
    yield server
    assert server.stop() == 0, server.log


def example(server: Server, route: str) -> Any:
    reply = server.get("/openapi.json").body["paths"][route]["get"]["responses"]["200"]
    name = reply["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return server.get("/openapi.json").body["components"]["schemas"][name]["example"]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", {}),
        ("entity=the%20london", {"entity": "London"}),
        ("entity=London&relation=lives%20in&min_score=0.5", {"entity": "London", "relation": "lives in"}),
        ("document=2", {"document": "2"}),
        ("document=9", {"document": "9"}),
        ("since=2999-01-01", {"since": "2999-01-01"}),
        ("model=default&limit=1000", {"model": "default"}),
    ],
)
def test_facts_are_those_of_the_store(keeping: Server, kept: Path, query: str, asked: Any) -> None:
    rows = [row.to_dict() for row in Store(kept).facts(**asked)]
    assert keeping.get(f"/v1/facts?{query}").body == {"rows": rows, "more": False}


def test_mentions_and_labels_too_and_whether_there_are_more(keeping: Server, kept: Path) -> None:
    mentions = [row.to_dict() for row in Store(kept).mentions()]
    assert keeping.get("/v1/facts?show=mentions&limit=5").body == {"rows": mentions[:5], "more": True}
    assert keeping.get("/v1/facts?show=mentions&limit=6").body == {"rows": mentions, "more": False}
    assert keeping.get("/v1/facts?show=labels").body == {"rows": [], "more": False}


def test_names_are_found_by_words(keeping: Server) -> None:
    assert keeping.get("/v1/names?words=lond").body == {"names": [{"name": "London", "mentions": 2, "facts": 2}]}
    assert keeping.get("/v1/names?words=lond%20paris").body == {"names": []}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("facts?min-score=0.5", "query.min-score: extra inputs are not permitted"),
        ("facts?min_score=2", "query.min_score: input should be less than or equal to 1"),
        ("facts?limit=0", "query.limit: input should be greater than or equal to 1"),
        ("facts?show=all", "query.show: input should be 'facts', 'mentions' or 'labels'"),
        ("facts?since=soon", "since: 'soon' is no date"),
        ("names", "query.words: field required"),
    ],
)
def test_what_cannot_be_asked_is_refused(keeping: Server, query: str, said: str) -> None:
    reply = keeping.get(f"/v1/{query}")
    assert (reply.status, set(reply.body)) == (422, {"error", "cause"})
    assert reply.body["error"].startswith(said)


def test_the_examples_are_real(started: Started, tmp_path: Path) -> None:
    """What the model that comes with spanloom makes of the sentence, all but when it did."""
    server = started("--store", tmp_path / "facts.sqlite")
    assert server.get("/v1/facts").body == {"rows": [], "more": False}, "nothing was kept yet"
    server.predict(LIVED)
    while not (rows := server.get("/v1/facts?entity=London").body["rows"]):
        pass
    told = example(server, "/v1/facts")
    assert {**rows[0], "at": told["rows"][0]["at"]} == told["rows"][0]
    assert server.get("/v1/names?words=london").body == example(server, "/v1/names")


def test_where_no_store_is_open_that_is_said(server: Server) -> None:
    for path in ("/v1/facts?entity=London", "/v1/names?words=London"):
        reply = server.get(path)
        assert (reply.status, reply.body["cause"]) == (404, "no_store")
        assert "this service keeps none; one started with --store FILE" in reply.body["error"]
    assert server.get("/v1/models").body["store"] is False


def test_a_store_that_cannot_be_read_is_said_without_its_place(started: Started, tmp_path: Path) -> None:
    path = tmp_path / "no.sqlite"
    path.write_text("no database, whatever its name says", encoding="utf-8")
    reply = started("--store", path).get("/v1/facts")
    assert (reply.status, reply.body["cause"]) == (503, "store_failed")
    assert reply.body["error"].startswith("store: is no SQLite file")
    assert str(tmp_path) not in reply.body["error"]


def test_limits_are_told(keeping: Server) -> None:
    told = keeping.get("/v1/models").body
    assert told["limits"] == {"body": 8 * 2**20, "texts": 256, "characters": 100_000}
    assert told["store"] is True


def test_what_is_drawn_is_of_the_answer(server: Server) -> None:
    """Of one text and of many; what is drawn has no style of its own, and an error stands in its place."""
    good = ["The shop is open .", "Nobody can shop there ."]
    reply = server.ask("POST", "/v1/draw", {"texts": [good, "alone"], "model": "pair"})
    first, failed = reply.body["drawn"]
    assert first["answer"] == server.predict(good, model="pair").body["answer"]
    [label] = first["answer"]["labels"]
    assert [first["labels"][0][key] for key in ("label", "kind", "score")] == [label["label"], *label.values()]
    assert failed["answer"]["error"].startswith("text 2 (index 1): one text")
    assert "Not answered." in failed["html"]
    [drawn] = server.ask("POST", "/v1/draw", {"text": LIVED, "model": "joint"}).body["drawn"]
    answer = drawn["answer"]
    assert answer == server.predict(LIVED, model="joint").body["answer"]
    for group in ("entities", "relations"):
        for told, fact in zip(drawn[group], answer[group], strict=True):
            assert {key: told[key] for key in fact} == fact
    assert [span["name"] for span in drawn["entities"]] == ["ada lovelace", "london"]
    assert drawn["relations"][0]["short"] == "lives in"
    assert ' style="' not in drawn["html"]
    sure = server.ask("POST", "/v1/draw", {"text": LIVED, "model": "joint", "threshold": 0.95}).body["drawn"]
    assert [span["text"] for span in sure[0]["entities"]] == ["Ada Lovelace"]


def test_the_example_of_what_is_drawn_is_real(server: Server) -> None:
    route = server.get("/openapi.json").body["paths"]["/v1/draw"]["post"]
    asked = route["requestBody"]["content"]["application/json"]["example"]
    given = route["responses"]["200"]["content"]["application/json"]["example"]
    assert server.ask("POST", "/v1/draw", asked).body == given
