"""What `benchmarks/heavy.py` times is the work that it names, and its table has the ratio."""

from __future__ import annotations

import json
from pathlib import Path

import heavy
import pytest


def test_each_case_does_its_work(tmp_path: Path) -> None:
    work = {what: make(40, tmp_path) for what, _, _, make in heavy.CASES}
    assert work["telling a format"]() is None
    assert work["a page"]() > 1000  # type: ignore[operator]
    kinds, places = work["recall"]()  # type: ignore[misc]
    assert len(kinds) == len(places) > 10


def test_the_ratio_is_tabled_and_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"what": "a page", "unit": "words", "size": 2000, "seconds": [0.5, 1.25]}]
    monkeypatch.setattr(heavy, "measure", lambda: rows)
    heavy.main(["--output", str(tmp_path / "heavy.json")])
    assert capsys.readouterr().out.splitlines()[-1] == "| a page | 2,000 words | 0.500 | 1.250 | 2.5 |"
    assert json.loads((tmp_path / "heavy.json").read_text(encoding="utf-8"))["rows"] == rows
