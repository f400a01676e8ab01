"""Answers into a store, many in one transaction, so that a process that is killed leaves whole batches and no half."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from spanloom.answers.parts.answer import Answer
from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.errors import DataError
from spanloom.store.connections import open_to_write, transaction
from spanloom.store.faults import faults_of
from spanloom.store.insertion import Insertion, Waiting
from spanloom.store.names import key_of

if TYPE_CHECKING:
    from spanloom.store.model import Model

TOGETHER = 20_000
"""Mentions and facts after which a batch is written, and for how many seconds its first answer waits at most."""
SECONDS = 2.0

UNKEPT = "Nothing of the last batch was kept, and all before it was."

Clock = Callable[[], float]


@dataclass
class Written:
    """What a writer wrote so far. known: texts whose answer by this model was there already."""

    texts: int = 0
    known: int = 0
    mentions: int = 0
    facts: int = 0
    labels: int = 0


class Writer:
    """Adds the answers of one model to a store. Safe to use from several threads at once, and beside other writers.

    written: what is in the store; answers that were added and are not in it yet get there by `flush`, by `close`, or
    when there are enough of them. As a context manager it is closed at the end of the block, however that ends.
    """

    def __init__(self, path: Path, model: Model, clock: Clock = time.time) -> None:
        self.path = path
        self.model = model
        self.written = Written()
        self._clock = clock
        self._waiting: list[Waiting] = []
        self._size = 0
        self._lock = threading.Lock()
        self._connection = open_to_write(path)

    def add(self, text: str | Sequence[str], answer: Answer[Any] | Shown, id: object = None) -> None:
        """Add an answer: what a predictor gives, or its `to_dict()`. The same text and model again adds nothing.

        text: several are one document, one below the other. id: what the user calls it; text, a number, or any JSON.
        Raises DataError where the answer is not of this text, FileError where the store cannot be written: nothing of
        the batch is kept then.
        """
        shown = answer.to_dict() if isinstance(answer, Answer) else answer
        found = self.model.stored(shown)
        whole = text if isinstance(text, str) else "\n".join(text)
        if whole != found["text"]:
            given = f"an answer for {str(found['text'])[:80]!r} beside the text {whole[:80]!r}"
            raise DataError("store", given, "the text that was answered", "Add each answer with its own text.")
        waiting = _waiting(whole, found, id, self._clock())
        with self._lock:
            self._waiting.append(waiting)
            self._size += 1 + len(waiting.mentions) + len(waiting.facts)
            if self._size >= TOGETHER or waiting.at - self._waiting[0].at >= SECONDS:
                self._flush()

    def flush(self) -> None:
        """Write what waits. Raises FileError where that fails; it is not tried again."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Write what waits, and close the store."""
        try:
            self.flush()
        finally:
            with faults_of(self.path):
                self._connection.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        with faults_of(self.path, UNKEPT):
            try:
                with transaction(self._connection):
                    insertion = Insertion(self._connection, self.model, self._clock())
                    insertion.insert(self._waiting)
            except sqlite3.Error:
                self._waiting, self._size = [], 0
                raise
        self._waiting, self._size = [], 0
        for name, count in insertion.counts.items():
            vars(self.written)[name] += count


def _waiting(text: str, found: Drawing, own: object, at: float) -> Waiting:
    """An answer as rows that only lack their numbers."""
    mentions = [
        (key_of(whole(item["text"])), whole(item["text"]), item["label"], item["start"], item["end"], item.get("score"))
        for item in found["entities"]
    ]
    facts = [(item["head"], item["label"], item["tail"], item.get("score")) for item in found["relations"]]
    classes = [(item["label"], item.get("score")) for item in found["labels"]]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return Waiting(digest, whole(text), _own_id(own), int(at), mentions, facts, classes)


def _own_id(value: object) -> str | None:
    """An id as text; what is none and no number as JSON."""
    if value is None or isinstance(value, str):
        return value if value is None else whole(value)
    return whole(json.dumps(value, ensure_ascii=False, sort_keys=True))


def whole(text: str) -> str:
    """The text with a mark in place of each half of a character, which SQLite cannot hold; as long as before."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text
