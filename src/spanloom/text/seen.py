"""Which words and labelled names training data had, as checksums: one text in millions is taken for another."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from spanloom.core import Tags, Text
from spanloom.text.tags import spans_from_tags


class Seen:
    """What was seen in training: words as written, and the texts of spans with their labels."""

    def __init__(self, checksums: Iterable[int]) -> None:
        self._checksums = frozenset(checksums)

    @classmethod
    def fit(cls, sentences: Iterable[tuple[Text, Tags | None]], spans: bool) -> Seen:
        """spans: the tags are those of spans."""
        found: set[int] = set()
        for text, tags in sentences:
            found.update(_checksum(token.text, "") for token in text.tokens)
            for span in spans_from_tags(tags.labels, "bio2") if spans and tags is not None else ():
                found.add(_checksum(text.surface(span), span.label))
        return cls(found)

    def __call__(self, text: str, label: str = "") -> bool:
        """Whether training had this word or, where there is a label, a span of this text with this label."""
        return _checksum(text, label) in self._checksums

    def to_list(self) -> list[int]:
        return sorted(self._checksums)


def _checksum(text: str, label: str) -> int:
    return zlib.crc32(f"{label}\t{text}".encode())
