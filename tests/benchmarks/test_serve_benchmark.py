"""What `benchmarks/serve.py` measures and prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import serve


def test_the_bundled_model_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "serve.json"
    serve.main(["--threads", "1", "--requests", "64", "--output", str(output)])
    [found] = json.loads(output.read_text(encoding="utf-8"))["found"]
    assert [row["clients"] for row in found["rows"]] == [1, 8, 32]
    assert all(0 < row["p50"] <= row["p99"] for row in found["rows"])
    assert capsys.readouterr().out.splitlines() == list(serve.table([found]))


def test_sentences_are_of_several_lengths() -> None:
    texts = serve.made_up()
    assert len(set(texts)) == len(texts)
    assert len({len(text.split()) for text in texts}) > 4
