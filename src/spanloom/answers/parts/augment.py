"""Training examples with noise in them, and gold that follows its tokens. Pure, as `text.noise` is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spanloom.answers import kind_of
from spanloom.config import AugmentConfig
from spanloom.core import Example
from spanloom.inputs import MarkedText, Span, TextPair
from spanloom.text.noise import with_noise


def augment(example: Example, settings: AugmentConfig, draw: np.random.Generator) -> Example:
    """The example with the noise that `settings` ask for, and gold that says the same of what is left.

    Every span keeps a token, and spans in different places stay in different places, so no gold fact ever goes.
    """
    item, gold = example.input, example.gold
    if isinstance(item, TextPair):
        first, second = (with_noise(text, (), settings, draw)[0] for text in (item.first, item.second))
        return replace(example, input=TextPair(first, second), origin=example.origin or item)
    following = kind_of(gold).noise
    assert following is not None or gold is None, f"gold of the type {type(gold).__name__} cannot follow noise"
    marked = (item.head, item.tail) if isinstance(item, MarkedText) else ()
    spans = [*marked, *(following.spans(gold) if following else ())]
    places = {(span.start, span.end) for span in spans}
    text, order = with_noise(item.text if isinstance(item, MarkedText) else item, places, settings, draw)
    moved = dict(zip(spans, _moved(spans, order), strict=True))
    changed = MarkedText(text, moved[item.head], moved[item.tail]) if isinstance(item, MarkedText) else text
    followed = following.follow(gold, order, moved) if following else gold
    return replace(example, input=changed, gold=followed, origin=example.origin or item)


def _moved(spans: Sequence[Span], order: Sequence[int]) -> list[Span]:
    """Where the spans stand when of the tokens only those in `order` are left: they move by the tokens gone before."""
    left = np.sort(order)
    return [
        replace(span, start=int(np.searchsorted(left, span.start)), end=int(np.searchsorted(left, span.end)))
        for span in spans
    ]
