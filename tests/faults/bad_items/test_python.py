"""Texts from Python: what is no string is said with its place, and a text that fails need not be the end."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from spanloom.answers.graph import Graph
from spanloom.core import Example, Row
from spanloom.decode.numbers import refuse_odd_outputs, refuse_odd_scores
from spanloom.decode.rows import predict_rows
from spanloom.errors import ConfigError, DataError, SpanloomError
from spanloom.inputs import Span
from spanloom.predict.bundle import OnnxBackend
from spanloom.predict.outcomes import CHUNK
from spanloom.predict.predictor import Predictor
from spanloom.predict.reading import Reading
from spanloom.tasks import find_task
from tests.predict.stand_in import StandIn, values
from tests.run.tiny_task import TASK, WORDS, TinyCodec, example, find_tiny


class Fragile(TinyCodec):
    """Does not know how to encode one word."""

    def encode(self, example: Example) -> Row:
        if any(token.text == "unknowable" for token in example.input.tokens):
            raise DataError("predict", "the word 'unknowable'", "a word", "Take it out.")
        return super().encode(Example(example.input))


def names(rows: Sequence[Row]) -> list[Graph]:
    """Names, each pointing at the next; "edge" breaks the whole call, "the" makes a score that is no number."""
    graphs = []
    for row in rows:
        words = " ".join(WORDS[number] if number > 1 else "x" for number in row.inputs["words"])
        if "edge" in words:
            raise ZeroDivisionError("division by zero")
        graph = example(words).gold
        assert graph is not None
        graphs.append(Graph((Span(0, 1, "Name", float("inf")),)) if "the" in words else graph)
    return graphs


@pytest.fixture
def predictor() -> Predictor:
    return StandIn(TASK, Fragile(WORDS), names, pathlib.Path("nowhere"))


class Own(str):
    __slots__ = ()


NO_STRINGS = [
    (None, "None, of type NoneType; a string. Leave a missing text out"),
    (float("nan"), "nan, of type float; a string. Leave a missing text out"),
    (5, "5, of type int; a string. Give the text itself"),
    (b"abc", "b'abc', of type bytes; a string. Decode the bytes"),
    (pathlib.PurePosixPath("a.txt"), "PurePosixPath('a.txt'), of type PurePosixPath; a string. Read the file"),
    ({"text": "Ada"}, "{'text': 'Ada'}, of type dict; a string"),
    ("half \ud83d", "half a character, '\\ud83d', at offset 5"),
    (("Ada", 7), "string 2 of 2 is 7, of type int; a string"),
    (("Ada", "Bo"), "2 texts together; one text"),
]


@pytest.mark.parametrize(("text", "message"), NO_STRINGS)
def test_what_is_no_string_is_said_with_its_place(text: Any, message: str) -> None:
    codec: Any = Fragile(WORDS)
    predictor = StandIn(find_task("joint"), codec, names, pathlib.Path("nowhere"))
    with pytest.raises(DataError) as caught:
        predictor(text)
    assert str(caught.value).startswith(f"predict: {message}")
    with pytest.raises(DataError) as caught:
        predictor(["Ada", text])
    assert str(caught.value).startswith(f"text 2 (index 1): {message}")
    answers = predictor.predict(["Ada"] * 700 + [text])
    assert values(itertools.islice(answers, 700)) == [example("Ada").gold] * 700
    with pytest.raises(DataError) as caught:
        next(answers)
    assert str(caught.value).startswith(f"text 701 (index 700): {message}")


@pytest.mark.parametrize("text", [Own("Ada"), np.str_("Ada")])
def test_a_string_of_a_subclass_is_a_string(predictor: Predictor, text: str) -> None:
    assert predictor(text).value == example("Ada").gold
    assert values(predictor.predict([text])) == [example("Ada").gold]


@pytest.mark.parametrize("texts", ["Ada", b"Ada", None, 5])
def test_what_is_no_stream_of_texts_is_said_at_once(predictor: Predictor, texts: Any) -> None:
    found = "one string" if texts == "Ada" else f"{texts!r}, of type {type(texts).__name__}"
    with pytest.raises(DataError) as caught:
        predictor.predict(texts)
    assert str(caught.value).startswith(f"predict: {found}; an iterable of texts. ")


def test_a_model_of_pairs_says_what_it_reads() -> None:
    codec: Any = Fragile(WORDS)
    codec.texts = 2
    predictor = StandIn(find_task("classify"), codec, names, pathlib.Path("nowhere"))
    with pytest.raises(DataError, match="predict: one text; exactly two"):
        predictor("Ada")
    with pytest.raises(DataError, match=r"text 1 \(index 0\): string 2 of 2 is None, of type NoneType; a string"):
        next(predictor.predict([("Ada", None)]))  # type: ignore[list-item]


def test_a_text_that_fails_has_its_error_in_its_place(predictor: Predictor) -> None:
    texts: list[Any] = ["Ada", None, "unknowable", "", "edge", "the Bo", "Cy"]
    reading = Reading()
    answers = values(predictor.predict(texts, reading, errors="return"))
    assert [answers[place] for place in (0, 3, 6)] == [example(text).gold for text in ("Ada", "", "Cy")]
    errors = [answers[place] for place in (1, 2, 4, 5)]
    assert all(isinstance(error, SpanloomError) for error in errors)
    assert [str(error).partition(";")[0] for error in errors] == [
        "text 2 (index 1): None, of type NoneType",
        "text 3 (index 2): the word 'unknowable'",
        "text 5 (index 4): the model failed with ZeroDivisionError: division by zero",
        "text 6 (index 5): a score of the answer is inf",
    ]
    assert isinstance(errors[2].__cause__, ZeroDivisionError)
    assert reading == Reading(inputs=3, limit="6 words", failed=4)
    assert reading.sentences() == ["4 of 7 texts have an error in place of an answer."]


def test_long_texts_that_fail_are_in_no_count(predictor: Predictor) -> None:
    reading = Reading()
    list(predictor.predict(["Ada " * 20, "Ada " * 20 + "edge"], reading, errors="return"))
    assert (reading.inputs, reading.windowed, reading.failed) == (1, 1, 1)
    alone = Reading()
    list(predictor.predict(["Ada " * 20], alone))
    assert reading.windows == alone.windows


@pytest.mark.parametrize(("text", "error"), [("unknowable", DataError), ("edge", ZeroDivisionError), (None, DataError)])
def test_an_error_is_raised_behind_the_answers_before_it(predictor: Predictor, text: Any, error: type) -> None:
    answers = predictor.predict(["Ada", "Bo", text, "Cy"])
    assert values([next(answers), next(answers)]) == [example("Ada").gold, example("Bo").gold]
    with pytest.raises(error):
        next(answers)


@pytest.mark.parametrize("errors", ["raise", "return"])
def test_what_the_iterable_raises_is_its_own_and_costs_no_answer(predictor: Predictor, errors: Any) -> None:
    class Gone(Exception):
        pass

    def texts() -> Iterator[str]:
        yield "Ada"
        yield "Bo"
        raise Gone("the line is dead")

    answers = predictor.predict(texts(), errors=errors)
    assert values([next(answers), next(answers)]) == [example("Ada").gold, example("Bo").gold]
    with pytest.raises(Gone, match="the line is dead"):
        next(answers)


def test_a_stream_that_has_no_more_at_hand_is_answered_first(predictor: Predictor) -> None:
    taken = []

    def texts() -> Iterator[str]:
        for text in ("Ada", "Bo", "Cy", "Di"):
            taken.append(text)
            yield text

    seen = []
    for answer in predictor.predict(texts(), more=lambda: len(taken) % 2 == 1):
        seen.append((answer, len(taken)))
    assert [count for _, count in seen] == [2, 2, 4, 4]
    taken.clear()
    answers = predictor.predict(texts(), more=lambda: False)
    assert next(answers).value == example("Ada").gold
    assert taken == ["Ada"]


def test_one_that_fails_among_many_costs_the_others_nothing(predictor: Predictor) -> None:
    texts = ["Ada Bo", *(["Cy"] * (2 * CHUNK)), "edge", "Di"]
    answers = list(predictor.predict(texts, errors="return"))
    assert [place for place, answer in enumerate(answers) if isinstance(answer, SpanloomError)] == [2 * CHUNK + 1]
    assert answers[-1].value == example("Di").gold


def test_an_unknown_way_with_errors_is_refused(predictor: Predictor) -> None:
    with pytest.raises(ConfigError, match="predict: errors is 'ignore'; 'raise' or 'return'"):
        next(predictor.predict(["Ada"], errors="ignore"))  # type: ignore[arg-type]


# ---- what is no number -----------------------------------------------------------------------------------------------


class Session:
    """Stands for an exported graph that puts out NaN."""

    class Node:
        def __init__(self, name: str) -> None:
            self.name = name

    def get_inputs(self) -> list[Node]:
        return [self.Node("words")]

    def get_outputs(self) -> list[Node]:
        return [self.Node("scores")]

    def run(self, names: Sequence[str], fed: dict[str, Any], options: object = None) -> list[Any]:
        return [np.full(fed["words"].shape, np.nan, dtype=np.float32)]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_bundle_makes_no_answer_of_nan(threads: int) -> None:
    codec = TinyCodec(WORDS)
    session: Any = Session()
    rows = [codec.encode(Example(example("Ada").input))] * 3
    with pytest.raises(DataError, match="predict: the model's output 'scores' holds nan; numbers"):
        predict_rows(OnnxBackend(session, threads), codec, rows)


def test_a_run_makes_no_answer_of_nan(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    import spanloom.predict.torch_run
    from spanloom.predict.predictor import RUN_WEIGHTS, load

    model = TASK.build(None, TinyCodec(WORDS))
    with torch.no_grad():
        model.out.bias.fill_(float("nan"))
    (tmp_path / RUN_WEIGHTS).parent.mkdir()
    (tmp_path / RUN_WEIGHTS).touch()
    (tmp_path / RUN_WEIGHTS).with_name("model.json").write_text("{}")
    monkeypatch.setattr(
        spanloom.predict.torch_run,
        "load_model",
        lambda folder, find: (find_tiny("tiny"), None, TinyCodec(WORDS), model),
    )
    with pytest.raises(DataError, match="predict: the model's output 'scores' holds nan; numbers"):
        load(tmp_path)("Ada")


@pytest.mark.parametrize("score", [float("nan"), float("-inf"), np.float32("nan")])
def test_scores_that_are_no_numbers_are_refused(score: Any) -> None:
    with pytest.raises(DataError, match=r"predict: a score of the answer is (nan|-inf); a finite number"):
        refuse_odd_scores(Graph((Span(0, 1, "Name", 0.5), Span(1, 2, "Name", score))))
    refuse_odd_scores(Graph((Span(0, 1, "Name", None),)))
    refuse_odd_outputs({"scores": np.array([0.0, -np.inf]), "ids": np.array([1])})
