"""Label Studio's labelling configuration: which of its controls a model's answers go to, and an answer as its results.

https://labelstud.io/guide/ml_create, https://labelstud.io/guide/predictions
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from statistics import mean
from typing import Any
from xml.etree import ElementTree

from spanloom.answers.parts.drawing import Drawing
from spanloom.errors import DataError

HERE = "label_config"
SPANS = {"Labels": "labels", "HyperTextLabels": "hypertextlabels"}
"""The controls that label spans, and what they call their results."""

Result = dict[str, Any]


@dataclass(frozen=True)
class Control:
    """A control: its name, what its results are called, and the labels that it has; of none, any."""

    name: str
    kind: str
    labels: frozenset[str]

    def takes(self, label: str) -> bool:
        return not self.labels or label in self.labels


@dataclass(frozen=True)
class Controls:
    """What a configuration shows: the key of the text in a task's data, the name of the text, and what labels it."""

    key: str
    text: str
    spans: Control | None
    classes: Control | None

    def text_of(self, task: Mapping[str, Any]) -> str:
        """The text of a task. Raises DataError where it has none."""
        data = task.get("data")
        given = data.get(self.key) if isinstance(data, Mapping) else None
        if not isinstance(given, str):
            there = ", ".join(data) if isinstance(data, Mapping) else "none"
            raise DataError(f"task {task.get('id')}", f"no text '{self.key}' in its data ({there[:200]})", "a string")
        return given

    def fit(self, labels: Collection[str]) -> bool:
        """Whether any control takes any of these labels."""
        return any(control.takes(label) for control in (self.spans, self.classes) if control for label in labels)


def controls_of(xml: str) -> Controls:
    """The controls of a labelling configuration: of several of a kind the first. Raises DataError."""
    if "<!" in xml.replace("<!--", ""):
        raise DataError(HERE, "a document type or an entity", "tags alone", "Leave it out of the configuration.")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise DataError(HERE, f"is not XML ({error})", "a labelling configuration", "Save it again.") from None
    text = next((tag for tag in root.iter() if tag.tag in ("Text", "HyperText") and tag.get("name")), None)
    if text is None:
        found = f"no <Text> among {', '.join(sorted({tag.tag for tag in root.iter()}))[:200]}"
        raise DataError(HERE, found, "a text that is annotated", "Add <Text name='text' value='$text'/>.")
    name, key = str(text.get("name")), str(text.get("value", "")).removeprefix("$")
    own = [tag for tag in root.iter() if tag.get("toName") == name and tag.get("name")]
    spans = next((_control(tag, SPANS[tag.tag], "Label") for tag in own if tag.tag in SPANS), None)
    classes = next((_control(tag, "choices", "Choice") for tag in own if tag.tag == "Choices"), None)
    return Controls(key, name, spans, classes)


def _control(tag: ElementTree.Element, kind: str, label: str) -> Control:
    names = (each.get("alias") or each.get("value") for each in tag.iter(label))
    return Control(str(tag.get("name")), kind, frozenset(name for name in names if name))


def prediction(drawing: Drawing, controls: Controls, version: str) -> dict[str, Any]:
    """An answer as Label Studio takes a prediction; what no control takes is left out.

    score: the mean of those of its results, where they have some.
    """
    results = [*_spans(drawing, controls), *_classes(drawing, controls)]
    scores = [result["score"] for result in results if "score" in result]
    return {"model_version": version, "result": results, **({"score": round(mean(scores), 6)} if scores else {})}


def _spans(drawing: Drawing, controls: Controls) -> Iterator[Result]:
    control = controls.spans
    if control is None:
        return
    there: set[int] = set()
    for number, entity in enumerate(drawing["entities"]):
        if control.takes(entity["label"]) and entity["label"] != "O":
            there.add(number)
            value = {"start": entity["start"], "end": entity["end"], "text": entity["text"]}
            about = {"id": f"e{number}", "from_name": control.name, "to_name": controls.text, "type": control.kind}
            yield {**about, "value": {**value, control.kind: [entity["label"]]}, **_score(entity)}
    for relation in drawing["relations"]:
        if {relation["head"], relation["tail"]} <= there:
            ends = {"from_id": f"e{relation['head']}", "to_id": f"e{relation['tail']}"}
            yield {**ends, "type": "relation", "direction": "right", "labels": [relation["label"]], **_score(relation)}


def _classes(drawing: Drawing, controls: Controls) -> Iterator[Result]:
    control = controls.classes
    labels = [] if control is None else [label for label in drawing["labels"] if control.takes(label["label"])]
    if control is not None and labels:
        scores = [label["score"] for label in labels if label.get("score") is not None]
        about = {"id": "c0", "from_name": control.name, "to_name": controls.text, "type": control.kind}
        score = {"score": mean(scores)} if scores else {}
        yield {**about, "value": {control.kind: [label["label"] for label in labels]}, **_score(score)}


def _score(said: Mapping[str, Any]) -> dict[str, float]:
    return {} if said.get("score") is None else {"score": round(float(said["score"]), 6)}
