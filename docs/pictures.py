"""The pictures of these pages, each drawn from what spanloom's own functions answer, on data made up here.

    python -m docs.pictures

from the root of the repository draws them all anew into docs/pictures/. The same code gives the same files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from torch import Tensor, nn

from docs import answer
from from_scratch.crf import Array, Chain, backward, best_path, forward, log_sum_exp
from spanloom.batch.padding import compare_samplers, padding_waste
from spanloom.batch.samplers import build_sampler
from spanloom.config import TrainConfig, kinds_of
from spanloom.core import Batch, Row
from spanloom.engine.adversarial import Attack, Measured, backward_attacked
from spanloom.engine.feedback import heed_score
from spanloom.engine.schedule import build_schedule
from spanloom.engine.state import Training, begin
from spanloom.engine.step import train_step
from spanloom.engine.trainer import Method, Trainer
from spanloom.nn.heads.forward_backward import ChainScores, in_probabilities, packing_of
from spanloom.nn.layers.rnn import reversal, take
from spanloom.nn.model import Model

SCHEDULES, SAMPLERS = kinds_of(TrainConfig, "schedule"), kinds_of(TrainConfig, "sampler")
FOLDER = Path(__file__).parent / "pictures"
PAPER, INK, PALE = "#fcfcfa", "#333333", "#e3e3de"  # a ground of its own: readable where the page is dark, too
BLUE, RED, YELLOW, GREEN, GREY = "#2a6f97", "#d1495b", "#edae49", "#3c887e", "#8d8d8d"
STYLE = {
    "svg.hashsalt": "spanloom",  # else the identifiers inside differ from run to run
    "svg.fonttype": "none",
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 9,
    "axes.titlesize": 9,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}


def panels(width: float, height: float, columns: int = 1, rows: int = 1, **options: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


# ---- a chain of tags -------------------------------------------------------------------------------------------------


def example() -> Chain:
    """The chain that crf.md works out by hand: scores are the logarithms of its small whole numbers."""
    with np.errstate(divide="ignore"):  # the logarithm of 0 is minus infinity: forbidden
        return Chain(
            np.log([[3.0, 2, 1], [2, 1, 4], [5, 1, 1]]),
            np.log([[2.0, 1, 0], [1, 1, 3], [2, 1, 1]]),
            np.log([1.0, 1, 0]),
            np.log([1.0, 1, 1]),
        )


def crf_lattice() -> Figure:
    words, tags, chain = ("Ida", "Halvorsen", "smiled"), "OBI", example()
    with np.errstate(divide="ignore"):
        alpha, beta = forward(chain), backward(chain)
    total = log_sum_exp(alpha[-1] + chain.end, axis=0)
    likely, path = np.exp(alpha + beta - total), best_path(chain)
    figure, axes = panels(6.4, 3.2)
    for time in range(3):
        for tag in range(3):
            for after in range(3) if time < 2 else ():
                going = alpha[time, tag] + chain.transitions[tag, after]
                share = float(np.exp(going + chain.emissions[time + 1, after] + beta[time + 1, after] - total))
                best = (path[time], path[time + 1]) == (tag, after)
                way = {"color": BLUE if best else GREY, "linewidth": 0.8 + 7 * share, "alpha": 1 if best else 0.55}
                if np.isneginf(chain.transitions[tag, after]) or (time == 0 and np.isneginf(chain.start[tag])):
                    way = {"color": RED, "linewidth": 1, "linestyle": ":"}
                axes.plot((time, time + 1), (-tag, -after), solid_capstyle="butt", zorder=1, **way)
            edge = BLUE if path[time] == tag else GREY
            axes.scatter(time, -tag, 1500, PAPER, edgecolors=edge, linewidths=2.2 if path[time] == tag else 1, zorder=2)
            axes.text(time, -tag + 0.1, tags[tag], ha="center", va="center", weight="bold", zorder=3)
            axes.text(time, -tag - 0.13, f"{likely[time, tag]:.2f}", ha="center", va="center", fontsize=8, zorder=3)
        axes.text(time, 0.55, words[time], ha="center", fontsize=11)
    axes.set(xlim=(-0.5, 2.5), ylim=(-2.6, 0.9))
    axes.set_axis_off()
    axes.text(1, -2.6, "in each circle: how likely the tag is over all paths; dotted: forbidden", ha="center")
    return figure


def crf_scale() -> Figure:
    length, stride = 100, 8
    draw = np.random.default_rng(0)
    shapes = ((length, 9), (9, 9), (9,), (9,))
    scores = ChainScores(*(torch.from_numpy(2.5 * draw.normal(size=shape)) for shape in shapes))
    layout = packing_of(torch.tensor([length]), length, torch.device("cpu"))
    _, (sums, _, totals, _) = in_probabilities(scores, scores.emissions.amax(1, keepdim=True), layout, stride)
    held = sums[layout.forward].sum(1).log10().numpy()  # [T]
    bare = held + totals[:, 0].log10().cumsum(0).numpy()
    figure, axes = panels(6.4, 2.9)
    axes.plot(bare, color=RED, label="never scaled")
    axes.plot(held, color=BLUE, label=f"scaled every {stride} tokens")
    floor = np.log10(torch.finfo(torch.float32).tiny)
    axes.axhline(floor, color=INK, linestyle=":", linewidth=1)
    axes.text(length, floor + 4, "the smallest normal float32", ha="right")
    axes.set(xlabel="token", ylabel="sum of the forward sums,\npower of ten")
    axes.legend(frameon=False)
    return figure


# ---- padding ---------------------------------------------------------------------------------------------------------


def ragged(count: int) -> list[Row]:
    """Rows as long as sentences are: many short ones, a few long ones."""
    sizes = np.random.default_rng(7).lognormal(2.5, 0.7, count).round().clip(1, 80).astype(int).tolist()
    return [Row({}, {}, size, size) for size in sizes]


def padding_batches() -> Figure:
    rows = ragged(24)
    sizes = np.array([row.length for row in rows])
    figure, both = panels(6.4, 3.0, 2, sharey=True)
    for axes, sampler in zip(both, ("shuffled", "buckets"), strict=True):
        batches = build_sampler(rows, TrainConfig(sampler=SAMPLERS[sampler](), batch_size=6), 0)(1)
        for number, batch in enumerate(batches):
            places = np.arange(len(batch)) + number * 7.2
            axes.barh(places, sizes[batch].max(), height=1, color=YELLOW, edgecolor=PAPER, linewidth=0.5)
            axes.barh(places, sizes[batch], height=1, color=BLUE, edgecolor=PAPER, linewidth=0.5)
        axes.set_title(f"{sampler}: {100 * padding_waste(sizes, batches):.0f}% padding")
        axes.set(xlabel="tokens (blue) and padding (yellow)", yticks=[])
        axes.spines["left"].set_visible(False)
    both[0].invert_yaxis()
    return figure


def padding_samplers() -> Figure:
    figure, axes = panels(6.4, 2.4)
    costs = compare_samplers(ragged(2000), TrainConfig(batch_size=32, batch_tokens=2048), 0)
    bars = axes.barh([cost.sampler for cost in costs], [100 * cost.waste for cost in costs], color=BLUE)
    axes.bar_label(bars, [f"{100 * cost.waste:.1f}" for cost in costs], padding=3)
    axes.set(xlabel="padding, % of all tokens computed")
    axes.margins(x=0.1)
    axes.invert_yaxis()
    return figure


def padding_reversal() -> Figure:
    lengths = torch.tensor([5, 3, 2])
    inside = torch.arange(5) < lengths[:, None]
    numbers = (torch.arange(5) + 1) * inside  # [B, T]; 0 is padding
    order = reversal(lengths, numbers)
    reversed_ = take(numbers[..., None], order)[..., 0]
    shown = {"as read": numbers, "flipped whole": numbers.flip(1), "reversal()": reversed_}
    figure, all_axes = panels(6.4, 1.6, 3)
    for axes, (title, table) in zip(all_axes, shown.items(), strict=True):
        for (row, column), number in np.ndenumerate(table.numpy()):
            colour = BLUE if number else YELLOW
            axes.barh(row, 0.94, left=column, height=0.9, color=colour, alpha=1 if number else 0.5)
            axes.text(column + 0.47, row, number or "·", ha="center", va="center", color=PAPER if number else INK)
        axes.set_title(title)
        axes.invert_yaxis()
        axes.set_axis_off()
    return figure


# ---- one step --------------------------------------------------------------------------------------------------------


class Plain(Model):
    """A loss that is a weighted sum of the weights: its gradient is what is fed in, whatever the weights are."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, dtype=torch.float64))

    def forward(self, slope: Tensor) -> dict[str, Tensor]:
        return {"loss": (slope * self.weight).sum()}


