"""What is beyond a limit is refused and named; a full queue, time that runs out, tokens, an end that loses nothing."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spanloom.run.cli import main
from tests.serve.process import Server, ask

TEXT = "The ferry to Bergen leaves at noon ."
HELD = "hold the ferry to Bergen"
SECRET = "Quokka"
TOKEN = "a-token-of-the-tests-2026"
Started = Callable[..., Server]


@pytest.fixture
def gated(started: Started, bundles: dict[str, Path], tmp_path: Path) -> Started:
    """Starts a server of one thread and the tagger, whose thread can be held."""
    return lambda *limits: started(bundles["tag"], "--threads", 1, *limits, gate=tmp_path / "gate")


def test_each_limit_is_named(started: Started, bundles: dict[str, Path]) -> None:
    limits = ("--max-texts", 3, "--max-characters", 40, "--max-body", 400)
    server = started(bundles["tag"], *limits)
    assert server.predict_all([TEXT] * 3).status == 200
    many = server.predict_all([""] * 4)
    assert (many.status, many.body["cause"]) == (422, "too_many_texts")
    assert many.body["error"] == "request: 4 texts; at most 3 (--max-texts). Send less in one request."
    long = server.predict_all(["", "x" * 41])
    assert (long.status, long.body["cause"]) == (422, "characters_too_long")
    assert "text 2 has 41 characters; at most 40 (--max-characters)" in long.body["error"]
    large = server.predict("x" * 500)
    assert (large.status, large.body["cause"]) == (413, "body_too_long")
    assert "at most 400 (--max-body)" in large.body["error"]
    assert server.metric('spanloom_refusals_total{cause="body_too_long"}') == 1


def test_a_body_whose_length_is_not_told_is_bounded_too(started: Started, bundles: dict[str, Path]) -> None:
    server = started(bundles["tag"], "--max-body", 400)
    with contextlib.closing(server.connection()) as connection:
        connection.request("POST", "/v1/predict", iter([b'{"text": "'] + [b"x" * 100] * 8), encode_chunked=True)
        assert connection.getresponse().status == 413


def test_a_full_queue_says_when_to_come_again(gated: Started) -> None:
    server = gated("--max-queue", 4, "--max-texts", 4)
    free = server.predict_all([TEXT] * 4).body["answers"]
    with ThreadPoolExecutor(3) as pool:
        held = pool.submit(server.predict, HELD)
        with server.held():
            waiting = [pool.submit(server.predict_all, [TEXT] * 2) for _ in range(2)]
            while server.metric("spanloom_queue_texts") < 4:
                pass
            full = server.predict(TEXT)
            assert (full.status, full.body["cause"]) == (429, "queue_full")
            assert 1 <= int(full.headers["retry-after"]) <= 60
            assert "more than 4 texts would wait (--max-queue)" in full.body["error"]
        assert held.result().status == 200
        assert [reply.result().body["answers"] for reply in waiting] == [free[:2]] * 2
    assert server.predict(TEXT).status == 200


def test_what_takes_too_long_is_told_so_and_dropped(gated: Started) -> None:
    server = gated("--timeout", 1)
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(server.predict, HELD)
        with server.held():
            late = server.predict_all([TEXT] * 5)
            assert (late.status, late.body["cause"]) == (504, "timed_out")
            assert "not answered within 1 s (--timeout)" in late.body["error"]
            assert held.result().status == 504
            assert server.metric("spanloom_queue_texts") == 0
    assert server.predict(TEXT).status == 200
    assert server.metric('spanloom_forward_seconds_count{model="tag"}') == server.metric(
        'spanloom_batch_texts_count{model="tag"}'
    )
    assert server.metric('spanloom_batch_texts_sum{model="tag"}') == 2, "the held text and the last"


def test_the_work_of_a_client_that_went_away_is_dropped(gated: Started) -> None:
    server = gated()
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(server.predict, HELD)
        with server.held():
            body = b'{"texts": ["a", "b", "c"]}'
            head = (
                f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            )
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(head.encode() + b"\r\n\r\n" + body)
                while server.metric("spanloom_queue_texts") < 3:
                    pass
            while server.metric("spanloom_queue_texts"):
                pass
        assert held.result().status == 200
    assert server.metric('spanloom_refusals_total{cause="client_gone"}') == 1


def test_a_body_that_does_not_come_is_not_waited_for(started: Started, bundles: dict[str, Path]) -> None:
    server = started(bundles["tag"], "--timeout", 0.5)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_sigterm_lets_what_was_taken_be_answered(gated: Started) -> None:
    server = gated()
    free = server.predict(TEXT).body["answer"]
    with ThreadPoolExecutor(4) as pool:
        held = pool.submit(server.predict, HELD)
        with server.held():
            waiting = [pool.submit(server.predict, TEXT) for _ in range(3)]
            while server.metric("spanloom_queue_texts") < 3:
                pass
            server.process.terminate()
            server.said("Stopping: what was taken is answered first")
        assert held.result().status == 200
        assert [reply.result().body["answer"] for reply in waiting] == [free] * 3
    assert server.ended() == 0
    assert server.lines[-2] == "Stopped.\n"


def test_without_a_token_nothing_is_answered(started: Started, bundles: dict[str, Path], tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"# of the tests\n{TOKEN}\n\nanother-token-of-them\n", encoding="utf-8")
    server = started(bundles["tag"], "--token-file", tokens)
    for given in (
        {},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
    ):
        for path in ("/v1/models", "/metrics", "/openapi.json", "/nowhere", "/v2"):
            reply = server.ask("GET", path, headers=given)
            assert (reply.status, reply.body["cause"]) == (401, "unauthorised")
            assert reply.headers["www-authenticate"] == "Bearer"
    for path in ("/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"):
        assert server.get(path).status == 200
    for token in (TOKEN, "another-token-of-them"):
        headers = {"Authorization": f"Bearer {token}"}
        assert server.ask("POST", "/v1/predict", {"text": TEXT}, headers).status == 200
    assert TOKEN not in server.log


@pytest.mark.parametrize("log", ["quiet", "requests", "texts"])
def test_a_text_is_said_only_where_that_is_asked_for(started: Started, bundles: dict[str, Path], log: str) -> None:
    server = started(bundles["tag"], "--log", log)
    server.predict(f"{SECRET} sails to Oslo .")
    server.ask("POST", "/v1/predict", {"text": 5, SECRET: SECRET})
    server.ask("POST", "/v1/predict", f'{{"text": "{SECRET}'.encode())
    server.get(f"/{SECRET}?text={SECRET}")
    server.get(f"/v1/models/{SECRET}")
    assert server.stop() == 0
    assert (SECRET in server.log) == (log == "texts")
    assert server.log.count("POST /v1/predict 422") == (log != "quiet")
    assert server.log.count("GET /v1/models/{name} 404") == (log != "quiet")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--max-queue", "2"], "--max-queue: is 2, below --max-texts 256"),
        (["--max-texts", "0"], "--max-texts: is 0; a number above 0"),
        (["--timeout", "nan"], "--timeout: is nan; a number above 0"),
        (["--watch", "0"], "--watch: is 0.0; seconds above 0"),
        (["--log", "all"], "--log: 'all'; one of quiet, requests, texts"),
        (["--token-file", "nowhere"], "nowhere: no such file or folder"),
        (["--host", "256.1.1.1"], "serve: cannot listen at 256.1.1.1:8000"),
        (["nowhere", "--port", "0"], "nowhere: no such folder"),
        (["a=src", "a=tests"], "two models named 'a'; another name than that of src"),
    ],
)
def test_what_cannot_be_served_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "has no token"), (b"short", "has 5 characters"), (b"\xff", "not UTF-8")]
)
def test_tokens_are_looked_at(content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tokens").write_bytes(content)
    assert main(["serve", "--token-file", str(tmp_path / "tokens")]) == 2
    assert said in capsys.readouterr().err


def test_an_address_that_is_taken_is_said(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", str(server.port)]) == 2
    assert "Address already in use); a free address" in capsys.readouterr().err


def test_connections_are_kept(server: Server) -> None:
    with contextlib.closing(server.connection()) as connection:
        replies: list[Any] = [ask(connection, "POST", "/v1/predict", {"text": TEXT}) for _ in range(3)]
        replies += [ask(connection, "POST", "/v1/predict", b"{"), ask(connection, "GET", "/healthz")]
    assert [reply.status for reply in replies] == [200, 200, 200, 400, 200]
