"""Small requests with an intent and slots, written down or drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Example, Source
from tests.tasks.sentences import text_of
from tests.tasks.tagged import tagged_sentences


def request(words: str, intent: str, tags: str, line: int = 1) -> Example:
    """Words and their tags, both parted by spaces."""
    gold = Frame(Label((intent,)), Tags(tuple(tags.split())))
    return Example(text_of(words.split()), gold, Source("data.jsonl", line))


@st.composite
def requests(draw: st.DrawFn, intents: Sequence[str] = ("Ask", "Buy", "Ask#Buy")) -> Example:
    """Any intent with any legal BIO2 at all."""
    example = draw(tagged_sentences())
    gold = Frame(Label((draw(st.sampled_from(intents)),)), example.gold)
    return Example(example.input, gold, example.source)
