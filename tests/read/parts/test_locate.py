"""Facts given as text: where they are put, against all pairs of occurrences tried one by one."""

from __future__ import annotations

import random

import pytest

from spanloom.core import LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.read.parts.locate import Locator, example_of_triples
from spanloom.text.words import tokenize

HERE = Source("f", 3)


def text_of(text: str) -> Text:
    return Text(text, tokenize(text))


def places(text: str, *triples: tuple[str, str, str]) -> list[tuple[int, int, int, int]]:
    gold = example_of_triples(text_of(text), triples, HERE).gold
    return [(fact.head.start, fact.head.end, fact.tail.start, fact.tail.end) for fact in gold.relations]


def test_the_closest_pair_is_taken() -> None:
    assert places("Rome , Oslo , Lima and Oslo", ("Lima", "near", "Oslo")) == [(4, 5, 2, 3)]
    assert places("Lima is far . Oslo is near Lima", ("Oslo", "near", "Lima")) == [(4, 5, 7, 8)]


def test_ties_go_to_the_first_and_are_counted() -> None:
    text = text_of("Oslo Lima Oslo")
    example = example_of_triples(text, [("Lima", "near", "Oslo")], HERE)
    assert example.gold.relations == (Relation(Span(1, 2, "Entity"), Span(0, 1, "Entity"), "near"),)
    assert example.ambiguous == 1
    assert example_of_triples(text_of("Oslo Lima"), [("Lima", "near", "Oslo")], HERE).ambiguous == 0


def test_a_place_already_taken_is_preferred_among_equals() -> None:
    text = "Oslo Lima Oslo Rome"
    assert places(text, ("Oslo", "near", "Rome"), ("Lima", "near", "Oslo")) == [(2, 3, 3, 4), (1, 2, 2, 3)]


def test_overlap_is_a_fallback() -> None:
    text = "New Lima Club plays in Lima"
    assert places(text, ("New Lima Club", "in", "Lima")) == [(0, 3, 5, 6)]
    assert places("New Lima Club plays", ("New Lima Club", "in", "Lima")) == [(0, 3, 1, 2)]
    assert places("Lima", ("Lima", "in", "Lima")) == [(0, 1, 0, 1)]
    assert places("Lima , Lima", ("Lima", "in", "Lima")) == [(0, 1, 2, 3)]


def test_what_is_not_there_is_lost_with_its_cause() -> None:
    triples = [("Ann", "in", "Rome"), ("Annabel", "in", "Oslo"), ("Ann", "in", "Oslo")]
    example = example_of_triples(text_of("Annabel left Rome"), triples, HERE)
    assert example.lost == (
        LostFact("relation", "in", "Ann -> in -> Rome", "inside a token"),
        LostFact("relation", "in", "Annabel -> in -> Oslo", "not located"),
        LostFact("relation", "in", "Ann -> in -> Oslo", "not located"),
    )
    assert example.gold.spans == ()
    assert example.by_text


def test_duplicates_are_merged_and_spaces_around_a_name_ignored() -> None:
    triples = [("Ann", "in", "Rome"), (" Ann", "in", "Rome ")]
    example = example_of_triples(text_of("Ann left Rome"), triples, HERE)
    assert len(example.gold.relations) == 1
    assert example.gold.spans == (Span(0, 1, "Entity"), Span(2, 3, "Entity"))


def test_mentions_give_labels_and_entities_without_relations() -> None:
    mentions = [("Ann", "PERSON"), ("Rome", "PLACE"), ("Bo", "PERSON"), ("Rome", "TEAM"), ("nn", "X"), ("Q", "X")]
    example = example_of_triples(text_of("Ann left Bo in Rome"), [("Ann", "in", "Rome")], HERE, mentions)
    expected = (Span(0, 1, "PERSON"), Span(2, 3, "PERSON"), Span(4, 5, "PLACE"), Span(4, 5, "TEAM"))
    assert example.gold.spans == expected
    assert example.gold.relations == (Relation(expected[0], expected[2], "in"),)
    assert example.lost == (
        LostFact("entity", "X", "nn", "inside a token"),
        LostFact("entity", "X", "Q", "not located"),
    )


@pytest.mark.parametrize(
    ("triple", "part"), [((" ", "r", "t"), "head"), (("h", "", "t"), "relation"), (("h", "r", ""), "tail")]
)
def test_empty_parts(triple: tuple[str, str, str], part: str) -> None:
    with pytest.raises(DataError, match=rf"f:3: the {part} of \['.*'\] is empty; "):
        example_of_triples(text_of("h t"), [triple], HERE)


@pytest.mark.parametrize("seed", range(30))
def test_against_all_pairs(seed: int) -> None:
    random_ = random.Random(seed)
    text = text_of(" ".join(random_.choice(["a", "b", "a b", "c", "b a"]) for _ in range(12)))
    for head in ("a", "b", "a b", "b a", "c"):
        for tail in ("a", "b", "a b", "b a", "c"):
            locator = Locator(text)
            words = [token.text for token in text.tokens]
            found = {
                name: [
                    (i, i + len(name.split()))
                    for i in range(len(words))
                    if words[i : i + len(name.split())] == name.split()
                ]
                for name in (head, tail)
            }
            apart = [
                (max(t[0] - h[1], h[0] - t[1]), min(h, t), h, t)
                for h in found[head]
                for t in found[tail]
                if t[0] >= h[1] or h[0] >= t[1]
            ]
            best = locator.pair(head, tail)
            if apart:
                closest = min(apart)
                assert best is not None
                assert best[:2] == closest[2:]
                assert best[2] == (sum(pair[0] == closest[0] for pair in apart) > 1)
            else:
                assert (best is not None) == bool(found[head] and found[tail])
