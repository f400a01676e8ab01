"""Both READMEs: short, in step; their links lead somewhere, their picture is a real answer."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import spanloom
from docs import answer
from spanloom.tasks import task_names
from tests.docs.blocks import Block, blocks_of

READMES = ("README.md", "README.zh-CN.md")


@pytest.fixture(params=READMES)
def text(request: pytest.FixtureRequest, repository: Path) -> str:
    return (repository / request.param).read_text(encoding="utf-8")


def without_comments(block: Block) -> str:
    return ast.dump(ast.parse(block.text)) if block.language == "python" else block.text


def test_they_are_short_and_name_every_task(text: str) -> None:
    assert len(text.splitlines()) <= 150
    listed = re.findall(r"^\| \[`(\w+)`\]\(src/spanloom/tasks/\1/README\.md\)", text, re.MULTILINE)
    assert sorted(listed) == sorted(task_names())


def test_their_links_lead_somewhere(text: str, repository: Path) -> None:
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert "docs/pictures/answer.svg" in links
    for link in links:
        assert link.startswith("https://") or (repository / link.partition("#")[0]).exists(), link


def test_they_are_in_step(repository: Path) -> None:
    """The same blocks, comments of Python aside, which `test_blocks.py` then runs once, under as many headings."""
    english, chinese = ((repository / name).read_text(encoding="utf-8") for name in READMES)
    for ours, theirs in zip(blocks_of(english), blocks_of(chinese), strict=True):
        assert ours.language == theirs.language
        assert without_comments(ours) == without_comments(theirs)
        assert (ours.file, ours.fails, ours.not_run is None) == (theirs.file, theirs.fails, theirs.not_run is None)
    heads = [re.findall(r"^#+ ", text, re.MULTILINE) for text in (english, chinese)]
    assert heads[0] == heads[1]


@pytest.mark.parametrize("name", answer.TEXTS)
def test_the_picture_is_what_the_model_answers(repository: Path, name: str) -> None:
    """Words, labels and where they stand."""
    sentence = answer.TEXTS[name]
    picture = ElementTree.parse(repository / "docs" / "pictures" / name)
    texts = list(picture.iter("{http://www.w3.org/2000/svg}text"))
    words = [element for element in texts if element.get("textLength")]
    assert "".join((element.text or "").replace(" ", "") for element in words) == sentence.replace(" ", "")
    facts = spanloom.load()(sentence).to_dict()
    assert [fact["text"] for fact in facts["entities"]] == [
        element.text for element in words if element.text in {fact["text"] for fact in facts["entities"]}
    ]
    others = [element.text for element in texts if element not in words]
    assert sorted(others) == sorted(fact["label"] for kind in ("entities", "relations") for fact in facts[kind])
    assert picture.findtext("{http://www.w3.org/2000/svg}title") == answer.said(facts)
