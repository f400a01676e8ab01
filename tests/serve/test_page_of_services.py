"""The page of services of other kinds: those that want a token, that keep a store, that are full, late or gone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spanloom.predict.predictor import bundled, load
from spanloom.store import Store
from tests.serve.browsing import Visit
from tests.serve.process import Server

TEXT = "The ferry to Bergen leaves at noon ."
HELD = "hold the ferry to Bergen"
LIVED = "Ada Lovelace lived in London."
TOKEN = "a-token-of-the-tests-2026"
Visits = Callable[..., Visit]
Started = Callable[..., Server]


@contextlib.contextmanager
def refused(visit: Visit, *statuses: str) -> Iterator[None]:
    """What the console says of refusals, for which a page can do nothing, is all that it says meanwhile."""
    before = len(visit.faults)
    yield
    said, visit.faults[before:] = visit.faults[before:], []
    assert len(said) == len(statuses)
    for status, each in zip(statuses, said, strict=True):
        assert status in each


def test_a_token_is_typed_into_the_page_and_stays_in_its_tab(
    visit: Visits, started: Started, bundles: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "tokens").write_text(TOKEN, encoding="utf-8")
    server = started(bundles["tag"], "--token-file", tmp_path / "tokens")
    for path in ("/", "/page/app.js", "/page/drawing.css"):
        assert server.get(path).status == 200
    for path in ("/page/nothing.js", "/page/..%2fguard.py", "/page/", "/v1/facts", "/v1/models"):
        assert server.get(path).status == 401
    assert server.ask("POST", "/v1/draw", {"text": TEXT}).status == 401
    there = visit(server)
    page = there.page
    with refused(there, "401", "401"):
        page.goto(f"{there.home}#text=The%20ferry%20to%20Bergen")
        page.get_by_label("Token").fill("another-token-than-that")
        assert not page.locator("#ask").is_visible()
        page.get_by_role("button", name="Use it").click()
        page.get_by_text("This token is not valid.").wait_for()
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.locator("#view-text .text").wait_for()
    assert page.locator("#fault").is_hidden()
    page.reload()
    page.locator("#view-text .text").wait_for()
    kept = "() => JSON.stringify([document.cookie, {...localStorage}, location.href])"
    assert page.evaluate(kept) == f'["",{{}},"{page.url}"]'
    assert TOKEN not in page.url + "".join(there.asked)
    other = there.tab()
    with refused(there, "401"):
        other.goto(there.home)
        other.get_by_label("Token").wait_for()


def test_facts_are_searched_where_a_store_is_open(visit: Visits, started: Started, tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite"
    predictor = load(bundled())
    texts = [LIVED, "Mira Holm lived in London.", "Marie Curie was born in Warsaw."]
    with Store(path).writer(predictor) as writer:
        for number, text in enumerate(texts):
            writer.add(text, predictor(text), id=f"note {number}")
    there = visit(started("--store", path))
    page = there.open()
    page.get_by_text("This service keeps the facts of its answers in a store.").wait_for()
    search = page.get_by_role("region", name="Facts in the store")
    rows = (
        "() => [...document.querySelector('#store-table tbody').rows].map(row => [...row.cells].map(c => c.innerText))"
    )

    def found(button: str = "Search") -> list[list[str]]:
        search.get_by_role("button", name=button).click()
        page.locator("#store[aria-busy=false]").wait_for()
        return [row for row in page.evaluate(rows) if row]

    search.get_by_label("Name", exact=True).fill("london")
    facts = list(Store(path).facts(entity="London"))
    told = []
    for fact in facts:
        names = [f"{side.text} {side.label}" for side in (fact.head, fact.tail)]
        about = [f"{fact.score:.2f}", fact.origin.document, fact.origin.model]
        told += [[names[0], fact.relation, names[1], *about], [fact.sentence]]
    assert found() == told
    assert page.locator("#found").inner_text() == f"{len(facts)} rows."
    assert len(facts) == 2
    search.get_by_label("Document").fill("note 0")
    assert found() == [line for line in told if LIVED in line or "note 0" in line]
    search.get_by_label("Document").fill("")
    search.get_by_label("Score at least").fill("0.99")
    found()
    assert page.locator("#found").inner_text() == "Nothing found."
    search.get_by_label("Score at least").fill("")
    search.get_by_label("Name", exact=True).fill("curie")
    found()
    assert search.get_by_text("Names like it:").is_visible()
    assert found("Marie Curie")[0][0] == "Marie Curie person"
    search.get_by_role("combobox", name="Show", exact=True).select_option("mentions")
    assert [row[0] for row in found() if len(row) > 1] == ["Marie Curie person"]
    with refused(there, "422"):
        search.get_by_label("Score at least").evaluate("node => { node.type = 'text'; node.value = '2'; }")
        search.get_by_role("button", name="Search").click()
        page.get_by_role("alert").get_by_text("query.min_score: input should be less than").wait_for()


def test_without_a_store_there_is_no_search(visit: Visits, server: Server) -> None:
    page = visit(server).open()
    assert page.locator("#store").is_hidden()
    assert page.locator("#kept").is_hidden()


def test_what_is_refused_is_told_in_one_sentence(
    visit: Visits, started: Started, bundles: dict[str, Path], tmp_path: Path
) -> None:
    limits = ("--max-characters", 200, "--max-body", 2000, "--max-queue", 1, "--max-texts", 1)
    server = started(bundles["tag"], "--threads", 1, *limits, gate=tmp_path / "gate")
    there = visit(server)
    page = there.open()
    with refused(there, "422"):
        there.ask("x" * 201)
        assert there.fault() == "A text is longer than the 200 characters that the service takes."
    with refused(there, "413"):
        there.ask("x" * 2001)
        assert there.fault() == "That is more than the 2,000 bytes that the service takes at once."
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(server.predict, HELD)
        with server.held():
            waiting = pool.submit(server.predict, TEXT)
            while server.metric("spanloom_queue_texts") < 1:
                pass
            with refused(there, "429"):
                there.ask(TEXT)
                assert there.fault().startswith("The service is busy; try again in ")
                assert page.get_by_role("alert").inner_text().endswith((" second.", " seconds."))
        assert [held.result().status, waiting.result().status] == [200, 200]
    there.ask(TEXT)
    assert there.fault() == ""
    assert page.locator("#view-text .text").text_content() == TEXT
    page.get_by_role("button", name="中文").click()
    assert server.stop() == 0
    with refused(there, "ERR_CONNECTION_REFUSED"):
        there.ask(TEXT)
        assert there.fault() == "无法连接到服务。"
    assert page.locator("#results").is_hidden()


def test_what_takes_too_long_is_told(visit: Visits, started: Started, bundles: dict[str, Path], tmp_path: Path) -> None:
    server = started(bundles["tag"], "--threads", 1, "--timeout", 1, gate=tmp_path / "gate")
    there = visit(server)
    page = there.open()
    page.locator("#text-0").fill(HELD)
    page.locator("#send").click()
    with server.held(), refused(there, "504"):
        there.answered()
        assert there.fault() == "The service did not answer in time; try a shorter text, or again later."


def test_a_request_is_given_up_by_hand_or_for_another(
    visit: Visits, started: Started, bundles: dict[str, Path], tmp_path: Path
) -> None:
    server = started(bundles["tag"], "--threads", 1, gate=tmp_path / "gate")
    there = visit(server)
    page = there.open()
    gone = 'spanloom_refusals_total{cause="client_gone"}'
    page.locator("#text-0").fill(HELD)
    assert page.locator("#cancel").is_hidden()
    page.locator("#send").click()
    with server.held():
        assert there.told() == "Asking…"
        assert page.locator("#results").get_attribute("aria-busy") == "true"
        page.get_by_role("button", name="Cancel").click()
        there.answered()
        assert there.told() == "Cancelled."
        assert page.locator("#cancel").is_hidden()
        while server.metric(gone) < 1:
            pass
    page.locator("#send").click()
    with server.held():
        page.locator("#text-0").fill(TEXT)
        page.locator("#send").click()
        while server.metric(gone) < 2:
            pass
    there.answered()
    assert page.locator("#view-text .text").text_content() == TEXT
    assert there.fault() == ""


@pytest.mark.parametrize("address", ["/", "/page/app.js", "/page/arcs.js", "/page/icon.svg"])
def test_files_are_sent_once(server: Server, address: str) -> None:
    first = server.get(address)
    assert (first.status, first.headers["cache-control"]) == (200, "no-cache")
    again = server.ask("GET", address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, "")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
