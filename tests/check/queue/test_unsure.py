"""Which unannotated texts come first."""

from __future__ import annotations

import pytest

from spanloom.answers.parts.facts import ENTITIES
from spanloom.check.queue.unsure import doubts, most_unsure
from spanloom.core import Claim, Example
from spanloom.inputs import Text
from spanloom.text.words import tokenize

ADA, ADA_BYRON, ULM = (Claim(ENTITIES, label, at) for label, at in (("P", (0, 1)), ("P", (0, 2)), ("C", (3, 4))))


def test_doubt_is_the_number_of_statements_that_would_be_wrong_or_missing() -> None:
    found = doubts(7, {ADA: 0.3, ADA_BYRON: 0.6, ULM: 0.9}, frozenset({ENTITIES}))
    assert found.errors == pytest.approx(0.3 + 0.4 + 0.1)
    assert (found.number, found.claims) == (7, {ADA_BYRON: 0.6, ULM: 0.9})


def test_of_statements_that_compete_the_likeliest_is_answered() -> None:
    sure = {ADA: 0.55, ADA_BYRON: 0.6}
    assert doubts(0, sure, frozenset({ENTITIES})).claims == {ADA_BYRON: 0.6}
    assert doubts(0, sure, frozenset()).claims == sure


def test_a_text_counts_for_as_much_as_it_is_not_like_one_before_it() -> None:
    texts = ["a b c d e f", "a b c d e g", "h i j k l", "a b c x y z"]
    examples = [Example(Text(words, tokenize(words))) for words in texts]
    errors = [1.0, 0.9, 0.5, 0.45]
    pool = [doubts(number, {ADA: value / 2, ULM: value / 2}, frozenset()) for number, value in enumerate(errors)]
    # Of the runs of text 1, three of four are those of text 0: it counts .9 * (1 - 3 / 5); text 3 .45 * (1 - 1 / 7).
    assert [each.number for each in most_unsure(pool, examples)] == [0, 2, 3, 1]
