"""Prediction: texts in, answers out, in order and in bounded memory, from a bundle or a training run."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, overload

from spanloom.answers import kind_of
from spanloom.answers.parts.answer import Answer
from spanloom.contracts import Backend, Codec, Task
from spanloom.core import Example, Row
from spanloom.decode.numbers import refuse_odd_outputs
from spanloom.decode.rows import Passed, decoded, in_order, pass_through, predict_rows
from spanloom.decode.threshold import GivenThreshold, threshold_for
from spanloom.errors import CheckpointError, DataError, SpanloomError
from spanloom.predict.bundle import MANIFEST, open_bundle
from spanloom.predict.long_text import limit_of, merged, places_of
from spanloom.predict.outcomes import HERE, Device, Errors, More, Work, always, numbered, placed
from spanloom.predict.reading import Reading
from spanloom.predict.stream import Stream
from spanloom.predict.unread import say_unread
from spanloom.predict.user_text import BYTES, as_strings, refuse_one_or_several
from spanloom.tasks import find_task
from spanloom.text.scripts import Scripts
from spanloom.text.windows import part_of_text
from spanloom.write.folders import aside
from spanloom.write.notebook import answer_html

RUN_WEIGHTS = Path("model") / "weights.safetensors"

Found = TypeVar("Found", bound=Answer[Any], covariant=True)
"""What a user gets of one text, such as `answers.graph.GraphAnswer`."""

UserText = str | Sequence[str]
SomeText = TypeVar("SomeText", bound=UserText)
SecondLook = Literal["auto", "all", "off"]


class Predictor(Generic[Found]):
    """Answers questions about texts with one model. Safe to use from several threads at once.

    task: what it does. codec: its vocabularies and limits. backend: its network. source: where the model was loaded
    from. texts: how many it reads together, see `Codec`. second_look: what of a long text no window shows is read
    once more, by tasks that can tell, such as `joint` of pairs of spans that no window holds together: the part that is
    likely to matter ("auto"), "all", or none ("off"). scripts: of its training data; of texts in another, one line on
    standard error says so.

    `predict` is made of stages, each of which can be called by itself: text -> `prepare` -> input -> `encode` -> its
    windows, as rows -> `forward` -> what the network puts out -> `decode` -> answers in tokens, one a row -> `merge` ->
    one in tokens -> `present` -> what a user gets. `predict_inputs` has all between the first and the last.

    A checker of types that is told the task's answers, `model: Predictor[GraphAnswer] = load(…)`, knows their parts.
    """

    def __init__(
        self,
        task: Task,
        codec: Codec,
        backend: Backend,
        source: Path,
        second_look: SecondLook = "auto",
        scripts: Scripts | None = None,
    ) -> None:
        self.task = task
        self.codec = codec
        self.backend = backend
        self.source = source
        self.second_look = second_look
        self.scripts = scripts
        self.texts = codec.texts

    def __repr__(self) -> str:
        """Task, model, scripts, and what answers are made of; long lists of labels are cut."""
        known = self.codec.known().items()
        labels = "".join(f", {kind.replace(' ', '_')}={reprlib.repr(names)}" for kind, names in known)
        scripts = "" if self.scripts is None else f", scripts={self.scripts.known()}"
        return f"Predictor(task={self.task.name!r}, model={str(self.source)!r}{scripts}{labels})"

    @overload
    def __call__(self, text: str | tuple[str, ...]) -> Found: ...
    @overload
    def __call__(self, text: list[SomeText]) -> list[Found]: ...
    def __call__(self, text: str | tuple[str, ...] | list[SomeText]) -> Found | list[Found]:
        """The answer for one text, or for a list of texts a list of answers.

        A model that reads several texts together takes those of one answer as a tuple: `predictor(("first", "second"))`
        for a pair, `predictor(("Any kites?", "Red ones?"))` for the turns of a dialogue. Raises DataError for a text
        that cannot be read.
        """
        if not isinstance(text, list):
            item = self.prepare(text)
            return self.present(item, next(self.predict_inputs([item])))
        if self.texts != 1:
            refuse_one_or_several(text)
        return list(self.predict(text))

    @overload
    def predict(
        self,
        texts: Iterable[UserText],
        reading: Reading | None = None,
        errors: Literal["raise"] = "raise",
        more: More = always,
        threshold: GivenThreshold = 0.0,
    ) -> Iterator[Found]: ...
    @overload
    def predict(
        self,
        texts: Iterable[UserText],
        reading: Reading | None = None,
        *,
        errors: Errors,
        more: More = always,
        threshold: GivenThreshold = 0.0,
    ) -> Iterator[Found | SpanloomError]: ...
    def predict(
        self,
        texts: Iterable[UserText],
        reading: Reading | None = None,
        errors: Errors = "raise",
        more: More = always,
        threshold: GivenThreshold = 0.0,
    ) -> Iterator[Any]:
        """One answer for each text, in order. Texts are taken from the iterable only as they are needed.

        reading: where to count what was read, how, and what was not. errors: what a text that fails is to do: "raise"
        its error when its turn comes, or "return" it in place of an answer, a SpanloomError, and go on. more: whether
        another text is at hand; where it is not, what was taken is answered first, so that `lambda: False` answers
        each text before the next is taken. threshold: facts that score less, in 0..1, are left out of the answers; one
        for all labels, or a mapping of labels, such as `{"*": 0.7, "Place": 0.8}`.
        """
        if isinstance(texts, str):
            raise DataError("predict", "one string", "an iterable of texts", "For one text, call the predictor itself.")
        if not isinstance(texts, Iterable) or isinstance(texts, BYTES):
            found = f"{reprlib.repr(texts)}, of type {type(texts).__name__}"
            raise DataError("predict", found, "an iterable of texts", "Give a list of strings.")
        sure = threshold_for(threshold, self.task, self.codec).kept if threshold else None

        def finish(item: Any, answer: Any) -> Found:
            return self.present(item, answer if sure is None else sure(answer))

        inputs = (self.attempt(text, numbered(index)) for index, text in enumerate(texts))
        return Stream(self, self._limited(reading), errors, more, numbered, finish).outcomes(inputs)

    def prepare(self, text: UserText) -> Any:
        """A user's text, or texts where the model reads several, as an input of the task. Raises DataError."""
        return self.task.prepare(text if self.task.takes(text) else as_strings(text, HERE), self.codec)

    def attempt(self, text: UserText, where: str, sent: bool = False) -> Any:
        """What `prepare` makes of a text, or in its place the error that says what is wrong with it; `where` it is.
        sent: by a client of a service, who may not name files of this machine."""
        try:
            return self.task.sent(text, self.codec) if sent and self.task.sent is not None else self.prepare(text)
        except DataError as error:
            return placed(error, where)
        except Exception as error:
            return error

    def predict_inputs(
        self, inputs: Iterable[Any], reading: Reading | None = None, errors: Errors = "raise", more: More = always
    ) -> Iterator[Any]:
        """One answer in tokens, as gold is, for each input of the task (for one, `Example.input`), in order.

        A text longer than the model's limit is read through overlapping windows; one without a token has the empty
        answer, whatever the model would make of nothing. An exception among the inputs stands for one that could not
        be made, and fails in its place. What `inputs` itself raises comes behind the answers for those before it.
        reading, errors, more: see `predict`.
        """
        return Stream(self, self._limited(reading), errors, more).outcomes(inputs)

    def encode(self, item: Any) -> Work:
        """An input of the task, its windows where it is longer than the model reads at once, and a row for each."""
        if self.scripts is not None:
            say_unread(self.scripts, item)
        places = places_of(item, self.codec)
        pieces = [item] if places is None else [part_of_text(item, place) for place in places]
        return Work(item, places, [self.codec.encode(Example(piece)) for piece in pieces])

    def forward(self, rows: Sequence[Row]) -> Iterator[Passed]:
        """What the network puts out for these rows, batch by batch. Raises DataError where that is not a number."""
        groups = self.backend.batches(rows)
        return (pass_through(self.backend, self.codec, rows, numbers, refuse_odd_outputs) for numbers in groups)

    def decode(self, passed: Iterable[Passed]) -> list[Any]:
        """One answer for each row, in the order of the rows that `forward` was given."""
        return in_order(decoded(self.codec, batch) for batch in passed)

    def predict_rows(self, rows: Sequence[Row]) -> list[Any]:
        """One answer for each row: `forward` and `decode` in one, as many batches at a time as the network can take."""
        return predict_rows(self.backend, self.codec, rows)

    def merge(self, work: Work, answers: Sequence[Any]) -> Any:
        """The answer for an input from those for its rows; the empty one for a text that has none."""
        if work.places is None:
            return answers[0]
        return merged(answers, work.places, self.codec) if work.places else self.task.answer()

    def present(self, item: Any, answer: Any) -> Found:
        """What a user gets of an answer in tokens: one that knows the text of its input."""
        view: Any = kind_of(answer).view
        return view(self.task.show(item, answer), answer, answer_html)  # type: ignore[no-any-return]

    def _limited(self, given: Reading | None) -> Reading:
        """What is counted in, with what this model reads at once."""
        reading = Reading() if given is None else given
        reading.limit = limit_of(self.codec)
        return reading


