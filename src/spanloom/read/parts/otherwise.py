"""Gold of one type that says spans, as gold of another that says them too."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from spanloom.answers.parts.kind import AnswerKind
from spanloom.core import Example, LostFact
from spanloom.inputs import Relation, Span, Text, texts_of

OVERLAPS = "overlaps another entity"
Says = Callable[[Any, Any], tuple[Text, Sequence[Span], Sequence[Relation]]]
"""(input, gold) -> a text, and the spans and relations that its gold says."""


def otherwise(examples: Iterator[Example], says: Says, wanted: AnswerKind) -> Iterator[Example]:
    """The examples with gold of the wanted kind, which says spans; a span that it cannot say beside others is lost."""
    assert wanted.of_graph is not None
    assert wanted.graph is not None
    for example in examples:
        if example.gold is None:
            yield dataclasses.replace(example, input=texts_of(example.input)[0])
            continue
        text, spans, relations = says(example.input, example.gold)
        gold = wanted.of_graph(spans, relations, len(text.tokens))
        left = Counter(spans) - Counter(wanted.graph(text, gold)[1])
        lost = [LostFact("entity", span.label, text.surface(span), OVERLAPS) for span in left.elements()]
        yield dataclasses.replace(example, input=text, gold=gold, lost=(*example.lost, *lost))
