from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spanloom.predict.predictor as predictor_module
from spanloom.answers.graph import Graph
from spanloom.answers.parts.answer import Entity
from spanloom.core import Example, Row
from spanloom.decode.scaling import AS_IS
from spanloom.errors import CheckpointError, DataError, MissingExtra
from spanloom.inputs import Relation, Span
from spanloom.predict.outcomes import CHUNK
from spanloom.predict.predictor import Predictor, load
from spanloom.predict.reading import Reading
from spanloom.tasks.joint.second_look import revisit
from tests.predict.stand_in import StandIn, values
from tests.run.tiny_task import NAMES, TASK, WORDS, TinyCodec, example


class Perfect:
    """Stands for a model that makes no mistake, and notes how many rows it was given at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, rows: Sequence[Row]) -> list[Graph]:
        self.sizes.append(len(rows))
        answers = []
        for row in rows:
            words = " ".join(WORDS[number] if number > 1 else "x" for number in row.inputs["words"])
            gold = example(words).gold
            assert gold is not None
            answers.append(gold)
        return answers


@pytest.fixture
def model() -> Perfect:
    return Perfect()


@pytest.fixture
def predictor(model: Perfect) -> Predictor:
    return StandIn(TASK, TinyCodec(WORDS), model, Path("nowhere"))


def test_one_text_gives_one_answer(predictor: Predictor) -> None:
    assert predictor("the Ada and Bo").value == example("the Ada and Bo").gold


def test_answers_come_in_order_whatever_the_lengths(predictor: Predictor, model: Perfect) -> None:
    texts = [" ".join(["the"] * (number % 6) + [NAMES[number % 4]]) for number in range(3 * CHUNK // 2)]
    assert values(predictor.predict(texts)) == [example(text).gold for text in texts]
    assert model.sizes == [CHUNK, CHUNK // 2]


def test_a_stream_is_read_only_as_far_as_needed(predictor: Predictor) -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield NAMES[number % 4]

    answers = predictor.predict(endless())
    assert values(itertools.islice(answers, CHUNK)) == [example(NAMES[number % 4]).gold for number in range(CHUNK)]
    assert taken == CHUNK


@pytest.mark.parametrize("text", ["", " \n\t", "\u2003"])
def test_a_text_without_a_token_has_an_empty_answer(predictor: Predictor, model: Perfect, text: str) -> None:
    answer = predictor(text)
    assert (answer.text, answer.value) == (text, Graph())
    assert answer.to_dict() == {"text": text, "entities": []}
    assert model.sizes == []


def test_a_model_without_a_limit_is_not_asked_about_nothing(model: Perfect) -> None:
    class Unlimited(TinyCodec):
        max_words = None  # type: ignore[assignment]

        def encode(self, example: Example) -> Row:
            assert example.input.tokens
            return Row({"words": np.array([1])}, {}, 1, 1)

    predictor = StandIn(TASK, Unlimited(WORDS), model, Path("nowhere"))
    assert values(predictor.predict(["", "x", " "])) == [Graph()] * 3
    assert model.sizes == [1]


def test_empty_texts_keep_their_place_among_others(predictor: Predictor) -> None:
    texts = ["", "Ada", "  ", "Bo the", ""]
    assert values(predictor.predict(texts)) == [example(text).gold for text in texts]


def test_a_long_text_is_read_through_windows_and_nothing_is_lost(predictor: Predictor, model: Perfect) -> None:
    words = [NAMES[number % 4] if number % 3 else "the" for number in range(50)]
    graph = predictor(" ".join(words)).value
    wanted = example(" ".join(words)).gold
    assert wanted is not None
    assert graph.spans == wanted.spans
    # Neighbouring names share a window unless its edge falls between them.
    assert set(graph.relations) >= {r for r in wanted.relations if r.tail.start == r.head.end}
    assert model.sizes[0] > 50 // 6


def test_a_model_of_single_sentences_is_given_single_sentences(predictor: Predictor, model: Perfect) -> None:
    predictor.codec.max_sentences = 1  # type: ignore[attr-defined]
    graph = predictor("Ada . Bo . the").value
    assert model.sizes == [3]
    assert [span.start for span in graph.spans] == [0, 2]
    assert graph.relations == ()


def test_a_long_text_among_short_ones_keeps_the_order(predictor: Predictor) -> None:
    texts = ["Ada", "the Bo " * 20, "Cy"]
    answers = values(predictor.predict(texts))
    assert answers[0] == example("Ada").gold
    assert [span.start for span in answers[1].spans] == list(range(1, 40, 2))
    assert answers[2] == example("Cy").gold


def test_an_answer_counts_characters(predictor: Predictor) -> None:
    answer = predictor("  so Ada !")
    assert answer.to_dict()["entities"] == [{"start": 5, "end": 8, "label": "Name", "text": "Ada"}]
    assert answer.entities == (Entity("Ada", 5, 8, "Name"),)


def test_a_list_of_texts_has_a_list_of_answers(predictor: Predictor) -> None:
    texts = ["Ada", "", "the Bo"]
    assert predictor(texts) == [predictor(text) for text in texts] == list(predictor.predict(texts))
    assert predictor([]) == []


def test_a_list_of_strings_is_not_guessed_at_where_an_answer_needs_several(predictor: Predictor) -> None:
    predictor.texts = 0
    with pytest.raises(DataError, match=r"predict: a list of strings, which may be .* Write predictor\(tuple\("):
        predictor(["Ada", "Bo"])


# ---- what is said of long texts --------------------------------------------------------------------------------------


def test_windows_are_counted_over_all_the_texts(predictor: Predictor) -> None:
    reading = Reading()
    list(predictor.predict(["Ada", "", "the Bo " * 5, "Cy " * 7], reading))
    assert reading == Reading(inputs=4, limit="6 words", windowed=2, windows=4)
    said = ["2 of 4 texts were longer than the 6 words that this model reads at once: read in 4 windows."]
    assert reading.sentences() == said
    list(predictor.predict(["Ada"], reading))
    assert reading.inputs == 5
    predictor.codec.max_sentences = 1  # type: ignore[attr-defined]
    list(predictor.predict(["Ada"], reading := Reading()))
    assert reading.limit == "6 words or 1 sentence"


class Related(TinyCodec):
    """Relates names; training had relations inside a sentence only."""

    spread = 1
    max_sentences = 1
    scaling = AS_IS

    def may_relate(self, head: str, tail: str) -> bool:
        return True


RELATING = replace(TASK, revisit=revisit)


def sure(rows: Sequence[Row]) -> list[Graph]:
    """Every two names of a row, the one next to the other, without doubt."""
    answers = []
    for row in rows:
        places = [place for place, number in enumerate(row.inputs["words"]) if WORDS[number] in NAMES]
        spans = [Span(place, place + 1, "Name", 0.9) for place in places]
        relations = [Relation(a, b, "next", 0.95) for a, b in itertools.combinations(spans, 2)]
        answers.append(Graph(tuple(spans), tuple(relations)))
    return answers


def related(text: str, look: Any, sizes: list[int] | None = None) -> tuple[set[tuple[int, int]], Reading]:
    def rows(given: Sequence[Row]) -> list[Graph]:
        if sizes is not None:
            sizes.append(len(given))
        return sure(given)

    reading = Reading()
    predictor = StandIn(RELATING, Related(WORDS), rows, Path("nowhere"), look)
    [graph] = values(predictor.predict([text], reading))
    assert all(relation.head in graph.spans and relation.tail in graph.spans for relation in graph.relations)
    assert list(graph.relations) == sorted(graph.relations, key=lambda r: (r.head.start, r.tail.start))
    return {(relation.head.start, relation.tail.start) for relation in graph.relations}, reading


def test_distant_names_are_related_by_a_second_look_in_the_tokens_of_the_text() -> None:
    text = "Ada the the the the the the the Bo . Cy ."
    found, reading = related(text, "all")
    assert found == {(0, 8), (8, 10), (0, 10)}
    assert reading.again == {"pairs": 3, "excerpts": 3, "found": 3, "untried": 0, "beyond": 0}


def test_by_default_only_as_far_as_training_had_relations() -> None:
    text = "Ada the the the the the the the Bo . Cy ."
    found, reading = related(text, "auto")
    assert found == {(0, 8)}
    assert reading.again == {"pairs": 1, "excerpts": 1, "found": 1, "untried": 0, "beyond": 2}


def test_without_a_second_look_windows_are_all_there_is() -> None:
    found, reading = related("Ada the the the the the the the Bo . Cy .", "off")
    assert found == set()
    assert reading.again == {}


def test_names_that_stood_in_one_window_are_not_judged_again() -> None:
    class Once:
        rows = 0

        def __call__(self, given: Sequence[Row]) -> list[Graph]:
            self.rows += len(given)
            return [Graph(graph.spans) for graph in sure(given)] if self.rows == len(given) else sure(given)

    predictor = StandIn(RELATING, Related(WORDS), Once(), Path("nowhere"), "all")
    [graph] = values(predictor.predict(["Ada Bo . Cy ."]))
    assert [(r.head.start, r.tail.start) for r in graph.relations] == [(0, 3), (1, 3)]


def test_second_looks_of_many_texts_go_together_and_no_more_than_a_chunk_at_once() -> None:
    sizes: list[int] = []
    predictor = StandIn(RELATING, Related(WORDS), lambda rows: sizes.append(len(rows)) or sure(rows), Path("x"), "all")
    texts = ["Ada . Bo . Cy . Di ."] * 80
    graphs = values(predictor.predict(texts))
    assert all(len(graph.relations) == 6 for graph in graphs)
    assert max(sizes) <= CHUNK + 3
    assert len(sizes) <= 2 * -(-80 * 4 // CHUNK) + 2 + 80 * 6 // CHUNK


def test_a_codec_that_relates_nothing_is_never_asked_again(predictor: Predictor, model: Perfect) -> None:
    reading = Reading()
    list(predictor.predict(["Ada the the the the the the the Bo"], reading))
    assert len(model.sizes) == 1
    assert reading.again == {}


def test_a_single_string_is_no_stream_of_texts(predictor: Predictor) -> None:
    with pytest.raises(
        DataError, match=r"predict: one string; an iterable of texts\. For one text, call the predictor"
    ):
        predictor.predict("Ada")


# ---- loading ------------------------------------------------------------------------------------------------------


def test_loading_from_nowhere_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="absent: no such folder; a run folder or a bundle"):
        load(tmp_path / "absent")


def test_loading_a_file_says_that_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_text("", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"model\.onnx: is a file, not a folder"):
        load(tmp_path / "model.onnx")


def test_loading_another_folder_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"neither bundle\.json \(a bundle\) nor model/weights\.safetensors \(a run\)"
    ):
        load(str(tmp_path))


def test_a_run_without_torch_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "model" / "weights.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"")
    importlib.import_module("spanloom.engine")
    monkeypatch.setattr("spanloom.engine", sys.modules["spanloom.engine"])  # what is imported anew goes again
    for name in [name for name in sys.modules if name.startswith(("spanloom.engine", "spanloom.predict.torch_run"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"Install it with: pip install 'spanloom\[train\]'"):
        load(tmp_path)


def test_without_a_path_the_packaged_model_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def note(folder: Path, find: Any, threads: int | None, device: str) -> Any:
        opened.append((folder, threads))
        raise CheckpointError(str(folder), "noted")

    monkeypatch.setattr(predictor_module, "bundled", lambda: tmp_path)
    monkeypatch.setattr(predictor_module, "open_bundle", note)
    (tmp_path / "bundle.json").write_text("{}", encoding="utf-8")
    with pytest.raises(CheckpointError, match="noted"):
        load(threads=2)
    assert opened == [(tmp_path, 2)]
