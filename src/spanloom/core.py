"""The types that flow through spanloom; everything else is a function from one of them to the next.

Offsets are half-open. Inside the toolkit they count TOKENS; what a user sees counts CHARACTERS of the user's own text,
and `Text.characters` is the only bridge between the two.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from spanloom.axes import Declared

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = dict[str, Array]
Scorecard = dict[str, Any]
"""What `Task.score` makes of gold and predictions: plain values that are saved as JSON, shown, and compared."""


# ---- inputs ---------------------------------------------------------------------------------------------------------


class Token(NamedTuple):
    """One token and where it stands in the text: `text[start:end]`, in characters."""

    text: str
    start: int
    end: int


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


Input = Text | TextPair | MarkedText | Dialogue


def texts_of(item: Input) -> tuple[Text, ...]:
    """The texts of an input, in order."""
    match item:
        case TextPair(first, second):
            return first, second
        case MarkedText(text):
            return (text,)
        case Dialogue(turns):
            return turns
    return (item,)


# ---- facts: what answers are made of, gold and predicted alike; answer types stand in `answers/` ---------------------


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


# ---- examples ------------------------------------------------------------------------------------------------------


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
    covered: what its data set annotates; None for everything. What it does not takes no part in loss or score.
    """

    input: Any
    gold: Any | None = None
    source: Source = Source("<text>", 1)
    by_text: bool = False
    ambiguous: int = 0
    lost: tuple[LostFact, ...] = ()
    mended: tuple[tuple[Source, str], ...] = field(default=(), compare=False)
    origin: Any | None = field(default=None, compare=False)
    covered: Coverage | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One encoded example, unpadded.

    inputs, targets: arrays by name. length: what batches are sized by (pieces or words). width: the number of words T.
    lost: the facts that the scheme cannot express, with their causes. group: the example's class, where it has one,
    and weight: how often it should be drawn beside others; weighted sampling alone reads the two. item: what decoding
    needs besides arrays, where answers are made of the input's own words. cut: how much of the input the arrays leave
    out, where they do: "words", wordpieces of long words as "pieces", what was "recalled".
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


class Codec(Protocol):
    """Examples to arrays and arrays to answers; holds the vocabularies, fitted on training data only; NumPy only.

    Law: `decode(perfect(batch), batch)` gives back the gold of every row in the batch, or `encode` said what was lost.
    `perfect` builds the outputs that a faultless model would give, from the batch's targets.
    `unknown` lists the gold facts whose label training never had, each as a kind and its label; `require_known` raises
    DataError for the first of them. `limits` names integer arrays of a row and the exclusive upper bound of their
    values: what is checked before training; places in the text have names that end in `_at`. `output_sizes` are the
    axes of what the network puts out, None where they depend on the batch: what labels are compared with when a bundle
    is opened.

    A codec inherits from this class, and with it what most have in common:

    texts          how many a user hands over together: 2 for pairs, 0 for the turns of a dialogue, of any number
    max_words      tokens that are read at once, None for any number: a longer text is predicted through windows
    max_sentences  sentences of such a window at most, None for any number
    declared       the axes and the limits of each input, see `axes.py`; of one that is not named, any axis may vary
    merge          one answer from those for the windows of a text, of `sizes` tokens; None where their places say all
    known          the labels that training had, by their kind: {"entity label": ("LOC", "PER")}; none of some tasks
    """

    texts: int = 1
    max_words: int | None = None
    max_sentences: int | None = None

    def encode(self, example: Example) -> Row: ...
    def unknown(self, example: Example) -> list[tuple[str, str]]: ...
    def require_known(self, example: Example) -> None: ...
    def collate(self, rows: Sequence[Row]) -> Batch: ...
    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Any]: ...
    def perfect(self, batch: Batch) -> Arrays: ...
    def limits(self) -> dict[str, int]: ...
    def output_sizes(self) -> dict[str, tuple[int | None, ...]]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def tokenizer_json(self) -> str | None: ...

    def merge(self, answers: Sequence[Any], sizes: Sequence[int]) -> Any | None:
        return None

    def known(self) -> dict[str, Sequence[str]]:
        return {}

    def declared(self) -> Mapping[str, Declared]:
        return {}


class Backend(Protocol):
    """A network that is ready to run: arrays in, arrays out. Safe to use from several threads at once.

    forward: the inputs of a batch -> what the network puts out, as `Codec.decode` takes it. batches: which rows go
    through it together, as lists of their indices, each in one of them. workers: how many batches it is given at once.
    """

    @property
    def workers(self) -> int: ...
    def forward(self, inputs: Mapping[str, Array]) -> Arrays: ...
    def batches(self, rows: Sequence[Row]) -> Sequence[Sequence[int]]: ...


@dataclass(frozen=True)
class Continuation:
    """How a text goes on. pieces: the text as the model reads it, then what it writes, piece by piece as it is written.

    unknown: what of the text training never had; it is read as unknown, and not shown again.
    """

    pieces: Iterator[str]
    unknown: Sequence[str] = ()


