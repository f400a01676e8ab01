"""The `[data]` table: files and how they are read, of one data set or several that annotate different things."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from spanloom.config.ranges import Amount, Column, Count
from spanloom.config.settings import Names, setting
from spanloom.errors import ConfigError

Tagging = Literal[
    "auto", "none", "bio1", "bio2", "bioes", "bmes", "bilou", "iob", "iob1", "bio", "iob2", "iobes", "biluo"
]
Told = Literal["auto", "yes", "no"]


GIVEN = {"train": Path("<train>"), "dev": Path("<dev>")}
"""What stands in place of a file where a program gave a part of the data."""


@dataclass(frozen=True)
class FilesConfig:
    """A data set, and how its files are read."""

    train: Path | None = setting(None, "the training data, a file or a folder")
    dev: Path | None = setting(None, "the dev data, on which each epoch is scored and the best one chosen")
    format: str = setting("auto", "the format of the files; 'auto' tells the formats apart by content")
    encoding: str = setting("utf-8", "the encoding of the files, as Python names it")
    max_characters: Count = setting(100_000, "a longer text is refused as a probable mistake")
    by_sentence: bool = setting(
        False, "documents whose sentences are told apart (DocRED's) become an example a sentence"
    )
    repair: bool = setting(
        False, "mend what needs no guess (a stray I- tag, a blank token), and accept labels that differ only by case"
    )
    unknown_keys: Literal["error", "ignored"] = setting(
        "error", "a JSON object without gold whose keys could hold it under another name: an error, or a text without"
    )
    annotator: str | None = setting(
        None,
        "of data of several annotators, whose are read: a name, a number or an e-mail address; 'predictions', or "
        "'predictions:MODEL', reads what a model said",
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
    unrelated: str | None = setting(
        None,
        "where pairs of the entities of a text are the examples: the label of ordered pairs without a relation; else "
        "they are left out and counted",
    )


ALL, NONE, RELATED = "all", "none", "related only"


@dataclass(frozen=True)
class AnnotatesConfig:
    """What a data set annotates. What it does not takes no part in the loss or in the score."""

    entities: tuple[str, ...] = setting(
        (ALL,),
        "'all' labels of its own (of entities, tags, slots or classes), a list of some, 'none', or 'related only' "
        "where names that stand in no relation are not annotated",
    )
    relations: tuple[str, ...] = setting((ALL,), "'all' relations of its own, a list of some, or 'none'")


@dataclass(frozen=True)
class SourceConfig(FilesConfig):
    """One of several data sets, read as `[data]` says of one."""

    name: str = setting(
        "", "what reports call it; else the name of its training data, or of the folder around what is called train"
    )
    weight: Amount = setting(1.0, "how many of its examples an epoch takes: 0.5 for half of them, 2 for each twice")
    annotates: AnnotatesConfig = setting(AnnotatesConfig(), "what it annotates")
    rename: Names[str] = setting(
        Names(),
        "other names for its labels and relations; a '-' before that of a relation turns it round, '' drops it, and "
        "'*' for an entity says that it is a name of some kind",
    )
    arguments: Names[tuple[str, ...]] = setting(
        Names(), "for names of some kind: the labels of a relation's head and tail, under its new name"
    )

    @property
    def called(self) -> str:
        """What reports call it."""
        path = self.train or self.dev or Path()
        return self.name or (path.parent.name if path.stem.startswith("train") else path.stem)

    def alone(self) -> DataConfig:
        """The `[data]` table of this data set by itself."""
        return DataConfig(**{item.name: getattr(self, item.name) for item in fields(FilesConfig)})


@dataclass(frozen=True)
class DataConfig(FilesConfig):
    """The data, and how their files are read. Paths in a TOML file are relative to that file."""

    unknown_labels: Literal["error", "missed"] = setting(
        "missed", "a label that training never had: an error, or a fact bound to be missed, which is counted and said"
    )
    source: tuple[SourceConfig, ...] = setting((), "several data sets, each in a table of its own, in place of 'train'")
    fill: Path | None = setting(
        None, "a run on the same sources: what it believes is learned where a source annotates nothing"
    )


def check_sources(data: DataConfig) -> None:
    """Raise ConfigError for sources that contradict the rest of `[data]`, one another, or themselves."""
    if not data.source:
        if data.fill is not None:
            expected = "sources, in [[data.source]], which leave something open"
            raise ConfigError("data.fill", "is set, and there are no sources", expected, "Leave it out.")
        return
    for key in ("train", "dev"):
        if getattr(data, key) is not None:
            found = "is set, and so is data.source"
            raise ConfigError(f"data.{key}", found, "one of the two", f"Move it into a [[data.source]] as {key}.")
    twice = [name for name, count in Counter(source.called for source in data.source).items() if count > 1]
    if twice:
        found = f"two sources are called '{twice[0]}'"
        raise ConfigError("data.source", found, "a name for each", "Set name = in their tables.")
    if not any(source.weight for source in data.source):
        raise ConfigError(
            "data.source", "every weight is 0", "a source to learn from", "Set weight = 1 in one of them."
        )
    for source in data.source:
        where = f"data.source '{source.called}'"
        if source.train is None:
            raise ConfigError(where, "train is not set", "the path of its training data", "Add it.")
        _check_annotates(source, where)
        for label, kinds in source.arguments.items():
            if len(kinds) != 2:
                found = f"arguments.'{label}' has {len(kinds)} labels"
                raise ConfigError(where, found, "that of the head and that of the tail", "Write it as [HEAD, TAIL].")


def _check_annotates(source: SourceConfig, where: str) -> None:
    annotates = source.annotates
    for part, words in (("entities", (ALL, NONE, RELATED)), ("relations", (ALL, NONE))):
        labels = getattr(annotates, part)
        if not labels or (len(labels) > 1 and any(word in labels for word in words)):
            expected = f"labels, or one of {', '.join(map(repr, words))}"
            raise ConfigError(where, f"annotates.{part} is {list(labels)}", expected, f"Set {part} = '{ALL}', say.")
    if annotates.entities == annotates.relations == (NONE,):
        raise ConfigError(where, "annotates neither entities nor relations", "one of the two", "Leave it out.")
