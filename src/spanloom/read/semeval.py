"""Pairs of marked nouns as SemEval-2010 task 8 is commonly shared, in JSON lines.

`{"relation": "Cause-Effect(e2,e1)", "tokens": ["The", …], "head": [text, id, [[1]]], "tail": [text, id, [[6]]]}`.
The lists of indices say where in `tokens` a mention stands; the first is read. The label is kept as it is written.
"""

from __future__ import annotations

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.read.parts.blanks import Kept, tokens_of
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, each_object, field, of_kind, shown
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.texts import joined

INPUTS = ("tokens", "head", "tail")
KEYS = Keys((frozenset(INPUTS),), gold=("relation",), inputs=INPUTS, classes=True)


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    kept = tokens_of(item, "tokens", source, config)
    head, tail = (_mention(item, key, kept, where) for key in ("head", "tail"))
    marked = MarkedText(joined(kept.words, where, config), head, tail)
    if "relation" not in item:
        KEYS.refuse_other_gold(item, where, config)
        return Example(marked, None, source, mended=kept.notes)
    gold = Relation(head, tail, class_name(item["relation"], where, "'relation'"))
    return Example(marked, gold, source, mended=kept.notes)


def _mention(item: Item, key: str, kept: Kept, where: str) -> Span:
    """Where the first mention of `head` or `tail` stands among the tokens that are kept."""
    mention = field(item, key, list, where)
    places = mention[2] if len(mention) == 3 else None
    if not isinstance(places, list) or not places or not isinstance(places[0], list) or not places[0]:
        expected = "[text, id, [[token indices]]]"
        raise DataError(where, f"'{key}' is {shown(mention)}", expected, "Correct the value.")
    numbers = [of_kind(number, int, where, f"a token index of '{key}'") for number in places[0]]
    start, end, last = numbers[0], numbers[0] + len(numbers), kept.given - 1
    if numbers != list(range(start, end)) or start < 0 or end - 1 > last:
        expected = f"neighbours in order, from 0 to {last}"
        raise DataError(where, f"'{key}' stands at the tokens {shown(numbers)}", expected, "Correct the indices.")
    start, end = kept.place(start, end)
    if start == end:
        found = f"'{key}' stands at the tokens {shown(numbers)}, which are blank"
        raise DataError(where, found, "a word or more", "Correct the indices, or remove the example.")
    return Span(start, end, "")


FORMAT = Format(
    name="semeval",
    shape="JSON: relation, tokens, head and tail as [text, id, [[token indices]]]",
    answer=Relation,
    fit=KEYS.fit,
    read=each_object(_example),
    keys=KEYS.read,
)
