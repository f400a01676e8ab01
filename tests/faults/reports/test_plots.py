"""What a run records of dev, how its pictures are titled, and that people see all scores on one scale."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from spanloom.core import Example, Row, Source
from spanloom.engine import plots, preview_plots
from spanloom.engine.dev import Losses, score_dev, with_targets
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.progress import _of_epoch
from spanloom.engine.report import (
    EpochReport,
    Metrics,
    StepReport,
    f1_by_label,
    is_share,
    read_metrics,
)
from spanloom.engine.run import run_training
from spanloom.errors import DataError
from tests.engine import toy

CPU = torch.device("cpu")


class Drawn:
    """Keeps the figures that are saved, by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.figures: dict[str, Figure] = {}
        save = plots.save

        def keep(figure: Figure, path: Path) -> Path:
            self.figures[path.stem] = figure
            return save(figure, path)

        for module in (plots, preview_plots):
            monkeypatch.setattr(module, "save", keep)


def lines(path: Path, card: dict[str, Any], epochs: int = 2) -> list[dict[str, Any]]:
    metrics = Metrics(path, 0, 1)
    for epoch in range(1, epochs + 1):
        metrics.add(StepReport(epoch, epochs, epoch, {"spans": 2.0 / epoch}, 1.0, 1e-3, 4, 40, 0.1))
        losses = {"spans": 3.0 / epoch}
        metrics.add(EpochReport(epoch, epoch, card, 0.5, epoch == 1, 1.0, losses=losses))
    metrics.close()
    return read_metrics(path)


CARD = {
    "entities": {"precision": 0.5, "recall": 0.25, "f1": 0.333},
    "labels": {
        "Entities": {
            "$x_": {"f1": 0.25, "gold": 9},
            "_y": {"f1": 0.123456, "gold": 12},
            "人\n": {"f1": 1.0, "gold": 1},
        }
    },
}


def test_every_picture_has_a_title_and_named_axes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(monkeypatch)
    plots.draw_plots(lines(tmp_path / "metrics.jsonl", CARD), tmp_path)
    preview_plots.draw_schedule(np.arange(3), {"all": np.ones(3)}, tmp_path / "schedule.png")
    preview_plots.draw_range_test([0.1, 0.2], [2.0, 1.0], np.array([2.0, 1.0]), 0.1, tmp_path / "range.png")
    names = ["losses", "learning_rate", "gradient_norm", "dev", "labels", "schedule", "range"]
    assert list(drawn.figures) == names
    for name, figure in drawn.figures.items():
        for axes in figure.axes:
            assert axes.get_title(), name
            assert axes.get_xlabel(), name
            assert axes.get_ylabel(), name


def test_the_loss_on_dev_stands_beside_that_of_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(monkeypatch)
    plots.draw_plots(lines(tmp_path / "metrics.jsonl", CARD), tmp_path)
    curves = {curve.get_label(): curve.get_xydata().tolist() for curve in drawn.figures["losses"].axes[0].lines}
    assert curves == {"spans": [[1, 2.0], [2, 1.0]], "spans, dev": [[1, 3.0], [2, 1.5]]}


def test_scores_are_drawn_in_points_and_labels_have_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(monkeypatch)
    plots.draw_plots(lines(tmp_path / "metrics.jsonl", CARD), tmp_path)
    (dev,) = drawn.figures["dev"].axes
    assert dev.lines[0].get_ydata().tolist() == [50.0, 50.0]
    assert dev.get_ylabel() == "score, points"
    (labels,) = drawn.figures["labels"].axes
    named = {str(curve.get_label()).strip(): curve.get_ydata().tolist() for curve in labels.lines[:3]}
    assert named == {"_y": [12.35] * 2, r"\$x_": [25.0] * 2, "人\ufffd": [100.0] * 2}
    assert len(labels.get_legend().get_texts()) == 4  # and the model that was kept


def test_labels_are_recorded_in_short(tmp_path: Path) -> None:
    many = {"Kind": {f"label {n}": {"f1": 0.123456, "gold": n} for n in range(60)}, "None": {}}
    kept = f1_by_label({"labels": many})
    assert list(kept) == ["Kind"]
    assert list(kept["Kind"])[:2] == ["label 59", "label 58"]
    assert len(kept["Kind"]) == 25
    assert set(kept["Kind"].values()) == {0.1235}
    epoch = lines(tmp_path / "metrics.jsonl", {"labels": many}, 1)[-1]
    assert epoch["labels"] == kept
    assert epoch["losses"] == {"spans": 3.0}


@pytest.mark.parametrize(
    ("path", "share"),
    [
        ("entities.strict.f1", True),
        ("overall.BLEU-4.value", True),
        ("labels.Classes.perplexity.f1", True),
        ("summary.perplexity", False),
        ("overall.perplexity.value", False),
        ("overall.bits per character.value", False),
        ("overall.unknown units.value", True),
        ("f1", True),
    ],
)
def test_shares_are_told_from_what_is_none(path: str, share: bool) -> None:
    assert is_share(path) == share


