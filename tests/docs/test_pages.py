"""The pages of docs/: their links lead somewhere, their settings exist (their code: test_blocks.py)."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import RunConfig, TrainConfig, kinds_of
from spanloom.config.listing import tables_of
from spanloom.tasks import find_task, task_names
from tests.docs.blocks import DOCS as PAGES
from tests.docs.blocks import REPOSITORY

DOCS = REPOSITORY / "docs"


def settings() -> dict[str, list[Any]]:
    """Every key of a configuration, with its default in each task."""
    known: dict[str, list[Any]] = {}
    models = (tables_of(find_task(name).config, "model") for name in task_names())
    for table in chain(tables_of(RunConfig), *models):
        if table.kind:
            known.setdefault(f"{table.name}.kind", []).append(table.kind)
        for setting in table.settings:
            known.setdefault(f"{table.name}.{setting.name}".lstrip("."), []).append(
                json.loads(setting.default or "null")
            )
    return known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_pictures_exist(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert links
    for link in links:
        assert link.startswith("https://") or (page.parent / link.partition("#")[0]).exists(), link


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in PAGES} - {"README.md"} == set(re.findall(r"^\| \[.*\]\(([\w.-]+\.md)\)", index, re.M))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings_exist_and_have_the_defaults_of_the_tables(page: Path) -> None:
    text, known = page.read_text(encoding="utf-8"), settings()
    for key in re.findall(r"`((?:train|model|data)\.[a-z_.]+)", text):
        assert key in known
    for key, default in re.findall(r"^\| `([a-z_.]+)` \| `(.*?)` \|", text, re.MULTILINE):
        assert tomllib.loads(f"value = {default}")["value"] in known[key], key


@pytest.mark.parametrize(("page", "key"), [("padding.md", "sampler"), ("schedules.md", "schedule")])
def test_every_choice_is_explained(page: str, key: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = "\n".join(line for line in text.splitlines() if line.startswith('| `"'))
    assert set(re.findall(r'`"(\w+)"`', rows)) >= set(kinds_of(TrainConfig, key))


def test_tasks_that_can_do_r_drop_are_named() -> None:
    able = [f"`{name}`" for name in task_names() if find_task(name).divergence is not None]
    text = " ".join((DOCS / "adversarial.md").read_text(encoding="utf-8").split())
    assert f"those that do are {', '.join(able[:-1])} and {able[-1]}" in text
