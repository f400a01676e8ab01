"""Prediction: texts in, answers out, in order and in bounded memory, from a bundle or a training run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from spanloom.core import Array, Arrays, Codec, Dialogue, Example, Row, Task, Text
from spanloom.errors import CheckpointError, DataError, MissingExtra
from spanloom.run.bundle import MANIFEST, forward, open_bundle
from spanloom.run.long_text import merge, with_relations
from spanloom.run.reading import Reading
from spanloom.run.second_look import Excerpt, Limits, plan
from spanloom.tasks import find_task
from spanloom.text.windows import cut, part

CHUNK = 256
"""Rows that are held at once; a stream of any length needs no more memory than this many."""

RUN_WEIGHTS = Path("model") / "weights.safetensors"

PredictRows = Callable[[Sequence[Row]], list[Any]]
Compute = Callable[[Mapping[str, Array]], Arrays]
Places = list[tuple[int, int]]
UserText = str | Sequence[str]
SecondLook = Literal["auto", "all", "off"]


class Predictor:
    """Answers questions about texts with one model.

    task: what it does. codec: its vocabularies and limits. predict_rows: encoded rows -> one answer each. source: where
    the model was loaded from. texts: how many it reads together, 2 for a model of pairs, 0 for the turns of a dialogue,
    of any number. second_look: which pairs of spans that no window of a long text holds together are scored again, by a
    model that relates spans: those no farther apart, in sentences, than relations were in training ("auto"), "all", or
    none ("off"). compute: the inputs of a batch -> what the network puts out, which writing text needs.
    """

    def __init__(
        self,
        task: Task,
        codec: Codec,
        predict_rows: PredictRows,
        source: Path,
        second_look: SecondLook = "auto",
        compute: Compute | None = None,
    ) -> None:
        self.task = task
        self.codec = codec
        self.source = source
        self.second_look = second_look
        self.texts = int(getattr(codec, "texts", 1))
        self.compute = compute
        self._predict_rows = predict_rows

    def __call__(self, text: UserText) -> Any:
        """The answer for one text, of the type that gold answers of the task have; offsets count tokens.

        A model of pairs takes two texts: `predictor(("first", "second"))`.
        """
        return next(self.predict_inputs([self.prepare(text)]))

    def predict(self, texts: Iterable[UserText], reading: Reading | None = None) -> Iterator[Any]:
        """One answer for each text, in order. Texts are taken from the iterable only as they are needed.

        reading: where to count what was read, how, and what was not.
        """
        if isinstance(texts, str):
            raise DataError("predict", "one string", "an iterable of texts", "For one text, call the predictor itself.")
        return self.predict_inputs(map(self.prepare, texts), reading)

    def prepare(self, text: UserText) -> Any:
        """A user's text, or texts where the model reads several, as an input of the task."""
        return self.task.prepare(text, self.codec)

    def predict_inputs(self, inputs: Iterable[Any], reading: Reading | None = None) -> Iterator[Any]:
        """One answer for each input of the task (for one, `Example.input`), in order.

        A text longer than the model's limit is read through overlapping windows; one without a token has the empty
        answer, whatever the model would make of nothing. reading: see `predict`.
        """
        reading = Reading() if reading is None else reading
        reading.limit = self._limit()
        waiting: list[tuple[Any, Places | None]] = []
        rows: list[Row] = []
        for item in inputs:
            places = self._places(item)
            pieces = [item] if places is None else [part(item, place) for place in places]
            waiting.append((item, places))
            rows += [self.codec.encode(Example(piece)) for piece in pieces]
            if max(len(rows), len(waiting)) >= CHUNK:  # empty texts make no row
                yield from self._answers(waiting, rows, reading)
                waiting, rows = [], []
        yield from self._answers(waiting, rows, reading)

    def show(self, text: UserText) -> dict[str, Any]:
        """The answer for one text as plain values ready for JSON; offsets count characters of `text`."""
        item = self.prepare(text)
        return self.task.show(item, next(self.predict_inputs([item])))

    def _places(self, item: Any) -> Places | None:
        """The windows of a text, in tokens, none if it is empty; None for an input that is never cut.

        Of a dialogue the last turn is asked about: where it is empty, so is the answer.
        """
        if isinstance(item, Dialogue):
            return None if item.turns[-1].tokens else []
        if not isinstance(item, Text):
            return None
        max_words = getattr(self.codec, "max_words", None)
        if max_words is None:
            return None if item.tokens else []
        return cut(item, max_words, getattr(self.codec, "max_sentences", None))

    def _limit(self) -> str:
        words, sentences = (getattr(self.codec, name, None) for name in ("max_words", "max_sentences"))
        if words is None:
            return ""
        if sentences is None:
            return f"{words} words"
        return f"{words} words or {sentences} sentence{'s' * (sentences != 1)}"

    def _answers(
        self, waiting: Sequence[tuple[Any, Places | None]], rows: Sequence[Row], reading: Reading
    ) -> Iterator[Any]:
        windows = iter(self._predicted(rows, reading))
        answers = []
        for _, places in waiting:
            reading.inputs += 1
            if places is not None and len(places) > 1:
                reading.windowed += 1
                reading.windows += len(places)
            if places is None:
                answers.append(next(windows))
            else:
                answers.append(self._merged([next(windows) for _ in places], places) if places else self.task.answer())
        if self.second_look != "off" and hasattr(self.codec, "may_relate"):
            self._look_again(waiting, answers, reading)
        yield from answers

    def _look_again(self, waiting: Sequence[tuple[Any, Places | None]], answers: list[Any], reading: Reading) -> None:
        """Add to the answers, in place, the relations between spans that stood together in no window."""
        codec: Any = self.codec
        spread = None if self.second_look == "all" else getattr(codec, "spread", None)
        limits = Limits(codec.max_words, getattr(codec, "max_sentences", None), spread)
        excerpts: list[tuple[int, Excerpt]] = []
        for number, (item, places) in enumerate(waiting):
            if places is not None and len(places) > 1:
                found = plan(item, answers[number].spans, places, codec.may_relate, limits)
                reading.pairs += found.tried
                reading.untried += found.untried
                reading.beyond += found.beyond
                excerpts += [(number, excerpt) for excerpt in found.excerpts]
        reading.excerpts += len(excerpts)
        for start in range(0, len(excerpts), CHUNK):
            some = excerpts[start : start + CHUNK]
            graphs = self._predicted([codec.encode(Example(excerpt.text)) for _, excerpt in some], reading)
            for (number, excerpt), graph in zip(some, graphs, strict=True):
                relations = excerpt.judged(graph)
                reading.found += len(relations)
                answers[number] = with_relations(answers[number], relations)

    def _predicted(self, rows: Sequence[Row], reading: Reading) -> list[Any]:
        answers = self._predict_rows(rows) if rows else []
        reading.add_rows(rows, answers)
        return answers

    def _merged(self, answers: Sequence[Any], places: Places) -> Any:
        """One answer from those for the windows of a text; by the codec where it takes more than their positions."""
        by_codec = getattr(self.codec, "merge", None)
        if by_codec is None or len(answers) == 1:
            return merge(answers, places)
        return by_codec(answers, [end - start for start, end in places])


