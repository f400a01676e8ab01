"""What a service answers goes into a store of facts, and is whole there however the process ends."""

from __future__ import annotations

import http.client
import itertools
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from spanloom.errors import SpanloomError
from spanloom.predict.predictor import bundled, load
from spanloom.run.cli import main
from spanloom.store import Store
from spanloom.store.kept import Fact, Mention
from tests.serve.process import Server

TEXTS = [f"{name} lived in {place} ." for name, place in itertools.product(("Ada", "Mira Holm"), ("London", "Bergen"))]
LIVED = "Ada Lovelace lived in London."


def plain(item: Fact | Mention) -> tuple[str, ...]:
    return *item.said(), item.sentence, str(item.score)


def test_facts_are_kept_as_predict_keeps_them(started: Callable[..., Server], tmp_path: Path) -> None:
    server = started("--store", tmp_path / "served.sqlite")
    server.predict_all([LIVED, *TEXTS, ""])
    server.predict(LIVED)
    assert server.stop() == 0
    predictor = load(bundled())
    with Store(tmp_path / "direct.sqlite").writer(predictor) as writer:
        for text in (LIVED, *TEXTS, ""):
            writer.add(text, predictor(text))
    served, direct = (Store(tmp_path / f"{name}.sqlite") for name in ("served", "direct"))
    for kind in ("facts", "mentions"):
        one, other = (sorted(map(plain, getattr(store, kind)())) for store in (served, direct))
        assert one == other != []


def test_a_store_that_fails_costs_no_answer(started: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "no.sqlite").write_text("no database, whatever its name says", encoding="utf-8")
    server = started("--store", tmp_path / "no.sqlite")
    assert server.predict(LIVED).status == 200
    server.said("The store did not take answers: .*no.sqlite")
    assert server.metric("spanloom_store_failures_total") == 1
    assert server.stop() == 0


class Client:
    """Asks for one text after another over new connections, and goes on when the service is gone.

    before, after: the texts that were answered before its first error, and after it.
    """

    def __init__(self, server: Server, texts: Iterator[str], expected: Mapping[str, Any]) -> None:
        self.server = server
        self.texts = texts
        self.expected = expected
        self.before: list[str] = []
        self.errors = 0
        self.after: list[str] = []

    def run(self, back: threading.Event) -> None:
        """Until it has five answers behind an error. back: when the service is there again."""
        while len(self.after) < 5:
            text = next(self.texts)
            try:
                reply = self.server.predict(text)
            except (OSError, http.client.HTTPException):
                self.errors += 1
                assert back.wait(60)
                continue
            assert (reply.status, reply.body["answer"]) == (200, self.expected[text])
            (self.after if self.errors else self.before).append(text)


def test_after_kill_9_under_load_clients_have_answers_again_and_the_store_is_whole(
    started: Callable[..., Server], tmp_path: Path
) -> None:
    path, predictor = tmp_path / "facts.sqlite", load(bundled())
    texts = [f"{name} {number} lived in London ." for number, name in itertools.product(range(8), ("Ada", "Mira"))]
    expected = {text: predictor(text).to_dict() for text in texts}
    server, back = started("--store", path), threading.Event()
    clients = [Client(server, itertools.cycle(texts[at::4]), expected) for at in range(4)]
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(client.run, back) for client in clients]
        while not list(stored(path)):
            pass
        server.process.send_signal(signal.SIGKILL)
        assert server.ended() == -signal.SIGKILL
        again = started("--store", path, "--port", server.port)
        assert again.predict(LIVED).status == 200
        back.set()
        for each in asking:
            each.result()
    assert again.stop() == 0
    assert all(client.before and client.errors and client.after for client in clients)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    kept = list(stored(path))
    assert {LIVED, *(text for client in clients for text in client.after)} <= set(kept)
    assert len(kept) == len(set(kept))
    with Store(tmp_path / "whole.sqlite").writer(predictor) as writer:
        for text in kept:
            writer.add(text, predictor(text))
    for kind in ("facts", "mentions"):
        found, whole = (
            sorted(map(plain, getattr(Store(tmp_path / f"{name}.sqlite"), kind)())) for name in ("facts", "whole")
        )
        assert found == whole != []


def stored(path: Path) -> Iterator[str]:
    """The texts that a store has answers for; none where it is only being made."""
    with suppress(SpanloomError):
        for row in Store(path).query("SELECT d.text FROM reading r JOIN document d ON d.id = r.document"):
            yield row["text"]


def test_a_model_without_facts_is_refused(
    bundles: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(bundles["dialogue"]), "--store", str(tmp_path / "a.sqlite"), "--port", "0"]) == 2
    assert "finds no facts in a text" in capsys.readouterr().err
