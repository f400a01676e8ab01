"""What codecs, models, tasks, formats, facts and settings are asked stands in their contracts; nobody names a task.

A `getattr` or `hasattr` on one of them, with a name written out, would be a contract that nobody can read, and a task
named outside its folder would be one that cannot be taken away.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from pathlib import Path

import pytest

from spanloom.contracts import Codec
from spanloom.tasks import task_names
from tests.test_layers import imports

OTHERS = {"os", "error", "ctypes.CDLL(None)", "torch.cpu", "model.config"}
"""Of the system and of libraries, which have no contract here: what differs by platform and by version is asked."""
OTHER_MEANINGS = {"tag", "relation", "rewrite", "nested", "language_model", "image"}
"""Names of tasks that are also keys of data or of scorecards, words of a sentence, or kinds of encoder."""


def asks(text: str) -> list[str]:
    """Every `getattr` or `hasattr` with a name written out, of whatever is ours."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("getattr", "hasattr")
        and isinstance(node.args[1], ast.Constant)
        and ast.unparse(node.args[0]) not in OTHERS
    ]


def test_nothing_is_asked_outside_its_contract(repository: Path) -> None:
    files = sorted((repository / "src" / "spanloom").rglob("*.py"))
    assert files
    found = [(file.name, asked) for file in files for asked in asks(file.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "x = getattr(codec, 'texts', 1)",
        "hasattr(config.model, 'max_words')",
        "def f(): return getattr(model, 'a', ())",
        "any(hasattr(module, 'claims') and module.claims(path) for module in known)",
        "surface if hasattr(fact, 'head') else label",
    ],
)
def test_a_question_is_found(text: str) -> None:
    assert len(asks(text)) == 1


@pytest.mark.parametrize("text", ["getattr(codec, name)", "getattr(model.config, 'size', 0)", "codec.texts"])
def test_what_is_no_question_to_one_of_ours_is_not_found(text: str) -> None:
    assert asks(text) == []


def names_of_tasks(text: str, names: Collection[str]) -> list[str]:
    """Every place of a file, docstrings aside, that names one of these tasks, or imports something of its folder."""
    tree = ast.parse(text)
    found = [target for target, _ in imports(tree, "", False) if target.split(".")[:2] == ["spanloom", "tasks"]]
    found = [target for target in found if target.split(".")[2:3] and target.split(".")[2] in names]
    said = re.compile(rf"task = ['\"]({'|'.join(names)})['\"]")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value in set(names) - OTHER_MEANINGS or (said.search(node.value) and "\n" not in node.value):
                found.append(node.value)
        elif isinstance(node, (ast.Call, ast.Compare, ast.keyword)):
            found += [value for value in _beside_a_task(node) if value in names]
    return found


def _beside_a_task(node: ast.AST) -> list[object]:
    """The constants that a task is looked up by, compared with, or given as."""
    about, values = "", list[ast.expr]()
    if isinstance(node, ast.Call) and node.args:
        about, values = ast.unparse(node.func).replace("find_task", "task"), node.args[:1]
    elif isinstance(node, ast.Compare):
        about, values = ast.unparse(node.left).removesuffix(".name"), node.comparators
    elif isinstance(node, ast.keyword) and node.arg:
        about, values = node.arg, [node.value]
    return [value.value for value in values if about.endswith("task") and isinstance(value, ast.Constant)]


def test_no_task_is_named_outside_its_folder(repository: Path) -> None:
    """But where an encoder is a model of that task."""
    source, found = repository / "src" / "spanloom", []
    for file in sorted(source.rglob("*.py")):
        place = file.relative_to(source).as_posix()
        if not place.startswith("tasks/") and "language_model" not in place:
            found += [(place, name) for name in names_of_tasks(file.read_text(encoding="utf-8"), task_names())]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "from spanloom.tasks.tag.codec import TagCodec",
        "def f():\n    import spanloom.tasks.joint",
        "find_task('relation')",
        "x = 1 if task.name == 'tag' else 2",
        "load(task='rewrite')",
        "default = 'joint'",
        "remedy = \"Train one with task = 'language_model'.\"",
    ],
)
def test_a_task_that_is_named_is_found(text: str) -> None:
    assert len(names_of_tasks(text, task_names())) == 1


@pytest.mark.parametrize(
    "text",
    ["from spanloom.tasks import find_task", "find_task(name)", "item['relation']", '\'""Such as joint.""\''],
)
def test_what_names_no_task_is_not_found(text: str) -> None:
    assert names_of_tasks(text, task_names()) == []


def test_a_codec_has_what_most_have_in_common() -> None:
    class Bare(Codec):
        pass

    codec = Bare()
    assert (codec.texts, codec.max_words, codec.max_sentences) == (1, None, None)
    assert codec.merge([1, 2], [3, 4]) is None
