"""Long training examples as several shorter ones, each with the part of the gold that stands in it."""

from __future__ import annotations

from dataclasses import replace

from spanloom.answers import kind_of
from spanloom.core import Example
from spanloom.inputs import Text
from spanloom.text.windows import part_of_text, windows_of


def excerpts(example: Example, max_words: int) -> list[Example]:
    """The windows of an example as examples of their own, in order; the example alone where it is short enough.

    What stands in a window is for the type of gold to say (`AnswerKind.parted`). What no window holds whole, and what
    the example had lost before, is lost by the first.
    """
    text: Text = example.input
    if len(text.tokens) <= max_words:
        return [example]
    parting = kind_of(example.gold).parted
    assert parting is not None, f"gold of the type {type(example.gold).__name__} is for a whole input"
    gold, windows = parting(example.gold), windows_of(text, max_words)
    parts = [
        replace(
            example,
            input=part_of_text(text, window),
            gold=gold.within(window),
            ambiguous=0,
            lost=(),
            mended=(),
            origin=text,
        )
        for window in windows
    ]
    lost = (*example.lost, *gold.in_none(text, windows))
    parts[0] = replace(parts[0], ambiguous=example.ambiguous, lost=lost, mended=example.mended)
    return parts
