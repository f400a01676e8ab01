"""The pictures of what a run would be: its batches, its learning rates, and the loss at rates to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from spanloom.batch.padding import SamplerCost
from spanloom.core import Array
from spanloom.engine.drawing import COLOURS, Panel, curves_over_steps, finish, save


def draw_samplers(costs: Sequence[SamplerCost], chosen: str, path: Path) -> Path:
    """Draw the padding waste of samplers as bars, the chosen one in another colour."""
    figure = Figure(figsize=(7.5, 0.8 + 0.45 * len(costs)), layout="constrained")
    axes = figure.subplots()
    colours = [COLOURS[1 if cost.sampler == chosen else 0] for cost in costs]
    bars = axes.barh([cost.sampler for cost in costs], [100 * cost.waste for cost in costs], color=colours)
    axes.bar_label(bars, [f"{100 * cost.waste:.1f}" for cost in costs], padding=3)
    axes.margins(x=0.1)
    axes.invert_yaxis()
    finish(axes, "Padding of each sampler, the chosen one in red", "padding, % of all tokens computed", "sampler")
    return save(figure, path)


def draw_schedule(steps: Array, rates: Mapping[str, Array], path: Path) -> Path:
    """Draw learning rates over steps, one curve for each part of a model."""
    return save(curves_over_steps(Panel("Learning rate of the run", "learning rate", smooth=False), steps, rates), path)


def draw_range_test(
    rates: Sequence[float], losses: Sequence[float], smoothed: Array, suggested: float | None, path: Path
) -> Path:
    """Draw the losses of a range test, pale as measured and strong as smoothed, and the suggested rate."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(rates, losses, color=COLOURS[0], alpha=0.3, linewidth=0.8)
    axes.plot(rates, smoothed, color=COLOURS[0], linewidth=1.6, label="loss, smoothed")
    if suggested is not None:
        axes.axvline(suggested, color=COLOURS[1], linestyle=":", label=f"suggested: {suggested:.2g}")
    axes.set_xscale("log")
    axes.set_ylim(top=1.5 * smoothed[: np.argmin(smoothed) + 1].max())  # whatever came after the loss blew up
    axes.legend(frameon=False)
    finish(axes, "Loss while the learning rate rises", "highest learning rate", "loss, sum")
    return save(figure, path)
