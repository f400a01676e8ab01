"""Rasa's NLU training data in YAML: requests with an intent, in which the words of slots are marked.

    nlu:
    - intent: book_trip
      examples: |
        - two seats to [Narvik](city)
        - from [Oslo]{"entity": "city", "role": "departure", "value": "Christiania"}

A role makes a slot of its own, `city.departure`. Values and groups of entities, synonyms, regular expressions and
lookup tables are passed over and counted. https://rasa.com/docs/rasa/training-data-format
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError, MissingExtra
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import whole_text
from spanloom.read.parts.tagged import Sentence, tagged_examples
from spanloom.read.tag_lines import tagged_item

NLU = re.compile(r"^nlu[ \t]*+:[ \t]*+(?:#.*)?$", re.MULTILINE)
ITEM = re.compile(r"^[ \t]*+-[ \t]++(?:intent|synonym|regex|lookup)[ \t]*+:", re.MULTILINE)
PASSED_OVER = ("synonym", "regex", "lookup")
MARKED = re.compile(r"\[(?P<text>[^\]]+)\](?:\((?P<name>[^)]+)\)|(?P<one>\{[^}]*\})|\[(?P<several>\{.*?\})\])")
BULLET = re.compile(r"\s*+-\s++")


class Line(NamedTuple):
    """An example as it is written, and where."""

    number: int
    text: str


def fit(beginning: str) -> int:
    """3 where there is a list under `nlu`, with an intent or the like in it."""
    return 3 if NLU.search(beginning) and ITEM.search(beginning) else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line of an intent. Raises DataError citing it, MissingExtra without PyYAML."""
    return tagged_examples(partial(_sentences, path, config), config)


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    waiting: list[tuple[Source, str]] = []
    for item in _items(path, config):
        fields = _fields(item)
        kind = next((name for name in (*PASSED_OVER, "intent") if name in fields), None)
        where = Source(str(path), item.start_mark.line + 1)
        if kind is None:
            found = f"an item with {', '.join(map(shown, fields)) or 'nothing'}"
            raise DataError(str(where), found, "an intent, a synonym, a regex or a lookup", "Correct it.")
        if kind in PASSED_OVER:
            waiting.append((where, f"{kind} passed over: {fields[kind].value}"))
            continue
        for line in _lines(fields, where, path):
            sentence = _sentence(line, str(fields["intent"].value), path, config)
            yield replace(sentence, notes=(*waiting, *sentence.notes))
            waiting = []
    if waiting:
        yield Sentence(waiting[0][0], (), None, notes=tuple(waiting))


def _fields(node: Any) -> dict[str, Any]:
    """The values of a mapping by their names; none of another node."""
    pairs = node.value if isinstance(node.value, list) else ()
    return {str(pair[0].value): pair[1] for pair in pairs if isinstance(pair, tuple)}


def _items(path: Path, config: DataConfig) -> Iterator[Any]:
    """The mappings under `nlu`, as nodes that know their lines."""
    try:
        yaml = importlib.import_module("yaml")
    except ModuleNotFoundError:
        raise MissingExtra("Reading Rasa's YAML", "formats") from None
    text = whole_text(path, config.encoding)
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader) if "nlu" in text else None  # 10 MB of blanks take seconds
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        reason = " ".join(str(getattr(error, "problem", None) or error).split())[:120]
        raise DataError(where, f"not valid YAML: {reason}", "Rasa's training data", "Mend it there.") from None
    listed = None if top is None else _fields(top).get("nlu")
    if not isinstance(listed, yaml.SequenceNode):
        raise DataError(str(path), "no list under 'nlu'", "intents and their examples", "Name the file that has it.")
    for item in listed.value:
        if not isinstance(item, yaml.MappingNode):
            where = f"{path}:{item.start_mark.line + 1}"
            raise DataError(where, f"{shown(item.value)} under 'nlu'", "- intent: NAME", "Correct it.")
        yield item


def _lines(fields: dict[str, Any], where: Source, path: Path) -> Iterator[Line]:
    """The examples of an intent: lines of a block of text, or a list of texts."""
    node = fields.get("examples")
    if node is None:
        raise DataError(str(where), "an intent without 'examples'", "examples: | and a line for each", "Add them.")
    if isinstance(node.value, str):
        yield from _of_block(node, path)
        return
    for item in node.value:
        inner = item if isinstance(item.value, str) else _fields(item).get("text")
        number = item.start_mark.line + 1
        if inner is None or not isinstance(inner.value, str):
            raise DataError(f"{path}:{number}", "an example without 'text'", "- text: …", "Add it.")
        yield Line(inner.start_mark.line + 1, BULLET.sub("", inner.value, count=1).strip())


def _of_block(node: Any, path: Path) -> Iterator[Line]:
    """The lines of a block. The first stands below its mark, or, of text in quotes, where it begins."""
    first = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
    for number, text in enumerate(node.value.split("\n"), first):
        if not text.strip():
            continue
        if not BULLET.match(text):
            found = f"{shown(text)} among the examples"
            raise DataError(f"{path}:{number}", found, "lines that begin with '- '", "Correct the line.")
        yield Line(number, BULLET.sub("", text, count=1).strip())


def _sentence(line: Line, intent: str, path: Path, config: DataConfig) -> Sentence:
    source = Source(str(path), line.number)
    parts: list[str] = []
    slots: list[dict[str, Any]] = []
    notes: list[tuple[Source, str]] = []
    at = length = 0
    for found in MARKED.finditer(line.text):
        parts += [line.text[at : found.start()], found["text"]]
        start = length + found.start() - at
        at, length = found.end(), start + len(found["text"])
        slots += [{"start": start, "end": length, "label": label} for label in _labels(found, source, notes)]
    text = "".join([*parts, line.text[at:]])
    item = {"text": text, "intent": intent, "slots": slots}
    sentence = tagged_item(item, source, config, "slots")
    return replace(sentence, intent=Label((intent,)), notes=tuple(notes))


def _labels(found: re.Match[str], source: Source, notes: list[tuple[Source, str]]) -> Iterator[str]:
    """The slots that a mark says. Raises DataError."""
    if found["name"]:
        name, colon, value = found["name"].partition(":")
        if colon:
            notes.append((source, f"value of an entity passed over: {value}"))
        yield name.strip()
        return
    written = f"[{found['one'] or found['several']}]"
    try:
        values = json.loads(written)
    except ValueError as error:
        found_text = f"{shown(written)}: {error}"
        raise DataError(str(source), found_text, 'JSON, {"entity": NAME}', "Correct the mark.") from None
    for value in values:
        if not isinstance(value, dict) or not isinstance(value.get("entity"), str) or not value["entity"].strip():
            raise DataError(str(source), f"a mark with {shown(value)}", '{"entity": NAME}', "Name the entity.")
        for key in ("value", "group"):
            if value.get(key):
                notes.append((source, f"{key} of an entity passed over: {value[key]}"))
        yield f"{value['entity']}.{value['role']}" if value.get("role") else value["entity"]


FORMAT = Format(
    name="rasa",
    shape="Rasa's YAML: nlu, with intents, and examples in which the words of slots are marked",
    answer=Frame,
    fit=fit,
    read=read,
)