def deferred(module: str, name: str) -> Callable[..., Any]:
    """A module's function, imported when it is first called: so a task is known without the torch of its model."""

    def call(*arguments: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*arguments)

    return call


@dataclass(frozen=True)
class Again:
    """What a task wants read once more of an input that was read in windows, and what it makes of that.

    items: inputs of the task. settle: the answers for them -> the answer for the whole, and how many facts are new in
    it. counts: by names of the task's own. say: the sums of those over many inputs, and under "found" of the new facts
    -> what a user should know of it, a sentence each.
    """

    items: Sequence[Any]
    settle: Callable[[Sequence[Any]], tuple[Any, int]]
    counts: Mapping[str, int] = field(default_factory=dict)
    say: Callable[[Mapping[str, int]], Sequence[str]] = lambda counts: ()


@dataclass(frozen=True)
class Task:
    """A task, as functions in pipeline order. One folder under `tasks/` makes one and nothing else knows of it.

    answer     the type of its answers; called without arguments it makes the empty one
    config     the frozen dataclass of the `[model]` table
    read       (path, data config) -> examples, streamed
    check      (examples, run config) -> what is wrong with the gold and what each scheme cannot express: `issues`, and
               under `gold` its `sizes`, `lengths`, `labels` and `shares`, each where there are any
    fit        (training examples, run config) -> codec
    load       (codec.to_dict(), tokenizer JSON or None) -> codec
    build      (model config, codec, architecture or None) -> `nn.model.Model`; None: start from pretrained weights
    losses     (outputs, targets) -> sums, named as `Batch.counts`
    score      (examples, predictions, codec) -> scorecard as a plain dict, with the name of the file of its answer type
               under "answers" where that file says how it is shown; the codec knows what was seen in training
    best       scorecard -> the number by which the best model is chosen, larger is better
    prepare    (a user's text, or texts where the model reads several; codec) -> input; DataError for another number
    show       (input, answer) -> what a user sees, as a plain dict with character offsets
    line       example -> the JSON object that `read` makes an equal example of (but for its source)
    divergence (outputs, outputs, targets) -> how far two outputs for one batch are apart: sums, named as losses; None
               where the task does not say (R-Drop asks for it)
    calibrate  (dev examples, the kept model's answers for them, codec) -> the codec with what was fitted on them, such
               as a threshold, under the key "calibration" of its dict; itself where there is nothing to fit. Called
               once, after training; None where the task fits nothing on dev data
    arrange    (training examples, their rows, codec, run config) -> the examples and rows to train on, one an example,
               where they are not those that were read: a stream is cut anew
    carried    outputs that become the inputs of the same name of the next batch, detached, where rows are trained on in
               sequence (train.sampler = "sequential"): row i of a batch goes on where row i of the one before it ended
    measures   (the means of an epoch's losses) -> what is shown of the training data beside the scores of dev
    trial      a text that any model of the task can read, given twice where it reads several: it tries out a bundle
    questions  example -> the texts, each with its source, by which it is told whether training had them; None where
               that is the whole input
    revisit    (input, its answer, the windows that it was read in, codec, everywhere) -> what to read once more, where
               windows hide something from the model; "everywhere" where a user wants all of it, not the likely part.
               None where nothing is hidden
    generate   (codec, network, the beginning of a text, `decode.sampling.Sampling`) -> how it goes on; ConfigError
               where a model of the task cannot do it. None where none can
    window     model config -> how many words are read at once, its `max_words`; None where inputs are read whole
    told       what a training tells at its end, by the names in a scorecard's `summary`; all of it where none is named
    """

    name: str
    summary: str
    answer: Callable[[], Any]
    config: type
    read: Callable[[Path, Any], Iterator[Example]]
    check: Callable[[Sequence[Example], Any], dict[str, Any]]
    fit: Callable[[Sequence[Example], Any], Any]
    load: Callable[[Mapping[str, Any], str | None], Any]
    build: Callable[..., Any]
    losses: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
    score: Callable[[Sequence[Example], Sequence[Any], Any], Scorecard]
    best: Callable[[Mapping[str, Any]], float]
    prepare: Callable[[str | Sequence[str], Any], Any]
    show: Callable[[Any, Any], dict[str, Any]]
    line: Callable[[Example], dict[str, Any]]
    divergence: Callable[[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]], dict[str, Any]] | None = None
    calibrate: Callable[[Sequence[Example], Sequence[Any], Any], Any] | None = None
    arrange: Callable[[Sequence[Example], Sequence[Row], Any, Any], tuple[Sequence[Example], Sequence[Row]]] | None = (
        None
    )
    carried: tuple[str, ...] = ()
    measures: Callable[[Mapping[str, float]], dict[str, float]] | None = None
    trial: str = "Ada met Bo."
    questions: Callable[[Example], Iterator[tuple[str, Source]]] | None = None
    revisit: Callable[[Any, Any, Sequence[tuple[int, int]], Any, bool], Again] | None = None
    generate: Callable[[Any, Backend, str, Any], Continuation] | None = None
    window: Callable[[Any], int] | None = None
    told: tuple[str, ...] = ()
