"""A model as a component of a spaCy pipeline: `nlp.add_pipe("spanloom", config={"model": "RUN_OR_BUNDLE"})`.

spaCy finds this file by the entry point in pyproject.toml, and nothing of spanloom imports it: spaCy is needed by who
uses it alone. What a document gets, under the name of the component, which is "spanloom" unless told otherwise:

doc.spans[NAME]   all entities, also such as overlap, as spans of spaCy's tokens; their `attrs` have the `scores`
doc.ents          of entities that overlap the longest, beside those of other components where these are not in the way
doc.cats          labels of the whole text, such as a class or an intent, with their scores
doc._.relations   relations: `head` and `tail` (spans of that group), `label`, `score`
token._.tag       the label that a tagger gives the token
doc._.spanloom    {NAME: all of the answer, as `spanloom predict --format jsonl` writes it}
doc._.unaligned   facts that are in doc._.spanloom alone, as tokens of spaCy do not end where they do

Texts are aligned by characters. `alignment` is the `alignment_mode` of `Doc.char_span`: "expand" takes tokens that
stand partly in an entity as a whole, "contract" leaves them out, "strict" takes an entity only where it ends where
tokens do.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, NoReturn, get_args

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup, Token
from spacy.util import filter_spans, minibatch, raise_error

from spanloom.answers.parts.answer import Answer, Entity
from spanloom.answers.tags import Tagged, TagsAnswer
from spanloom.decode.threshold import threshold_for
from spanloom.errors import ConfigError, SpanloomError
from spanloom.predict.predictor import Predictor, SecondLook, load
from spanloom.text.counts import several

NAME = "spanloom"
WHERE = "nlp.add_pipe"
ALIGNMENTS = ("expand", "contract", "strict")
DEFAULTS: dict[str, Any] = {"model": None, "threshold": 0.0, "alignment": "expand", "second_look": "auto"}

OnError = Callable[[str, Any, list[Doc], Exception], NoReturn]


class Related(NamedTuple):
    """A directed relation between two spans of a document. score: in 0..1, or None."""

    head: Span
    tail: Span
    label: str
    score: float | None


class Component:
    """See the file. model: a run folder or a bundle, None for the bundled model; threshold: as of `Predictor.predict`.

    A pickle holds the settings, and loads the model again.
    """

    def __init__(self, name: str, model: str | None, threshold: Any, alignment: str, second_look: str) -> None:
        if alignment not in ALIGNMENTS:
            remedy = "Set alignment to one of these."
            raise ConfigError(WHERE, f"alignment is {alignment!r}", ", ".join(map(repr, ALIGNMENTS)), remedy)
        if second_look not in (looks := get_args(SecondLook)):
            remedy = "Set second_look to one of these."
            raise ConfigError(WHERE, f"second_look is {second_look!r}", ", ".join(map(repr, looks)), remedy)
        self.settings = (name, model, threshold, alignment, second_look)
        self.name, self.model, self.threshold, self.alignment = name, model, threshold, alignment
        self.predictor: Predictor[Any] = load(model, second_look=second_look)  # type: ignore[arg-type]
        self.on_error: OnError = raise_error
        if self.predictor.texts != 1:
            found = f"'{model}' (task '{self.predictor.task.name}') reads several texts together"
            raise ConfigError(WHERE, found, "a model of single texts, as a Doc is one", "Name another model.")
        if threshold:
            threshold_for(threshold, self.predictor.task, self.predictor.codec)  # so that what is wrong is said now

    def __reduce__(self) -> tuple[Any, ...]:
        return Component, self.settings, {"on_error": self.on_error}

    def __call__(self, doc: Doc) -> Doc:
        (answer,) = self.predictor.predict([doc.text], threshold=self.threshold)
        return annotate(doc, answer, self.name, self.alignment)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Documents annotated in order. One that fails goes to the error handler of the pipeline, and is left out."""
        for docs in minibatch(stream, batch_size):  # type: ignore[no-untyped-call]
            texts = [doc.text for doc in docs]
            outcomes = self.predictor.predict(texts, errors="return", threshold=self.threshold)
            for doc, outcome in zip(docs, outcomes, strict=True):
                if isinstance(outcome, SpanloomError):
                    self.on_error(self.name, self, [doc], outcome)
                else:
                    yield annotate(doc, outcome, self.name, self.alignment)

    def set_error_handler(self, on_error: OnError) -> None:
        """See `Language.set_error_handler`."""
        self.on_error = on_error

    def get_error_handler(self) -> OnError:
        """See `Language.set_error_handler`."""
        return self.on_error


