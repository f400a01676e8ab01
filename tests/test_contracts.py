"""What codecs, models and tasks are asked stands in their contracts, `core.py` and `nn/model.py`, with defaults.

A `getattr` or `hasattr` on one of them would be a contract that nobody can read.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from spanloom.core import Codec

ASKED = {"codec", "model", "task"}


def asks(text: str) -> list[str]:
    """Every `getattr` or `hasattr` with a name written out, of what is called a codec, a model or a task."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("getattr", "hasattr")
        and isinstance(node.args[1], ast.Constant)
        and ast.unparse(node.args[0]).rpartition(".")[2] in ASKED
        and ast.unparse(node.args[0]) != "config.model"  # the settings of one
    ]


def test_nothing_is_asked_of_a_codec_a_model_or_a_task_outside_their_contracts(repository: Path) -> None:
    files = sorted((repository / "src" / "spanloom").rglob("*.py"))
    assert files
    found = [(file.name, asked) for file in files for asked in asks(file.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["x = getattr(codec, 'texts', 1)", "hasattr(self.codec, 'merge')", "def f(): return getattr(model, 'a', ())"],
)
def test_a_question_is_found(text: str) -> None:
    assert len(asks(text)) == 1


@pytest.mark.parametrize("text", ["getattr(codec, name)", "getattr(model.config, 'size', 0)", "codec.texts"])
def test_what_is_no_question_to_one_of_them_is_not_found(text: str) -> None:
    assert asks(text) == []


def test_a_codec_has_what_most_have_in_common() -> None:
    class Bare(Codec):
        pass

    codec = Bare()
    assert (codec.texts, codec.max_words, codec.max_sentences) == (1, None, None)
    assert codec.merge([1, 2], [3, 4]) is None
