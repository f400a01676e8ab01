"""The committed pictures are those that docs/pictures.py draws, and two others take in a browser; pages show them."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from docs import label_studio, screenshots
from docs.pictures import FOLDER, draw
from tests.docs.blocks import PAGES
from tests.serve.browsing import CHROMIUM, LACKING
from tests.serve.label_studio import PROGRAM

NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
MADE_BY = re.compile(r"Matplotlib v[\d.]+")
REFERENCE = re.compile(r"\b[a-z][0-9a-f]{10}\b")  # names of shapes inside a file, made from their exact coordinates
KEPT = sorted(FOLDER.glob("*.svg"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {path.name: path for path in draw(tmp_path_factory.mktemp("pictures"))}


def test_every_picture_is_drawn_and_shown(drawn: dict[str, Path]) -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.name != "README.zh-CN.md")
    shown = re.findall(r"!\[[^\]]+\]\((?:docs/)?pictures/(.*?)\)", pages)
    made = sorted((*drawn, *screenshots.PICTURES, *label_studio.PICTURES))
    assert sorted(set(shown)) == made == sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_is_kept_is_what_is_drawn(path: Path, drawn: dict[str, Path]) -> None:
    """To the last number, give or take a twentieth of a point; of another matplotlib, whose layout differs, the texts.

    Draw them anew with: python -m docs.pictures
    """
    kept, new = (REFERENCE.sub("", file.read_text(encoding="utf-8")) for file in (path, drawn[path.name]))
    assert path.stat().st_size < 40_000
    if MADE_BY.findall(kept) == MADE_BY.findall(new):
        assert NUMBER.sub("", kept) == NUMBER.sub("", new)
        assert [*map(float, NUMBER.findall(new))] == pytest.approx([*map(float, NUMBER.findall(kept))], abs=0.05)
    else:
        texts = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)
        assert texts.findall(kept) == texts.findall(new)


def test_drawing_again_gives_the_same_bytes(drawn: dict[str, Path], tmp_path: Path) -> None:
    for path in draw(tmp_path):
        assert path.read_bytes() == drawn[path.name].read_bytes(), path.name


@pytest.mark.parametrize("name", screenshots.PICTURES)
def test_what_was_taken_of_the_page_is_as_wide_as_its_screen(name: str) -> None:
    fits(FOLDER / name)


@pytest.mark.skipif(CHROMIUM is None or find_spec("playwright") is None, reason=LACKING)
def test_pictures_of_the_page_can_be_taken(tmp_path: Path) -> None:
    """The same ones, for which fonts of other machines make other bytes."""
    taken = screenshots.take(tmp_path)
    assert [path.name for path in taken] == list(screenshots.PICTURES)
    for path in taken:
        fits(path)


@pytest.mark.slow(reason="Label Studio makes its database anew, which takes a minute")
@pytest.mark.skipif(PROGRAM is None, reason="label-studio is not installed")
@pytest.mark.skipif(CHROMIUM is None or find_spec("playwright") is None, reason=LACKING)
def test_pictures_of_label_studio_can_be_taken(tmp_path: Path) -> None:
    taken = label_studio.take(tmp_path)
    assert [path.name for path in taken] == list(label_studio.PICTURES)
    for path in taken:
        with Image.open(path) as picture, Image.open(FOLDER / path.name) as kept:
            assert picture.size == kept.size


def fits(path: Path) -> None:
    context = screenshots.PICTURES[path.name].context
    assert path.stat().st_size < screenshots.MOST
    with Image.open(path) as picture:
        assert picture.width == context["viewport"]["width"] * context["device_scale_factor"]
        assert picture.height > 600
