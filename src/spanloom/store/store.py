"""A store of facts, as Python has it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from spanloom.store.asked import Asked, check
from spanloom.store.connections import open_to_read
from spanloom.store.faults import faults_of
from spanloom.store.kept import Fact, Label, Mention
from spanloom.store.own_query import own_query
from spanloom.store.reading import Reader
from spanloom.store.search import Found, search

if TYPE_CHECKING:
    from spanloom.predict.predictor import Predictor
    from spanloom.store.writer import Writer

Row = TypeVar("Row", Fact, Mention, Label)


class Store:
    """One file with facts. Safe to use from several threads and processes at once; nothing is held open between calls.

    Whatever reads raises FileError where there is no such file, and DataError for what is no store, for a damaged one,
    and for one of another version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def writer(self, predictor: Predictor[Any]) -> Writer:
        """What adds the answers of a model; the file is made where there is none.

        Raises ConfigError for a model whose answers are no facts about a text, such as one that rewrites.
        """
        from spanloom.store.model import model_of  # which brings onnxruntime, and reading needs none
        from spanloom.store.writer import Writer

        return Writer(self.path, model_of(predictor))

    def facts(self, **asked: Unpack[Asked]) -> Iterator[Fact]:
        """The facts that are asked for, see `Asked`: the surest first where an entity or a relation is named."""
        return self._read(Reader.facts, asked)

    def mentions(self, **asked: Unpack[Asked]) -> Iterator[Mention]:
        """The names in texts that are asked for, likewise; `relation` is the label of a name."""
        return self._read(Reader.mentions, asked)

    def labels(self, **asked: Unpack[Asked]) -> Iterator[Label]:
        """The labels of whole texts that are asked for, likewise; `relation` is the label."""
        return self._read(Reader.labels, asked)

    def search(self, words: str, limit: int = 20) -> list[Found]:
        """The entities in whose names all of these words stand, or begin words of it."""
        with closing(open_to_read(self.path)) as connection, faults_of(self.path):
            return search(connection, self.path, words, limit)

    def query(self, sql: str) -> Iterator[dict[str, Any]]:
        """The rows of a query of one's own, by their columns. Raises ConfigError for what would do more than read."""
        with closing(open_to_read(self.path)) as connection:
            columns, rows = own_query(connection, self.path, sql)
            for row in rows:
                yield {name: _plain(value) for name, value in zip(columns, row, strict=True)}

    def _read(self, rows: Callable[[Reader, Asked], Iterator[Row]], asked: Asked) -> Iterator[Row]:
        """Checked when it is asked, and read when it is taken."""
        check(asked)
        return self._taken(rows, asked)

    def _taken(self, rows: Callable[[Reader, Asked], Iterator[Row]], asked: Asked) -> Iterator[Row]:
        with closing(open_to_read(self.path)) as connection, faults_of(self.path):
            yield from rows(Reader(connection), asked)


def _plain(value: Any) -> Any:
    """Bytes, such as a hash, in hexadecimal."""
    return value.hex() if isinstance(value, bytes) else value
