"""The pictures of a run, drawn from its metrics, and those of what a run would be."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from spanloom.batch.padding import SamplerCost
from spanloom.core import Array
from spanloom.engine.report import by_part
from spanloom.nn.storage import store

_COLOURS = ("#2a6f97", "#d1495b", "#edae49", "#3c887e", "#7b5ea7", "#8d8d8d")
_MOST_PANELS = 6


def draw_plots(lines: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    """Draw losses.png, learning_rate.png, gradient_norm.png, training.png where the task measures its training, and
    dev.png where dev was scored; return their paths.

    lines: what `read_metrics` gives. Raises CheckpointError where the disk is full.
    """
    steps = [line for line in lines if line["kind"] == "step"]
    scored = [line for line in lines if line["kind"] == "epoch" and line["scorecard"]]
    measured = [line for line in lines if line["kind"] == "epoch" and line.get("training")]
    figures: dict[str, Figure] = {}
    if steps:
        names = sorted({name for line in steps for name in line["losses"]})
        losses = {name: [line["losses"].get(name, np.nan) for line in steps] for name in names}
        across = np.array([line["step"] for line in steps])
        figures["losses"] = _curves(across, losses, "loss, mean over the group", log=True)
        rates = {"learning rate": [line["learning_rate"] for line in steps]}
        figures["learning_rate"] = _curves(across, rates, "learning rate", smooth=False)
        norms = {"gradient norm": [line["gradient_norm"] for line in steps]}
        figures["gradient_norm"] = _curves(across, norms, "gradient norm before clipping", log=True)
    if measured:
        figures["training"] = _measures(measured)
    if scored:
        figures["dev"] = _scores(scored)
    return [_save(figure, folder / f"{name}.png") for name, figure in figures.items()]


def draw_samplers(costs: Sequence[SamplerCost], chosen: str, path: Path) -> Path:
    """Draw the padding waste of samplers as bars, the chosen one in another colour."""
    figure = Figure(figsize=(7.5, 0.8 + 0.45 * len(costs)), layout="constrained")
    axes = figure.subplots()
    colours = [_COLOURS[1 if cost.sampler == chosen else 0] for cost in costs]
    bars = axes.barh([cost.sampler for cost in costs], [100 * cost.waste for cost in costs], color=colours)
    axes.bar_label(bars, [f"{100 * cost.waste:.1f}" for cost in costs], padding=3)
    axes.margins(x=0.1)
    axes.invert_yaxis()
    _finish(axes, "padding, % of all tokens computed", "")
    return _save(figure, path)


def draw_schedule(steps: Array, rates: Mapping[str, Array], path: Path) -> Path:
    """Draw learning rates over steps, one curve for each part of a model."""
    return _save(_curves(steps, rates, "learning rate", smooth=False), path)


def draw_range_test(
    rates: Sequence[float], losses: Sequence[float], smoothed: Array, suggested: float | None, path: Path
) -> Path:
    """Draw the losses of a range test, pale as measured and strong as smoothed, and the suggested rate."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(rates, losses, color=_COLOURS[0], alpha=0.3, linewidth=0.8)
    axes.plot(rates, smoothed, color=_COLOURS[0], linewidth=1.6, label="loss, smoothed")
    if suggested is not None:
        axes.axvline(suggested, color=_COLOURS[1], linestyle=":", label=f"suggested: {suggested:.2g}")
    axes.set_xscale("log")
    axes.set_ylim(top=1.5 * smoothed[: np.argmin(smoothed) + 1].max())  # whatever came after the loss blew up
    axes.legend(frameon=False)
    _finish(axes, "highest learning rate", "loss, sum")
    return _save(figure, path)


