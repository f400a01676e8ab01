"""A model is swapped while it is asked: no request is lost, and each answer is that of the version it names."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spanloom.predict.bundle import WRITTEN
from spanloom.predict.predictor import Predictor
from spanloom.serve.loaded import version_of
from spanloom.write.folders import replace
from tests.serve.process import Reply, Server
from tests.serve.test_predict import of_one

TEXT = "The ferry to Bergen leaves at noon ."
Put = Callable[[str], None]


@pytest.fixture
def folder(bundles: dict[str, Path], tmp_path: Path) -> Path:
    """A model's folder that may change: at first the tagger."""
    shutil.copytree(bundles["tag"], tmp_path / "model")
    return tmp_path / "model"


def put(bundle: Path, folder: Path) -> None:
    """Another bundle in the place of the one there, as an export does it."""
    made = folder.with_name("made")
    shutil.copytree(bundle, made)
    replace(made, folder, WRITTEN)


def test_no_request_is_lost_by_a_swap(
    started: Callable[..., Server], folder: Path, bundles: dict[str, Path], predictors: dict[str, Predictor[Any]]
) -> None:
    server = started(f"mine={folder}")
    expected = {version_of(bundles[name]): of_one(predictors[name], TEXT) for name in ("tag", "joint")}
    replies: list[Reply] = []
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            replies.append(server.predict(TEXT))

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for name in ("joint", "tag", "joint"):
                put(bundles[name], folder)
                reloaded = server.ask("POST", "/v1/models/mine/reload")
                assert (reloaded.status, reloaded.body["version"]) == (200, version_of(bundles[name]))
                assert server.predict(TEXT).body["version"] == version_of(bundles[name])
        finally:
            enough.set()
        for each in asking:
            each.result()
    assert {reply.status for reply in replies} == {200}
    assert {reply.body["version"] for reply in replies} == set(expected)
    assert all(reply.body["answer"] == expected[reply.body["version"]] for reply in replies)
    assert server.metric('spanloom_reloads_total{model="mine",result="loaded"}') == 3


def test_what_was_taken_for_a_version_is_answered_by_it(
    started: Callable[..., Server], folder: Path, bundles: dict[str, Path], tmp_path: Path
) -> None:
    server = started(f"mine={folder}", "--threads", 1, gate=tmp_path / "gate")
    old = server.predict(TEXT).body
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(server.predict, f"hold {TEXT}")
        with server.held():
            waiting = pool.submit(server.predict, TEXT)
            while server.metric("spanloom_queue_texts") < 1:
                pass
            put(bundles["joint"], folder)
            new = server.ask("POST", "/v1/models/mine/reload").body["version"]
        assert held.result().body["version"] == old["version"] != new
        assert waiting.result().body == old
    assert server.predict(TEXT).body["version"] == new


def test_a_reload_that_fails_keeps_the_old_one(started: Callable[..., Server], folder: Path) -> None:
    server = started(f"mine={folder}")
    before = server.predict(TEXT).body
    (folder / "model.onnx").write_bytes(b"half")
    failed = server.ask("POST", "/v1/models/mine/reload")
    assert (failed.status, failed.body["cause"]) == (409, "not_loaded")
    assert failed.body["error"].startswith("mine/model.onnx: its SHA-256 is")
    assert str(folder.parent) not in failed.body["error"]
    shutil.rmtree(folder)
    assert "no such folder" in server.ask("POST", "/v1/models/mine/reload").body["error"]
    assert server.predict(TEXT).body == before
    assert server.metric('spanloom_reloads_total{model="mine",result="failed"}') == 2
    assert "version " + before["version"] + " stays" in server.log


def test_a_folder_that_changes_is_loaded_where_it_is_watched(
    started: Callable[..., Server], folder: Path, bundles: dict[str, Path]
) -> None:
    server = started(f"mine={folder}", "--watch", 0.05)
    before = server.predict(TEXT).body
    whole = (folder / "codec.json").read_bytes()
    (folder / "codec.json").write_bytes(whole[:-9])
    server.said("was not loaded again, and version .* stays: .*codec.json")
    assert server.predict(TEXT).body == before
    put(bundles["joint"], folder)
    server.said(f"was loaded again: version {version_of(bundles['joint'])}")
    assert server.predict(TEXT).body["version"] == version_of(bundles["joint"])


def test_many_requests_are_answered_as_one_after_the_other(
    server: Server, predictors: dict[str, Predictor[Any]]
) -> None:
    """A soak of 1,500 requests from 16 clients, of all tasks, of one text and of many, wrong ones among them."""
    names = ["Bergen", "Oslo", "Mira Holm", "the ferry", "Nordvik Press", "kites"]
    sentences = [f"{first} met {second} in {third} ." for first, second, third in itertools.permutations(names[:4], 3)]
    asked: list[tuple[dict[str, Any], int, Any]] = []
    one = {text: of_one(predictors["tag"], text) for text in sentences}
    pair = {(a, b): of_one(predictors["pair"], [a, b]) for a, b in itertools.pairwise(sentences)}
    related = {text: of_one(predictors["joint"], text) for text in sentences[:4]}
    for turn in range(1500):
        text, pairs = sentences[turn % len(sentences)], list(pair)
        first, second = pairs[turn % len(pairs)]
        match turn % 10:
            case 0:
                asked.append(({"text": text, "threshold": 2}, 422, None))
            case 1 if turn % 50 == 1:
                asked.append(({"text": list(related)[turn // 50 % 4], "model": "joint"}, 200, "joint"))
            case 2 | 3:
                asked.append(({"text": [first, second], "model": "pair"}, 200, "pair"))
            case 4:
                asked.append(({"texts": sentences[turn % 20 :][:4]}, 200, "many"))
            case 5:
                asked.append(({"text": text, "model": "nobody"}, 404, None))
            case _:
                asked.append(({"text": text}, 200, "tag"))
    expected = {
        "joint": lambda body: related[body["text"]],
        "pair": lambda body: pair[tuple(body["text"])],
        "tag": lambda body: one[body["text"]],
        "many": lambda body: [one[text] for text in body["texts"]],
    }
    files, memory = opened(server), resident(server)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda item: server.ask("POST", "/v1/predict", item[0]), asked))
    for (body, status, kind), reply in zip(asked, replies, strict=True):
        assert reply.status == status, json.dumps(body)
        if kind is not None:
            assert reply.body["answers" if kind == "many" else "answer"] == expected[kind](body)
    assert opened(server) <= files + 2
    assert resident(server) < memory * 1.5, "a leak would go on; what threads and batches first take does not"
    assert server.metric("spanloom_queue_texts") == 0


def opened(server: Server) -> int:
    """How many files and connections the process has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def resident(server: Server) -> int:
    """Pages of memory that the process holds."""
    return int(Path(f"/proc/{server.process.pid}/statm").read_text(encoding="ascii").split()[1])


def test_a_run_whose_scores_were_fitted_anew_is_another_version(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights.safetensors").write_bytes(b"weights")
    (model / "codec.json").write_text("{}")
    before = version_of(tmp_path)
    assert before == version_of(tmp_path)
    (model / "codec.json").write_text('{"calibration": {}}')
    assert version_of(tmp_path) != before
    (tmp_path / "bundle.json").write_text("{")
    assert version_of(tmp_path) == ""  # damaged: loading says how
