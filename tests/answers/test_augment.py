"""Noise by hand, with random numbers that are written down, and its laws over anything that gold can be."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.parts.augment import augment
from spanloom.answers.tags import Tags
from spanloom.config import AugmentConfig
from spanloom.core import Example, Source
from spanloom.inputs import MarkedText, Relation, Span, Text, TextPair, Token
from spanloom.text.tags import illegal, spans_from_tags, tags_from_spans
from tests.tasks.sentences import sentence, sentences, text_of

DROP, SWAP, TYPE = ({name: 0.5} for name in ("token_dropout", "swaps", "character_noise"))
NO, YES = 0.9, 0.1  # of a chance of 0.5


class Written:
    """A generator that gives what is written down: rows for `random`, the others for `integers` and `choice`."""

    def __init__(self, *rows: Sequence[float], numbers: Sequence[int] = ()) -> None:
        self.rows, self.numbers = list(rows), list(numbers)

    def random(self, size: int) -> Any:
        row = self.rows.pop(0) if self.rows else [NO] * size
        assert len(row) == size
        return np.array(row)

    def integers(self, low: int, high: int | None = None) -> int:
        number = self.numbers.pop(0)
        assert (0 <= number < low) if high is None else (low <= number < high)
        return number

    def choice(self, places: Sequence[int]) -> int:
        number = self.numbers.pop(0)
        assert number in places
        return number


def noisy(example: Example, settings: dict[str, float], *rows: str, numbers: Sequence[int] = ()) -> Example:
    """rows: a letter a token, `x` where the chance comes true."""
    draw: Any = Written(*([YES if letter == "x" else NO for letter in row] for row in rows), numbers=numbers)
    done = augment(example, AugmentConfig(**settings), draw)
    assert not draw.rows
    assert not draw.numbers
    return done


def exact(text: Text) -> bool:
    """Whether every token stands in the text where it says, in order."""
    edges = [edge for token in text.tokens for edge in (token.start, token.end)]
    return edges == sorted(edges) and all(text.text[token.start : token.end] == token.text for token in text.tokens)


def tagged(words: str, labels: str) -> Example:
    return Example(text_of(words.split()), Tags(tuple(labels.split())), Source("data.conll", 7))


# ---- leaving tokens out ----------------------------------------------------------------------------------------------


def test_spans_and_relations_follow_tokens_that_are_left_out() -> None:
    example = sentence(
        "so old Ann Lee lives in Rome", [(2, 4, "Person"), (6, 7, "Place")], [(0, "lives in", 1)], line=5
    )
    done = noisy(example, DROP, "x..x.x.")
    person, place = Span(1, 2, "Person"), Span(3, 4, "Place")
    assert done.input == text_of(["old", "Ann", "lives", "Rome"])
    assert done.gold == Graph((person, place), (Relation(person, place, "lives in"),))
    assert done.source == Source("data.jsonl", 5)
    assert done.origin is example.input


def test_a_span_keeps_one_token_and_so_do_its_relations() -> None:
    example = sentence("Ann Lee left Rome", [(0, 2, "Person"), (3, 4, "Place")], [(0, "left", 1)])
    done = noisy(example, DROP, "xxxx", numbers=[1, 3])
    assert done.input == text_of(["Lee", "Rome"])
    assert done.gold.relations == (Relation(Span(0, 1, "Person"), Span(1, 2, "Place"), "left"),)


def test_a_name_inside_a_name_never_becomes_the_same_place() -> None:
    example = sentence("the mayor of Rome left", [(1, 4, "Person"), (3, 4, "Place")], [(0, "rules", 1)])
    done = noisy(example, DROP, "xxx..")  # which would leave both at "Rome"
    assert done.input == text_of(["mayor", "of", "Rome", "left"])
    assert done.gold.spans == (Span(0, 3, "Person"), Span(2, 3, "Place"))


def test_two_labels_of_one_place_stay_there_together() -> None:
    done = noisy(sentence("in big Rome", [(1, 3, "Place"), (1, 3, "Team")]), DROP, "xx.")
    assert done.gold.spans == (Span(0, 1, "Place"), Span(0, 1, "Team"))


def test_a_span_whose_beginning_is_left_out_begins_later() -> None:
    example = tagged("Ann Lee saw Bo Day", "B-P I-P O B-P I-P")
    done = noisy(example, DROP, "x.xx.")
    assert done.input == text_of(["Lee", "Day"])
    assert done.gold == Tags(("B-P", "B-P"))  # two spans, as before


def test_plain_labels_follow_their_tokens() -> None:
    done = noisy(tagged("it ran very fast", "PRON VERB ADV ADV"), DROP, "x.x.")
    assert (done.input, done.gold) == (text_of(["ran", "fast"]), Tags(("VERB", "ADV")))


def test_slots_follow_their_tokens_and_the_intent_stays() -> None:
    plain = tagged("fly to New Ulm today", "O O B-city I-city B-time")
    request = replace(plain, gold=Frame(Label(("Fly",)), plain.gold))
    done = noisy(request, DROP, "x.x..", numbers=[])
    assert done.input.text == "to Ulm today"
    assert done.gold == Frame(Label(("Fly",)), Tags(("O", "B-city", "B-time")))


def test_marked_spans_keep_a_token_and_their_relation() -> None:
    head, tail = Span(0, 2, "P"), Span(3, 5, "")
    marked = MarkedText(text_of(["Ann", "Lee", "met", "Bo", "Day"]), head, tail)
    done = noisy(Example(marked, Relation(head, tail, "met")), DROP, "x.xx.")
    assert done.input == MarkedText(text_of(["Lee", "Day"]), Span(0, 1, "P"), Span(1, 2, ""))
    assert done.gold == Relation(done.input.head, done.input.tail, "met")
    assert done.origin == marked


def test_a_text_keeps_a_token_that_can_be_seen() -> None:
    text = Text("\u200bwell read", (Token("\u200b", 0, 1), Token("well", 1, 5), Token("read", 6, 10)))
    assert noisy(Example(text, Label(("good",))), DROP, ".xx", numbers=[2]).input.text == "\u200b read"
    assert noisy(Example(text_of(["a", "b"]), Label(("good",))), DROP, "xx", numbers=[1]).input == text_of(["b"])


@pytest.mark.parametrize("text", [Text("", ()), Text(" \n", ())])
def test_a_text_without_tokens_stays_as_it_is(text: Text) -> None:
    example = Example(text, Label(("x",)))
    assert augment(example, AugmentConfig(1.0, 1.0, 1.0), np.random.default_rng(0)) == example


def test_a_class_stays_and_both_texts_of_a_pair_change() -> None:
    pair = TextPair(text_of(["who", "came", "?"]), text_of(["Ann", "came"]))
    example = Example(pair, Label(("yes",)), Source("pairs.tsv", 2))
    done = noisy(example, DROP, ".x.", "..", "..", ".x", ".", ".")
    assert done.input == TextPair(text_of(["who", "?"]), text_of(["Ann"]))
    assert (done.gold, done.source, done.origin) == (Label(("yes",)), Source("pairs.tsv", 2), pair)


@pytest.mark.parametrize(
    ("text", "dropped", "left"),
    [
        ("  she said,  then left.\n", "x.....", "  said,  then left.\n"),
        ("  she said,  then left.\n", ".x....", "  she ,  then left.\n"),
        ("  she said,  then left.\n", "..x...", "  she said  then left.\n"),
        ("  she said,  then left.\n", "....xx", "  she said,  then\n"),
        ("我爱,北京", "..x..", "我爱北京"),
        ("a (b) c", ".x...", "a b) c"),
    ],
)
def test_spaces_stay_as_they_were(text: str, dropped: str, left: str) -> None:
    tokens, at = [], 0
    for word in ["she", "said", ",", "then", "left", "."] if "she" in text else text.replace(" ", ""):
        at = text.index(word, at)
        tokens.append(Token(word, at, at := at + len(word)))
    done = noisy(Example(Text(text, tuple(tokens)), Label(("x",))), DROP, dropped)
    assert done.input.text == left
    assert exact(done.input)


# ---- exchanging tokens -----------------------------------------------------------------------------------------------


def test_tokens_change_places_inside_a_span_or_outside_all() -> None:
    example = sentence("so old Ann Lee left Rome", [(2, 4, "Person"), (5, 6, "Place")], [(0, "left", 1)])
    done = noisy(example, SWAP, "......", ".xxxxx")  # the others would cross an edge
    assert done.input == text_of(["old", "so", "Lee", "Ann", "left", "Rome"])
    assert done.gold == example.gold


def test_no_token_changes_places_twice() -> None:
    done = noisy(Example(text_of(["a", "b", "c", "d"]), Label(("x",))), SWAP, "....", "xxxx")
    assert done.input == text_of(["b", "a", "d", "c"])


def test_labels_go_where_their_tokens_go_and_spans_stay_legal() -> None:
    done = noisy(tagged("it ran very fast", "PRON VERB ADV ADV"), SWAP, "....", ".x..")
    assert (done.input, done.gold) == (text_of(["ran", "it", "very", "fast"]), Tags(("VERB", "PRON", "ADV", "ADV")))
    done = noisy(tagged("it saw Ann Lee", "O O B-P I-P"), SWAP, "....", ".xxx")
    assert (done.input, done.gold) == (text_of(["saw", "it", "Lee", "Ann"]), Tags(("O", "O", "B-P", "I-P")))


def test_neighbours_across_a_dropped_token_may_change_places() -> None:
    done = noisy(Example(text_of(["a", "b", "c"]), Label(("x",))), DROP | SWAP, ".x.", ".x")
    assert done.input == text_of(["c", "a"])


# ---- letters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "numbers", "changed"),
    [
        ("Anna left", [0, 1], "Anan left"),  # exchange the second of the pairs An, na
        ("Anna left", [1, 3], "Ann left"),  # leave the fourth letter out
        ("Anna left", [2, 0, 1], "Aena left"),  # replace the first of n, n and a by the second of a e f l t
        ("X Y", [0, 0, 0], "Y Y"),  # one letter can only be replaced
        ("I came", [], "I came"),  # by another capital
        ("1996 came", [], "1996 came"),
        ("é9 e", [0, 0, 0], "e9 e"),
        ("北 京", [0, 0, 0], "京 京"),
        ("北 a", [], "北 a"),
    ],
)
def test_one_letter_of_a_word_is_mistyped(words: str, numbers: list[int], changed: str) -> None:
    example = Example(text_of(words.split()), Label(("x",)))
    done = noisy(example, TYPE, "..", "..", "x.", numbers=numbers)
    assert done.input == text_of(changed.split())


# ---- laws ------------------------------------------------------------------------------------------------------------

RATES = st.sampled_from([0.0, 0.3, 1.0])
SETTINGS = st.builds(AugmentConfig, RATES, RATES, RATES)
SEEDS = st.integers(0, 2**32)


def drawn(example: Example, settings: AugmentConfig, seed: int) -> Example:
    return augment(example, settings, np.random.default_rng(seed))


@given(sentences(), SETTINGS, SEEDS)
def test_no_fact_of_a_graph_is_lost_or_made_up(example: Example, settings: AugmentConfig, seed: int) -> None:
    done = drawn(example, settings, seed)
    assert exact(done.input)
    assert all(0 <= span.start < span.end <= len(done.input.tokens) for span in done.gold.spans)
    moved = dict(zip(example.gold.spans, done.gold.spans, strict=True))
    assert len(set(moved.values())) == len(moved)
    assert all(old.label == new.label for old, new in moved.items())
    assert done.gold.relations == tuple(
        Relation(moved[item.head], moved[item.tail], item.label) for item in example.gold.relations
    )


@given(sentences(), SETTINGS, SEEDS)
def test_a_span_holds_its_own_tokens_and_no_others(example: Example, settings: AugmentConfig, seed: int) -> None:
    done = drawn(example, replace(settings, character_noise=0.0), seed)
    words, left = ([token.text for token in item.tokens] for item in (example.input, done.input))  # all different
    assert set(left) <= set(words)
    assert len(set(left)) == len(left)
    for old, new in zip(example.gold.spans, done.gold.spans, strict=True):
        inside = set(words[old.start : old.end])
        assert set(left[new.start : new.end]) == inside & set(left)


@given(sentences(), SETTINGS, SEEDS)
def test_tags_of_spans_stay_legal_and_as_many(example: Example, settings: AugmentConfig, seed: int) -> None:
    tags = tags_from_spans(example.gold.spans, len(example.input.tokens), "bio2")
    done = drawn(replace(example, gold=Tags(tuple(tags))), settings, seed)
    assert len(done.gold.labels) == len(done.input.tokens)
    assert illegal(done.gold.labels, "bio2") == []
    before, after = (spans_from_tags(labels, "bio2") for labels in (tags, done.gold.labels))
    assert [span.label for span in before] == [span.label for span in after]


@given(sentences(), SETTINGS, SEEDS)
def test_plain_labels_are_always_those_of_their_tokens(example: Example, settings: AugmentConfig, seed: int) -> None:
    labels = tuple(token.text.upper() for token in example.input.tokens)
    done = drawn(replace(example, gold=Tags(labels)), replace(settings, character_noise=0.0), seed)
    assert done.gold.labels == tuple(token.text.upper() for token in done.input.tokens)


@given(st.lists(st.text("abcÀß京都9-", min_size=1, max_size=6), min_size=1, max_size=6), SEEDS)
def test_a_mistyped_word_is_near_what_it_was(words: list[str], seed: int) -> None:
    done = drawn(Example(text_of(words), Label(("x",))), AugmentConfig(character_noise=1.0), seed)
    assert exact(done.input)
    for word, token in zip(words, done.input.tokens, strict=True):
        assert len(word) - 1 <= len(token.text) <= len(word)
        assert any(map(str.isalpha, token.text)) == any(map(str.isalpha, word))
        if len(word) == len(token.text):
            apart = [place for place, (old, new) in enumerate(zip(word, token.text, strict=True)) if old != new]
            assert len(apart) < 2 or (len(apart) == 2 and apart[0] + 1 == apart[1])
        else:
            assert token.text in {word[:place] + word[place + 1 :] for place in range(len(word))}


@given(sentences(), SETTINGS, SEEDS)
def test_the_same_random_numbers_give_the_same_noise(example: Example, settings: AugmentConfig, seed: int) -> None:
    first, second = drawn(example, settings, seed), drawn(example, settings, seed)
    assert first == second
    assert drawn(example, AugmentConfig(), seed) == example


def test_noise_is_as_frequent_as_it_is_asked_for() -> None:
    words = [f"{first}{second}" for first, second in itertools.product("abcdefghijklmnopqrst", repeat=2)]  # 400
    example = Example(text_of(words), Label(("x",)))
    dropped = drawn(example, AugmentConfig(token_dropout=0.25), 0).input.tokens
    assert pytest.approx(400 - len(dropped), abs=4 * (400 * 0.25 * 0.75) ** 0.5) == 400 * 0.25
    typed = drawn(example, AugmentConfig(character_noise=0.25), 0).input.tokens
    changed = sum(word != token.text for word, token in zip(words, typed, strict=True))
    assert changed == pytest.approx(100, abs=4 * (400 * 0.25 * 0.75) ** 0.5)
