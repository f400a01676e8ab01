"""Label Studio's JSON and JSON-MIN, the choices that are made for a text as a whole.

What is chosen for a part of it, and whatever else a labelling configuration may have, is passed over and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read.parts.annotations import score_of
from spanloom.read.parts.annotators import Annotators, Opinion
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import field, first_keys, shown
from spanloom.read.parts.label_studio import (
    ANNOTATIONS,
    CHOICES,
    COMPLETIONS,
    KEYS,
    ROW_KEYS,
    TASK_KEYS,
    Annotation,
    Task,
    TextKey,
    decided,
    people,
    tasks,
    texts_in,
)
from spanloom.read.parts.left_out import noted
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.texts import tokenized

CHOSEN = re.compile(rf'"{CHOICES}"')


def fit(beginning: str) -> int:
    keys = first_keys(beginning)
    if not CHOSEN.search(beginning):
        return 3 if {"annotation_id", "annotator"} <= keys else 0  # a single choice stands there as a string
    if "data" in keys:
        return len(keys & TASK_KEYS) if keys & {ANNOTATIONS, COMPLETIONS, "predictions"} else 0
    return len(keys & ROW_KEYS) + 2 if keys & ROW_KEYS else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a task. Raises DataError citing its line."""
    opinions, key = Annotators(config, path), TextKey(config)
    return noted((_example(task, opinions, key, config) for task in tasks(path, config)), opinions.ending)


def _example(task: Task, everybody: Annotators, key: TextKey, config: DataConfig) -> Example:
    chosen = config.label_column if isinstance(config.label_column, str) else None
    texts = texts_in(task.data)
    if chosen in texts:  # in JSON-MIN a single choice is a string beside the text
        choice = {"type": CHOICES, "from_name": chosen, "value": {CHOICES: [task.data[chosen]]}}
        given = tuple(replace(one, results=(*one.results, choice)) for one in task.annotations)
        left = {name: value for name, value in task.data.items() if name != chosen}
        task = replace(task, annotations=given, data=left)
        texts.remove(chosen)
    name = key.of(task, texts)
    text = tokenized(task.data[name], str(task.source), config)
    fields = task.fields_beside(name)
    without = Example(text, None, task.source, mended=task.notes, fields=fields)
    opinions = [Opinion(one.names, _said(without, one, chosen), one.truth, one.when) for one in task.annotations]
    return everybody.choose(opinions, without)


def _said(without: Example, annotation: Annotation, chosen: str | None) -> Example:
    where, notes = str(without.source), []
    scores: dict[str, float | None] = {}
    controls: dict[str, None] = {}
    for result in annotation.results:
        kind, control = str(result.get("type")), str(result.get("from_name"))
        value = field(result, "value", dict, where, "result") if kind == CHOICES else {}
        if kind != CHOICES or "start" in value or chosen not in (None, control):
            notes.append((without.source, f"{kind} passed over: {shown(result.get('value'))}"))
            continue
        controls[control] = None
        for choice in field(value, CHOICES, list, where, "value"):
            scores[class_name(choice, where, "a choice")] = score_of(result, where)
    if len(controls) > 1:
        remedy = f"Set data.label_column = '{next(iter(controls))}', say."
        raise DataError(
            where, f"choices of {' and '.join(map(repr, controls))}", "choices that are classes of one kind", remedy
        )
    names = tuple(sorted(scores))
    known = tuple(score for name in names if (score := scores[name]) is not None)
    gold = Label(names, known if len(known) == len(names) else None)
    return replace(without, gold=gold, mended=(*without.mended, *notes))


FORMAT = Format(
    name="label-studio",
    shape="Label Studio's JSON or JSON-MIN: data with annotations that are choices",
    answer=Label,
    fit=fit,
    read=read,
    keys=KEYS,
    keeps=True,
    people=people,
    decided=decided,
)
