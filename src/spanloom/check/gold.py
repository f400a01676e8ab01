"""Is the gold well formed: what is in it, and what in it looks like a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import mean, median
from typing import Any

from spanloom.core import Example, Graph, Relation, Source, Span, Text
from spanloom.errors import DataError

SHOWN = 5  # how many examples of an issue are cited
Issue = tuple[str, str]  # what kind, and the case at hand
Spellings = dict[tuple[str, str], tuple[str, Source]]  # (kind, folded label) -> the first spelling and where


def check_gold(examples: Iterable[Example]) -> dict[str, Any]:
    """Counts and suspected mistakes of gold graphs, as a plain dict ready for JSON. One pass; the texts are kept.

    sentences, without_gold, tokens, by_text: counts. lengths: of sentences, in tokens and in characters.
    entities, relations: total and labels. triples_per_sentence: how many sentences have 0, 1, 2, … relations.
    kinds: sentences that are normal, that have two relations between one entity pair, and that have relations which
    share one entity only (Zeng et al. 2018, https://aclanthology.org/P18-1047; the last two may both hold).
    nested_entities, crossing_entities: pairs of spans. placed: relations by how the reader placed them.
    issues: name -> {count, first: ["path:line: case", …]}.
    """
    kept: list[tuple[int, int]] = []
    counts: Counter[str] = Counter()
    entities: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    triples: Counter[int] = Counter()
    lost: Counter[str] = Counter()
    issues = _Issues()
    seen: dict[str, tuple[Graph | None, Source]] = {}
    spelled: Spellings = {}
    for example in examples:
        text: Text = example.input
        kept.append((len(text.tokens), len(text.text)))
        counts["by_text"] += example.by_text
        counts["ambiguous"] += example.ambiguous
        counts["without_gold"] += example.gold is None
        lost.update(f"{fact.kind}: {fact.cause}" for fact in example.lost)
        for name, case in (*_repeats(example, seen), *_issues(example), *_case_clashes(example, spelled)):
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
            "tokens": _summary([length for length, _ in kept]),
            "characters": _summary([length for _, length in kept]),
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


class _Issues:
    """Counts of each issue and where its first few cases stand."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, list[str]] = {}

    def add(self, name: str, source: Source, case: str) -> None:
        self.counts[name] += 1
        first = self.first.setdefault(name, [])
        if len(first) < SHOWN:
            first.append(f"{source}: {' '.join(case.split())}")

    def to_dict(self) -> dict[str, Any]:
        return {name: {"count": count, "first": self.first[name]} for name, count in self.counts.most_common()}


def _repeats(example: Example, seen: dict[str, tuple[Graph | None, Source]]) -> Iterator[Issue]:
    """A text that came before, with the same gold or with another."""
    gold, source = seen.setdefault(example.input.text, (example.gold, example.source))
    if source != example.source:
        same = _facts(gold) == _facts(example.gold)
        yield "duplicate" if same else "contradictory duplicate", f"the text of {source} again"


def _facts(gold: Graph | None) -> tuple[frozenset[Span], frozenset[Relation]] | None:
    return None if gold is None else (frozenset(gold.spans), frozenset(gold.relations))


def _issues(example: Example) -> Iterator[Issue]:
    text: Text = example.input
    for missing in example.lost:
        yield f"{missing.kind} {missing.cause}", missing.text
    if example.gold is None:
        return
    gold = example.gold
    if not gold.spans and not gold.relations and not example.lost:
        yield "no entity and no relation", _cut(text.text)
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
    places = sorted({(span.start, -span.end) for span in spans})
    pairs: Counter[str] = Counter()
    for index, (_, minus_end) in enumerate(places):
        for start, minus_other in places[index + 1 :]:
            if start >= -minus_end:
                break
            pairs["nested" if minus_other >= minus_end else "crossing"] += 1
    return pairs


def _summary(values: Sequence[int]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    longest_but_5_percent = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        "mean": round(mean(ordered), 2),
        "median": median(ordered),
        "95%": longest_but_5_percent,
        "longest": ordered[-1],
    }


def _cut(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _case_clashes(example: Example, seen: Spellings) -> Iterator[Issue]:
    """Labels that were first seen in another case. `seen` is kept up to date."""
    gold: Graph = example.gold or Graph()
    labels = [("entity", span.label) for span in gold.spans]
    labels += [("relation", relation.label) for relation in gold.relations]
    labels += [(fact.kind, fact.label) for fact in example.lost]
    for kind, label in dict.fromkeys(labels):
        first, source = seen.setdefault((kind, label.casefold()), (label, example.source))
        if first != label:
            yield "labels that differ only by case", f"{kind} label '{label}', but '{first}' at {source}"


def check_labels(examples: Iterable[Example]) -> None:
    """Raise DataError where two labels differ only by case, citing both lines: they would be learnt as two things."""
    seen: Spellings = {}
    for example in examples:
        for _, found in _case_clashes(example, seen):
            raise DataError(
                str(example.source), " ".join(found.split()), "one spelling of a label", "Write it the same everywhere."
            )
