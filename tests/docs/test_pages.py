"""The pages of docs/: their links lead somewhere, their code runs and prints what they say, their settings exist."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
import shlex
import tomllib
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from spanloom.config import RunConfig, TrainConfig, kinds_of
from spanloom.config.listing import tables_of
from spanloom.run.cli import main
from spanloom.tasks import find_task, task_names

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
IN_ORDER = {"python.md"}
"""Whose blocks go on from one to the next: `test_python_page.py` runs them."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Code(NamedTuple):
    """A block of a page, and what the page says it prints, "" where it does not say."""

    text: str
    printed: str


def blocks(language: str) -> list[Any]:
    found = []
    for page in (page for page in PAGES if page.name not in IN_ORDER):
        fenced = [*BLOCK.findall(page.read_text(encoding="utf-8")), ("", "")]
        for number, ((kind, text), (next_kind, next_text)) in enumerate(pairwise(fenced)):
            if kind == language:
                code = Code(text, next_text if next_kind == "text" else "")
                found.append(pytest.param(code, id=f"{page.stem}-{number}"))
    return found


def settings() -> dict[str, list[Any]]:
    """Every key of a configuration, with its default in each task."""
    known: dict[str, list[Any]] = {}
    models = (tables_of(find_task(name).config, "model") for name in task_names())
    for table in chain(tables_of(RunConfig), *models):
        for setting in table.settings:
            known.setdefault(f"{table.name}.{setting.name}".lstrip("."), []).append(
                json.loads(setting.default or "null")
            )
    return known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_pictures_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)]*)\)", page.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert link.startswith("https://") or (page.parent / link.partition("#")[0]).exists(), link


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in PAGES} - {"README.md"} == set(re.findall(r"^\| \[.*\]\(([\w.-]+\.md)\)", index, re.M))


@pytest.mark.parametrize("code", blocks("python"))
def test_snippets_print_what_the_page_says(code: Code) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code.text, "snippet", "exec"), {"__name__": "snippet"})
    assert printed.getvalue() == code.printed


@pytest.mark.parametrize("code", blocks("sh"))
def test_commands_do_what_the_page_says(
    code: Code, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "src").symlink_to(repository / "src")
    monkeypatch.chdir(tmp_path)
    for line in code.text.replace("\\\n", " ").splitlines():
        program, *arguments = shlex.split(line)
        if program == "python":  # those have tests of their own
            assert arguments[0] == "-m"
            assert importlib.util.find_spec(arguments[1])
            continue
        assert program == "spanloom"
        assert main(arguments) == 0, line
    printed = capsys.readouterr().out
    assert code.printed in (printed, ""), printed


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
