"""Hugging Face's data sets of token classification: `tokens`, and `ner_tags` that are named in the features.

out                a folder, as `Dataset.save_to_disk` writes it, for `datasets.load_from_disk`
out.parquet        Parquet, whose schema names the tags, for `datasets.load_dataset("parquet", …)`
out.json, .jsonl   JSON, a list or lines, in which tags are the names themselves
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.errors import ConfigError, MissingExtra
from spanloom.read.parts.hugging_face import INFO, METADATA, STATE
from spanloom.text.tags import OUTSIDE, is_bio2, natural_order
from spanloom.write import folders
from spanloom.write.atomic import atomic_file
from spanloom.write.formats.parts.held import ID
from spanloom.write.formats.parts.json_list import write_list
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import LINES
from spanloom.write.parquet import write_rows

PARQUET, JSON = ".parquet", (".json", LINES)
TOKENS, TAGS = "tokens", "ner_tags"
DATA = "data-00000-of-00001.arrow"
ROWS = 1000


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    """Raises MissingExtra without pyarrow for what is no JSON, ConfigError where a folder holds something."""
    read = list(examples)
    ending = path.suffix.lower()
    if ending in JSON:
        write_list(path, map(_row, read))
        return
    names = _names(read)
    rows = [_numbered(example, names) for example in read]
    features = _features(names, any(ID in example.fields for example in read))
    schema = _schema(features)
    if ending == PARQUET:
        with atomic_file(path, "wb") as file:
            write_rows(file, rows, schema)
    else:
        _write_folder(path, rows, features, schema)


def _row(example: Example) -> dict[str, Any]:
    gold: Tags = example.gold  # type: ignore[assignment]
    own = {ID: str(example.fields[ID])} if ID in example.fields else {}
    return {**own, TOKENS: [token.text for token in example.input.tokens], TAGS: list(gold.labels)}


def _numbered(example: Example, names: Sequence[str]) -> dict[str, Any]:
    """A row whose tags are the numbers of their names."""
    numbers = {name: number for number, name in enumerate(names)}
    row = _row(example)
    return {**row, TAGS: [numbers[tag] for tag in row[TAGS]]}


def _names(read: Sequence[Example]) -> list[str]:
    """The tags that there are; of spans `O`, then what begins and goes on with each label."""
    tags = {tag for example in read for tag in example.gold.labels}  # type: ignore[union-attr]
    if not is_bio2(tags):
        return sorted(tags, key=natural_order)
    labels = sorted({tag[2:] for tag in tags - {OUTSIDE}}, key=natural_order)
    return [OUTSIDE, *(f"{place}-{label}" for label in labels for place in "BI")]


def _features(names: Sequence[str], named: bool) -> dict[str, Any]:
    """What the columns are, as the package `datasets` says it."""
    string = {"dtype": "string", "_type": "Value"}
    tags = {"names": list(names), "_type": "ClassLabel"}
    columns = {TOKENS: {"feature": string, "_type": "Sequence"}, TAGS: {"feature": tags, "_type": "Sequence"}}
    return {ID: string, **columns} if named else columns


def _schema(features: dict[str, Any]) -> Any:
    arrow = _library("pyarrow")
    kinds = {ID: arrow.string(), TOKENS: arrow.list_(arrow.string()), TAGS: arrow.list_(arrow.int64())}
    told = json.dumps({"info": {"features": features}}).encode()
    return arrow.schema([(name, kinds[name]) for name in features], metadata={METADATA: told})


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise MissingExtra("Writing a data set of Hugging Face", "formats") from None


def _write_folder(path: Path, rows: Sequence[dict[str, Any]], features: dict[str, Any], schema: Any) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        found = "is a folder with files in it" if path.is_dir() else "is a file"
        raise ConfigError(str(path), found, "a new folder", "Name another place, or move it away.")
    arrow, ipc = _library("pyarrow"), _library("pyarrow.ipc")
    with folders.workshop(path) as work:
        new = work / "whole"
        new.mkdir()
        with ipc.new_stream(str(new / DATA), schema) as stream:
            for batch in _batches(rows):
                stream.write_batch(arrow.RecordBatch.from_pylist(batch, schema=schema))
        about = {"citation": "", "description": "", "features": features, "homepage": "", "license": ""}
        state: dict[str, Any] = {
            "_data_files": [{"filename": DATA}],
            "_fingerprint": hashlib.sha256((new / DATA).read_bytes()).hexdigest()[:16],
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": None,
        }
        for name, said in ((INFO, about), (STATE, state)):
            (new / name).write_text(json.dumps(said, indent=2, ensure_ascii=False), encoding="utf-8")
        folders.replace(new, path, ())


def _batches(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    yield from (list(rows[at : at + ROWS]) for at in range(0, len(rows), ROWS))


FORMAT = Target(
    name="huggingface",
    reads="huggingface",
    summary="Hugging Face's tokens and ner_tags: a folder, Parquet or JSON by the ending of its name",
    answers=(Tags,),
    holds=frozenset({Holds.tokens, Holds.plain, Holds.empty, Holds.ids}),
    write=write,
)
