"""What a notebook shows of results: dicts as before, with tables."""

from __future__ import annotations

import html
import json
import pickle
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from spanloom.config import DataConfig, RunConfig, load_config
from spanloom.tasks import FOLDER, find_task, task_names
from spanloom.write.notebook import ShownCheck, ShownScorecard


class Cells(HTMLParser):
    """The texts of the elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def page_in(shown: str) -> Cells:
    (page,) = re.findall(r'^<iframe srcdoc="([^"]*)" style="[^"]*"></iframe>$', shown)
    return Cells(html.unescape(page))


def sample(name: str) -> tuple[list[Any], RunConfig]:
    task = find_task(name)
    config = load_config(FOLDER / name / "tiny.toml", [], lambda name: find_task(name).config)
    (file,) = (FOLDER / name).glob("sample.*")
    return list(task.read(file, DataConfig())), config


@pytest.mark.parametrize("name", task_names())
def test_a_scorecard_is_a_dict_that_shows_itself(name: str) -> None:
    examples, config = sample(name)
    task = find_task(name)
    plain = task.score(examples, [example.gold for example in examples], task.fit(examples, config))
    card = ShownScorecard(plain)
    assert card == plain == json.loads(json.dumps(card)) | plain
    assert pickle.loads(pickle.dumps(card)) == plain
    assert "95% interval" in repr(card)
    assert "\x1b" not in repr(card)
    page = page_in(card._repr_html_())
    assert page.tags.count("b") > 0, "a tile for each of the main scores"


def test_a_scorecard_of_nothing_is_an_empty_dict() -> None:
    assert (repr(ShownScorecard()), ShownScorecard()._repr_html_()) == ("{}", "{}")


@pytest.mark.parametrize("name", task_names())
def test_a_check_is_a_dict_that_shows_itself(name: str) -> None:
    examples, config = sample(name)
    found = ShownCheck(find_task(name).check(examples, config))
    assert json.loads(json.dumps(found)) == found
    page = page_in(found._repr_html_())
    assert "Gold" in page.texts
    assert repr(found).startswith("Gold")
    for size, count in found["gold"].get("sizes", {}).items():
        assert page.texts[page.texts.index(size) + 1] == f"{count:,}"


def test_what_users_wrote_is_text_on_the_page() -> None:
    issue = {"count": 1, "first": ["a.txt:1: <img src=x>\x1b[1m"]}
    found = ShownCheck({"gold": {"sizes": {"<b>": 1}}, "issues": {"<i>": issue}})
    page = page_in(found._repr_html_())
    assert {"b", "i", "img"}.isdisjoint(page.tags)
    assert {"<b>", "<i>"} <= set(page.texts)
    assert "\x1b" not in repr(found) + found._repr_html_()
