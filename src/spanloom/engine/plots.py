"""The pictures of a run, drawn from its metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spanloom.engine.drawing import (
    COLOURS,
    Panel,
    curves_over_steps,
    draw_over_epochs,
    drawable,
    finish,
    mark_chosen,
    save,
)
from spanloom.engine.report import by_part, is_share, of_dev

_MOST_PANELS = 6
_MOST_CURVES = len(COLOURS)


def draw_plots(lines: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    """Draw losses.png, learning_rate.png, gradient_norm.png, training.png where the task measures its training, and,
    where dev was scored, dev.png and, where its labels were, labels.png; return their paths.

    lines: what `read_metrics` gives. Raises CheckpointError where the disk is full.
    """
    steps = [line for line in lines if line["kind"] == "step"]
    epochs = [line for line in lines if line["kind"] == "epoch"]
    scored = [line for line in epochs if line["scorecard"]]
    measured = [line for line in epochs if line.get("training")]
    figures: dict[str, Figure] = {}
    if steps:
        names = sorted({name for line in steps for name in line["losses"]})
        losses = {name: [line["losses"].get(name, np.nan) for line in steps] for name in names}
        across = np.array([line["step"] for line in steps])
        panel = Panel("Loss in training and on dev", "loss, mean over its items", log=True)
        figures["losses"] = curves_over_steps(panel, across, losses, _dev_losses(epochs))
        rates = {"learning rate": [line["learning_rate"] for line in steps]}
        panel = Panel("Learning rate", "highest learning rate", smooth=False)
        figures["learning_rate"] = curves_over_steps(panel, across, rates)
        norms = {"gradient norm": [line["gradient_norm"] for line in steps]}
        panel = Panel("Gradient norm", "norm before clipping", log=True)
        figures["gradient_norm"] = curves_over_steps(panel, across, norms)
    if measured:
        figures["training"] = _measures(measured)
    if scored:
        figures["dev"] = _scores(scored)
    if any(line.get("labels") for line in scored):
        figures["labels"] = _labels(scored)
    return [save(figure, folder / f"{name}.png") for name, figure in figures.items()]


def _dev_losses(epochs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[list[int], list[float]]]:
    """The steps at which each loss was measured on dev, and what it was."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for line in epochs:
        for name, value in line.get("losses", {}).items():
            steps, values = found.setdefault(name, ([], []))
            steps.append(line["step"])
            values.append(value)
    return found


def _measures(epochs: Sequence[Mapping[str, Any]]) -> Figure:
    """A panel for each measure of the training data over epochs, beside the same of dev where it was scored."""
    names = list(epochs[0]["training"])
    figure = Figure(figsize=(7.5, 1.2 + 3 * len(names)), layout="constrained")
    across = [line["epoch"] for line in epochs]
    for axes, name in zip(figure.subplots(len(names), squeeze=False)[:, 0], names, strict=True):
        axes.plot(across, [line["training"][name] for line in epochs], color=COLOURS[0], label="training")
        held_out = [(line["epoch"], value) for line in epochs for value in of_dev(line["scorecard"], name)]
        if held_out:
            axes.plot(*zip(*held_out, strict=True), color=COLOURS[1], label="dev")
        axes.set_yscale("log")
        axes.legend(frameon=False)
        finish(axes, f"{name.capitalize()} in training and on dev", "epoch", name)
    return figure


def _scores(scored: Sequence[Mapping[str, Any]]) -> Figure:
    """A panel for each part of the scorecard nearest its top, with that part's measures over epochs.

    Shares are in points. Labels have a picture of their own.
    """
    parts = by_part(scored[-1]["scorecard"])
    shown = [(part, names) for part, names in parts.items() if not part.startswith("labels.")][:_MOST_PANELS]
    columns = 1 if len(shown) <= 2 else 2
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(7.5 * columns, 1.5 + 2.8 * rows), layout="constrained")
    epochs = [line["epoch"] for line in scored]
    chosen = [line["epoch"] for line in scored if line["best"]][-1:]
    # Filled column by column, so that the parts of one thing stand in one column.
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).T.reshape(-1)
    for axes, (part, measures) in zip(panels, shown, strict=False):
        paths = {measure: f"{part}.{measure}" if part else measure for measure in measures}
        for index, (measure, path) in enumerate(paths.items()):
            scale = 100 if is_share(path) else 1
            heights = [scale * line["scorecard"].get(path, np.nan) for line in scored]
            draw_over_epochs(axes, epochs, heights, index, measure)
        mark_chosen(axes, chosen)
        unit = "score, points" if all(map(is_share, paths.values())) else "score"
        finish(axes, part.replace(".", ", ") or "score", "", unit)
    for axes in panels[: len(shown)][rows - 1 :: rows]:
        axes.set_xlabel("epoch")
    figure.suptitle("Scores on dev")
    curves = {curve.get_label(): curve for axes in panels[: len(shown)] for curve in axes.lines}
    figure.legend(curves.values(), map(str, curves), loc="outside lower center", frameon=False, ncols=6)
    for axes in panels[len(shown) :]:
        axes.remove()
    return figure


def _labels(scored: Sequence[Mapping[str, Any]]) -> Figure:
    """A panel for each kind of label, with the F1 of its most frequent labels over epochs."""
    kinds = list(dict.fromkeys(kind for line in scored for kind in line.get("labels", {})))
    figure = Figure(figsize=(9, 1 + 3.6 * len(kinds)), layout="constrained")
    epochs = [line["epoch"] for line in scored]
    chosen = [line["epoch"] for line in scored if line["best"]][-1:]
    for axes, kind in zip(figure.subplots(len(kinds), squeeze=False)[:, 0], kinds, strict=True):
        tables = [line.get("labels", {}).get(kind, {}) for line in scored]
        labels = list(dict.fromkeys(label for table in reversed(tables) for label in table))
        for index, label in enumerate(labels[:_MOST_CURVES]):
            draw_over_epochs(axes, epochs, [100 * table.get(label, np.nan) for table in tables], index, drawable(label))
        mark_chosen(axes, chosen)
        more = f", the {_MOST_CURVES} most frequent of {len(labels)}" if len(labels) > _MOST_CURVES else ""
        finish(axes, f"F1 on dev by label: {drawable(kind)}{more}", "epoch", "F1, points")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)
    return figure
