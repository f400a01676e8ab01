"""What is said elsewhere of the same words, the same pair and the same text."""

from __future__ import annotations

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.parts.facts import CLASSES, ENTITIES, RELATIONS
from spanloom.check.queue.evidence import Evidence
from spanloom.check.queue.findings import Finding
from spanloom.core import Claim, Example, Source
from spanloom.inputs import Relation, Span, Text
from spanloom.text.words import tokenize


def example(words: str, *spans: Span, line: int = 1, relations: tuple[Relation, ...] = ()) -> Example:
    return Example(Text(words, tokenize(words)), Graph(spans, relations), Source("a.jsonl", line))


def about(number: int, claim: Claim) -> Finding:
    return Finding(number, "suspect", claim, None, 0.1, 0.0)


def test_the_same_words_elsewhere() -> None:
    data = [
        example("Ulm is old .", Span(0, 1, "Person")),
        example("We like Ulm .", Span(2, 3, "City")),
        example("Is Ulm in Ulm ?", Span(1, 2, "City")),
        example("The Ulm Press failed .", Span(1, 3, "Company")),
        Example(Text("Ulm", tokenize("Ulm"))),  # which nobody has annotated
    ]
    why = Evidence(data).why(about(0, Claim(ENTITIES, "Person", (0, 1))))
    assert why == {"similar": {"City": 2, "": 1, "inside another": 1}}


def test_the_same_pair_elsewhere() -> None:
    def pair(first: str, second: str, label: str | None, turned: bool = False) -> Example:
        ends = Span(0, 1, "Person"), Span(2, 3, "City")
        related = () if label is None else (Relation(*(ends[::-1] if turned else ends), label),)
        return example(f"{first} in {second}", *ends, relations=related)

    data = [
        pair("Ada", "Ulm", "born_in"),
        pair("Ada", "Ulm", "lives_in"),
        pair("Ada", "Ulm", "lives_in", turned=True),
        pair("Ada", "Ulm", None),
        pair("Bo", "Ulm", "born_in"),
    ]
    why = Evidence(data).why(about(0, Claim(RELATIONS, "born_in", (0, 1, 2, 3))))
    others = {"lives_in": 1, "lives_in (other way round)": 1, "": 1}
    assert why == {"similar": others, "equal": {"same": 0, "other": 3, "first": "a.jsonl:1"}}


def test_the_same_text_again_white_space_and_case_aside() -> None:
    data = [
        example("Ulm is old .", Span(0, 1, "City"), line=1),
        example("ulm is  old .", Span(0, 1, "City"), line=2),
        example("Ulm is old .", line=3),
    ]
    evidence = Evidence(data)
    city = Claim(ENTITIES, "City", (0, 1))
    assert evidence.why(about(0, city))["equal"] == {"same": 1, "other": 1, "first": "a.jsonl:3"}
    missing = Finding(2, "missing", None, city, 0.0, 0.9)
    assert evidence.why(missing)["equal"] == {"same": 0, "other": 2, "first": "a.jsonl:1"}


def test_the_classes_of_the_most_similar_texts() -> None:
    def review(words: str, name: str) -> Example:
        return Example(Text(words, tokenize(words)), Label((name,)))

    data = [
        review("a dull and tired plot", "bad"),
        review("a tired plot", "bad"),
        review("dull songs", "bad"),
        review("a warm and funny cast", "good"),
        *(review(f"a film of the year {number}", "good") for number in range(40)),
    ]
    why = Evidence(data).why(about(0, Claim(CLASSES, "bad")))
    assert why == {"similar": {"bad": 2, "good": 1}}  # the films share a word that says nothing, as most have it
