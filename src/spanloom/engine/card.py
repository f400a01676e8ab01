"""The model card that a run writes for itself: what was trained, on what, how well it does, and what not to expect."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from spanloom import __version__
from spanloom.check.data import TRAINING, files_of
from spanloom.config import to_toml
from spanloom.config.written import path_text
from spanloom.core import Example, Row
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.report import by_part, headline, is_share
from spanloom.engine.state import Training
from spanloom.inputs import Text


@dataclass(frozen=True)
class Facts:
    """What a card tells of a run beside its settings."""

    parameters: int
    longest: int
    words: int
    unsaid: Mapping[str, int]
    step: int
    best_epoch: int
    training: Mapping[str, float]
    peak_memory: int = 0


def facts(state: Training, data: Encoded, epochs: Sequence[Mapping[str, Any]] = ()) -> Facts:
    """Count what the card tells. longest: of what was read at once, in tokens or pieces. words: of the longest example
    that was cut off or read in windows, 0 for none. unsaid: gold facts that were not learned, by cause.

    epochs: the lines of the metrics that are of epochs; training: what that of the kept weights measured in training;
    peak_memory: bytes that training held at most, 0 where none of them tells.
    """
    kept = [line for line in epochs if line["epoch"] == (state.best_epoch or state.epoch - 1)]
    return Facts(
        parameters=sum(weight.numel() for weight in state.model.parameters()),
        longest=max(row.length for row in data.rows),
        words=max(map(_whole, data.examples, data.rows)),
        unsaid=Counter(fact.cause for row in data.rows for fact in row.lost),
        step=state.step,
        best_epoch=state.best_epoch,
        training=kept[-1].get("training", {}) if kept else {},
        peak_memory=max((line.get("peak_memory", 0) for line in epochs), default=0),
    )


def _whole(example: Example, row: Row) -> int:
    """The words of an example that was not read whole at once; 0 for one that was."""
    cut = row.cut.get("words", 0)
    if cut:
        return row.width + cut
    origin = example.origin
    return len(origin.tokens) if isinstance(origin, Text) else 0


def model_card(prepared: Prepared, known: Facts, scorecard: Mapping[str, Any] | None) -> str:
    """The card as Markdown."""
    task, config = prepared.task, prepared.config
    parts = [
        f"# A model for the task `{task.name}`",
        task.summary,
        f"Trained with spanloom {__version__}, PyTorch {torch.__version__} and Python {platform.python_version()}; "
        f"{known.parameters:,} parameters, {known.step:,} updates{_held(known)}.",
        "## Use",
        'From this folder: `spanloom predict -m . "Your text."`, or `spanloom export . --output BUNDLE` to ship it '
        "without PyTorch.",
        "## Data",
        _data(prepared),
        "## Scores",
        _scores(known, scorecard),
        "## Limits",
        _limits(known, prepared, scorecard),
        "## Settings",
        f"```toml\n{to_toml(config)}```",
    ]
    return "\n\n".join(parts) + "\n"


def _held(known: Facts) -> str:
    return f", {known.peak_memory / 1e9:.1f} GB of memory at most" if known.peak_memory else ""


def _data(prepared: Prepared) -> str:
    data, dev = prepared.data, prepared.dev
    rows = [
        f"| {file.part} | `{path_text(file.path)}` | {_count(data if file.part == TRAINING else dev, file.source):,} |"
        for file in files_of(prepared.config.data)
    ]
    table = "\n".join(["| part | path | examples |", "|---|---|---|", *rows])
    remarks = [*data.remarks, *(dev.remarks if dev is not None else ())]
    if data.scripts is not None and data.scripts.known():
        remarks.insert(0, f"Scripts of the training texts: {', '.join(data.scripts.known())}.")
    return "\n\n".join([table, "\n".join(f"- {remark}" for remark in remarks)]) if remarks else table


def _count(read: Encoded | None, source: str) -> int:
    """How many examples come from a source; all where there is but one, whose name is ""."""
    examples = [] if read is None else read.examples
    return sum(source == ("" if example.covered is None else example.covered.source) for example in examples)


def _scores(known: Facts, scorecard: Mapping[str, Any] | None) -> str:
    measured = ", ".join(f"{name} {value:.4f}" for name, value in known.training.items())
    training = f"\n\nOn the training data, while learning in that epoch: {measured}." if measured else ""
    if scorecard is None:
        return f"Not scored: there was no dev data, or no epoch that scored it. These are the last weights.{training}"
    parts = by_part(headline(scorecard))
    names = list(dict.fromkeys(measure for measures in parts.values() for measure in measures))
    rows = [
        [
            part.replace(".", ", "),
            *(_number(f"{part}.{name}", measures[name]) if name in measures else "" for name in names),
        ]
        for part, measures in parts.items()
    ]
    lines = [["on dev", *names], ["---", *("---:" for _ in names)], *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    kept = f"The weights of epoch {known.best_epoch}, the best on dev."
    return f"{kept} Shares are in points, 0 to 100.\n\n{table}{training}\n\nEverything is in `scorecard.json`."


def _number(path: str, value: float) -> str:
    return f"{100 * value:.1f}" if is_share(path) else f"{value:.4g}"


def _longest(known: Facts, prepared: Prepared) -> str:
    config, window = prepared.config, prepared.task.window
    if not known.words or window is None:
        return f"The longest training example had {known.longest:,} tokens or pieces; longer text was never seen."
    most = f"{window(config.model):,} words at once (model.max_words)"
    how = "in windows" if config.train.augment.windows else "no farther: the rest was cut off"
    return f"Training read up to {most}, and longer examples {how}; the longest had {known.words:,} words."


def _limits(known: Facts, prepared: Prepared, scorecard: Mapping[str, Any] | None) -> str:
    limits: Sequence[str] = [
        "It knows the labels of its training data and no others, and does best on text of the same kind.",
        _longest(known, prepared),
    ]
    if known.unsaid:
        causes = ", ".join(f"{count:,} {cause}" for cause, count in Counter(known.unsaid).most_common())
        limits = [*limits, f"{sum(known.unsaid.values()):,} facts of the training data were not learned: {causes}."]
    if scorecard is not None:
        limits = [*limits, "The dev scores chose these weights, so expect a little less on data that nobody looked at."]
    return "\n".join(f"- {limit}" for limit in limits)
