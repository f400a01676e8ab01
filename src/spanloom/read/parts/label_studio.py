"""What Label Studio exports: tasks with their annotations and predictions (JSON), or one annotation a row (JSON-MIN).

    {"id": 1, "data": {"text": "…"}, "annotations": [{"completed_by": 1, "result": [REGION, RELATION, CHOICE, …]}]}
    {"id": 1, "text": "…", "label": [{"start", "end", "text", "labels"}], "sentiment": "good", "annotator": 1}

Older files have `completions` in place of `annotations`. https://labelstud.io/guide/export#Label-Studio-JSON-format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read.parts.annotators import PREDICTIONS
from spanloom.read.parts.json_items import Item, json_items, listed, object_of, shown
from spanloom.read.parts.json_items import field as value_of
from spanloom.read.parts.json_keys import OF_SOME_TASK
from spanloom.read.parts.left_out import Note

ANNOTATIONS, COMPLETIONS = "annotations", "completions"
ABOUT_TASK = (
    "created_at updated_at inner_id total_annotations cancelled_annotations total_predictions comment_count project "
    "unresolved_comment_count last_comment_updated_at updated_by comment_authors drafts file_upload overlap is_labeled "
    "agreement reviewers state allow_skip precomputed_agreement"
)
ABOUT_ROW = "annotation_id created_at updated_at lead_time was_cancelled agreement"
TASK_KEYS = frozenset((*ABOUT_TASK.split(), "id", "data", ANNOTATIONS, COMPLETIONS, PREDICTIONS, "meta"))
ROW_KEYS = frozenset((*ABOUT_ROW.split(), "id", "annotator"))
KEYS = TASK_KEYS | ROW_KEYS | OF_SOME_TASK
"""Keys that are read, those of a control of any name among them."""
SPANS = ("labels", "hypertextlabels", "htmllabels")
"""The types of regions that are spans, which are the keys of their labels too."""
CHOICES = "choices"
_OTHER = {"paragraphlabels", "rectanglelabels", "brushlabels", "timeserieslabels", "taxonomy", "textarea", "start"}
"""What objects in a row have that are regions of something else, or of no label."""


@dataclass(frozen=True)
class Annotation:
    """What one person, or a model, said of a task. names: what they are called. when: they said it last."""

    names: tuple[str, ...]
    results: tuple[Item, ...]
    truth: bool = False
    when: str = ""


@dataclass(frozen=True)
class Task:
    """Something to annotate. data: what its texts are read from. notes: what of it was passed over."""

    source: Source
    data: Mapping[str, Any]
    fields: Mapping[str, Any]
    annotations: tuple[Annotation, ...]
    notes: tuple[Note, ...] = ()

    def fields_beside(self, text: str) -> dict[str, Any]:
        """What the task says beside its text; an id in its data was there before Label Studio gave it one."""
        return {**self.fields, **{name: value for name, value in self.data.items() if name != text}}


def tasks(path: Path, config: DataConfig) -> Iterator[Task]:
    """The tasks of an export. Of rows that follow one another with the same id and data, one. Raises DataError."""
    held: Task | None = None
    for source, item in json_items(path, config):
        if "data" in item:
            yield _task(item, source, config)
            continue
        row = _row(item, source, config)
        if held is not None and (held.data, held.fields.get("id")) == (row.data, row.fields.get("id")):
            together = (*held.annotations, *row.annotations)
            held = replace(held, annotations=together, notes=(*held.notes, *row.notes))
            continue
        if held is not None:
            yield held
        held = row
    if held is not None:
        yield held


def _task(item: Item, source: Source, config: DataConfig) -> Task:
    where = str(source)
    data = value_of(item, "data", dict, where)
    fields = {key: value for key, value in item.items() if key not in TASK_KEYS}
    fields |= {"id": item["id"]} if "id" in item else {}
    fields |= {"meta": item["meta"]} if item.get("meta") else {}
    key = COMPLETIONS if COMPLETIONS in item else ANNOTATIONS
    given = [object_of(one, where, "an annotation") for one in listed(item, key, where)]
    predicted = listed(item, PREDICTIONS, where)
    predicted = [one for one in predicted if isinstance(one, dict)]  # some exports have their numbers alone
    notes = [(source, "annotation that was skipped, passed over") for one in given if one.get("was_cancelled")]
    wanted, _, model = (config.annotator or "").partition(":")
    if wanted == PREDICTIONS:
        kept = [one for one in predicted if model in ("", str(one.get("model_version")))]
        found = tuple(Annotation((str(one.get("model_version")),), _results(one, where)) for one in kept)
        return Task(source, data, fields, found[-1:])
    notes += [(source, f"prediction passed over: {shown(one.get('model_version'))}") for one in predicted]
    people = [one for one in given if not one.get("was_cancelled")]
    found = tuple(
        Annotation(_names(one.get("completed_by")), _results(one, where), one.get("ground_truth") is True, _when(one))
        for one in people
    )
    return Task(source, data, fields, found, tuple(notes))


def _results(item: Item, where: str) -> tuple[Item, ...]:
    return tuple(object_of(one, where, "a result") for one in value_of(item, "result", list, where))


def _names(person: Any) -> tuple[str, ...]:
    """What somebody is called: the number, the e-mail address, the name."""
    if isinstance(person, Mapping):
        full = " ".join(str(person.get(key) or "") for key in ("first_name", "last_name")).strip()
        given = [person.get("id"), full, person.get("username"), person.get("email")]
        return tuple(str(name) for name in given if name not in (None, ""))
    return () if person is None else (str(person),)


def _row(item: Item, source: Source, config: DataConfig) -> Task:
    """A row of JSON-MIN: what is annotated stands beside the data, under the name of the control."""
    if config.annotator is not None and config.annotator.startswith(PREDICTIONS):
        found = "JSON-MIN has no predictions"
        raise DataError(str(source), found, "an export as JSON", "Export it so, or leave data.annotator out.")
    data: dict[str, Any] = {}
    results: list[Item] = []
    for key, value in item.items():
        if key in ROW_KEYS:
            continue
        controls = _control(key, value)
        results += controls
        if not controls:
            data[key] = value
    fields = {"id": item["id"]} if "id" in item else {}
    if item.get("was_cancelled"):
        return Task(source, data, fields, (), ((source, "annotation that was skipped, passed over"),))
    there = bool(results) or "annotation_id" in item or "annotator" in item
    if there:
        results += [{"type": name, "value": value} for name, value in data.items() if _is_annotated(value)]
    said = Annotation(_names(item.get("annotator")), tuple(results), when=_when(item))
    return Task(source, data, fields, (said,) if there else ())


def people(path: Path, config: DataConfig) -> list[str]:
    """What those are called who annotated."""
    every = (one for task in tasks(path, config) for one in task.annotations)
    return list(dict.fromkeys(one.names[-1] for one in every if one.names))


def decided(path: Path, config: DataConfig) -> bool:
    """True: what nobody decided on has no annotations, whatever was predicted."""
    return True


def _when(said: Item) -> str:
    return str(said.get("updated_at") or said.get("created_at") or "")


def _is_annotated(value: Any) -> bool:
    """Whether a value is a list of regions that are no spans of a text, which is to be counted."""
    return isinstance(value, list) and any(isinstance(one, Mapping) and _OTHER & one.keys() for one in value)


def _control(name: str, value: Any) -> list[Item]:
    """The results that a value says, as an export as JSON has them; none where it says none."""
    if isinstance(value, Mapping) and list(value) == [CHOICES]:
        return [{"type": CHOICES, "from_name": name, "value": value}]
    if not (isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value)):
        return []
    kinds = [next((kind for kind in SPANS if kind in one), None) for one in value]
    if None in kinds or not all("start" in one for one in value):
        return []
    return [{"type": kind, "from_name": name, "value": one} for kind, one in zip(kinds, value, strict=True)]


def texts_in(data: Mapping[str, Any]) -> list[str]:
    """The names of the data that are texts, the likeliest first."""
    found = [key for key, value in data.items() if isinstance(value, str) and value.strip()]
    return sorted(found, key=lambda key: key != "text")


@dataclass
class TextKey:
    """Which of a task's data is the text: `data.text_column`, `text`, the only one, or the one that the regions fit.

    A file has one such key: where a task does not show it, it is that of the tasks before.
    """

    config: DataConfig
    known: str | None = field(default=None)

    def of(self, task: Task, fits: Sequence[str]) -> str:
        """fits: the keys whose text has, at the offsets of the regions, what they say; all where there is no region."""
        where = str(task.source)
        if self.config.text_column is not None:
            self.known = str(self.config.text_column)
            value_of(task.data, self.known, str, where, "data")
            return self.known
        every = texts_in(task.data)
        if not every:
            there = ", ".join(task.data) or "none"
            found = f"no text in the data of the task; its keys are {there[:200]}"
            raise DataError(where, found, "a string", "Set data.text_column to the key of the text.")
        if self.known is not None and self.known in task.data:
            return self.known
        likely = [key for key in every if key == "text"] or (every if len(every) == 1 else list(fits))
        if len(likely) != 1:
            found = f"several texts in the data of the task: {', '.join(every)[:200]}"
            raise DataError(where, found, "one that is annotated", f"Set data.text_column = '{every[0]}', say.")
        self.known = likely[0]
        return self.known