def step_of(group: Sequence[Sequence[Array]], **bounds: float) -> Array:
    """The gradient that `train_step` goes down for micro-batches of slopes, each of them one item."""

    def collate(rows: Sequence[Row]) -> Batch:
        slope = np.stack([row.inputs["slope"] for row in rows])
        return Batch({"slope": slope}, {}, {"loss": float(len(rows))})

    model = Plain(len(group[0][0]))
    method = Method(lambda outputs, targets: dict(outputs), **bounds)
    rows = [[Row({"slope": slope}, {}, 1, 1) for slope in part] for part in group]
    train_step(Trainer(Training(model, torch.optim.SGD(model.parameters(), lr=1.0), None), collate, method), rows)
    return -model.weight.detach().numpy()


def accumulation() -> Figure:
    tokens = np.eye(12)
    group = [list(tokens[:10]), list(tokens[10:])]  # a micro-batch of ten tokens, and one of two
    wrong = sum(step_of([part]) for part in group) / len(group)
    figure, both = panels(6.4, 2.3, 2, sharey=True)
    titles = {"mean of the micro-batches' means": wrong, "sums over the whole group's count": step_of(group)}
    for axes, (title, weights) in zip(both, titles.items(), strict=True):
        axes.bar(range(1, 13), weights, color=[BLUE] * 10 + [RED] * 2)
        axes.set(title=title, xlabel="token; blue: first micro-batch, red: second", xticks=[1, 10, 11, 12])
    both[0].set_ylabel("weight in the update")
    return figure