def test_progress_and_card_say_points(tmp_path: Path) -> None:
    assert "dev 66.1  (best so far)" in _of_epoch(EpochReport(3, 9, {}, 0.6612, True, 1.0))
    card = {"summary": {"perplexity": 34.25}}
    said = _of_epoch(EpochReport(3, 9, card, 1 / 34.25, True, 1.0, training={"perplexity": 40.0}))
    assert "training perplexity 40.0000  dev perplexity 34.2500  (best so far)" in said
    run_training(toy.TASK, toy.settings(tmp_path), tmp_path / "run", device=CPU)
    accuracy = json.loads((tmp_path / "run" / "scorecard.json").read_text(encoding="utf-8"))["letters"]["accuracy"]
    readme = (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert "Shares are in points, 0 to 100." in readme
    assert f"| letters | {100 * accuracy:.1f} | {100 * accuracy:.1f} |" in readme


# ---- the loss on dev -------------------------------------------------------------------------------------------------


class Choosy(toy.ToyCodec):
    """Knows only the letters of its training data, as others know their labels."""

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        return [("letter", letter) for letter in sorted(set(example.input) - set(self.letters))]

    def encode(self, example: Example) -> Row:
        if example.gold is not None and self.unknown(example):
            raise DataError(str(example.source), f"unknown letter in '{example.input}'", self.letters)
        return super().encode(example)


def dev_of(codec: toy.ToyCodec, words: Sequence[str]) -> Encoded:
    examples = [Example(word, toy.gold(word), Source("dev.txt", line)) for line, word in enumerate(words, 1)]
    return Encoded(examples, [codec.encode(dataclasses.replace(one, gold=None)) for one in examples])


def by_hand(model: torch.nn.Module, codec: toy.ToyCodec, words: Sequence[str]) -> dict[str, float]:
    """The losses word by word, without batches."""
    model.eval()
    sums: dict[str, float] = {"letters": 0.0, "vowels": 0.0}
    counts = {"letters": 0, "vowels": 0}
    for word in words:
        ids = torch.tensor([[codec.letters.find(letter) + 2 for letter in word]])
        with torch.no_grad():
            logits = model(ids, torch.ones_like(ids, dtype=torch.bool))["logits"][0].log_softmax(-1)
        for place, vowel in enumerate(toy.gold(word)):
            loss = -float(logits[place, vowel])
            for name in ("letters", *(["vowels"] if vowel else [])):
                sums[name] += loss
                counts[name] += 1
    return {name: sums[name] / counts[name] for name in sums}


def test_the_loss_on_dev_is_the_mean_over_what_has_gold(tmp_path: Path) -> None:
    codec = Choosy("aeloprsuw")
    words = ["loop", "pear", "a", "xylem", "sewer"]
    torch.manual_seed(3)
    model = toy.build(toy.ToyConfig(), codec)
    config = toy.settings(tmp_path)
    prepared = Prepared(toy.TASK, config, codec, Encoded([], []), dev_of(codec, words))
    dev = with_targets(codec, dev_of(codec, words))
    assert (dev.judged, dev.unsaid) == ((0, 1, 2, 4), (3,))
    card, losses = score_dev(prepared, toy.trainer(model, codec), dev)
    expected = by_hand(model, codec, [word for word in words if word != "xylem"])
    assert losses == pytest.approx(expected, rel=1e-5)
    assert set(card) == {"letters", "seen"}, "every word is scored"


def test_what_has_no_loss_is_still_scored(tmp_path: Path, without_pictures: None) -> None:
    config = toy.settings(tmp_path)
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, unknown_labels="missed"))
    (tmp_path / "dev.txt").write_text("loom\nxylem\nspan", encoding="utf-8")
    task = dataclasses.replace(
        toy.TASK, fit=lambda examples, config: Choosy("".join(sorted({c for e in examples for c in e.input})))
    )
    run_training(task, config, tmp_path / "run", device=CPU)
    epochs = [line for line in read_metrics(tmp_path / "run" / "metrics.jsonl") if line["kind"] == "epoch"]
    assert [set(line["losses"]) for line in epochs] == [{"letters", "vowels"}] * 2


@pytest.mark.parametrize("fault", [math.inf, math.nan])
def test_a_loss_that_is_no_number_is_left_out(fault: float) -> None:
    def losses(outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, Any]:
        return {"letters": torch.tensor(fault), "vowels": torch.tensor(2.0)}

    codec = toy.ToyCodec("abc")
    row = codec.encode(Example("abc", toy.gold("abc")))
    counted = Losses(losses, CPU)
    counted.add(codec.collate([row]), {})
    assert counted.means() == {"vowels": 2.0}


def test_no_memory_for_a_loss_ends_no_training() -> None:
    def losses(outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, Any]:
        raise MemoryError

    codec = toy.ToyCodec("abc")
    counted = Losses(losses, CPU)
    for _ in range(2):
        counted.add(codec.collate([codec.encode(Example("abc", toy.gold("abc")))]), {})
    assert counted.means() == {}
