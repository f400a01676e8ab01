"""What `benchmarks/serve.py` measures and prints, and the parts that it is made of."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import clients
import pytest
import serve
import serve_tables
import soak
from processes import worked


def test_the_bundled_model_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "serve.json"
    output.write_text(json.dumps({"soak": ["of another day"]}))
    small = ["--threads", "1", "--requests", "64", "--rounds", "1", "--starts", "1"]
    serve.main([*small, "--output", str(output)])
    result: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    [found], [start] = result["speed"], result["cold"]
    assert [(row["clients"], row["together"]) for row in found["rows"]] == list(serve.CELLS)
    assert all(0 < row["p50"] <= row["p99"] and row["of_processor"] > 0 for row in found["rows"])
    assert start["cpu"][0] > 0
    assert result.pop("soak") == ["of another day"]
    assert capsys.readouterr().out.splitlines() == serve_tables.serve_tables(result)


def test_sentences_are_of_several_lengths() -> None:
    texts = serve.made_up()
    assert len(set(texts)) == len(texts)
    assert len({len(text.split()) for text in texts}) > 4


def test_what_is_found_takes_the_place_of_what_was_known_of_the_same() -> None:
    known = [{"model": "a", "threads": 1, "p": 0}, {"model": "a", "threads": 2, "p": 1}]
    assert serve.beside(known, [{"model": "a", "threads": 1, "p": 2}]) == [
        known[1],
        {"model": "a", "threads": 1, "p": 2},
    ]


@pytest.mark.parametrize(
    ("reply", "is_whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nServer: x\r\n\r\nabc", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", True),
    ],
)
def test_a_client_knows_when_a_reply_is_whole(reply: bytes, is_whole: bool) -> None:
    assert clients.whole(reply) == is_whole


def test_a_reply_without_its_length_is_said() -> None:
    with pytest.raises(ValueError, match=r"a reply without its length: .*200 ok"):
        clients.whole(b"HTTP/1.1 200 OK\r\n\r\n")


def test_growth_is_told_from_behind_the_warm_up() -> None:
    memory = [10**6 * size for size in (1, 50, 100, *[100] * 15, 104, 106)]
    assert soak.growth(memory) == {"warm_mb": 100.0, "end_mb": 105.0, "growth": 0.05}


def test_a_soak_notes_an_answer_that_is_another() -> None:
    asked = soak.Request("GET", "/healthz")
    run = soak.Soak(serve.Server(os.getpid(), 0, "/", {}), {asked: soak.Reply(200, b"ok")}, 2)
    for body in (b"ok", b"no"):
        run._note(asked, soak.Reply(200, body))
    assert run.wrong == [(asked, soak.Reply(200, b"no"))]
    assert (run.statuses[200], len(run.memory)) == (2, 2)


def test_what_a_process_worked_is_counted() -> None:
    assert worked(os.getpid()) >= os.times().user - 0.1