def clipping() -> Figure:
    slopes = [np.array(slope) for slope in ([2.6, 0.7], [1.6, 2.0], [-0.5, 2.4], [-2.2, 1.5], [-0.6, 0.4])]
    figure, both = panels(6.4, 2.9, 2, sharex=True, sharey=True)
    turn = np.linspace(0, 2 * np.pi, 60)
    both[0].plot(np.cos(turn), np.sin(turn), color=GREY, linewidth=1, linestyle=":")
    both[1].plot([-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1], color=GREY, linewidth=1, linestyle=":")
    for axes, bound in zip(both, ("clip", "clip_value"), strict=True):
        for slope in slopes:
            arrow(axes, slope, "#f0b4bb")
            arrow(axes, step_of([[slope]], **{bound: 1.0}), BLUE)
        axes.set(title=f"train.{bound} = 1", xlim=(-2.8, 2.8), ylim=(-1.2, 2.6), aspect="equal", xlabel="one weight")
    both[0].set_ylabel("another weight")
    return figure


def arrow(axes: Axes, to: Array, colour: str) -> None:
    axes.annotate("", to, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0})


# ---- rates -----------------------------------------------------------------------------------------------------------


def schedules() -> Figure:
    names = ("constant", "linear", "polynomial", "cosine", "onecycle", "step", "multistep", "exponential")
    figure, grid = panels(6.4, 3.0, 4, 2, sharex=True, sharey=True)
    total = 200
    for axes, name in zip(grid.flat, names, strict=True):
        schedule = build_schedule(TrainConfig(schedule=SCHEDULES[name]()))
        axes.plot([schedule(step, total) for step in range(total)], color=BLUE)
        axes.set(title=name, xticks=[0, total], xticklabels=["first", "last"], yticks=[0, 0.5, 1])
    figure.supylabel("part of the peak", fontsize=9)
    figure.supxlabel("step", fontsize=9)
    return figure


