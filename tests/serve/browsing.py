"""Chromium, driven by Playwright, and what it met on the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
LACKING = "no Chromium to drive: apt install chromium, and pip install playwright"


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A tab of its own at a server's page. page: as Playwright drives it; asked: the requests that it made, as `METHOD
    ADDRESS`; faults: what the console said that was wrong.
    """

    def __init__(self, browser: Browser, port: int, **context: Any) -> None:
        self.home = f"http://127.0.0.1:{port}/"
        self.context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1000, "height": 900}, **context})
        self.context.set_default_timeout(60_000)
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        """Another tab, which shares nothing with the first but its cookies, of which there are none."""
        page = self.context.new_page()
        page.on("request", lambda request: self.asked.append(f"{request.method} {request.url}"))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None)
        return page

    def open(self, **fragment: str) -> Page:
        """The page, once it is ready to be asked. fragment: what stands behind the `#`."""
        self.page.goto(self.home + ("#" if fragment else "") + "&".join(f"{k}={quote(v)}" for k, v in fragment.items()))
        self.page.locator("#ask").wait_for()
        return self.page

    def ask(self, text: str) -> Page:
        """Types a text, asks for it and waits for what is told."""
        self.page.locator("#text-0").fill(text)
        self.page.locator("#send").click()
        return self.answered()

    def answered(self) -> Page:
        """Waits until nothing is asked any more."""
        self.page.wait_for_function("() => !document.body.classList.contains('asking')")
        return self.page

    def told(self) -> str:
        return self.page.locator("#told").inner_text()

    def fault(self) -> str:
        return self.page.locator("#fault").inner_text()

    def api(self) -> list[str]:
        """What the service was asked beside the files of the page."""
        return [each for each in self.asked if "/v1/" in each]

    def posts(self) -> int:
        """How often the service was asked for answers."""
        return sum(each.startswith("POST ") for each in self.asked)
