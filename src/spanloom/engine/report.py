"""What a run says while it goes on, and the file `metrics.jsonl` that keeps it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spanloom.errors import CheckpointError
from spanloom.nn.storage import store

MEASURES = ("precision", "recall", "f1", "accuracy", "perplexity", "exact_match", "value")
"""The names that a scorecard gives to its measures; `headline` looks for them and for nothing else."""

MOST_LABELS = 25
"""Labels of a kind whose scores are kept of each epoch: the most frequent in gold."""

_NO_SHARES = ("perplexity", "bits per unit", "bits per character")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person who watches."""

    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Preparation, such as encoding: `done` of `total` examples."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class StepReport:
    """One optimizer update. Steps and epochs count from 1, losses are means over the group, seconds are wall clock.

    gradient_norm: before clipping. learning_rate: the highest of the two. tokens: unpadded. skipped: the gradient was
    more than float16 could hold, so the weights stayed as they were and the loss scale was halved.
    """

    step: int
    steps: int
    epoch: int
    losses: dict[str, float]
    gradient_norm: float
    learning_rate: float
    sentences: int
    tokens: int
    seconds: float
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class EpochReport:
    """The end of an epoch. scorecard and score are None where dev was not scored; best: the best score so far.

    note: what the score made the schedule do, in words. training: what the epoch's mean losses say of the training
    data, by the names of dev's measures. losses: the means on dev, of what has a loss there. peak_memory: bytes that
    the process has held at most so far, 0 where the system does not tell.
    """

    epoch: int
    step: int
    scorecard: dict[str, Any] | None
    score: float | None
    best: bool
    seconds: float
    note: str = ""
    training: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    peak_memory: int = 0


@dataclass(frozen=True, slots=True)
class EndReport:
    """The end of a run, with what follows its last epoch. step: its last. peak_memory: as of an epoch."""

    step: int
    peak_memory: int


Report = Notice | Stage | StepReport | EpochReport
Recorded = StepReport | EpochReport | EndReport

KINDS: dict[type[Recorded], str] = {StepReport: "step", EpochReport: "epoch", EndReport: "end"}
"""What `metrics.jsonl` calls a line."""


def headline(scorecard: Mapping[str, Any], most: int = 24) -> dict[str, float]:
    """The measures of a nested scorecard by dotted path: those nearest its top, whole levels up to `most`."""
    found: dict[str, float] = {}
    level: list[tuple[str, Mapping[str, Any]]] = [("", scorecard)]
    while level:
        here: dict[str, float] = {}
        deeper: list[tuple[str, Mapping[str, Any]]] = []
        for path, table in level:
            for key, value in table.items():
                if isinstance(value, Mapping):
                    deeper.append((f"{path}{key}.", value))
                elif key in MEASURES and isinstance(value, (int, float)):
                    here[f"{path}{key}"] = float(value)
        if found and len(found) + len(here) > most:
            break
        found |= here
        level = deeper
    return found


def by_part(measures: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """A headline's measures by the part of the scorecard they belong to: `{"a.b.f1": 1}` -> `{"a.b": {"f1": 1}}`."""
    parts: dict[str, dict[str, float]] = {}
    for path, value in measures.items():
        part, _, measure = path.rpartition(".")
        parts.setdefault(part, {})[measure] = value
    return parts


def is_share(path: str) -> bool:
    """Whether a measure is a share of 1, which people see in points, 0 to 100; perplexity and bits are none."""
    part, _, measure = path.rpartition(".")
    return measure not in _NO_SHARES and not (measure == "value" and part.rpartition(".")[2] in _NO_SHARES)


def of_dev(measures: Mapping[str, float], name: str) -> list[float]:
    """The measure of this name in a headline, none where dev was not scored."""
    return [value for path, value in measures.items() if path.rpartition(".")[2] == name][:1]


def f1_by_label(scorecard: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """F1 by label, of each kind of label that a scorecard has."""
    found = {}
    for kind, table in scorecard.get("labels", {}).items():
        scored = {label: score for label, score in table.items() if {"f1", "gold"} <= score.keys()}
        frequent = sorted(scored, key=lambda label: -scored[label]["gold"])[:MOST_LABELS]
        found[kind] = {label: round(float(scored[label]["f1"]), 4) for label in frequent}
    return {kind: table for kind, table in found.items() if table}


class Metrics:
    """`metrics.jsonl`: one line a step, a scored epoch and the end, each written through at once, safe from a crash."""

    def __init__(self, path: Path, step: int, epoch: int) -> None:
        """Open for appending after `step`, in `epoch`: what an interrupted run wrote beyond its checkpoint is dropped.

        An epoch ends at its last step: where the checkpoint is of that step, the epoch may have been recorded since.
        """
        self.path = path
        kept = [line for line in read_metrics(path) if _is_before(line, step, epoch)] if step else []
        store(path, "".join(json.dumps(line) + "\n" for line in kept))
        self._file = path.open("a", encoding="utf-8", newline="\n")

    def add(self, report: Recorded) -> None:
        """Write one report. Raises CheckpointError where the disk is full."""
        line = dataclasses.asdict(report)
        if isinstance(report, EpochReport):
            line["scorecard"] = headline(report.scorecard or {})
            line["labels"] = f1_by_label(report.scorecard or {})
        try:
            self._file.write(json.dumps({"kind": KINDS[type(report)], **line}) + "\n")
            self._file.flush()
        except OSError as error:
            raise CheckpointError(
                str(self.path),
                f"could not be written: {error.strerror}",
                "",
                "Free some space, and go on with --resume.",
            ) from error

    def close(self) -> None:
        """Close the file. What a full disk did not take is written once more here, and its error was raised already."""
        with suppress(OSError):
            self._file.close()


def _is_before(line: Mapping[str, Any], step: int, epoch: int) -> bool:
    """Whether a line was recorded before a checkpoint of this step, in this epoch; the end is behind all of them."""
    ended = line["kind"] == "end" or (line["kind"] == "epoch" and line["epoch"] >= epoch)
    return line["step"] <= step and not ended


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a metrics file, none if it is not there; a last line cut short by a crash is left out.

    Raises CheckpointError for any other damage.
    """
    try:
        *lines, rest = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CheckpointError(str(path), f"could not be read: {error.strerror}", "", "Move it away.") from None
    found = [_parsed(line) for line in lines]
    for number, line in enumerate(found, 1):
        if line is None:
            remedy = "Remove that line, or move the file away: it is for plots alone."
            raise CheckpointError(f"{path}:{number}", "is damaged", "a line of metrics", remedy)
    return [line for line in (*found, _parsed(rest)) if line is not None]


def _parsed(text: bytes) -> dict[str, Any] | None:
    """A line of metrics with all that is read of it, None if it is none."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    numbers, tables = [line.get("step")], list[Any]()
    if line.get("kind") == "step":
        numbers += [line.get("learning_rate"), line.get("gradient_norm")]
        tables.append(line.get("losses"))
    elif line.get("kind") == "epoch":
        numbers += [line.get("epoch"), line.get("best"), line.get("peak_memory", 0)]
        tables.append(line.get("scorecard"))
        tables += [line.get(key, {}) for key in ("training", "losses")]  # older versions recorded none, nor labels
        tables += _values(line.get("labels", {}))
    elif line.get("kind") == "end":
        numbers.append(line.get("peak_memory"))
    else:
        return None
    numbers += [number for table in tables for number in _values(table)]
    return line if all(map(_is_number, numbers)) else None


def _values(table: Any) -> list[Any]:
    """What is in a table; of what is none, one thing that is nothing."""
    return list(table.values()) if isinstance(table, dict) else [None]


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)
