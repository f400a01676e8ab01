"""DyGIE's JSON lines, a document each, and what is written like them.

{"sentences": [["Ida", …], …], "ner": [[[0, 0, "PER"], …], …], "relations": [[[0, 0, 3, 3, "left"], …], …]}
{"sentence": ["Ida", …], "ner": [[0, 0, "PER"], …], "relations": [[0, 0, 3, 3, "left"], …]}
{"sentence": ["Ida", …], "ner": [{"index": [0], "type": "PER"}, …]}

Offsets count the tokens of the DOCUMENT, and ends are inclusive; `ner` and `relations` have a list a sentence. An
example is a whole document, a sentence a line, or with `data.by_sentence` a sentence. In the third form, that of W2NER,
an entity may be in several pieces; it is lost and counted. Coreference and events are passed over and counted.
Wadden et al. 2019, https://aclanthology.org/D19-1585; Li et al. 2022, https://arxiv.org/abs/2112.10070.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read.brat import DISCONTINUOUS
from spanloom.read.parts.blanks import Kept, blanks_left_out
from spanloom.read.parts.by_sentence import by_sentence
from spanloom.read.parts.entities_alone import NO_RELATIONS, marks
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, of_kind, shown
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.texts import joined_sentences
from spanloom.read.parts.token_spans import inclusive, span_at
from spanloom.text.counts import several

DOCUMENT, SENTENCE = "sentences", "sentence"
GOLD = ("ner", "relations")
BESIDE = {"clusters": "coreference cluster", "events": "event", "event_clusters": "cluster of events"}
"""Gold that is passed over, and what there is a list of."""
KEYS = Keys(
    tuple(frozenset({text, gold}) for text in (DOCUMENT, SENTENCE) for gold in GOLD),
    gold=GOLD,
    inputs=(DOCUMENT, SENTENCE, *BESIDE),
)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a document, or a sentence. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        whole, sentences = _document(item, source, config)
        if config.by_sentence:
            yield from by_sentence(whole, sentences)
        else:
            yield whole


def _document(item: Item, source: Source, config: DataConfig) -> tuple[Example, list[tuple[int, int]]]:
    """The document, and the tokens of each of its sentences."""
    where = str(source)
    nested = DOCUMENT in item
    values = field(item, DOCUMENT, list, where) if nested else [field(item, SENTENCE, list, where)]
    sentences = [
        [of_kind(word, str, where, "a token") for word in of_kind(value, list, where, "a sentence")] for value in values
    ]
    text, numbers = joined_sentences(sentences, where, config)
    kept = Kept([], [*(number for sentence in numbers for number in sentence[:-1]), len(text.tokens)])
    notes = [*_beside(item, source), *blanks_left_out(sentences, source)]
    KEYS.refuse_other_gold(item, where, config)
    for key in GOLD:
        KEYS.refuse_misspelt(key, item, where, config)
    gold, lost = None, list[LostFact]()
    if any(key in item for key in GOLD):
        entities = _entities(_lists(item, "ner", nested, len(sentences), where), sentences, where, lost)
        given = _lists(item, "relations", nested, len(sentences), where)
        length = len(kept.numbers) - 1
        relations = [_relation(value, entities, length, where) for values in given for value in values]
        gold, gone = kept.graph(entities, relations)
        lost += gone
        notes += marks(item, source, "relations", NO_RELATIONS)
    whole = Example(text, gold, source, lost=tuple(lost), mended=tuple(notes), fields=other_fields(item, KEYS.read))
    return whole, [(sentence[0], sentence[-1]) for sentence in numbers]


def _beside(item: Item, source: Source) -> Iterator[tuple[Source, str]]:
    """What is passed over, by its kind."""
    for key, what in BESIDE.items():
        if isinstance(item.get(key), list) and any(item[key]):
            listed = key == "events" and DOCUMENT in item  # for each sentence, as entities are
            size = sum(len(one) for one in item[key] if isinstance(one, list)) if listed else len(item[key])
            yield source, f"{what} passed over: {several(size, what)}"


def _lists(item: Item, key: str, nested: bool, count: int, where: str) -> list[list[Any]]:
    """What a key has for each sentence. Raises DataError."""
    if key not in item:
        return [[]] * count
    values = field(item, key, list, where)
    if not nested:
        return [values]
    if len(values) != count:
        found = f"'{key}' has {several(len(values), 'list')} for {several(count, 'sentence')}"
        raise DataError(where, found, "one list a sentence", "Correct the value.")
    return [of_kind(value, list, where, f"an item of '{key}'") for value in values]


def _entities(
    lists: Sequence[Sequence[Any]], sentences: Sequence[Sequence[str]], where: str, lost: list[LostFact]
) -> list[Span]:
    ends = list(accumulate(map(len, sentences)))
    found = []
    for number, values in enumerate(lists):
        place = (ends[number] - len(sentences[number]), ends[number])
        found += [span for value in values if (span := _entity(value, place, number, where, lost)) is not None]
    return found


def _entity(value: Any, place: tuple[int, int], sentence: int, where: str, lost: list[LostFact]) -> Span | None:
    """An entity of a sentence that stands at this place; None where it is in pieces. Raises DataError."""
    if isinstance(value, dict):
        numbers = [
            of_kind(one, int, where, "a token of an entity") for one in field(value, "index", list, where, "ner")
        ]
        edges, label = (numbers[:1] + numbers[-1:]), value.get("type")
        apart = numbers != list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
    else:
        edges, label, apart = list(of_kind(value, list, where, "an entity of 'ner'"))[:2], _third(value), False
    if len(edges) < 2:
        raise DataError(where, f"an entity is {shown(value)}", "[first, last, label]", "Correct the value.")
    name = class_name(label, where, "the label of 'ner'")
    span = Span(*inclusive(edges, max(place[1], 1), where, "an entity"), name)
    if apart:
        lost.append(LostFact("entity", name, "", DISCONTINUOUS))
        return None
    if span.start < place[0]:
        found = f"an entity from {span.start} to {span.end - 1}, listed for sentence {sentence}"
        expected = f"tokens {place[0]} to {place[1] - 1}, as offsets count from the document's beginning"
        raise DataError(where, found, expected, "Correct the offsets.")
    return span


def _third(value: Sequence[Any]) -> Any:
    return value[2] if len(value) > 2 else None


def _relation(value: Any, spans: Sequence[Span], length: int, where: str) -> Relation:
    parts = of_kind(value, list, where, "a relation")
    if len(parts) < 5:
        found = f"a relation is {shown(parts)}"
        raise DataError(where, found, "[first, last, first, last, label]", "Correct the value.")
    places = [inclusive(parts[at : at + 2], length, where, "an end of a relation") for at in (0, 2)]
    head, tail = (span_at(place, spans, where) for place in places)
    return Relation(head, tail, class_name(parts[4], where, "the label of a relation"))


FORMAT = Format(
    name="dygie",
    shape="sentences or sentence, ner and relations that count the document's tokens",
    answer=Graph,
    fit=KEYS.fit,
    read=read,
    keys=KEYS.read,
    keeps=True,
    sentences=True,
)