class Line(Model, nn.Linear):
    """A weight and a bias."""


def feedback() -> Figure:
    scores = [60, 70, 76, 80, 79, 82, 83, 83, 82.5, 82.8, 84, 84.4, 84.2, 84.3]
    epochs = range(1, len(scores) + 1)
    figure, (above, below) = panels(6.4, 3.2, rows=2, sharex=True)
    above.plot(epochs, scores, color=GREEN, marker="o", markersize=3)
    above.set_ylabel("dev score (given)")
    for name, colour in (("plateau", BLUE), ("bold", RED)):
        config, factors = TrainConfig(schedule=SCHEDULES[name]()), []
        state = begin(Line(1, 1), config)
        for score in scores:
            heed_score(state, config, score)
            state.best_score = max(score, state.best_score or score)
            factors.append(state.factor)
        below.step(epochs, factors, where="post", color=colour, label=name)
    below.set(xlabel="after epoch", ylabel="part of the peak", xticks=epochs)
    below.legend(frameon=False)
    return figure


# ---- adversarial training --------------------------------------------------------------------------------------------


class Surface(Model):
    """One word of two dimensions, and a loss that bends; `seen` are the vectors that each pass was given."""

    adversarial_names = ("embed",)

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(1, 2, dtype=torch.float64)
        nn.init.zeros_(self.embed.weight)
        self.seen: list[Array] = []

    def forward(self, words: Tensor) -> Tensor:
        vectors: Tensor = self.embed(words)  # [1, 1, 2]
        self.seen.append(vectors.detach().numpy().reshape(2))
        return self.loss(vectors[..., 0], vectors[..., 1]).sum()

    @staticmethod
    def loss(x: Tensor, y: Tensor) -> Tensor:
        return nn.functional.softplus(2.2 * y - 1.2 * x**2 + 1.4 * x)


def adversarial() -> Figure:
    figure, both = panels(6.4, 3.2, 2, sharex=True, sharey=True)
    attacks = {"FGM: one step to the rim": Attack(1.0, 1.0), "PGD: four shorter steps": Attack(1.0, 0.4, 4)}
    line = torch.linspace(-1.4, 1.4, 30, dtype=torch.float64)
    turn = np.linspace(0, 2 * np.pi, 60)
    words = torch.zeros(1, 1, dtype=torch.int64)
    for axes, (title, attack) in zip(both, attacks.items(), strict=True):
        heights = Surface.loss(line[None, :], line[:, None])
        axes.contourf(line, line, heights, levels=7, cmap="YlOrBr", alpha=0.6)
        axes.plot(np.cos(turn), np.sin(turn), color=INK, linewidth=1, linestyle=":")
        model = Surface()
        backward_attacked(model, {"words": words}, lambda model=model: Measured(model(words), {}), attack)
        x, y = np.array(model.seen).T
        axes.plot(x, y, color=BLUE, marker="o", markersize=4)
        losses = Surface.loss(torch.from_numpy(x), torch.from_numpy(y))
        axes.set_xlabel(f"loss {losses[0]:.2f} → {losses[-1]:.2f}")
        axes.set(title=title, xticks=[], yticks=[], aspect="equal")
    return figure


PICTURES: tuple[Callable[[], Figure], ...] = (
    *(crf_lattice, crf_scale),
    *(padding_batches, padding_samplers, padding_reversal),
    *(accumulation, clipping, schedules, feedback, adversarial),
)


def draw(folder: Path) -> list[Path]:
    """Draw every picture into `folder`, as NAME.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with matplotlib.rc_context(STYLE):
        for picture in PICTURES:
            paths.append(folder / f"{picture.__name__.replace('_', '-')}.svg")
            FigureCanvasSVG(picture()).print_svg(paths[-1], metadata={"Date": None})
    for name, text in answer.TEXTS.items():
        paths.append(folder / name)
        paths[-1].write_text(answer.picture(text), encoding="utf-8")
    return paths


if __name__ == "__main__":
    for path in draw(FOLDER):
        print(path)
