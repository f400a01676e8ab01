from __future__ import annotations

from spanloom.text.vocab import PAD, UNKNOWN, Vocabulary


def test_the_most_frequent_come_first_and_ties_are_in_order() -> None:
    vocabulary = Vocabulary.fit(["b", "a", "c", "a", "b", "d"])
    assert vocabulary.words == ("a", "b", "c", "d")
    assert [vocabulary.number(word) for word in vocabulary.words] == [2, 3, 4, 5]
    assert len(vocabulary) == 6


def test_0_pads_and_1_is_unknown() -> None:
    vocabulary = Vocabulary(["a"])
    assert (PAD, UNKNOWN) == (0, 1)
    assert vocabulary.number("z") == UNKNOWN
    assert Vocabulary([]).number("a") == UNKNOWN
    assert len(Vocabulary([])) == 2


def test_the_limit_and_the_least_count() -> None:
    words = ["a", "a", "a", "b", "b", "c"]
    assert Vocabulary.fit(words, limit=2).words == ("a", "b")
    assert Vocabulary.fit(words, least=2).words == ("a", "b")
    assert Vocabulary.fit(words, limit=1, least=2).words == ("a",)
    assert Vocabulary.fit(words, limit=0).words == ("a", "b", "c")


def test_a_word_never_seen_is_tried_in_lower_case() -> None:
    vocabulary = Vocabulary(["apple", "Apple", "pear"])
    assert vocabulary.number("Apple") == 3
    assert vocabulary.number("APPLE") == 2
    assert vocabulary.number("PEAR") == 4
    assert Vocabulary(["Apple"]).number("apple") == UNKNOWN


def test_membership_is_of_the_word_as_written() -> None:
    vocabulary = Vocabulary(["apple"])
    assert "apple" in vocabulary
    assert "Apple" not in vocabulary
