"""docs/architecture.md: what it names is there, and its rooms are those of tests/test_layers.py, in their order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layers import LAYERS

NAMED = re.compile(r"(?<![\w/])([\w*/]+\.py)(?::([A-Za-z_][\w.]*\w))?")
"""A file, and where one is named after it a name in it."""
FOLDER = re.compile(r"`([\w/]+/)`")
CONTRACT = re.compile(r"`(Codec|Task|Backend|AnswerKind|Model)\.(\w+)`")
HOMES = {"AnswerKind": "answers/parts/kind.py", "Model": "nn/model.py"}
"""The files of the contracts that are not in contracts.py."""


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "architecture.md").read_text(encoding="utf-8")


def names_in(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """The functions, classes and values of a file or a class, with those inside classes behind a dot."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name):
                yield prefix + name
            case ast.ClassDef(name=name):
                yield prefix + name
                yield from names_in(node.body, f"{prefix}{name}.")
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield prefix + name


def missing(text: str, repository: Path) -> list[str]:
    """What a text names that is not there."""
    roots = (repository / "src" / "spanloom", repository)
    contracts = [(HOMES.get(kind, "contracts.py"), f"{kind}.{name}") for kind, name in CONTRACT.findall(text)]
    found = [folder for folder in FOLDER.findall(text) if not any((root / folder).is_dir() for root in roots)]
    for path, name in {*NAMED.findall(text), *contracts} - {("file.py", "name")}:
        files = [file for root in roots for file in root.glob(path)]
        known = {name for file in files for name in names_in(ast.parse(file.read_text(encoding="utf-8")).body)}
        if not files or (name and name not in known):
            found.append(f"{path}:{name}" if name else path)
    return sorted(found)


def test_what_the_page_names_is_there(page: str, repository: Path) -> None:
    assert len(NAMED.findall(page)) > 80
    assert missing(page, repository) == []


def test_the_rooms_are_all_there_in_their_order(page: str) -> None:
    rooms = page.partition("## The rooms")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^- \*\*(\w+)\*\*:", rooms, re.MULTILINE)) == LAYERS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in `predict/nowhere.py`.", "predict/nowhere.py"),
        ("in `predict/nowhere.py:load`", "predict/nowhere.py:load"),
        ("as `contracts.py:Codec.encoded`.", "contracts.py:Codec.encoded"),
        ("`core.py:Nothing` says", "core.py:Nothing"),
        ("by `Codec.mix`", "contracts.py:Codec.mix"),
        ("by `AnswerKind.mix`", "answers/parts/kind.py:AnswerKind.mix"),
        ("`tasks/nowhere/` is", "tasks/nowhere/"),
        ("`tasks/*/nowhere.py`", "tasks/*/nowhere.py"),
    ],
)
def test_what_is_not_there_is_found(text: str, found: str, repository: Path) -> None:
    assert missing(text, repository) == [found]


def test_what_is_there_is_not_called_missing(repository: Path) -> None:
    text = "`core.py`, `contracts.py:Codec.max_words`, `tests/test_layers.py:LAYERS`, `Task.show` and `answers/parts/`."
    assert missing(text, repository) == []
