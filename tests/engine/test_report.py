from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from spanloom.engine.plots import draw_plots
from spanloom.engine.progress import ConsoleProgress
from spanloom.engine.report import (
    EndReport,
    EpochReport,
    Metrics,
    Notice,
    Stage,
    StepReport,
    by_part,
    headline,
    read_metrics,
)
from spanloom.errors import CheckpointError


def step(number: int, of: int = 100) -> StepReport:
    return StepReport(number, of, 1, {"spans": 3.0 / number}, 1.5, 1e-3, 16, 300, 0.5)


def test_the_headline_takes_what_is_nearest_the_top() -> None:
    card = {
        "triples": {"strict": {"precision": 0.5, "recall": 1, "errors": 7}, "by_label": {"born_in": {"f1": 0.1}}},
        "f1": 0.25,
        "note": "f1",
    }
    assert headline(card) == {
        "f1": 0.25,
        "triples.strict.precision": 0.5,
        "triples.strict.recall": 1.0,
        "triples.by_label.born_in.f1": 0.1,
    }
    assert list(headline(card, most=2)) == ["f1"]  # whole levels only
    assert by_part(headline(card))["triples.strict"] == {"precision": 0.5, "recall": 1.0}


def test_metrics_are_kept_up_to_the_step_that_is_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    first = Metrics(path, 0, 1)
    for number in (1, 2, 3):
        first.add(step(number))
    first.add(EpochReport(1, 3, {"f1": 0.5, "examples": ["long"]}, 0.5, True, 2.0))
    first.add(EndReport(3, 10**9))
    first.close()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"kind": "st')  # a crash in the middle of a line
    again = Metrics(path, 2, 1)
    again.add(step(3))
    again.close()
    assert [(line["kind"], line["step"]) for line in read_metrics(path)] == [("step", 1), ("step", 2), ("step", 3)]


def test_an_epoch_that_ended_behind_the_checkpoint_of_its_last_step_is_recorded_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    first = Metrics(path, 0, 1)
    for number in (1, 2):
        first.add(step(number))
        first.add(EpochReport(number, number, None, None, False, 2.0))
    first.close()
    again = Metrics(path, 2, 2)  # saved by train.checkpoint_every, before the second epoch was scored
    again.add(EpochReport(2, 2, None, None, False, 2.0))
    again.close()
    kinds = [(line["kind"], line["epoch"]) for line in read_metrics(path)]
    assert kinds == [("step", 1), ("epoch", 1), ("step", 1), ("epoch", 2)]


def test_a_full_disk_is_said_once_and_by_its_name(tmp_path: Path) -> None:
    """What could not be written is tried again when the file is closed."""
    metrics = Metrics(tmp_path / "metrics.jsonl", 0, 1)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, metrics._file.fileno())
    os.close(full)
    with pytest.raises(CheckpointError, match=r"metrics\.jsonl: could not be written: No space left .* with --resume"):
        metrics.add(step(1))
    metrics.close()


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "{}",
        "[]",
        "\x00\x00",
        '{"kind": "step"}',
        '{"kind": "step", "step": 2, "losses": 3, "learning_rate": 1, "gradient_norm": 1}',
        '{"kind": "step", "step": 2, "losses": {"spans": "1"}, "learning_rate": 1, "gradient_norm": 1}',
        '{"kind": "epoch", "step": 2, "epoch": 1, "best": true, "scorecard": null}',
        '{"kind": "epoch", "step": 2, "epoch": 1, "best": true, "scorecard": {}, "losses": null}',
        '{"kind": "epoch", "step": 2, "epoch": 1, "best": true, "scorecard": {}, "losses": {"spans": "1"}}',
        '{"kind": "epoch", "step": 2, "epoch": 1, "best": true, "scorecard": {}, "labels": 5}',
        '{"kind": "epoch", "step": 2, "epoch": 1, "best": true, "scorecard": {}, "labels": {"Classes": 5}}',
        '{"kind": "epoch", "step": 2, "epoch": 1, "best": true, "scorecard": {}, "labels": {"Classes": {"a": "1"}}}',
        '{"kind": "epoch", "step": 1' + "0" * 400 + ', "epoch": 1, "best": true, "scorecard": {}}',
        '{"kind": "other", "step": 2}',
        "[" * 100_000,
    ],
)
def test_a_damaged_line_of_metrics_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = Metrics(path, 0, 1)
    metrics.add(step(1))
    metrics.close()
    whole = path.read_text(encoding="utf-8")
    path.write_text(f"{whole}{line}\n{whole}", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"metrics.jsonl:2: is damaged; a line of metrics. Remove that line"):
        read_metrics(path)
    path.write_text(f"{whole}{line}", encoding="utf-8")
    assert [kept["step"] for kept in read_metrics(path)] == [1], "the end of a file, cut short by a crash"


def test_a_last_line_that_was_cut_within_a_character_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes('{"kind": "é'.encode()[:-1])
    assert read_metrics(path) == []


def test_plain_lines_come_now_and_then_with_rate_and_time_left() -> None:
    stream, now = io.StringIO(), [0.0]
    with ConsoleProgress(stream, clock=lambda: now[0]) as show:
        show(Notice("No dev data."))
        show(Stage("encoding", 5, 10))
        show(Stage("encoding", 10, 10))
        for number in range(1, 31):
            now[0] += 1.0
            show(step(number))
        show(EpochReport(1, 30, {}, 0.5, True, 30.0, peak_memory=2_345_678_901))
    assert stream.getvalue().splitlines() == [
        "No dev data.",
        "encoding  5/10",
        "encoding  10/10",
        "epoch 1  spans 0.3000  10/100  32 sentences/s  0:01:30 left",
        "epoch 1  spans 0.1500  20/100  32 sentences/s  0:01:20 left",
        "epoch 1  spans 0.1000  30/100  32 sentences/s  0:01:10 left",
        "epoch 1  dev 50.0  (best so far)  30.0 s  2.3 GB at most",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()
    with ConsoleProgress(stream) as show:
        show(Stage("encoding", 10, 10))
        show(step(7))
        show(step(8))
        show(EpochReport(1, 8, None, None, False, 1.0))
    assert "8/100" in stream.getvalue()
    assert "32 sentences/s" in stream.getvalue()
    assert "epoch 1  not scored on dev  1.0 s" in stream.getvalue()


def lines_of(tmp_path: Path, steps: int, card: dict[str, object] | None) -> list[dict[str, object]]:
    metrics = Metrics(tmp_path / "metrics.jsonl", 0, 1)
    for number in range(1, steps + 1):
        metrics.add(step(number))
    metrics.add(EpochReport(1, steps, card, None, card is not None, 1.0))
    metrics.close()
    return read_metrics(tmp_path / "metrics.jsonl")


@pytest.mark.parametrize("steps", [1, 60])
def test_plots_are_pictures(tmp_path: Path, steps: int) -> None:
    card: dict[str, object] = {"triples": {"precision": 0.4, "recall": 0.5, "f1": 0.45}, "entities": {"f1": 0.6}}
    paths = draw_plots(lines_of(tmp_path, steps, card), tmp_path / "plots")
    assert [path.name for path in paths] == ["losses.png", "learning_rate.png", "gradient_norm.png", "dev.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_what_was_not_measured_is_not_drawn(tmp_path: Path) -> None:
    assert draw_plots([], tmp_path) == []
    names = [path.name for path in draw_plots(lines_of(tmp_path, 2, None), tmp_path)]
    assert "dev.png" not in names
