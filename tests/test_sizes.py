"""More than six arguments that are passed along together are a value, and a file is read in one sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MOST_ARGUMENTS = 6
MOST_LINES = 250

ARRAYS = {"encoders/parts/modules/pieces.py", "nn/heads/crf.py"}
"""Whose `forward` takes the arrays of a batch, each by its name."""
OPTIONS = {
    "run/cli/data.py",
    "run/cli/facts.py",
    "run/cli/generate.py",
    "run/cli/judge.py",
    "run/cli/predict.py",
    "run/cli/serve.py",
    "run/cli/splitting.py",
    "run/cli/training.py",
}
"""Whose commands take what a person types, an argument an option."""


def long_lists(text: str) -> Iterator[tuple[str, int]]:
    """Each function with more arguments than a reader keeps apart, and how many it has, `self` and `cls` aside."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            given = node.args
            names = [item.arg for item in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            count = len([name for name in names if name not in ("self", "cls")])
            if count > MOST_ARGUMENTS:
                yield getattr(node, "name", "lambda"), count


def is_right(place: str, function: str) -> bool:
    """Whether the arguments of a function are a list by nature."""
    is_codec = place.startswith("tasks/") and place.endswith("/codec.py") and function == "__init__"
    return is_codec or place in OPTIONS or (place in ARRAYS and function == "forward")


def test_no_function_takes_more_than_six_arguments(repository: Path) -> None:
    source = repository / "src" / "spanloom"
    found = {
        (file.relative_to(source).as_posix(), name): count
        for file in sorted(source.rglob("*.py"))
        for name, count in long_lists(file.read_text(encoding="utf-8"))
    }
    assert {place for place, _ in found} >= ARRAYS | OPTIONS
    assert {place: count for place, count in found.items() if not is_right(*place)} == {}


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b, c, d, e, f, g): ...",
        "class A:\n    def f(self, a, b, c, *, d, e, f, g=1): ...",
        "def f():\n    async def g(a, b, c, /, d, e, f, *rest, g): ...",
        "f = lambda a, b, c, d, e, f, g: 1",
    ],
)
def test_a_long_list_is_found(text: str) -> None:
    assert [count for _, count in long_lists(text)] == [7]


@pytest.mark.parametrize("text", ["class A:\n    def f(self, a, b, c, d, e, f): ...", "f(1, 2, 3, 4, 5, 6, 7, 8)"])
def test_six_arguments_are_no_long_list(text: str) -> None:
    assert list(long_lists(text)) == []


def test_no_file_is_longer_than_one_sitting(repository: Path) -> None:
    source = repository / "src" / "spanloom"
    files = [file for ending in ("py", "js", "css") for file in sorted(source.rglob(f"*.{ending}"))]
    lengths = {
        file.relative_to(source).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in files
    }
    assert {"core.py", "write/arcs.js"} <= set(lengths)
    assert {place: lines for place, lines in lengths.items() if lines > MOST_LINES} == {}
