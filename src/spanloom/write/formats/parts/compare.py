"""Is what was written what is read back? Examples are compared by what they say, whatever their order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from spanloom.answers import kind_of
from spanloom.core import Example, LostFact
from spanloom.inputs import Relation, Span, Text, TextPair, texts_of
from spanloom.read.parts.locate import INSIDE_A_TOKEN
from spanloom.text.words import covering, tokenize
from spanloom.write.formats.parts.held import ID
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Holds, Target


def compare(written: Iterable[Example], back: Iterable[Example], target: Target, ledger: Ledger) -> int:
    """How many of the examples that were written come back as they were; what differs goes to the ledger.

    written: as the format holds them. back: read from what was written.
    """
    waiting: dict[Hashable, list[Example]] = defaultdict(list)
    for example in back:
        waiting[_words(example, target)].append(example)
    same = 0
    for example in written:
        expected = as_read(example, target)
        found = waiting[_words(expected, target)]
        number = next(
            (at for at, one in enumerate(found) if said(one, target, expected) == said(expected, target, expected)),
            None,
        )
        if number is not None:
            same += not list(_cut(example, expected, ledger))
            del found[number]
        elif found:
            _differ(expected, found.pop(0), target, ledger)
        else:
            ledger.lose("text that is not there", example.source, _beginning(example))
    for example in (one for found in waiting.values() for one in found):
        ledger.lose("text that was not written", example.source, _beginning(example))
    return same


def _beginning(example: Example) -> str:
    return repr(texts_of(example.input)[0].text[:60])


def _cut(example: Example, expected: Example, ledger: Ledger) -> Iterator[LostFact]:
    for fact in expected.lost[len(example.lost) :]:
        ledger.lose(f"{fact.kind} of which our tokens hold a part alone", example.source, fact.text)
        yield fact


def _differ(expected: Example, found: Example, target: Target, ledger: Ledger) -> None:
    for name, before, after in zip(
        ("annotation", "fact that had no place", "id", "field"),
        said(expected, target, expected),
        said(found, target, expected),
        strict=True,
    ):
        if before != after:
            ledger.lose(f"{name} that differs", expected.source, f"{before!r} was written, {after!r} is there"[:300])


def said(example: Example, target: Target, written: Example) -> tuple[Hashable, Hashable, Hashable, Hashable]:
    """What an example says beside its words: its gold, what is lost, its id, its other fields.

    written: the one that it is compared with; where that has no id, one that a format gives to each is no difference.
    """
    others = {name: value for name, value in example.fields.items() if name != ID}
    return (
        _unordered(example.gold),
        _unordered(example.lost if Holds.lost in target.holds or not target.answers else ()),
        str(example.fields.get(ID)) if Holds.ids in target.holds and ID in written.fields else "",
        repr(sorted(others.items())) if Holds.fields in target.holds else "",
    )


def _words(example: Example, target: Target) -> Hashable:
    """The texts, or, where the format keeps no spaces, their tokens."""
    if Holds.spacing in target.holds or not target.answers:
        return repr(example.input)
    return tuple(tuple(token.text for token in text.tokens) for text in texts_of(example.input))


def _unordered(value: Any) -> Hashable:
    """Gold as a value that two golds share which say the same facts in another order."""
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return frozenset(Counter(map(_unordered, value)).items())
    if is_dataclass(value):
        compared = [field.name for field in fields(value) if field.compare]
        return (type(value).__name__, *(_unordered(getattr(value, name)) for name in compared))
    return value  # type: ignore[no-any-return]


def as_read(example: Example, target: Target) -> Example:
    """The example cut into our own tokens, where the format holds no others; what cuts one of these is lost."""
    if Holds.tokens in target.holds or not target.answers:
        return example
    if isinstance(example.input, TextPair):
        pair = example.input
        return replace(example, input=TextPair(_recut(pair.first), _recut(pair.second)))
    kind = kind_of(example.gold)
    text = _recut(example.input)
    if kind.graph is None or kind.of_graph is None or text == example.input:
        return replace(example, input=text)
    old, spans, relations = kind.graph(example.input, example.gold)
    places = {span: covering(text.tokens, *old.characters(span)) for span in spans}
    moved = {span: replace(span, start=place[0], end=place[1]) for span, place in places.items() if place}
    lost = [LostFact("entity", span.label, old.surface(span), INSIDE_A_TOKEN) for span in spans if span not in moved]
    joined: list[Relation] = []
    for one in relations:
        head, tail = moved.get(one.head), moved.get(one.tail)
        if head is None or tail is None:
            lost.append(LostFact("relation", one.label, old.describe(one), INSIDE_A_TOKEN))
        else:
            joined.append(replace(one, head=head, tail=tail))
    kept: list[Span] = [moved[span] for span in spans if span in moved]
    gold = kind.of_graph(kept, joined, len(text.tokens))
    return replace(example, input=text, gold=gold, lost=(*example.lost, *lost))


def _recut(text: Text) -> Text:
    return Text(text.text, tokenize(text.text))
