"""What was predicted of a long text window by window, merged again.

Nothing is dropped in silence: every token stands in at least one window. What no window holds together is left to the
task, see `revisit.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spanloom.answers import kind_of
from spanloom.contracts import Codec
from spanloom.inputs import Dialogue, Text
from spanloom.text.counts import several
from spanloom.text.windows import Window, windows_of


def places_of(item: Any, codec: Codec) -> list[Window] | None:
    """The windows of a text, in tokens, none if it is empty; None for an input that is never cut.

    Of a dialogue the last turn is asked about: where it is empty, so is the answer.
    """
    if isinstance(item, Dialogue):
        return None if item.turns[-1].tokens else []
    if not isinstance(item, Text):
        return None
    words, sentences = _read_at_once(codec)
    if words is None:
        return None if item.tokens else []
    return windows_of(item, words, sentences)


def limit_of(codec: Codec) -> str:
    """What a model reads at once, such as "200 words", "" where it does not say."""
    words, sentences = _read_at_once(codec)
    if words is None:
        return ""
    if sentences is None:
        return several(words, "word")
    return f"{several(words, 'word')} or {several(sentences, 'sentence')}"


def _read_at_once(codec: Codec) -> tuple[int | None, int | None]:
    return codec.max_words, codec.max_sentences


def merged(answers: Sequence[Any], places: Sequence[Window], codec: Codec) -> Any:
    """One answer from those for the windows of a text; by the codec where it takes more than their positions."""
    by_codec = codec.merge(answers, [end - start for start, end in places]) if len(answers) > 1 else None
    return merge(answers, places) if by_codec is None else by_codec


def merge(answers: Sequence[Any], places: Sequence[Window]) -> Any:
    """One answer, in the tokens of the whole text, from one or more answers, each in the tokens of its window."""
    if len(answers) == 1 and places[0][0] == 0:
        return answers[0]
    merge_windows = kind_of(answers[0]).merge
    assert merge_windows is not None, f"{type(answers[0]).__name__} is an answer for a whole input"
    return merge_windows(answers, places)
