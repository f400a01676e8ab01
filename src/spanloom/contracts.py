"""What is asked of codecs, networks and tasks, with what most of them have in common."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from spanloom.axes import Declared
from spanloom.core import Array, Arrays, Batch, Beliefs, Claim, Example, Row, Source
from spanloom.inputs import Text

Scorecard = dict[str, Any]
"""What `Task.score` makes of gold and predictions: plain values that are saved as JSON, shown, and compared."""


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
    believed       how likely, by what the network puts out, the statements of each row are: those that are claimed, as
                   far as training had their labels, and all others that are likely at all; None where it cannot say
    known          the labels that training had, by their kind: {"entity label": ("LOC", "PER")}; none of some tasks
    varied         the row of that index as an epoch trains on it: itself, or one that chance changed. `chance` seeds
                   what is drawn, from the run's seed, the epoch and the index; nothing else may decide
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

    def shipped(self) -> Codec:
        """The codec that an export takes along: without what only a training or its scorecard needs."""
        return self

    def merge(self, answers: Sequence[Any], sizes: Sequence[int]) -> Any | None:
        return None

    def believed(
        self, outputs: Mapping[str, Array], batch: Batch, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs] | None:
        return None

    def known(self) -> dict[str, Sequence[str]]:
        return {}

    def declared(self) -> Mapping[str, Declared]:
        return {}

    def varied(self, rows: Sequence[Row], index: int, chance: Sequence[int]) -> Row:
        return rows[index]


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


def _nothing(given: Any) -> bool:
    return False


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
               as a threshold or what scores are worth, under the key "calibration" of its dict; itself where there is
               nothing to fit. Called once, after training; None where the task fits nothing on dev data
    decide     (dev examples, what answers them with a codec, codec) -> the codec with the bound on scores that gives
               the best F1 on them, also under that key; None where no such bound decides what is given
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
    input      the type of its inputs where they are no texts; `Text` stands for all that is made of texts
    takes      whether `prepare` takes what a program hands over as it is, though it is no string
    is_input   whether a file is an input of its own, as a picture is; every other holds inputs, or texts
    sent       (what a client of a service sends, codec) -> input, where `prepare` reads files that are not for clients
    whole      example -> a line as `line` makes it that names no file of this machine, where that names some
    sheet      (the rows of a few examples, each as it is and as some epochs train on it; codec) -> pixels [H, W, 3]
               that show them; None where they are no pictures
    typed      what stands behind `spanloom predict -m RUN` where a person is told how to go on
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
    decide: Callable[[Sequence[Example], Callable[[Any], Sequence[Any]], Any], Any] | None = None
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
    input: type = Text
    takes: Callable[[Any], bool] = _nothing
    is_input: Callable[[Path], bool] = _nothing
    sent: Callable[[Any, Any], Any] | None = None
    whole: Callable[[Example], dict[str, Any]] | None = None
    sheet: Callable[[Sequence[Sequence[Row]], Any], Array] | None = None
    typed: str = '"Your text."'
