"""Prediction: texts in, answers out, in order and in bounded memory, from a bundle or a training run."""

from __future__ import annotations

import itertools
import reprlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from spanloom.core import Backend, Codec, Example, Row, Task
from spanloom.decode.numbers import refuse_odd_outputs, refuse_odd_scores
from spanloom.decode.rows import Passed, decoded, in_order, pass_through, predict_rows
from spanloom.decode.threshold import Given, threshold_for
from spanloom.errors import CheckpointError, ConfigError, DataError, SpanloomError
from spanloom.predict.bundle import MANIFEST, open_bundle
from spanloom.predict.long_text import limit_of, merged, places_of
from spanloom.predict.outcomes import CHUNK, HERE, Errors, More, Work, always, numbered, placed
from spanloom.predict.reading import Reading
from spanloom.predict.revisit import read_again
from spanloom.predict.user_text import BYTES, checked
from spanloom.tasks import find_task
from spanloom.text.windows import part
from spanloom.write.answer import Answer
from spanloom.write.folders import aside

RUN_WEIGHTS = Path("model") / "weights.safetensors"

UserText = str | Sequence[str]
SecondLook = Literal["auto", "all", "off"]


class Predictor:
    """Answers questions about texts with one model. Safe to use from several threads at once.

    task: what it does. codec: its vocabularies and limits. backend: its network. source: where the model was loaded
    from. texts: how many it reads together, see `core.Codec`. second_look: what of a long text no window shows is read
    once more, by tasks that can tell, such as `joint` of pairs of spans that no window holds together: the part that is
    likely to matter ("auto"), "all", or none ("off").

    `predict` is made of stages, each of which can be called by itself: text -> `prepare` -> input -> `encode` -> its
    windows, as rows -> `forward` -> what the network puts out -> `decode` -> answers, one a row -> `merge` -> answer.
    """

    def __init__(
        self,
        task: Task,
        codec: Codec,
        backend: Backend,
        source: Path,
        second_look: SecondLook = "auto",
    ) -> None:
        self.task = task
        self.codec = codec
        self.backend = backend
        self.source = source
        self.second_look = second_look
        self.texts = codec.texts

    def __repr__(self) -> str:
        """Task, model, and what answers are made of; long lists of labels are cut."""
        known = self.codec.known().items()
        labels = "".join(f", {kind.replace(' ', '_')}={reprlib.repr(names)}" for kind, names in known)
        return f"Predictor(task={self.task.name!r}, model={str(self.source)!r}{labels})"

    def __call__(self, text: UserText) -> Any:
        """The answer for one text, of the type that gold answers of the task have; offsets count tokens.

        A model of pairs takes two texts: `predictor(("first", "second"))`.
        """
        return next(self.predict_inputs([self.prepare(text)]))

    def predict(
        self,
        texts: Iterable[UserText],
        reading: Reading | None = None,
        errors: Errors = "raise",
        more: More = always,
        threshold: Given = 0.0,
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
        inputs = (self.attempt(text, numbered(index)) for index, text in enumerate(texts))
        outcomes = self._outcomes(inputs, reading, errors, more, numbered)
        return map(threshold_for(threshold, self.task, self.codec).kept, outcomes) if threshold else outcomes

    def prepare(self, text: UserText) -> Any:
        """A user's text, or texts where the model reads several, as an input of the task. Raises DataError."""
        return self.task.prepare(checked(text, HERE), self.codec)

    def attempt(self, text: UserText, where: str) -> Any:
        """What `prepare` makes of a text, or in its place the error that says what is wrong with it; `where` it is."""
        try:
            return self.prepare(text)
        except DataError as error:
            return placed(error, where)
        except Exception as error:
            return error

    def predict_inputs(
        self, inputs: Iterable[Any], reading: Reading | None = None, errors: Errors = "raise", more: More = always
    ) -> Iterator[Any]:
        """One answer for each input of the task (for one, `Example.input`), in order.

        A text longer than the model's limit is read through overlapping windows; one without a token has the empty
        answer, whatever the model would make of nothing. An exception among the inputs stands for one that could not
        be made, and fails in its place. What `inputs` itself raises comes behind the answers for those before it.
        reading, errors, more: see `predict`.
        """
        return self._outcomes(inputs, reading, errors, more, lambda index: HERE)

    def _outcomes(
        self, inputs: Iterable[Any], given: Reading | None, errors: Errors, more: More, name: Callable[[int], str]
    ) -> Iterator[Any]:
        """An answer, or the error in its place, for each input; name: what an error calls the input of an index."""
        if errors not in get_args(Errors):
            raise ConfigError(
                "predict", f"errors is {errors!r}", "'raise' or 'return'", "Set errors to one of the two."
            )
        reading = Reading() if given is None else given
        index = itertools.count()
        reading.limit = limit_of(self.codec)
        taken = iter(inputs)
        ended: Exception | None = None
        while ended is None:
            waiting: list[Work | Exception] = []
            held = 0
            while held < CHUNK:
                try:
                    if waiting and not more():
                        break
                    waiting.append(work := self._begun(next(taken)))
                except Exception as error:  # StopIteration, or the iterable's own, which answers must not wait behind
                    ended = error
                    break
                held += max(1, len(work.rows)) if isinstance(work, Work) else 1  # an empty text makes no row
            for outcome in self._finished(waiting, reading):
                where = name(next(index))
                if not isinstance(outcome, Exception):
                    yield outcome
                elif errors == "return":
                    yield placed(outcome, where)
                else:
                    raise placed(outcome, where) if isinstance(outcome, SpanloomError) else outcome
        if not isinstance(ended, StopIteration):
            raise ended

    def encode(self, item: Any) -> Work:
        """An input of the task, its windows where it is longer than the model reads at once, and a row for each."""
        places = places_of(item, self.codec)
        pieces = [item] if places is None else [part(item, place) for place in places]
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

    def show(self, text: UserText) -> dict[str, Any]:
        """The answer for one text as plain values ready for JSON; offsets count characters of `text`."""
        item = self.prepare(text)
        return self.task.show(item, next(self.predict_inputs([item])))

    def answer(self, text: UserText) -> Answer:
        """The answer for one text, with what it found in words and characters of that text; notebooks draw it."""
        item = self.prepare(text)
        found = next(self.predict_inputs([item]))
        return Answer(self.task.show(item, found), found)

    def _begun(self, item: Any) -> Work | Exception:
        """An input cut and encoded, or the error that it or its encoding raised."""
        if isinstance(item, Exception):
            return item
        try:
            return self.encode(item)
        except Exception as error:
            return error

    def _finished(self, waiting: Sequence[Work | Exception], reading: Reading) -> Iterator[Any]:
        """An answer, or the error in its place, for each of what waits; only what was answered counts as read."""
        answers = iter(self._answered([work for work in waiting if isinstance(work, Work)], reading))
        for work in waiting:
            outcome = next(answers) if isinstance(work, Work) else work
            reading.failed += isinstance(outcome, Exception)
            yield outcome

    def _answered(self, works: Sequence[Work], reading: Reading) -> list[Any]:
        """An answer for each, all together; where that fails, each by itself, to find the one that is at fault."""
        try:
            counts = Reading()
            answers = self._answers(works, counts)
        except Exception as error:
            return [error] if len(works) == 1 else [self._answered([work], reading)[0] for work in works]
        reading.add(counts)
        return answers

    def _answers(self, works: Sequence[Work], reading: Reading) -> list[Any]:
        windows = iter(self._predicted([row for work in works for row in work.rows], reading))
        answers = []
        for work in works:
            reading.inputs += 1
            if work.places is not None and len(work.places) > 1:
                reading.windowed += 1
                reading.windows += len(work.places)
            answers.append(self.merge(work, [next(windows) for _ in work.rows]))
        if self.second_look != "off":
            predict = partial(self._predicted, reading=reading)
            read_again(works, answers, self.task, self.codec, self.second_look == "all", predict, reading)
        for answer in answers:
            refuse_odd_scores(answer)
        return answers

    def _predicted(self, rows: Sequence[Row], reading: Reading) -> list[Any]:
        answers = self.predict_rows(rows) if rows else []
        reading.add_rows(rows, answers)
        return answers


def load(path: Path | str | None = None, threads: int | None = None, second_look: SecondLook = "auto") -> Predictor:
    """A predictor from a bundle, from a run folder, or, without a path, from the model that comes with spanloom.

    threads: processors to use, None for all. second_look: see `Predictor`. A run folder needs the 'train' extra
    (MissingExtra says so); a bundle does not. Raises CheckpointError saying which file is missing or damaged.
    """
    folder = bundled() if path is None else Path(path).expanduser()
    if (folder / MANIFEST).is_file():
        bundle = open_bundle(folder, find_task, threads)
        return Predictor(bundle.task, bundle.codec, bundle.backend, folder, second_look)
    if (folder / RUN_WEIGHTS).is_file():
        from spanloom.predict.torch_run import open_run

        return Predictor(*open_run(folder, threads), folder, second_look)
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
