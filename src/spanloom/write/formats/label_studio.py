"""Label Studio's JSON, a list of tasks to import, and beside it the labelling configuration that shows them.

    out.json           tasks with annotations, or with predictions, which people then go over
    out.config.xml     to be pasted under Settings, Labeling Interface, Code

Offsets count characters (Unicode code points), as Label Studio has counted since version 1.5. The id of a text stands
among its data, as Label Studio gives tasks ids of its own. https://labelstud.io/guide/tasks, guide/predictions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any
from xml.sax.saxutils import quoteattr

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.core import Example
from spanloom.inputs import Span
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import atomic_text

TEXT, LABELS, CHOICES = "text", "label", "class"
"""The names of the controls in the configuration."""


@dataclass
class Controls:
    """What the tasks have, and so the configuration must: labels, relations and classes, in the order of the tasks."""

    labels: dict[str, None] = field(default_factory=dict)
    relations: dict[str, None] = field(default_factory=dict)
    classes: dict[str, None] = field(default_factory=dict)
    several: bool = False

    def xml(self) -> str:
        """The configuration."""
        lines = ["<View>"]
        if self.relations:
            named = (f"    <Relation value={quoteattr(name)}/>" for name in self.relations)
            lines += ["  <Relations>", *named, "  </Relations>"]
        if self.labels or not self.classes:
            named = (f"    <Label value={quoteattr(name)}/>" for name in self.labels)
            lines += [f'  <Labels name="{LABELS}" toName="{TEXT}">', *named, "  </Labels>"]
        lines.append(f'  <Text name="{TEXT}" value="${TEXT}"/>')
        if self.classes:
            choice = "multiple" if self.several else "single"
            named = (f"    <Choice value={quoteattr(name)}/>" for name in self.classes)
            lines += [f'  <Choices name="{CHOICES}" toName="{TEXT}" choice="{choice}">', *named, "  </Choices>"]
        return "\n".join([*lines, "</View>", ""])


def config_path(path: Path) -> Path:
    """Where the configuration of a file stands."""
    return path.with_suffix(".config.xml")


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    controls = Controls()
    with atomic_text(path) as file:
        file.write("[")
        for number, example in enumerate(examples):
            task = _task(example, options, controls)
            file.write(f"{',' if number else ''}\n{json.dumps(task, ensure_ascii=False)}")
        file.write("\n]\n")
    with atomic_text(config_path(path)) as file:
        file.write(controls.xml())


def _task(example: Example, options: Options, controls: Controls) -> dict[str, Any]:
    data = {**example.fields, TEXT: example.input.text}
    if example.gold is None:
        return {"data": data}
    result = list(_results(example, controls))
    if not options.predictions:
        return {"data": data, "annotations": [{"result": [_without_score(item) for item in result]}]}
    scores = [item["score"] for item in result if "score" in item]
    whole = {"score": round(mean(scores), 6)} if scores else {}
    return {"data": data, "predictions": [{"model_version": options.model or "spanloom", **whole, "result": result}]}


def _results(example: Example, controls: Controls) -> Iterator[dict[str, Any]]:
    kind = kind_of(example.gold)
    if kind.graph is None:
        yield from _choices(example.gold, controls)
        return
    text, spans, relations = kind.graph(example.input, example.gold)
    names: dict[Span, str] = {}
    for number, span in enumerate(spans):
        start, end = text.characters(span)
        controls.labels[span.label] = None
        name = f"e{number}"
        names.setdefault(span, name)
        value = {"start": start, "end": end, "text": text.text[start:end], "labels": [span.label]}
        yield {"id": name, "from_name": LABELS, "to_name": TEXT, "type": "labels", "value": value} | _score(span.score)
    for relation in relations:
        controls.relations[relation.label] = None
        ends = {"from_id": names[relation.head], "to_id": names[relation.tail]}
        named = {"type": "relation", "direction": "right", "labels": [relation.label]}
        yield {**ends, **named} | _score(relation.score)


def _choices(gold: Any, controls: Controls) -> Iterator[dict[str, Any]]:
    controls.classes.update(dict.fromkeys(gold.names))
    controls.several |= len(gold.names) != 1
    if gold.names:
        value = {"choices": list(gold.names)}
        score = _score(mean(gold.scores) if gold.scores else None)
        yield {"id": "c0", "from_name": CHOICES, "to_name": TEXT, "type": "choices", "value": value} | score


def _without_score(item: dict[str, Any]) -> dict[str, Any]:
    """What a person said: they are sure of it."""
    return {key: value for key, value in item.items() if key != "score"}


def _score(score: float | None) -> dict[str, float]:
    return {} if score is None else {"score": round(float(score), 6)}


FORMAT = Target(
    name="label-studio",
    reads="label-studio",
    summary="Label Studio's JSON, and its labelling configuration beside it",
    answers=(Graph, Label),
    holds=frozenset(Holds) - {Holds.tokens, Holds.pairs, Holds.plain, Holds.lost},
    write=write,
    beside=config_path,
    settings=lambda options: {"annotator": "predictions"} if options.predictions else {},
)
