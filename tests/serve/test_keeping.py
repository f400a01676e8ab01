"""What a service answers goes into a store of facts, and is whole there however the process ends."""

from __future__ import annotations

import http.client
import itertools
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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


def test_after_kill_9_under_load_the_store_is_whole_and_another_process_goes_on(
    started: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "facts.sqlite"
    server = started("--store", path)
    with ThreadPoolExecutor(4) as pool:

        def ask(number: int) -> int:
            try:
                return server.predict(TEXTS[number % 4]).status
            except (OSError, http.client.HTTPException):
                return 0

        replies = [pool.submit(ask, number) for number in range(40)]
        replies[20].result()
        server.process.send_signal(signal.SIGKILL)
        statuses = [reply.result() for reply in replies]
    assert set(statuses) == {0, 200}
    server = started("--store", path)
    assert server.predict(LIVED).status == 200
    assert server.stop() == 0
    rows = list(Store(path).mentions())
    assert {"Ada Lovelace", "London"} <= {row.name.text for row in rows}


def test_a_model_without_facts_is_refused(
    bundles: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(bundles["dialogue"]), "--store", str(tmp_path / "a.sqlite"), "--port", "0"]) == 2
    assert "finds no facts in a text" in capsys.readouterr().err
