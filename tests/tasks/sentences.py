"""Small annotated sentences for the joint task, written down or drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from spanloom.answers.graph import Graph
from spanloom.core import Example, LostFact, Source
from spanloom.inputs import Relation, Span, Text, Token

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
Place = tuple[int, int, str]


def text_of(words: Sequence[str]) -> Text:
    """Words joined by spaces."""
    tokens, at = [], 0
    for word in words:
        tokens.append(Token(word, at, at + len(word)))
        at += len(word) + 1
    return Text(" ".join(words), tuple(tokens))


def sentence(
    words: str | Sequence[str],
    spans: Sequence[Place] = (),
    relations: Sequence[tuple[int, str, int]] = (),
    line: int = 1,
    lost: Sequence[LostFact] = (),
) -> Example:
    """Spans as (start, end, label); relations as (number of the head, label, number of the tail)."""
    nodes = [Span(*place) for place in spans]
    edges = tuple(Relation(nodes[head], nodes[tail], label) for head, label, tail in relations)
    words = words.split() if isinstance(words, str) else words
    return Example(text_of(words), Graph(tuple(nodes), edges), Source("data.jsonl", line), lost=tuple(lost))


@st.composite
def sentences(draw: st.DrawFn, entities: Sequence[str] = "XY", relations: Sequence[str] = "rs") -> Example:
    """Any gold at all over words that are all different: nested, crossing, repeated, with itself, both ways."""
    size = draw(st.integers(1, len(WORDS)))
    place = st.tuples(st.integers(0, size - 1), st.integers(1, 3), st.sampled_from(entities))
    spans = [(start, min(start + length, size), label) for start, length, label in draw(st.lists(place, max_size=6))]
    number = st.integers(0, len(spans) - 1)
    can_relate = bool(spans and relations)
    edges = draw(st.lists(st.tuples(number, st.sampled_from(relations), number), max_size=6)) if can_relate else []
    return sentence(WORDS[:size], spans, edges, draw(st.integers(1, 99)))
