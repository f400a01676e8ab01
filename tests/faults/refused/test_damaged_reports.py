"""Scorecards and metrics that are damaged, or of something else, are one clear error."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import spanloom.engine.run
from spanloom.engine.report import EpochReport
from spanloom.engine.run import run_training
from spanloom.errors import CheckpointError, DataError
from spanloom.metrics.comparison import compare_scorecards
from spanloom.run.cli import main
from spanloom.run.evaluate import read_scorecard
from tests.engine import toy

CARD: dict[str, Any] = {
    "rule": "strict",
    "size": {"sentences": 2},
    "gold_hash": "0" * 64,
    "sentences": {"entities": [[1, 1, 1], [0, 1, 1]]},
    "measured": {
        "BLEU-4": {"measure": "mean", "unit": "points", "better": "higher", "statistics": [[1.0, 1.0], [0.5, 1.0]]}
    },
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    card = copy.deepcopy(CARD)
    change(card)
    return card


def test_whole_scorecards_are_compared() -> None:
    assert compare_scorecards(CARD, CARD)["tests"].keys() == {"entities", "BLEU-4"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: card.pop("gold_hash"), "it holds no counts per sentence"),
        (lambda card: card.update(gold_hash=5), "'gold_hash' is not what"),
        (lambda card: card.update(rule=None), "'rule' is not what"),
        (lambda card: card.pop("size"), "'size' is not what"),
        (lambda card: card.update(size={"sentences": "two"}), r"'size\.sentences' is not what"),
        (lambda card: card.update(sentences=[1]), "'sentences' is not what"),
        (lambda card: card["sentences"].update(entities=[[1, 1], [1, 1]]), r"'sentences\.entities' is not what"),
        (lambda card: card["sentences"].update(entities=[[1, 1, 1], [1, 1]]), r"'sentences\.entities'"),
        (lambda card: card["sentences"].update(entities=[]), r"'sentences\.entities'"),
        (lambda card: card["sentences"].update(entities=[["a", 1, 1]]), r"'sentences\.entities'"),
        (lambda card: card["sentences"].update(entities=[[-1, 1, 1]]), r"'sentences\.entities'"),
        (lambda card: card["sentences"].update(entities=[[10**30, 1, 1]]), r"'sentences\.entities'"),
        (lambda card: card["measured"].update({"BLEU-4": 5}), r"'measured\.BLEU-4'"),
        (lambda card: card["measured"]["BLEU-4"].update(measure="other"), r"'measured\.BLEU-4'"),
        (lambda card: card["measured"]["BLEU-4"].update(measure=["mean"]), r"'measured\.BLEU-4'"),
        (lambda card: card["measured"]["BLEU-4"].update(statistics=[[float("nan"), 1.0]]), r"'measured\.BLEU-4'"),
        (lambda card: card["measured"]["BLEU-4"].pop("unit"), r"'measured\.BLEU-4'"),
    ],
)
def test_a_damaged_scorecard_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(DataError, match=rf"^scorecard B: .*{message}.* spanloom evaluate MODEL DATA --report DIR"):
        compare_scorecards(CARD, changed(change))
    with pytest.raises(DataError, match=rf"^scorecard A: .*{message}"):
        compare_scorecards(changed(change), CARD)


def test_scorecards_that_cannot_be_compared_are_told_apart() -> None:
    other = changed(lambda card: card.update(sentences={"tags": CARD["sentences"]["entities"]}))
    with pytest.raises(DataError, match=r"^compare: A counts entities and B tags; two scorecards of one task"):
        compare_scorecards(CARD, other)
    longer = changed(lambda card: card["sentences"]["entities"].append([1, 1, 1]))
    message = r"^compare: A holds 2 rows of 3 numbers of 'entities', and B 3 of 3; two scorecards of the same sentences"
    with pytest.raises(DataError, match=message):
        compare_scorecards(CARD, longer)
    wider = changed(lambda card: card["measured"]["BLEU-4"].update(statistics=[[1.0], [2.0]]))
    with pytest.raises(DataError, match=r"^compare: A holds 2 rows of 2 numbers of 'BLEU-4', and B 2 of 1"):
        compare_scorecards(CARD, wider)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON: "),
        (b'{"rule": ', "not JSON: "),
        (b"\xff\xfe{", "not JSON: "),
        (b"[" * 200_000, "not JSON: "),
        (b'{"size": ' + b"9" * 5000 + b"}", "not JSON: "),
        (b"[1, 2]", "a JSON list; a scorecard, which is a JSON object. Name another file."),
        (b"null", "a JSON NoneType"),
    ],
    ids=["empty", "cut", "no UTF-8", "deep", "huge number", "list", "null"],
)
def test_a_file_that_is_no_scorecard(
    tmp_path: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scorecard.json").write_bytes(content)
    with pytest.raises(DataError, match=f"scorecard.json: {message}"):
        read_scorecard(tmp_path)
    assert main(["compare", str(tmp_path), str(tmp_path / "scorecard.json")]) == 2
    assert "DataError: " in capsys.readouterr().err


def test_damage_in_a_run_folder_is_named_when_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spanloom.engine.run, "draw_plots", lambda lines, folder: [])
    config, output, device = toy.settings(tmp_path, epochs=1), tmp_path / "run", torch.device("cpu")
    run_training(toy.TASK, config, output, device=device)
    metrics, whole = output / "metrics.jsonl", (output / "metrics.jsonl").read_bytes()
    metrics.write_bytes(whole[:-20])  # a kill while it was written
    run_training(toy.TASK, config, output, True, device=device)
    metrics.write_bytes(b"{}\n" + whole)
    with pytest.raises(CheckpointError, match=r"metrics\.jsonl:1: is damaged; a line of metrics"):
        run_training(toy.TASK, config, output, True, device=device)
    metrics.unlink()
    run_training(toy.TASK, config, output, True, device=device)
    for content, message in (("[1]", "is damaged: a list; a table in JSON"), ("{", "is damaged: Expecting")):
        (output / "scorecard.json").write_text(content, encoding="utf-8")
        with pytest.raises(CheckpointError, match=rf"scorecard\.json: .*{message}"):
            run_training(toy.TASK, config, output, True, device=device)


def test_a_file_where_a_folder_would_be_is_no_full_disk(tmp_path: Path) -> None:
    config, output, device = toy.settings(tmp_path, epochs=1), tmp_path / "run", torch.device("cpu")

    def block(report: object) -> None:
        if isinstance(report, EpochReport):
            (output / "plots").write_text("", encoding="utf-8")

    message = r"losses\.png: could not be written: .*; a place that can be written to. Make .*plots a folder"
    with pytest.raises(CheckpointError, match=message):
        run_training(toy.TASK, config, output, False, block, device)
    (output / "plots").unlink()
    run_training(toy.TASK, config, output, True, device=device)
    assert (output / "plots" / "losses.png").exists()


def test_a_scorecard_reads_back(tmp_path: Path) -> None:
    (tmp_path / "scorecard.json").write_text(json.dumps(CARD), encoding="utf-8")
    assert read_scorecard(tmp_path) == read_scorecard(tmp_path / "scorecard.json") == CARD
