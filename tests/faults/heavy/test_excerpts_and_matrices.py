"""Long documents cut into windows, and confusion matrices of many labels, cost in proportion to what is in them."""

from __future__ import annotations

import itertools
import time

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.parts.excerpts import excerpts
from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.write.confusion import confusion_matrix, confusion_svg


def document(words: int, kind: str) -> Example:
    text = Text("ab " * words, tuple(Token("ab", 3 * at, 3 * at + 2) for at in range(words)))
    if kind == "tags":
        return Example(text, Tags(("B-x", "O") * (words // 2)))
    spans = tuple(Span(at, at + 1, "N") for at in range(0, words, 2))
    pairs = zip(spans[::3], spans[1::3], strict=False)
    return Example(text, Graph(spans, tuple(Relation(head, tail, "r") for head, tail in pairs)))


def seconds(words: int, kind: str) -> float:
    example, best = document(words, kind), float("inf")
    for _ in range(3):
        began = time.process_time()
        excerpts(example, 100)
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize("kind", ["graph", "tags"])
def test_windows_of_four_times_the_words_take_four_times_the_time(kind: str) -> None:
    assert seconds(32_000, kind) < 8 * seconds(8_000, kind)


def test_a_matrix_of_many_labels_is_no_larger_than_what_is_drawn() -> None:
    """A square of all of them would hold 400 million counts."""
    names = [f"label {number:05}" for number in range(20_000)]
    table = {name: {"found": 1, "gold": 3, "predicted": 2} for name in names}
    confusions = [{"gold": one, "predicted": other, "count": 1} for one, other in itertools.pairwise(names)]
    card = {"labels": {"Classes": table}, "errors": {"confusions": confusions}}
    found = confusion_matrix(card)
    assert found is not None
    shown, counts = found
    assert shown[-2:] == ["19960 rarer labels", "(none)"]
    assert [len(row) for row in counts] == [42] * 42
    assert sum(sum(row) for row in counts[:-1]) == 3 * len(names), "every gold label stands in one row"
    assert sum(row[40] for row in counts) == 2 * 19_960
    assert confusion_svg(card) is not None
