"""Which words and labelled names training data had, as checksums: one text in millions is taken for another."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from spanloom.inputs import Text
from spanloom.text.tags import spans_from_tags


class Seen:
    """What was seen in training: words as written, and the texts of spans with their labels."""

    def __init__(self, checksums: Iterable[int]) -> None:
        self._checksums = frozenset(checksums)

    @classmethod
    def fit(cls, words: Iterable[str], names: Iterable[tuple[str, str]]) -> Seen:
        """names: the texts of spans, each with its label."""
        found = {_checksum(word, "") for word in words}
        return cls(found.union(_checksum(text, label) for text, label in names))

    @classmethod
    def of_tags(cls, sentences: Sequence[tuple[Text, Sequence[str] | None]], are_spans: bool) -> Seen:
        """What is in sentences with a label a token, where they have some; are_spans: these say spans."""
        words = (token.text for text, _ in sentences for token in text.tokens)
        tagged = ((text, labels) for text, labels in sentences if are_spans and labels is not None)
        spans = ((text, span) for text, labels in tagged for span in spans_from_tags(labels, "bio2"))
        return cls.fit(words, ((text.surface(span), span.label) for text, span in spans))

    def __call__(self, text: str, label: str = "") -> bool:
        """Whether training had this word or, where there is a label, a span of this text with this label."""
        return _checksum(text, label) in self._checksums

    def to_list(self) -> list[int]:
        return sorted(self._checksums)


def _checksum(text: str, label: str) -> int:
    return zlib.crc32(f"{label}\t{text}".encode())
