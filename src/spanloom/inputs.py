"""What a model reads, and the facts that stand in it, gold and predicted alike.

Offsets are half-open. Inside the toolkit they count TOKENS; what a user sees counts CHARACTERS of the user's own text,
and `Text.characters` is the only bridge between the two. Answer types stand in `answers/`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple


class Token(NamedTuple):
    """One token and where it stands in the text: `text[start:end]`, in characters."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled run of tokens, half-open. The score is a confidence in 0..1 and takes no part in equality."""

    start: int
    end: int
    label: str
    score: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Relation:
    """A labelled, directed pair of spans. The score takes no part in equality."""

    head: Span
    tail: Span
    label: str
    score: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its tokens. Tokens are in order and do not overlap."""

    text: str
    tokens: tuple[Token, ...]

    def characters(self, span: Span) -> tuple[int, int]:
        """The half-open character range of a token span."""
        return self.tokens[span.start].start, self.tokens[span.end - 1].end

    def surface(self, span: Span) -> str:
        """The user's own characters under a token span."""
        start, end = self.characters(span)
        return self.text[start:end]

    def describe(self, relation: Relation) -> str:
        """A relation in readable form: `Paris -> capital_of -> France`."""
        return f"{self.surface(relation.head)} -> {relation.label} -> {self.surface(relation.tail)}"


@dataclass(frozen=True, slots=True)
class TextPair:
    """Two texts that are judged together."""

    first: Text
    second: Text


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text in which two spans are marked: how are the two related? Their labels may be empty."""

    text: Text
    head: Span
    tail: Span


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The turns of a conversation, in order. The last is the one that is asked about; the others are its context."""

    turns: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: a file, or the bytes that a file would hold. Its pixels are read when their turn comes.

    name: the path of the file; of bytes what they are called, "" where they have no name.
    """

    name: str
    content: bytes | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """What the file holds. Raises OSError, ValueError for a name that no file can have."""
        return Path(self.name).read_bytes() if self.content is None else self.content

    def digest(self) -> str:
        """What two pictures share whose files hold the same, whatever they are called. Raises as `read` does."""
        return blake2b(self.read(), digest_size=16).hexdigest()


Input = Text | TextPair | MarkedText | Dialogue | Image


def texts_of(item: Input) -> tuple[Text, ...]:
    """The texts of an input, in order; none of a picture."""
    match item:
        case Image():
            return ()
        case TextPair(first, second):
            return first, second
        case MarkedText(text):
            return (text,)
        case Dialogue(turns):
            return turns
    return (item,)
