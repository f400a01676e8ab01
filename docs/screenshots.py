"""The pictures of the service's page: a real service with the bundled model, in a real Chromium.

    python -m docs.screenshots

from the root of the repository takes them all anew into docs/pictures/. Fonts are those of the machine, so that no two
machines make the same bytes; which there are and what they are of is what tests look at.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from tests.serve.browsing import Visit, launched
from tests.serve.process import Server

FOLDER = Path(__file__).parent / "pictures"
MOST = 150_000
"""Bytes of a picture."""
MOST_HIGH = 1200
"""How far down the page it reaches."""

ENGLISH = (
    "Nora Lind was born in Oslo and studied at the University of Bergen. In 2011 she founded Fjordlys, which is based "
    "in Bergen."
)
CHINESE = "林晓雨出生于成都，是星河科技的创始人，公司总部位于杭州。"  # noqa: RUF001
THRESHOLD = "0.55"


class Picture(NamedTuple):
    """text: what is asked; view: which view is open; context: what the browser is told of screen and person; first:
    what stands at its top; it ends where the results do.
    """

    text: str
    view: str
    context: dict[str, Any]
    first: str = "html"


EDGES = """first => [document.querySelector(first).getBoundingClientRect().top + scrollY,
  document.querySelector("#results").getBoundingClientRect().bottom + scrollY + 16]"""


WIDE = {"viewport": {"width": 960, "height": 600}, "device_scale_factor": 1.5}
PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
PICTURES = {
    "page-light.png": Picture(ENGLISH, "text", WIDE),
    "page-dark.png": Picture(ENGLISH, "graph", {**WIDE, "color_scheme": "dark"}),
    "page-phone.png": Picture(ENGLISH, "text", PHONE, "#results"),
    "page-zh.png": Picture(CHINESE, "text", {**WIDE, "locale": "zh-CN"}),
}


@contextmanager
def served() -> Iterator[Server]:
    """The service, with a store, so that all of the page is there."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server("--store", Path(folder) / "facts.sqlite")
        server.predict_all([ENGLISH, CHINESE])  # the first answer takes longer than those to come
        yield server
        server.stop()


def take(folder: Path) -> list[Path]:
    """Take every picture into `folder`."""
    paths = []
    with served() as server, launched() as browser:
        for name, (text, view, context, first) in PICTURES.items():
            visit = Visit(browser, server.port, **context)
            with closing(visit.context):
                page = visit.open(text=text, view=view, threshold=THRESHOLD)
                page.locator("#results").wait_for()
                visit.answered()
                page.evaluate("() => document.activeElement.blur()")
                top, bottom = page.evaluate(EDGES, first)
                size = {"width": context["viewport"]["width"], "height": min(bottom - top, MOST_HIGH)}
                taken = page.screenshot(full_page=True, clip={"x": 0, "y": top, **size})
                paths.append(folder / name)
                keep(taken, paths[-1])
    return paths


def keep(taken: bytes, path: Path) -> None:
    """Write what a browser took. Of few colours there is no loss to see, and a third of the size."""
    few = Image.open(io.BytesIO(taken)).convert("RGB").quantize(256, kmeans=3)
    few.save(path, optimize=True)


if __name__ == "__main__":
    for path in take(FOLDER):
        print(path, path.stat().st_size)
