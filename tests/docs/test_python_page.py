"""docs/python.md, block by block in one folder, as a reader would type it: each prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import spanloom.run.spacy_component  # noqa: F401  as its entry point does, in an installation older than that too
from spanloom.run.cli import main

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_runs_from_top_to_bottom(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (repository / "docs" / "python.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    ran = 0
    for (kind, code), (next_kind, expected) in pairwise([*BLOCK.findall(page), ("", "")]):
        printed = io.StringIO()
        if kind == "sh":
            for line in code.splitlines():
                assert main(shlex.split(line)[1:]) == 0, line
        elif kind == "python":
            with contextlib.redirect_stdout(printed):
                exec(compile(code, "docs/python.md", "exec"), names)
            assert printed.getvalue() == (expected if next_kind == "text" else ""), code
            ran += 1
    assert ran >= 7
