"""Small sentences with one label a token, written down or drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from spanloom.answers.tags import Tags
from spanloom.core import Example, Source
from spanloom.text.tags import tags_from_spans
from tests.tasks.sentences import WORDS, Place, sentence, text_of


def tagged(words: str, labels: str, line: int = 1) -> Example:
    """Words and their labels, both parted by spaces."""
    return Example(text_of(words.split()), Tags(tuple(labels.split())), Source("data.conll", line))


def with_spans(words: str | Sequence[str], spans: Sequence[Place], line: int = 1) -> Example:
    """Spans as (start, end, label), none of which overlap, in BIO2."""
    example = sentence(words, spans, line=line)
    labels = tags_from_spans(example.gold.spans, len(example.input.tokens), "bio2")
    return Example(example.input, Tags(tuple(labels)), Source("data.conll", line))


@st.composite
def tagged_sentences(draw: st.DrawFn, labels: Sequence[str] = "XY") -> Example:
    """Any legal BIO2 at all."""
    size = draw(st.integers(1, len(WORDS)))
    spans: list[Place] = []
    at = 0
    while at < size:
        end = min(size, at + draw(st.integers(1, 3)))
        if labels and draw(st.booleans()):
            spans.append((at, end, draw(st.sampled_from(labels))))
        at = end
    return with_spans(WORDS[:size], spans, draw(st.integers(1, 99)))