def _curves(
    across: Array,
    curves: Mapping[str, Sequence[float] | Array],
    label: str,
    log: bool = False,
    smooth: bool = True,
) -> Figure:
    """One panel over steps: each curve pale as measured and, with `smooth`, strong as a running mean."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    for index, (name, values) in enumerate(curves.items()):
        colour, heights = _COLOURS[index % len(_COLOURS)], np.array(values, dtype=float)
        if smooth and len(heights) > 20:
            axes.plot(across, heights, color=colour, alpha=0.22, linewidth=0.8)
            heights = _running_mean(heights, max(len(heights) // 40, 5))
        axes.plot(across, heights, color=colour, linewidth=1.6, label=name, marker="o" if len(across) == 1 else None)
    if log and all(value > 0 for values in curves.values() for value in values):
        axes.set_yscale("log")
    _finish(axes, "step", label)
    if len(curves) > 1:
        axes.legend(frameon=False)
    return figure


def _measures(epochs: Sequence[Mapping[str, Any]]) -> Figure:
    """A panel for each measure of the training data over epochs, beside the same of dev where it was scored."""
    names = list(epochs[0]["training"])
    figure = Figure(figsize=(7.5, 1.2 + 3 * len(names)), layout="constrained")
    across = [line["epoch"] for line in epochs]
    for axes, name in zip(figure.subplots(len(names), squeeze=False)[:, 0], names, strict=True):
        axes.plot(across, [line["training"][name] for line in epochs], color=_COLOURS[0], label="training")
        held_out = [(line["epoch"], value) for line in epochs for value in _of_dev(line, name)]
        if held_out:
            axes.plot(*zip(*held_out, strict=True), color=_COLOURS[1], label="dev")
        axes.set_yscale("log")
        axes.legend(frameon=False)
        _finish(axes, "epoch", name)
    return figure


def _of_dev(line: Mapping[str, Any], name: str) -> list[float]:
    """The measure of this name among dev's, none where dev was not scored."""
    return [value for path, value in line["scorecard"].items() if path.rpartition(".")[2] == name][:1]


def _running_mean(heights: Array, width: int) -> Array:
    """The mean of the last `width` values, of fewer at the start; what is not a number is passed over."""
    known = np.isfinite(heights)
    total: Array = np.cumsum(np.where(known, heights, 0.0))
    count = np.cumsum(known)
    total[width:], count[width:] = total[width:] - total[:-width], count[width:] - count[:-width]
    mean: Array = total / np.maximum(count, 1)
    return mean


def _scores(scored: Sequence[Mapping[str, Any]]) -> Figure:
    """A panel for each part of the scorecard nearest its top, with that part's measures over epochs."""
    shown = list(by_part(scored[-1]["scorecard"]).items())[:_MOST_PANELS]
    columns = 1 if len(shown) <= 2 else 2
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(7.5 * columns, 1.2 + 2.6 * rows), layout="constrained")
    epochs = [line["epoch"] for line in scored]
    chosen = [line["epoch"] for line in scored if line["best"]][-1:]
    # Filled column by column, so that the parts of one thing stand in one column.
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).T.reshape(-1)
    for axes, (part, measures) in zip(panels, shown, strict=False):
        for index, measure in enumerate(measures):
            heights = [line["scorecard"].get(f"{part}.{measure}" if part else measure, np.nan) for line in scored]
            axes.plot(epochs, heights, color=_COLOURS[index % len(_COLOURS)], linewidth=1.6, marker="o", markersize=3)
            axes.lines[-1].set_label(measure)
        for epoch in chosen:
            axes.axvline(epoch, color="#8d8d8d", linestyle=":", linewidth=1.2, label="model kept")
        _finish(axes, "", part.replace(".", ", ") or "score")
    for axes in panels[: len(shown)][rows - 1 :: rows]:
        axes.set_xlabel("epoch")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", frameon=False, ncols=6)
    for axes in panels[len(shown) :]:
        axes.remove()
    return figure


def _finish(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(True, color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, path: Path) -> Path:
    held = io.BytesIO()
    FigureCanvasAgg(figure).print_png(held)  # type: ignore[no-untyped-call]
    store(path, held.getvalue())
    return path
