"""docs/choosing.md: every figure in its tables is one of docs/results.md or docs/transfer.md, which are measured."""

from __future__ import annotations

import re

from tests.docs.blocks import REPOSITORY

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?")


def numbers(name: str) -> list[str]:
    """The numbers in the rows of a page's tables, those in names of data sets aside."""
    text = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
    rows = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    return NUMBER.findall(re.sub(r"`[^`]*`", "", rows))


def test_its_figures_are_measured() -> None:
    measured = {*numbers("results.md"), *numbers("transfer.md")}
    prose = (REPOSITORY / "docs" / "transfer.md").read_text(encoding="utf-8")
    named = numbers("choosing.md")
    assert len(named) > 50
    assert [number for number in named if number not in measured and f"{number} " not in prose] == []