def load(
    path: Path | str | None = None,
    threads: int | None = None,
    second_look: SecondLook = "auto",
    device: Device = "auto",
) -> Predictor[Any]:
    """A predictor from a bundle, from a run folder, or, without a path, from the model that comes with spanloom.

    threads: processors to use, None for all. second_look: see `Predictor`. device: where the network is run, "auto",
    "cpu" or "cuda" (ConfigError where there is none): by itself a bundle takes no GPU. A run folder needs the 'train'
    extra (MissingExtra says so); a bundle does not. Raises CheckpointError saying which file is missing or damaged.
    """
    folder = bundled() if path is None else Path(path).expanduser()
    if (folder / MANIFEST).is_file():
        bundle = open_bundle(folder, find_task, threads, device)
        return Predictor(bundle.task, bundle.codec, bundle.backend, folder, second_look, bundle.scripts)
    if (folder / RUN_WEIGHTS).is_file():
        from spanloom.predict.torch_run import open_run

        task, codec, backend, scripts = open_run(folder, threads, device)
        return Predictor(task, codec, backend, folder, second_look, scripts)
    if not folder.is_dir():
        found = "is a file, not a folder" if folder.exists() else "no such folder"
        left = aside(folder)
        remedy = f"An export here was stopped midway: run it again, or rename {left}." if left.is_dir() else ""
        raise CheckpointError(str(folder), found, "a run folder or a bundle", remedy or "Check the path.")
    raise CheckpointError(
        str(folder),
        f"neither {MANIFEST} (a bundle) nor {RUN_WEIGHTS.as_posix()} (a run) in this folder",
        "the folder of 'spanloom train --output' or of 'spanloom export --output'",
        "Check the path.",
    )


def bundled() -> Path:
    """The folder of the model that comes with spanloom."""
    return Path(str(resources.files("spanloom"))) / "bundled" / "default"
