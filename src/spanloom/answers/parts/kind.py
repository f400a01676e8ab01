"""The contract of an answer type: what differs from one to the other, with what most share as the default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from spanloom.answers.parts.answer import Answer, Page
from spanloom.answers.parts.claims import Claims
from spanloom.answers.parts.drawing import Drawing, Shown, as_given
from spanloom.answers.parts.facts import Rescale, ScoredFact
from spanloom.answers.parts.plain_card import Card, plain_card, plain_summary
from spanloom.answers.parts.summary import Summary
from spanloom.answers.parts.table import Part, fields_table
from spanloom.core import Coverage, Example, LostFact
from spanloom.inputs import Relation, Span, Text
from spanloom.text.windows import Window


class Noise(NamedTuple):
    """How gold follows its tokens.

    spans   gold -> its spans, of which noise leaves a token each
    follow  (gold, the numbers of the tokens that are left, in their new order; span -> where it stands now) -> gold
    """

    spans: Callable[[Any], Sequence[Span]]
    follow: Callable[[Any, Sequence[int], Mapping[Span, Span]], Any]


@dataclass(frozen=True)
class Naming:
    """Other names for the labels of a data set.

    entities, relations: under the names of the data; what is not there keeps its own. "" drops a label, and a "-"
    before the name of a relation turns it round. arguments: by a relation's new name the labels that its head and tail
    have where they are `SOME`.
    """

    entities: Mapping[str, str] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def entity(self, label: str) -> str:
        return self.entities.get(label, label)

    def relation(self, label: str) -> tuple[str, bool]:
        """The new name, and whether head and tail change places."""
        name = self.relations.get(label, label)
        return name.removeprefix("-"), name.startswith("-")


class Named(NamedTuple):
    """What gold of several data sets needs, each of which has its own labels and annotates its own things.

    labels   gold -> its labels: of entities (tags, slots and classes too), and of relations
    renamed  (gold, naming) -> gold under other names
    judged   (an answer, its gold, what the data set annotates) -> the part of the answer that may be judged by it
    """

    labels: Callable[[Any], tuple[set[str], set[str]]]
    renamed: Callable[[Any, Naming], Any]
    judged: Callable[[Any, Any, Coverage], Any]


class Parted(Protocol):
    """Gold of a text that is read in windows."""

    def within(self, window: Window) -> Any:
        """The part that stands in a window, in its tokens."""

    def in_none(self, text: Text, windows: Sequence[Window]) -> list[LostFact]:
        """The facts that no window holds whole, each once."""


Keeps = Callable[[str, float | None], bool]
"""(label, score) -> whether a fact of this label is sure enough to be told."""


def _none(*_: Any) -> int:
    return 0


def _no_classes(answer: Any) -> Sequence[tuple[str, str]]:
    return ()


def _no_facts(example: Example, answer: Any) -> Sequence[ScoredFact]:
    return ()


def _not_said(given: Any) -> Any:
    return None


def _as_it_is(answer: Any, rescale: Rescale) -> Any:
    return answer


@dataclass(frozen=True)
class AnswerKind:
    """What differs by the type of an answer, as functions. Shown: what `Task.show` gives of an answer.

    answer   the type
    view     (shown, answer, page) -> what a user gets of it in Python
    draw     shown -> what a page draws
    table    shown -> what a terminal shows, part by part
    card     scorecard -> what a terminal shows of it
    summary  scorecard -> the top of its page
    merge    (the answers for the windows of a text, where these stand) -> the answer for the text, in its tokens; None
             where answers are for whole inputs
    noise    how gold follows its tokens; None where it cannot
    parted   gold -> what training reads of it in windows; None where answers are for whole inputs
    behind   (gold, words) -> how many of its facts do not stand whole in the first so many words
    dropped  answer -> how many more findings the model had than are kept
    classes  answer -> the classes that it gives the input as a whole, each after what it is a class of
    sure     (answer, keeps) -> the answer without the facts that are less sure; None where it has none to leave out
    facts    (example, its answer) -> the facts of the answer that have a score, each with whether it is right; of an
             example of several data sets those alone that it can judge
    rescaled (answer, rescale) -> the answer with other scores for the same facts
    named    how gold of several data sets goes together; None where it does not
    graph    (input, answer) -> a text, and the spans and relations in it that the answer says; None where it says none
    of_graph (spans, relations between them, the number of tokens) -> the answer that says as much of them as it can;
             None where it says nothing of the kind
    claims   what it says, statement by statement; None where it is one whole
    given    what a program hands over as gold -> gold of this type; None where that is no way to say one
    stored   shown -> the names in its text, the relations and the labels that a store of facts keeps, as a drawing has
             them; None where the answer is nothing of the kind
    """

    answer: type
    view: Callable[[Shown, Any, Page], Answer[Any]] = Answer
    draw: Callable[[Shown], Drawing] = as_given
    table: Callable[[Shown], Sequence[Part]] = fields_table
    card: Callable[[Card], Sequence[Part]] = plain_card
    summary: Callable[[Card], Summary] = plain_summary
    merge: Callable[[Sequence[Any], Sequence[Window]], Any] | None = None
    noise: Noise | None = None
    parted: Callable[[Any], Parted] | None = None
    behind: Callable[[Any, int], int] = _none
    dropped: Callable[[Any], int] = _none
    classes: Callable[[Any], Sequence[tuple[str, str]]] = _no_classes
    sure: Callable[[Any, Keeps], Any] | None = None
    facts: Callable[[Example, Any], Sequence[ScoredFact]] = _no_facts
    rescaled: Callable[[Any, Rescale], Any] = _as_it_is
    named: Named | None = None
    graph: Callable[[Any, Any], tuple[Text, Sequence[Span], Sequence[Relation]]] | None = None
    of_graph: Callable[[Sequence[Span], Sequence[Relation], int], Any] | None = None
    claims: Claims | None = None
    given: Callable[[Any], Any] = _not_said
    stored: Callable[[Shown], Drawing] | None = None