def load(path: Path | str | None = None, threads: int | None = None, second_look: SecondLook = "auto") -> Predictor:
    """A predictor from a bundle, from a run folder, or, without a path, from the model that comes with spanloom.

    threads: processors to use, None for all. second_look: see `Predictor`. A run folder needs the 'train' extra
    (MissingExtra says so); a bundle does not. Raises CheckpointError saying which file is missing or damaged.
    """
    folder = bundled() if path is None else Path(path).expanduser()
    if (folder / MANIFEST).is_file():
        bundle = open_bundle(folder, find_task, threads)
        compute = partial(forward, bundle.session)
        return Predictor(bundle.task, bundle.codec, bundle.predict_rows, folder, second_look, compute)
    if (folder / RUN_WEIGHTS).is_file():
        return _load_run(folder, threads, second_look)
    if not folder.is_dir():
        found = "is a file, not a folder" if folder.exists() else "no such folder"
        raise CheckpointError(str(folder), found, "a run folder or a bundle", "Check the path.")
    raise CheckpointError(
        str(folder),
        f"neither {MANIFEST} (a bundle) nor {RUN_WEIGHTS.as_posix()} (a run) in this folder",
        "the folder of 'spanloom train --output' or of 'spanloom export --output'",
        "Check the path.",
    )


def bundled() -> Path:
    """The folder of the model that comes with spanloom."""
    return Path(str(resources.files("spanloom"))) / "bundled" / "default"


def _load_run(folder: Path, threads: int | None, second_look: SecondLook) -> Predictor:
    try:
        from spanloom.engine.checkpoint import load_model
        from spanloom.engine.device import pick_device
        from spanloom.engine.evaluate import compute, predict_rows
        from spanloom.engine.repeat import repeatable
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("spanloom"):
            raise
        raise MissingExtra("Running a training run", "train") from error
    task, _, codec, model = load_model(folder, find_task)
    device = pick_device()
    model.to(device)

    def answers(rows: Sequence[Row]) -> list[Any]:
        with repeatable(device, threads or 0):
            return predict_rows(model, codec, rows, device=device)

    def outputs(inputs: Mapping[str, Array]) -> Arrays:
        with repeatable(device, threads or 0):
            return compute(model, inputs, device)

    return Predictor(task, codec, answers, folder, second_look, outputs)
