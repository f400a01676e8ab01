"""What a page draws of any answer: a text with spans in it, relations between them, and labels of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shown = Mapping[str, Any]
"""What a user sees of an answer, as `Task.show` gives it."""

Drawing = Mapping[str, Any]
"""What is shown, with all that is drawn:

text        of the input, several texts one below the other
entities    spans: `start`, `end` (characters of that text, half-open), `text`, `label`, and `score` where there is one
relations   `head` and `tail`, places in `entities`; `label`, and `score` where there is one
labels      of the whole: `label`, and `score` where there is one
notes       beside the labels, where there are any: `text`, and whether it is a `warning`
thumbnails  of a picture: `image`, itself, and `heat`, with what spoke for its class on it, as data URIs

Where labels differ from fact to fact, `kind` is what a legend calls them; two labels are the same where `key` is.
"""

FACTS = ("entities", "relations", "labels")
TEXTS = ("text", "first", "second")
TURNS = "turns"


def as_given(shown: Shown) -> Drawing:
    """A drawing of what is shown under the names of a drawing; of what has no text, all of it as text."""
    known = {name: shown.get(name, ()) for name in FACTS}
    text = shown_text(shown) if shown.keys() & {*TEXTS, TURNS} else _fields(shown)
    return {**shown, "text": text, **known}


def shown_text(shown: Shown) -> str:
    """The text, both texts, or the turns, one below the other."""
    return "\n".join(shown_texts(shown))


def shown_texts(shown: Shown) -> tuple[str, ...]:
    """The text, both texts, or the turns, as the user gave them."""
    return *(shown[key] for key in TEXTS if isinstance(shown.get(key), str)), *map(str, shown.get(TURNS, ()))


def _fields(shown: Shown) -> str:
    written = {*FACTS, "source"}
    return "\n".join(f"{name}: {value}" for name, value in shown.items() if name not in written)