@Language.factory(
    NAME,
    default_config=DEFAULTS,
    assigns=["doc.ents", "doc.spans", "doc.cats", "doc._.relations", "token._.tag"],
)
def make(
    nlp: Language, name: str, model: str | None, threshold: float | dict[str, float], alignment: str, second_look: str
) -> Component:
    """What `nlp.add_pipe("spanloom")` makes. Raises ConfigError, and CheckpointError for what is no model."""
    return Component(name, model, threshold, alignment, second_look)


def annotate(doc: Doc, answer: Answer[Any], name: str, alignment: str) -> Doc:
    """The document with what an answer for its text found. Warns of what no tokens of the document stand for."""
    spans = [_span(doc, entity, alignment) for entity in answer.entities]
    found = [(entity, span) for entity, span in zip(answer.entities, spans, strict=True) if span is not None]
    place = {entity: number for number, (entity, _) in reversed(list(enumerate(found)))}  # of equal ones the first
    lost = [asdict(entity) for entity in answer.entities if entity not in place]
    relations = []
    for link in answer.relations:
        if link.head in place and link.tail in place:
            relations.append((place[link.head], place[link.tail], link.label, link.score))
        else:
            lost.append({"head": link.head.text, "label": link.label, "tail": link.tail.text})
    if isinstance(answer, TagsAnswer):
        lost += [asdict(token) for token in _tag(doc, answer.tokens)]
    scores = [entity.score for entity, _ in found]
    doc.spans[name] = SpanGroup(doc, name=name, spans=[span for _, span in found], attrs={"scores": scores})
    doc.ents = _with_others(doc, filter_spans(span for _, span in found))
    doc.cats.update({label.label: 1.0 if label.score is None else label.score for label in answer.labels})
    said = {"answer": answer.to_dict(), "relations": relations, "unaligned": lost}
    doc.user_data[NAME] = {**doc.user_data.get(NAME, {}), name: said}
    if lost:
        some = f"{name}: {several(len(lost), 'fact')} of a text are in doc._.unaligned alone, as they do not fit"
        warnings.warn(f"{some} the tokens of this pipeline (alignment = {alignment!r}).", stacklevel=2)
    return doc


def _span(doc: Doc, entity: Entity, alignment: str) -> Span | None:
    return doc.char_span(entity.start, entity.end, label=entity.label, alignment_mode=alignment)


def _with_others(doc: Doc, ours: list[Span]) -> list[Span]:
    """These entities, and those of the document that overlap none of them."""
    taken = {place for span in ours for place in range(span.start, span.end)}
    return [*ours, *(span for span in doc.ents if taken.isdisjoint(range(span.start, span.end)))]


def _tag(doc: Doc, tagged: Sequence[Tagged]) -> list[Tagged]:
    """Give each token of the document the label of the first that it shares a character with; those that gave none."""
    used, at = set(), 0
    for token in doc:
        while at < len(tagged) and tagged[at].end <= token.idx:
            at += 1
        if at < len(tagged) and tagged[at].start < token.idx + len(token):
            token._.tag = tagged[at].label
            used.add(at)
    return [token for number, token in enumerate(tagged) if number not in used]


def _of_each(doc: Doc, what: str) -> dict[str, Any]:
    """What is kept of the answer of each component, by its name."""
    return {name: said[what] for name, said in doc.user_data.get(NAME, {}).items()}


def _relations(doc: Doc) -> list[Related]:
    return [
        Related(doc.spans[name][head], doc.spans[name][tail], label, score)
        for name, relations in _of_each(doc, "relations").items()
        for head, tail, label, score in relations
    ]


def _unaligned(doc: Doc) -> list[dict[str, Any]]:
    return [fact for facts in _of_each(doc, "unaligned").values() for fact in facts]


# Kept as plain values, which a document can be written with, and be sent from one process to another.
Doc.set_extension("relations", getter=_relations)
Doc.set_extension("unaligned", getter=_unaligned)
Doc.set_extension(NAME, getter=lambda doc: _of_each(doc, "answer"))
Token.set_extension("tag", default=None)
