"""A document of WebAnno or INCEpTION with its sentences, and folders of such with a file for each annotator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.read.parts.annotators import Annotators, Opinion
from spanloom.read.parts.by_sentence import by_sentence
from spanloom.read.parts.left_out import noted
from spanloom.read.parts.texts import is_utf8


class Document(NamedTuple):
    """The whole as an example, the tokens of each of its sentences, half-open, and what else is said of each."""

    example: Example
    sentences: Sequence[tuple[int, int]]
    fields: Sequence[Mapping[str, Any]] = ()

    def examples(self, config: DataConfig) -> Iterator[Example]:
        """The document, or, with `data.by_sentence`, its sentences."""
        if config.by_sentence:
            return by_sentence(self.example, self.sentences, self.fields)
        return iter((self.example,))


def of_folder(
    folder: Path, files: Iterable[Path], read: Callable[[Path], Document], config: DataConfig
) -> Iterator[Example]:
    """The examples of a folder's files; their names are the ids of documents.

    Files of the same text in one folder inside are what several people say of a document, which has the folder's name;
    `data.annotator` says whose is read, by the name of their file.
    """
    people = Annotators(config, folder)
    chosen = _chosen(folder, files, read, people)
    return noted((example for document in chosen for example in document.examples(config)), people.ending)


def _chosen(
    folder: Path, files: Iterable[Path], read: Callable[[Path], Document], people: Annotators
) -> Iterator[Document]:
    for _, inside in groupby(files, lambda file: file.parent):
        same: dict[str, list[tuple[Path, Document]]] = {}
        for file in inside:
            document = read(file)
            same.setdefault(document.example.input.text, []).append((file, document))
        for pairs in same.values():
            opinions = [Opinion((file.stem,), document.example) for file, document in pairs]
            file, first = pairs[0]
            example = people.choose(opinions, replace(first.example, gold=None, lost=()))
            inner = file.relative_to(folder)
            name = inner.parent.as_posix() if len(pairs) > 1 else inner.with_suffix("").as_posix()
            fields = {"id": name} if is_utf8(name) else {}
            yield first._replace(example=replace(example, fields={**example.fields, **fields}))
