"""Small models, trained once, and a server with all of them, started once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spanloom.predict.predictor import Predictor, bundled, load
from spanloom.run.functions import export
from spanloom.run.train import train
from spanloom.tasks import FOLDER
from tests.serve.browsing import CHROMIUM, LACKING, Visit, launched
from tests.serve.process import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAIRS = [
    ("The shop is open .", "Nobody can shop there .", "no"),
    ("A kite flies .", "Something flies .", "yes"),
    ("The pump is mended .", "The pump works .", "yes"),
    ("It rains in Bergen .", "Bergen is dry .", "no"),
]
EPOCHS = {"tag": 8, "classify": 2, "rewrite": 2}
"""Enough for answers that are not all alike."""


def trained(task: str, folder: Path, *overrides: str) -> Path:
    """A bundle of a task's own sample, of few epochs."""
    run, bundle = folder / "runs" / task, folder / task
    settings = (f"train.epochs={EPOCHS[task]}", f"train.evaluate_from={EPOCHS[task]}", *overrides)
    train(FOLDER / task / "tiny.toml", run, settings)
    export(run, bundle, max_drop=100, precision="fp32")
    return bundle


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By name: a tagger, the model of relations that comes with spanloom, one of pairs and one of dialogues."""
    folder = tmp_path_factory.mktemp("bundles")
    pairs = folder / "pairs.jsonl"
    lines = (json.dumps({"first": first, "second": second, "label": label}) for first, second, label in PAIRS)
    pairs.write_text("\n".join(lines), encoding="utf-8")
    return {
        "tag": trained("tag", folder),
        "joint": bundled(),
        "pair": trained("classify", folder, f"data.train={pairs}", f"data.dev={pairs}"),
        "dialogue": trained("rewrite", folder),
    }


@pytest.fixture(scope="session")
def predictors(bundles: dict[str, Path]) -> dict[str, Predictor[Any]]:
    return {name: load(folder, threads=1) for name, folder in bundles.items()}


SERVED = ("tag", "joint", "pair", "dialogue")


@pytest.fixture(scope="session")
def server(bundles: dict[str, Path]) -> Iterator[Server]:
    """One with all tasks and the limits as they are, which no test stops or changes."""
    server = Server(*(f"{name}={bundles[name]}" for name in SERVED))
    yield server
    assert server.stop() == 0, server.log


@pytest.fixture
def started() -> Iterator[Callable[..., Server]]:
    """Starts servers of a test's own, and ends what the test left of them."""
    servers: list[Server] = []

    def start(*arguments: object, gate: Path | None = None) -> Server:
        servers.append(Server(*arguments, gate=gate))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.ended()


@pytest.fixture(scope="module")  # as long as one runs, this thread has an event loop, which other modules have not
def browser() -> Iterator[Browser]:
    if CHROMIUM is None or find_spec("playwright") is None:
        pytest.skip(LACKING)
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Visits servers, and fails where a page asked anybody else, or the console said that something was wrong.

    What is expected there a test takes out of `faults`.
    """
    visits: list[Visit] = []

    def at(server: Server, **context: Any) -> Visit:
        visits.append(Visit(browser, server.port, **context))
        return visits[-1]

    yield at
    for each in visits:
        each.context.close()
        assert each.faults == []
        assert [asked for asked in each.asked if not asked.split()[1].startswith((each.home, "blob:"))] == []
