"""The `[data]` table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spanloom.config.ranges import Column, Count
from spanloom.config.settings import setting

Tagging = Literal[
    "auto", "none", "bio1", "bio2", "bioes", "bmes", "bilou", "iob", "iob1", "bio", "iob2", "iobes", "biluo"
]
Told = Literal["auto", "yes", "no"]


@dataclass(frozen=True)
class DataConfig:
    """The data, and how their files are read. Paths in a TOML file are relative to that file."""

    train: Path | None = setting(None, "the training data, a file or a folder")
    dev: Path | None = setting(None, "the dev data, on which each epoch is scored and the best one chosen")
    format: str = setting("auto", "the format of the files; 'auto' tells the formats apart by content")
    encoding: str = setting("utf-8", "the encoding of the files, as Python names it")
    max_characters: Count = setting(100_000, "a longer text is refused as a probable mistake")
    repair: bool = setting(
        False, "mend what needs no guess (a stray I- tag, a blank token), and accept labels that differ only by case"
    )
    unknown_labels: Literal["error", "missed"] = setting(
        "missed", "a label that training never had: an error, or a fact bound to be missed, which is counted and said"
    )
    unknown_keys: Literal["error", "ignored"] = setting(
        "error", "a JSON object without gold whose keys could hold it under another name: an error, or a text without"
    )
    token_column: Column | str | None = setting(
        None, "the column of tokens, counted from 0, or from the end as -1, or a field's name; else told by content"
    )
    tag_column: Column | str | None = setting(
        None,
        "the column of tags; else the last that can hold them, or 'upos'; layers of tags are in it and all behind it",
    )
    tags: Tagging = setting(
        "auto", "the scheme of tags; 'auto' tells it from the whole file, 'none' takes plain labels"
    )
    delimiter: Literal["auto", ",", ";", "tab", "\t"] = setting(
        "auto", "what parts the cells of a table; 'auto' tells it by content"
    )
    header: Told = setting("auto", "whether a table's first row names its columns")
    quoting: Told = setting("auto", "whether cells of a table may stand in quotation marks")
    text_column: Column | str | None = setting(
        None, "the column of texts in a table, by the header's name or counted; else told by name and content"
    )
    second_column: Column | str | None = setting(None, "the column of the second texts of pairs")
    label_column: Column | str | None = setting(None, "the column of labels")
