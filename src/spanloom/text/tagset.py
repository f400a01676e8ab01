"""The tags that a model predicts, and the labels of data and answers that they stand for. K tags. NumPy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from spanloom.core import SOME, Array, Source
from spanloom.errors import DataError
from spanloom.text.known import refuse_unknown
from spanloom.text.stored import choice, flag, strings
from spanloom.text.tags import OUTSIDE, convert_tags, is_bio2, natural_order, spans_from_tags, tag_names, transitions

TOKEN_LABEL = "token label"
"""The kind of a label that stands for itself: every token has exactly one."""


class Tagset:
    """The K tags of a model by number, from training data only.

    scheme: "bio2" or "bioes" where the labels say spans, None where each label stands for itself. names: labels of
    spans, or the plain labels, sorted, numbers in them by their size, so that the tags of one span's label stand side
    by side. outside: some tokens are in no span (never so in a text cut into words).
    """

    def __init__(self, names: Sequence[str], scheme: str | None, outside: bool) -> None:
        self.names = tuple(names)
        self.scheme = scheme
        self.outside = outside
        if scheme is None:
            self.tags = self.names
        else:
            self.tags = tuple(tag_names(self.names, scheme)[0 if outside else 1 :])
        # A legal sequence turns into BIO2 tag by tag.
        self.labels = self.tags if scheme is None else tuple(map(_bio2, self.tags))
        self._numbers = {tag: number for number, tag in enumerate(self.tags)}
        self._accepted = frozenset(self.labels)

    @classmethod
    def fit(cls, gold: Iterable[Sequence[str]], scheme: str, where: str) -> Tagset:
        """The tags of sentences by their gold labels. Raises DataError, citing `where`, if none tells tokens apart."""
        labels = {label for sentence in gold for label in sentence}
        names, spans = labels, is_bio2(labels)
        if spans:
            names = {label[2:] for label in labels if label != OUTSIDE} - {SOME}
        if not names:
            raise DataError(
                where, "no label but O on any token", "annotated sentences", "Check that this is the right file."
            )
        return cls(sorted(names, key=natural_order), scheme if spans else None, OUTSIDE in labels)

    def encode(self, labels: Sequence[str]) -> Array:
        """The numbers [T] of a sentence's labels, all of them known."""
        tags = convert_tags(labels, "bio2", self.scheme) if self.scheme else labels
        return np.array([self._numbers[tag] for tag in tags], dtype=np.int64)

    def unknown(self, labels: Sequence[str]) -> list[tuple[str, str]]:
        """The spans, or the tokens where labels say none, whose label training never had."""
        odd = [label for label in labels if label not in self._accepted]
        if not odd or self.scheme is None or not is_bio2(labels):
            return [("label", label) for label in odd]
        known = {*self.names, SOME}
        spans = [span.label for span in spans_from_tags(labels, "bio2") if span.label not in known]
        return [("label", label) for label in (*spans, *(label for label in odd if label == OUTSIDE))]

    def require_known(self, labels: Sequence[str], source: Source) -> None:
        """Raises DataError, citing the line, for a gold label that training never had."""
        refuse_unknown(self.unknown(labels), self.names, source)

    def known(self) -> dict[str, Sequence[str]]:
        """The labels of training data by their kind: of spans, or of tokens where labels stand for themselves."""
        return {TOKEN_LABEL if self.scheme is None else "span label": self.names}

    def rules(self) -> tuple[Array, Array, Array]:
        """Scores that forbid what the scheme does and are 0 elsewhere: transitions [K, K], start [K], end [K]."""
        return self._rules

    @cached_property
    def _rules(self) -> tuple[Array, Array, Array]:
        if self.scheme is None:
            size = len(self.tags)
            return np.zeros((size, size), np.float32), np.zeros(size, np.float32), np.zeros(size, np.float32)
        allowed, start, end = (
            np.where(part, 0.0, -np.inf).astype(np.float32) for part in transitions(self.tags, self.scheme)
        )
        return allowed, start, end

    def balanced(self, sequences: Iterable[Sequence[str]]) -> list[float]:
        """A weight [K] for each tag: all tags of these labels weigh the same together, and a token 1 on average."""
        counts: Counter[int] = Counter()
        for labels in sequences:
            counts.update(self.encode(labels).tolist())
        share = counts.total() / max(len(counts), 1)
        return [share / counts[number] if number in counts else 1.0 for number in range(len(self.tags))]

    def to_dict(self) -> dict[str, Any]:
        return {"names": list(self.names), "scheme": self.scheme, "outside": self.outside}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Tagset:
        scheme = choice(table, "scheme", ("bio2", "bioes", None))
        names = strings(table, "names", 1)
        if scheme is not None and "" in names:
            raise ValueError("names: a label of spans that is empty")
        return cls(names, scheme, flag(table, "outside"))


def _bio2(tag: str) -> str:
    return tag if tag == OUTSIDE else {"B": "B", "S": "B", "I": "I", "E": "I"}[tag[0]] + tag[1:]
