"""The component of a spaCy pipeline, in pipelines of spaCy's own, with the bundled model and with known answers."""

from __future__ import annotations

import itertools
import os
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import Doc

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.contracts import Codec
from spanloom.core import Example, Row
from spanloom.errors import CheckpointError, ConfigError, DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.predict.predictor import bundled
from spanloom.run import spacy_component
from spanloom.tasks import find_task
from tests.predict.stand_in import StandIn

SENTENCE = "Ada Lovelace lived in London."


class Plain(Codec):
    """Answers are made of the text itself."""

    def encode(self, example: Example) -> Row:
        return Row({}, {}, 1, 1, item=example.input)

    def known(self) -> dict[str, Sequence[str]]:
        return {"entity label": ("Name",), "relation": ("next",)}


def names(text: Text) -> Graph:
    """Capitalised words and runs of Chinese characters but one: names, each `next` to the one after it."""
    places = [n for n, token in enumerate(text.tokens) if token.text[0].isupper() or token.text in "莉莎"]
    spans = [Span(place, place + 1, "Name", 0.5) for place in places]
    pairs = itertools.pairwise(spans)
    return Graph(tuple(spans), tuple(Relation(head, tail, "next", 0.25) for head, tail in pairs))


Answers = Callable[[Text], Any]


@pytest.fixture
def pipe_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A pipeline with a component that answers as it is told to."""

    def made(answer: Answers, task: str = "joint", language: str = "en", texts: int = 1, **config: Any) -> Any:
        def rows(given: Sequence[Row]) -> list[Any]:
            return [answer(row.item) for row in given]

        codec: Any = Plain()
        codec.texts = texts
        predictor = StandIn(find_task(task), codec, rows, Path("nowhere"))
        monkeypatch.setattr(spacy_component, "load", lambda model, second_look: predictor)
        nlp = spacy.blank(language)
        nlp.add_pipe("spanloom", config=config)
        return nlp

    return made


def facts(doc: Doc) -> list[Any]:
    return [
        [(span.text, span.label_) for span in doc.spans["spanloom"]],
        [(fact.head.text, fact.label, fact.tail.text) for fact in doc._.relations],
        doc._.spanloom,
        [(span.text, span.label_) for span in doc.ents],
    ]


@pytest.fixture(scope="module")
def bundle() -> Any:
    nlp = spacy.blank("en")
    nlp.add_pipe("spanloom", config={"model": str(bundled())})
    return nlp


def test_spacy_finds_the_component_by_its_entry_point(repository: Path, tmp_path: Path) -> None:
    """As it does where spanloom is installed: the entry points of pyproject.toml, in the folder that pip would make."""
    table = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    points = table["project"]["entry-points"]["spacy_factories"]
    folder = tmp_path / "installed-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: installed\nVersion: 1.0\n", encoding="utf-8")
    lines = "".join(f"{name} = {target}\n" for name, target in points.items())
    (folder / "entry_points.txt").write_text(f"[spacy_factories]\n{lines}", encoding="utf-8")
    code = (
        "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('spanloom')\n"
        f"print([ent.text for ent in nlp({SENTENCE!r}).ents])"
    )
    path = os.pathsep.join((str(tmp_path), str(repository / "src")))
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "['Ada Lovelace', 'London']\n"


def test_the_bundled_model_in_english(bundle: Any) -> None:
    doc = bundle(SENTENCE)
    assert [(span.text, span.label_) for span in doc.ents] == [("Ada Lovelace", "person"), ("London", "location")]
    first = doc._.relations[0]
    assert (first.head.text, first.label, first.tail.text) == (
        "Ada Lovelace",
        "lives in",
        "London",
    )
    assert 0.5 < first.score < 1
    assert len(doc.spans["spanloom"].attrs["scores"]) == 2
    assert doc._.unaligned == []


def test_a_pipeline_comes_back_from_disk_with_its_model(bundle: Any, tmp_path: Path) -> None:
    bundle.to_disk(tmp_path / "pipe")
    again = spacy.load(tmp_path / "pipe")
    assert again.config["components"]["spanloom"]["model"] == str(bundled())
    assert facts(again(SENTENCE)) == facts(bundle(SENTENCE))


def test_a_document_comes_back_from_its_bytes(bundle: Any) -> None:
    doc = bundle(SENTENCE)
    assert facts(Doc(bundle.vocab).from_bytes(doc.to_bytes())) == facts(doc)


def test_batches_and_processes_change_nothing(bundle: Any) -> None:
    texts = [SENTENCE, "", "Reykjavik is the capital of Iceland."] * 3
    alone = [facts(bundle(text)) for text in texts]
    assert [facts(doc) for doc in bundle.pipe(texts, batch_size=2)] == alone
    assert [facts(doc) for doc in bundle.pipe(texts, n_process=2, batch_size=3)] == alone


def test_a_pickle_loads_the_model_again(bundle: Any) -> None:
    component = pickle.loads(pickle.dumps(bundle.get_pipe("spanloom")))
    assert facts(component(bundle.make_doc(SENTENCE))) == facts(bundle(SENTENCE))


def test_characters_are_tokens_in_chinese(pipe_of: Callable[..., Any]) -> None:
    doc = pipe_of(names, language="zh")("莉 看见 莎。")
    assert [(span.text, span.start_char) for span in doc.ents] == [("莉", 0), ("莎", 5)]
    assert [(fact.head.text, fact.tail.text, fact.score) for fact in doc._.relations] == [("莉", "莎", 0.25)]


@pytest.mark.parametrize(
    ("alignment", "found", "related"),
    [("expand", ["Ada", "or Bo."], 1), ("contract", ["Ada"], 0), ("strict", ["Ada"], 0)],
)
def test_what_does_not_end_where_tokens_do(
    pipe_of: Callable[..., Any], alignment: str, found: list[str], related: int
) -> None:
    nlp = pipe_of(names, alignment=alignment)
    component = nlp.get_pipe("spanloom")
    doc = Doc(nlp.vocab, words=["Ada", "or Bo."], spaces=[True, False])
    if related:
        component(doc)
        assert doc._.unaligned == []
    else:
        with pytest.warns(UserWarning, match=r"2 facts of a text are in doc\._\.unaligned alone"):
            component(doc)
        assert doc._.unaligned == [
            {"text": "Bo", "start": 7, "end": 9, "label": "Name", "score": 0.5},
            {"head": "Ada", "label": "next", "tail": "Bo"},
        ]
    assert [span.text for span in doc.spans["spanloom"]] == found
    assert doc.spans["spanloom"].attrs["scores"] == [0.5] * len(found)
    assert len(doc._.relations) == related
    assert len(doc._.spanloom["spanloom"]["entities"]) == 2, "nothing is lost of the answer itself"


def test_overlapping_entities_are_all_in_the_group_and_others_keep_theirs(pipe_of: Callable[..., Any]) -> None:
    spans = (Span(0, 1, "Name", 0.5), Span(0, 2, "Pair", 0.5))
    nlp = pipe_of(lambda text: Graph(spans))
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "OLD", "pattern": "Ada"}, {"label": "OLD", "pattern": "Cy"}])
    doc = nlp("Ada Bo and Cy")
    assert [span.label_ for span in doc.spans["spanloom"]] == ["Name", "Pair"]
    assert [(span.text, span.label_) for span in doc.ents] == [("Ada Bo", "Pair"), ("Cy", "OLD")]


def test_two_components_stand_side_by_side(pipe_of: Callable[..., Any]) -> None:
    nlp = pipe_of(names)
    nlp.add_pipe("spanloom", name="again", config={"threshold": 0.4})
    doc = nlp("Ada met Bo")
    assert len(doc.spans["spanloom"]) == len(doc.spans["again"]) == 2
    assert len(doc._.relations) == 1, "those of the second are less sure than 0.4"
    assert list(doc._.spanloom) == ["spanloom", "again"]


def test_classes_and_intents_are_categories(pipe_of: Callable[..., Any]) -> None:
    doc = pipe_of(lambda text: Label(("cold", "wet"), (0.6, 0.9)), "classify")("Rain")
    assert doc.cats == {"cold": 0.6, "wet": 0.9}
    doc = pipe_of(lambda text: Frame(Label(("wake",)), Tags(("O", "B-who")), 0.5, True), "intent_slot")("wake Mira")
    assert (doc.cats, [(span.text, span.label_) for span in doc.ents]) == ({"wake": 1.0}, [("Mira", "who")])
    assert doc._.spanloom["spanloom"]["rejected"] is True


def test_each_token_has_its_tag(pipe_of: Callable[..., Any]) -> None:
    nlp = pipe_of(lambda text: Tags(tuple(token.text.upper() for token in text.tokens)), "tag")
    doc = nlp("It did  rain")
    assert [token._.tag for token in doc] == ["IT", "DID", None, "RAIN"]
    joined = Doc(nlp.vocab, words=["It did", "ra", "in"], spaces=[True, False, False])
    with pytest.warns(UserWarning, match="1 fact of a text"):
        nlp.get_pipe("spanloom")(joined)
    assert [token._.tag for token in joined] == ["IT", "RAIN", "RAIN"]
    assert [fact["text"] for fact in joined._.unaligned] == ["did"]


def test_a_text_that_fails_goes_to_the_handler_of_the_pipeline(pipe_of: Callable[..., Any]) -> None:
    def fragile(text: Text) -> Graph:
        if "edge" in text.text:
            raise ZeroDivisionError("division by zero")
        return names(text)

    nlp = pipe_of(fragile)
    texts = ["Ada", "the edge", "Bo"]
    with pytest.raises(DataError, match=r"text 2 \(index 1\): the model failed with ZeroDivisionError"):
        list(nlp.pipe(texts))
    failed: list[str] = []
    nlp.set_error_handler(lambda name, component, docs, error: failed.extend(doc.text for doc in docs))
    assert [doc.text for doc in nlp.pipe(texts)] == ["Ada", "Bo"]
    assert failed == ["the edge"]


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"model": "absent"}, CheckpointError, "absent: no such folder; a run folder or a bundle"),
        ({"alignment": "loose"}, ConfigError, "alignment is 'loose'; 'expand', 'contract', 'strict'"),
        ({"second_look": "twice"}, ConfigError, "second_look is 'twice'; 'auto', 'all', 'off'"),
        ({"threshold": {"persn": 0.5}}, ConfigError, "unknown label 'persn'; did you mean 'person'?"),
    ],
)
def test_a_setting_that_cannot_be_is_said_at_once(config: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        spacy.blank("en").add_pipe("spanloom", config=config)


def test_a_model_of_pairs_reads_no_documents(pipe_of: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match=r"task 'classify'. reads several texts together; a model of single texts"):
        pipe_of(names, "classify", texts=2)
