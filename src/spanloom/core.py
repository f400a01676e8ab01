"""The types that flow through spanloom; everything else is a function from one of them to the next.

What is read and answered stands in `inputs.py` and `answers/`, what codecs, networks and tasks are asked in
`contracts.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an example was read, so that any later error can cite it. Lines count from 1.

    As a string it is text that can be written, also where the file's name is not UTF-8.
    """

    path: str
    line: int

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}"
        return place if place.isascii() else place.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class LostFact:
    """A gold fact that could not be carried on, and why: `cause` is a short fixed phrase that a ledger counts by.

    `kind` is "entity", "relation", or "text" for a part of the input; `label` its label; `text` a readable form such as
    `Paris -> capital_of -> France`.
    """

    kind: str
    label: str
    text: str
    cause: str


SOME = "*"
"""The label of a name of which the data do not say what kind it is."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the data set of an example annotates, where that is not everything that the model is to learn.

    source: its name. entities, relations: the labels that it annotates; tags, slots and classes count as entities.
    related_only: of names it annotates those alone that stand in a relation.
    """

    source: str
    entities: frozenset[str]
    relations: frozenset[str] = frozenset()
    related_only: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """An input, its gold answer where known, and where it came from. Never mutated.

    by_text: the data gave facts as text and the reader located them, so facts are compared by their text, not by
    position.
    ambiguous: how many of the gold relations had more than one equally close place in the text.
    lost: gold facts that the reader could not place at all. Scoring counts each as missed.
    mended: what the reader put right, with `data.repair`, or passed over, each with its own line. It takes no part in
    equality.
    origin: the input as it was read, where training made this one of it (a window, or with noise in it). What a codec
    remembers of its training data it knows by that. It takes no part in equality.
    unclear: relations of which the data do not say whether the input states them. Where there are several sources, they
    take no part in loss or score.
    covered: what its data set annotates; None for everything. What it does not takes no part in loss or score.
    fields: what else its file says of it and no task reads, such as an `id`, by its name. It takes no part in equality.
    """

    input: Any
    gold: Any | None = None
    source: Source = Source("<text>", 1)
    by_text: bool = False
    ambiguous: int = 0
    lost: tuple[LostFact, ...] = ()
    mended: tuple[tuple[Source, str], ...] = field(default=(), compare=False)
    origin: Any | None = field(default=None, compare=False)
    unclear: frozenset[str] = frozenset()
    covered: Coverage | None = None
    fields: Mapping[str, Any] = field(default_factory=dict, compare=False)


Place = tuple[int, ...]


class Claim(NamedTuple):
    """One statement of an answer. kind: of fact, see `answers/parts/facts.py`. at: the tokens that it is about,
    half-open: none of the input as a whole, (start, end) of a span or a token, (start, end, start, end) of the head and
    the tail of a relation.
    """

    kind: str
    label: str
    at: Place = ()

    @property
    def head(self) -> Place:
        """Where the head of a relation stands, or a span itself."""
        return self.at[:2]

    @property
    def tail(self) -> Place:
        """Where the tail of a relation stands; nothing of other statements."""
        return self.at[2:]


Beliefs = Mapping[Claim, float]
"""How likely statements are, each by itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """One encoded example, unpadded.

    inputs, targets: arrays by name. length: what batches are sized by (pieces or words). width: the number of words T.
    lost: the facts that the scheme cannot express, with their causes. group: the example's class, where it has one,
    and weight: how often it should be drawn beside others; weighted sampling alone reads the two. item: what collating
    or decoding needs besides arrays: the input's own words, or a picture whose pixels become an array when its batch is
    made. cut: how much of the input the arrays leave out, where they do: "words", wordpieces of long words as "pieces",
    what was "recalled". digest: a checksum of what stands behind `item` and in no array, "" for nothing.
    """

    inputs: Arrays
    targets: Arrays
    length: int
    width: int
    lost: tuple[LostFact, ...] = ()
    group: str = ""
    weight: float = 1.0
    item: Any = None
    cut: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A padded batch of NumPy arrays.

    inputs: exactly the keyword arguments of `model.forward` and exactly the inputs of the exported graph.
    targets: what the losses need. counts[name]: how many items the loss `name` sums over. items: the rows' own, in
    order, where decoding needs them.
    """

    inputs: Arrays
    targets: Arrays
    counts: dict[str, float]
    items: tuple[Any, ...] = ()
