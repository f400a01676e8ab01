"""Labels of texts and of pairs to the toolkit's own JSON lines, which `read.label_lines` reads back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.label import Label
from spanloom.core import Example, Text, TextPair


def labels_to_dict(text: Text | TextPair, answer: Label) -> dict[str, Any]:
    """What a user sees of an answer: the text, or the first and second, and `labels`, each with its score if any."""
    scores = answer.scores or (None,) * len(answer.names)
    labels = [
        {"label": name} if score is None else {"label": name, "score": float(score)}
        for name, score in zip(answer.names, scores, strict=True)
    ]
    return {**texts_to_dict(text), "labels": labels}


def label_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    if example.gold is None:
        return texts_to_dict(example.input)
    return labels_to_dict(example.input, replace(example.gold, scores=None))


def texts_to_dict(text: Text | TextPair) -> dict[str, str]:
    """A text as `text`, a pair as `first` and `second`."""
    if isinstance(text, TextPair):
        return {"first": text.first.text, "second": text.second.text}
    return {"text": text.text}
