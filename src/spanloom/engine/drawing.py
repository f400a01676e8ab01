"""What the pictures of a run have in common: colours, axes, curves, and how a picture is stored."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spanloom.core import Array
from spanloom.nn.storage import store

COLOURS = ("#2a6f97", "#d1495b", "#edae49", "#3c887e", "#7b5ea7", "#8d8d8d", "#b07d3c", "#4f6d2f")
Points = tuple[Sequence[int], Sequence[float]]
"""Steps, and the height at each."""


@dataclass(frozen=True)
class Panel:
    """Curves over steps. log: heights on a logarithmic scale, where all are above 0. smooth: beside each curve as
    measured, its running mean.
    """

    title: str
    label: str
    log: bool = False
    smooth: bool = True


def curves_over_steps(
    panel: Panel, steps: Array, curves: Mapping[str, Sequence[float] | Array], dev: Mapping[str, Points] | None = None
) -> Figure:
    """One panel: each curve pale as measured and, where it is smoothed, strong as a running mean; of dev dashed."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    held_out = {name: points for name, points in (dev or {}).items() if name in curves}
    for index, (name, values) in enumerate(curves.items()):
        colour, heights = COLOURS[index % len(COLOURS)], np.array(values, dtype=float)
        if panel.smooth and len(heights) > 20:
            axes.plot(steps, heights, color=colour, alpha=0.22, linewidth=0.8)
            heights = _running_mean(heights, max(len(heights) // 40, 5))
        axes.plot(steps, heights, color=colour, linewidth=1.6, label=name, marker="o" if len(steps) == 1 else None)
        if name in held_out:
            axes.plot(*held_out[name], color=colour, linestyle="--", marker="o", markersize=3, label=f"{name}, dev")
    drawn = [*curves.values(), *(values for _, values in held_out.values())]
    if panel.log and all(value > 0 for values in drawn for value in values):
        axes.set_yscale("log")
    finish(axes, panel.title, "step", panel.label)
    if len(drawn) > 1:
        axes.legend(frameon=False)
    return figure


def _running_mean(heights: Array, width: int) -> Array:
    """The mean of the last `width` values, of fewer at the start; what is not a number is passed over."""
    known = np.isfinite(heights)
    total: Array = np.cumsum(np.where(known, heights, 0.0))
    count = np.cumsum(known)
    total[width:], count[width:] = total[width:] - total[:-width], count[width:] - count[:-width]
    mean: Array = total / np.maximum(count, 1)
    return mean


def draw_over_epochs(axes: Axes, epochs: Sequence[int], heights: Sequence[float], index: int, name: str) -> None:
    """One of several curves, the colour by its index."""
    colour = COLOURS[index % len(COLOURS)]
    axes.plot(epochs, heights, color=colour, linewidth=1.6, marker="o", markersize=3, label=name)


def mark_chosen(axes: Axes, chosen: Sequence[int]) -> None:
    """The epoch whose weights are kept."""
    for epoch in chosen:
        axes.axvline(epoch, color="#8d8d8d", linestyle=":", linewidth=1.2, label="model kept")


def drawable(label: str, most: int = 40) -> str:
    """A label as matplotlib draws it: `$` begins no formula, and `_` at its start hides nothing."""
    plain = "".join(letter if letter.isprintable() else "\ufffd" for letter in label)
    cut = plain if len(plain) <= most else f"{plain[: most - 1]}…"
    return " " * cut.startswith("_") + cut.replace("$", r"\$")


def finish(axes: Axes, title: str, across: str, up: str) -> None:
    """Title, names of the axes, and a grid."""
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(True, color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if across == "epoch" or not across:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def save(figure: Figure, path: Path) -> Path:
    """Store a picture as PNG. Raises CheckpointError where the disk is full."""
    held = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that no font here has is drawn as a box, which is no reason to trouble anyone.
        warnings.filterwarnings("ignore", r"Glyph .* missing", UserWarning)
        FigureCanvasAgg(figure).print_png(held)  # type: ignore[no-untyped-call]
    store(path, held.getvalue())
    return path
