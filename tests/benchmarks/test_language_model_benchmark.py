from __future__ import annotations

import json
from pathlib import Path

import language_model as benchmark
import pytest

from from_scratch.characters import ALPHABET, numbers_of
from spanloom.config import load_config
from spanloom.tasks import find_task

TEXT = "the tide came in and took the boat and the rope and all the salt that lay upon the sand " * 30


def test_all_sides_learn_the_same_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small, but by the way that the figures go: speeds, perplexities, and the table of them."""
    monkeypatch.setattr(benchmark, "HIDDEN", 12)
    monkeypatch.setattr(benchmark, "TRAINED", 2000)
    numbers = numbers_of(TEXT)
    (tmp_path / "train.txt").write_text("".join(ALPHABET[number] for number in numbers[:2000]), encoding="utf-8")
    config = load_config(
        benchmark.CONFIGS / "timemachine.toml",
        [f"data.train={tmp_path}/train.txt", "model.hidden=12", "train.epochs=8"],
        lambda name: find_task(name).config,
    )
    records = list(benchmark.results(numbers, config, epochs=8, rounds=1, seeds=2))
    assert [record["name"] for record in records] == ["spanloom", "textbook loop", "torch.nn.RNN", "from_scratch"]
    for record in records:
        assert 2 < record["training_perplexity"] < 27
        # The text is the same throughout, so the rest of it is as well known as the part that was learnt.
        assert record["held_out_perplexity"] == pytest.approx(record["training_perplexity"], rel=0.25)
        assert record["characters_a_second"] > 0
        first, second = (run["training_perplexity"] for run in record["seeds"])
        assert first != second
        assert record["training_perplexity"] == pytest.approx((first + second) / 2)
    lines = benchmark.table([*records, {**records[0], "name": "best", "characters_a_second": None}])
    assert len(lines) == 7
    assert lines[2].startswith("| spanloom |")
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"records": [{**record, "characters_a_second": 0.0} for record in records]}))
    benchmark.timed_anew(file, numbers, config, rounds=1)
    timed = json.loads(file.read_text())
    assert all(record["characters_a_second"] > 0 for record in timed["records"])
    assert [r["training_perplexity"] for r in timed["records"]] == [r["training_perplexity"] for r in records]
    assert "machine" in timed["timed"]
