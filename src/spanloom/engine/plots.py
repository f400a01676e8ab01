"""The pictures of a run, drawn from its metrics, and those of what a run would be."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spanloom.batch.padding import SamplerCost
from spanloom.core import Array
from spanloom.engine.report import by_part, is_share, of_dev
from spanloom.nn.storage import store

_COLOURS = ("#2a6f97", "#d1495b", "#edae49", "#3c887e", "#7b5ea7", "#8d8d8d", "#b07d3c", "#4f6d2f")
_MOST_PANELS = 6
_MOST_CURVES = len(_COLOURS)


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
        figures["losses"] = _curves(
            across,
            losses,
            "Loss in training and on dev",
            "loss, mean over its items",
            log=True,
            dev=_dev_losses(epochs),
        )
        rates = {"learning rate": [line["learning_rate"] for line in steps]}
        figures["learning_rate"] = _curves(across, rates, "Learning rate", "highest learning rate", smooth=False)
        norms = {"gradient norm": [line["gradient_norm"] for line in steps]}
        figures["gradient_norm"] = _curves(across, norms, "Gradient norm", "norm before clipping", log=True)
    if measured:
        figures["training"] = _measures(measured)
    if scored:
        figures["dev"] = _scores(scored)
    if any(line.get("labels") for line in scored):
        figures["labels"] = _labels(scored)
    return [_save(figure, folder / f"{name}.png") for name, figure in figures.items()]


def _dev_losses(epochs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[list[int], list[float]]]:
    """The steps at which each loss was measured on dev, and what it was."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for line in epochs:
        for name, value in line.get("losses", {}).items():
            steps, values = found.setdefault(name, ([], []))
            steps.append(line["step"])
            values.append(value)
    return found


def draw_samplers(costs: Sequence[SamplerCost], chosen: str, path: Path) -> Path:
    """Draw the padding waste of samplers as bars, the chosen one in another colour."""
    figure = Figure(figsize=(7.5, 0.8 + 0.45 * len(costs)), layout="constrained")
    axes = figure.subplots()
    colours = [_COLOURS[1 if cost.sampler == chosen else 0] for cost in costs]
    bars = axes.barh([cost.sampler for cost in costs], [100 * cost.waste for cost in costs], color=colours)
    axes.bar_label(bars, [f"{100 * cost.waste:.1f}" for cost in costs], padding=3)
    axes.margins(x=0.1)
    axes.invert_yaxis()
    _finish(axes, "Padding of each sampler, the chosen one in red", "padding, % of all tokens computed", "sampler")
    return _save(figure, path)


def draw_schedule(steps: Array, rates: Mapping[str, Array], path: Path) -> Path:
    """Draw learning rates over steps, one curve for each part of a model."""
    return _save(_curves(steps, rates, "Learning rate of the run", "learning rate", smooth=False), path)


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
    _finish(axes, "Loss while the learning rate rises", "highest learning rate", "loss, sum")
    return _save(figure, path)


def _curves(
    across: Array,
    curves: Mapping[str, Sequence[float] | Array],
    title: str,
    label: str,
    log: bool = False,
    smooth: bool = True,
    dev: Mapping[str, tuple[Sequence[int], Sequence[float]]] | None = None,
) -> Figure:
    """One panel over steps: each curve pale as measured and, with `smooth`, strong as a running mean; of dev dashed."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    held_out = {name: points for name, points in (dev or {}).items() if name in curves}
    for index, (name, values) in enumerate(curves.items()):
        colour, heights = _COLOURS[index % len(_COLOURS)], np.array(values, dtype=float)
        if smooth and len(heights) > 20:
            axes.plot(across, heights, color=colour, alpha=0.22, linewidth=0.8)
            heights = _running_mean(heights, max(len(heights) // 40, 5))
        axes.plot(across, heights, color=colour, linewidth=1.6, label=name, marker="o" if len(across) == 1 else None)
        if name in held_out:
            axes.plot(*held_out[name], color=colour, linestyle="--", marker="o", markersize=3, label=f"{name}, dev")
    drawn = [*curves.values(), *(values for _, values in held_out.values())]
    if log and all(value > 0 for values in drawn for value in values):
        axes.set_yscale("log")
    _finish(axes, title, "step", label)
    if len(drawn) > 1:
        axes.legend(frameon=False)
    return figure


def _measures(epochs: Sequence[Mapping[str, Any]]) -> Figure:
    """A panel for each measure of the training data over epochs, beside the same of dev where it was scored."""
    names = list(epochs[0]["training"])
    figure = Figure(figsize=(7.5, 1.2 + 3 * len(names)), layout="constrained")
    across = [line["epoch"] for line in epochs]
    for axes, name in zip(figure.subplots(len(names), squeeze=False)[:, 0], names, strict=True):
        axes.plot(across, [line["training"][name] for line in epochs], color=_COLOURS[0], label="training")
        held_out = [(line["epoch"], value) for line in epochs for value in of_dev(line["scorecard"], name)]
        if held_out:
            axes.plot(*zip(*held_out, strict=True), color=_COLOURS[1], label="dev")
        axes.set_yscale("log")
        axes.legend(frameon=False)
        _finish(axes, f"{name.capitalize()} in training and on dev", "epoch", name)
    return figure


def _running_mean(heights: Array, width: int) -> Array:
    """The mean of the last `width` values, of fewer at the start; what is not a number is passed over."""
    known = np.isfinite(heights)
    total: Array = np.cumsum(np.where(known, heights, 0.0))
    count = np.cumsum(known)
    total[width:], count[width:] = total[width:] - total[:-width], count[width:] - count[:-width]
    mean: Array = total / np.maximum(count, 1)
    return mean


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
            _over_epochs(axes, epochs, heights, index, measure)
        _mark(axes, chosen)
        unit = "score, points" if all(map(is_share, paths.values())) else "score"
        _finish(axes, part.replace(".", ", ") or "score", "", unit)
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
            _over_epochs(axes, epochs, [100 * table.get(label, np.nan) for table in tables], index, _drawable(label))
        _mark(axes, chosen)
        more = f", the {_MOST_CURVES} most frequent of {len(labels)}" if len(labels) > _MOST_CURVES else ""
        _finish(axes, f"F1 on dev by label: {_drawable(kind)}{more}", "epoch", "F1, points")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)
    return figure


def _over_epochs(axes: Axes, epochs: Sequence[int], heights: Sequence[float], index: int, name: str) -> None:
    colour = _COLOURS[index % len(_COLOURS)]
    axes.plot(epochs, heights, color=colour, linewidth=1.6, marker="o", markersize=3, label=name)


def _mark(axes: Axes, chosen: Sequence[int]) -> None:
    """The epoch whose weights are kept."""
    for epoch in chosen:
        axes.axvline(epoch, color="#8d8d8d", linestyle=":", linewidth=1.2, label="model kept")


def _drawable(label: str, most: int = 40) -> str:
    """A label as matplotlib draws it: `$` begins no formula, and `_` at its start hides nothing."""
    plain = "".join(letter if letter.isprintable() else "\ufffd" for letter in label)
    cut = plain if len(plain) <= most else f"{plain[: most - 1]}…"
    return " " * cut.startswith("_") + cut.replace("$", r"\$")


def _finish(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(True, color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if across == "epoch" or not across:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _save(figure: Figure, path: Path) -> Path:
    held = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that no font here has is drawn as a box, which is no reason to trouble anyone.
        warnings.filterwarnings("ignore", r"Glyph .* missing", UserWarning)
        FigureCanvasAgg(figure).print_png(held)  # type: ignore[no-untyped-call]
    store(path, held.getvalue())
    return path
