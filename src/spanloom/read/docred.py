"""DocRED's JSON: `{"title", "sents": [[token, …], …], "vertexSet": [[mention, …], …], "labels": [{"h", "t", "r"}]}`.

Yao et al. 2019, https://arxiv.org/abs/1906.06127; Re-DocRED (Tan et al. 2022, https://arxiv.org/abs/2205.12696) is the
same. An example is a whole document: its tokens joined by single spaces, a sentence a line.

An item of `vertexSet` is an entity, all mentions of which are spans; `h` and `t` of a relation index entities. A
relation of entities is given to their nearest mentions, of equally near ones to the first: gold has each fact once.
That it holds between other mentions of the two as well follows from coreference, which a `Graph` does not say. Of a
document without the key `labels`, as in the test part, the relations are unknown.

With `data.by_sentence` an example is a sentence. A relation belongs to the one sentence that is all of its `evidence`;
of any other sentence with both of its entities nobody knows whether it says so: there its label is `unclear`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read.parts.blanks import BLANK, blanks_left_out
from spanloom.read.parts.entities_alone import NO_LABELS, marks
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, object_of, of_kind, shown
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.locate import Place, nearest
from spanloom.read.parts.offsets import label_of
from spanloom.read.parts.texts import joined_sentences
from spanloom.text.counts import several

KEYS = Keys((frozenset({"vertexSet", "sents"}),), gold=("labels",), inputs=("sents", "vertexSet", "title"))

Mentions = dict[Place, Span]
"""The mentions of an entity by their place, in text order."""


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a document, or a sentence. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        if config.by_sentence:
            yield from _sentences(item, source, config)
        else:
            yield _example(item, source, config)


def _sentences(item: Item, source: Source, config: DataConfig) -> Iterator[Example]:
    where = str(source)
    _example(item, source, config)  # raises for what is wrong with the document
    for number, sentence in enumerate(item["sents"]):
        if not any(word.strip() for word in sentence):
            continue
        inside = [[mention for mention in entity if mention["sent_id"] == number] for entity in item["vertexSet"]]
        place = {entity: at for at, entity in enumerate(index for index, mentions in enumerate(inside) if mentions)}
        part: dict[str, Any] = {
            "sents": [sentence],
            "vertexSet": [[{**mention, "sent_id": 0} for mention in mentions] for mentions in inside if mentions],
        }
        unclear = set()
        if "labels" in item:
            part["labels"] = []
            for relation in item["labels"]:
                head, tail = place.get(relation["h"]), place.get(relation["t"])
                if head is None or tail is None:
                    continue
                evidence = field(relation, "evidence", list, where, "labels") if "evidence" in relation else []
                if evidence == [number]:
                    part["labels"].append({"h": head, "t": tail, "r": relation["r"]})
                else:
                    unclear.add(relation["r"])
        yield replace(_example(part, source, config), unclear=frozenset(unclear))


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    sentences = [
        [of_kind(word, str, where, "a token") for word in of_kind(sentence, list, where, "a sentence")]
        for sentence in field(item, "sents", list, where)
    ]
    text, numbers = joined_sentences(sentences, where, config)
    lost: list[LostFact] = []
    entities = [
        _entity(value, numbers, where, lost)
        for value in (of_kind(value, list, where, "an entity") for value in field(item, "vertexSet", list, where))
    ]
    KEYS.refuse_other_gold(item, where, config)
    relations: list[Relation] = []
    ambiguous = 0
    for value in field(item, "labels", list, where) if "labels" in item else ():
        relation = object_of(value, where, "a relation")
        label = label_of(relation, "r", where, "labels")
        head, tail = (_entity_of(relation, key, entities, where) for key in ("h", "t"))
        pairs = nearest(list(head), list(tail))
        if not pairs:
            lost.append(LostFact("relation", label, f"{shown(item.get('title'))} -> {label}", BLANK))
            continue
        ambiguous += len(pairs) > 1
        first, second = min(pairs, key=lambda pair: (min(pair), pair))
        relations.append(Relation(head[first], tail[second], label))
    spans = dict.fromkeys(span for entity in entities for span in entity.values())
    ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end, span.label)))
    graph = Graph(ordered, tuple(dict.fromkeys(relations)))
    mended = (*marks(item, source, "labels", NO_LABELS), *blanks_left_out(sentences, source))
    return Example(text, graph, source, ambiguous=ambiguous, lost=tuple(lost), mended=mended)


def _entity(mentions: Sequence[Any], numbers: Sequence[Sequence[int]], where: str, lost: list[LostFact]) -> Mentions:
    places: Mentions = {}
    for value in mentions:
        mention = object_of(value, where, "a mention")
        label = label_of(mention, "type", where, "vertexSet")
        sentence = field(mention, "sent_id", int, where, "vertexSet")
        edges = [
            of_kind(edge, int, where, "an edge of pos") for edge in field(mention, "pos", list, where, "vertexSet")
        ]
        if not 0 <= sentence < len(numbers):
            expected = f"one of the {len(numbers)} sentences, from 0"
            raise DataError(where, f"a mention in sentence {sentence}", expected, "Correct the number.")
        size = len(numbers[sentence]) - 1
        if len(edges) != 2 or not 0 <= edges[0] < edges[1] <= size:
            found = f"a mention at {shown(edges)} in a sentence of {several(size, 'token')}"
            raise DataError(where, found, "[start, end] inside it, half-open", "Correct the offsets.")
        start, end = (numbers[sentence][edge] for edge in edges)
        if start == end:
            lost.append(LostFact("entity", label, "", BLANK))
        else:
            places.setdefault((start, end), Span(start, end, label))
    return dict(sorted(places.items()))


def _entity_of(relation: Item, key: str, entities: Sequence[Mentions], where: str) -> Mentions:
    number = field(relation, key, int, where, "labels")
    if not 0 <= number < len(entities):
        expected = f"one of the {len(entities)} entities of vertexSet, from 0"
        raise DataError(where, f"labels.{key} is {number}", expected, "Correct the number.")
    return entities[number]


FORMAT = Format(
    name="docred",
    shape="sents, vertexSet, labels",
    answer=Graph,
    fit=KEYS.fit,
    read=read,
    keys=KEYS.read,
    sentences=True,
)
