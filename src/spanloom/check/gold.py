"""Is the gold well formed: what is in it, and what in it looks like a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.check.duplicates import leaks, repeats
from spanloom.check.issues import (
    PASSED_OVER,
    Issues,
    Spellings,
    beginning,
    case_clashes,
    length_summary,
    require_one_spelling,
)
from spanloom.core import Example, Source
from spanloom.inputs import Relation, Span, Text
from spanloom.read.parts.left_out import kind_of_note

Issue = tuple[str, str]  # what kind, and the case at hand
Place = tuple[int, int]


def check_gold(examples: Sequence[Example], dev: Sequence[Example] | None = None) -> dict[str, Any]:
    """Counts and suspected mistakes of gold graphs, as a plain dict ready for JSON.

    sentences, without_gold, tokens, by_text: counts. lengths: of sentences, in tokens and in characters.
    entities, relations: total and labels. triples_per_sentence: how many sentences have 0, 1, 2, … relations.
    kinds: sentences that are normal, that have two relations between one entity pair, and that have relations which
    share one entity only (Zeng et al. 2018, https://aclanthology.org/P18-1047; the last two may both hold).
    nested_entities, crossing_entities: pairs of spans. placed: relations by how the reader placed them.
    issues: name -> {count, first: ["path:line: case", …]}.

    dev: what the model is to be scored on; it is searched for texts of the training data, and for labels that training
    never has.
    """
    kept: list[tuple[int, int]] = []
    counts: Counter[str] = Counter()
    entities: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    triples: Counter[int] = Counter()
    lost: Counter[str] = Counter()
    issues = Issues()
    spelled: Spellings = {}
    for name, source, case in repeats(examples, lambda example: example.input.text, _facts):
        issues.add(name, source, case)
    for name, source, case in () if dev is None else _compare(examples, dev):
        issues.add(name, source, case)
    for example in examples:
        text: Text = example.input
        kept.append((len(text.tokens), len(text.text)))
        counts["by_text"] += example.by_text
        counts["ambiguous"] += example.ambiguous
        counts["without_gold"] += example.gold is None
        for source, case in example.mended:
            issues.add(kind_of_note(case) or PASSED_OVER, source, case)
        lost.update(f"{fact.kind}: {fact.cause}" for fact in example.lost)
        for name, case in (*_issues(example), *case_clashes(_labels(example), example.source, spelled)):
            issues.add(name, example.source, case)
        if example.gold is not None:
            entities.update(span.label for span in example.gold.spans)
            relations.update(relation.label for relation in example.gold.relations)
            triples[len(example.gold.relations)] += 1
            counts.update(_kinds(example))
            counts.update(_span_pairs(example.gold.spans))
    return {
        "sentences": len(kept),
        "without_gold": counts["without_gold"],
        "tokens": sum(length for length, _ in kept),
        "by_text": counts["by_text"],
        "lengths": {
            "tokens": length_summary([length for length, _ in kept]),
            "characters": length_summary([length for _, length in kept]),
        },
        "entities": {"total": entities.total(), "labels": dict(entities.most_common())},
        "relations": {"total": relations.total(), "labels": dict(relations.most_common())},
        "triples_per_sentence": {str(size): triples[size] for size in sorted(triples)},
        "kinds": {kind: counts[kind] for kind in ("normal", "same entity pair", "shared entity")},
        "nested_entities": counts["nested"],
        "crossing_entities": counts["crossing"],
        "placed": {"relations": relations.total(), "ambiguous": counts["ambiguous"], "lost": dict(lost.most_common())},
        "issues": issues.to_dict(),
    }


def _facts(example: Example) -> tuple[frozenset[Span], frozenset[Relation]] | None:
    gold: Graph | None = example.gold
    return None if gold is None else (frozenset(gold.spans), frozenset(gold.relations))


def _issues(example: Example) -> Iterator[Issue]:
    text: Text = example.input
    for missing in example.lost:
        yield f"{missing.kind} {missing.cause}", missing.text
    if example.gold is None:
        yield "no gold", beginning(text.text)
        return
    gold = example.gold
    if not gold.spans and not gold.relations and not example.lost:
        yield "no entity and no relation", beginning(text.text)
    for span, count in Counter(gold.spans).items():
        if count > 1:
            yield "entity given twice", f"{text.surface(span)!r} {span.label}"
    for relation, count in Counter(gold.relations).items():
        fact = f"{text.surface(relation.head)} -> {relation.label} -> {text.surface(relation.tail)}"
        if count > 1:
            yield "relation given twice", fact
        if relation.head == relation.tail:
            yield "relation of an entity with itself", fact
    labels: dict[tuple[int, int], list[str]] = {}
    for span in dict.fromkeys(gold.spans):
        labels.setdefault((span.start, span.end), []).append(span.label)
    for place, names in labels.items():
        if len(names) > 1:
            yield "entity with two labels", f"{text.surface(Span(*place, names[0]))!r} {' and '.join(names)}"
    for one, other in _overlapping(sorted({(span.start, span.end) for span in gold.spans})):
        if other[1] > one[1] and other[0] > one[0]:
            pair = (repr(text.surface(Span(*place, ""))) for place in (one, other))
            yield "entities that cross", " and ".join(pair)


def _kinds(example: Example) -> Iterator[str]:
    """The kinds of overlap of one sentence. Entities are their text where facts are text, else their place."""
    relations: Sequence[Relation] = tuple(dict.fromkeys(example.gold.relations)) if example.gold else ()
    if not relations:
        return
    name = example.input.surface if example.by_text else lambda span: (span.start, span.end)
    pairs = Counter(frozenset((name(relation.head), name(relation.tail))) for relation in relations)
    shared = Counter(entity for pair in pairs for entity in pair)
    same_pair, shares = max(pairs.values()) > 1, max(shared.values()) > 1
    if same_pair:
        yield "same entity pair"
    if shares:
        yield "shared entity"
    if not same_pair and not shares:
        yield "normal"


def _span_pairs(spans: Sequence[Span]) -> Counter[str]:
    """How many pairs of spans lie one inside the other, and how many overlap otherwise."""
    places = sorted({(span.start, span.end) for span in spans})
    return Counter(
        "nested" if one[0] == other[0] or other[1] <= one[1] else "crossing" for one, other in _overlapping(places)
    )


def _overlapping(places: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
    """The pairs of sorted places that share a token."""
    for index, place in enumerate(places):
        for other in places[index + 1 :]:
            if other[0] >= place[1]:
                break
            yield place, other


def _compare(examples: Sequence[Example], dev: Sequence[Example]) -> Iterator[tuple[str, Source, str]]:
    known = {pair for example in examples for pair in _labels(example)}
    for example in dev:
        for kind, label in dict.fromkeys(_labels(example)):
            if (kind, label) not in known:
                yield "dev labels never seen in train", example.source, f"{kind} label '{label}'"
    yield from leaks(examples, dev)


def _labels(example: Example) -> Iterator[tuple[str, str]]:
    """The kind and the label of everything that gold says."""
    gold: Graph = example.gold or Graph()
    yield from (("entity", span.label) for span in gold.spans)
    yield from (("relation", relation.label) for relation in gold.relations)
    yield from ((fact.kind, fact.label) for fact in example.lost)


def check_labels(examples: Iterable[Example]) -> None:
    """Raise DataError where two labels differ only by case, citing both lines: they would be learnt as two things."""
    require_one_spelling(examples, _labels)
