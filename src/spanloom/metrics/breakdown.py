"""Triples by kind of sentence, by how many the sentence has, by distance, and by whether the pair was seen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from spanloom.core import Example, LostFact
from spanloom.inputs import Relation, Span, Text
from spanloom.metrics.matching import Match, Tally
from spanloom.metrics.triples import NORMAL, SAME_PAIR, SHARED_ENTITY, distance, lost_pair, sentence_kinds

PairSeen = Callable[[str, str], bool]
Table = dict[str, dict[str, float]]

NO_GOLD = "no gold triple"
NOT_LOCATED = "gold not located"
DISTANCES = ("0-5", "6-10", "11-20", "21+")


def breakdowns(
    examples: Sequence[Example], matches: Sequence[Match[Relation]], seen: PairSeen | None
) -> dict[str, Table]:
    """Name of the breakdown -> bin -> score: recall of the gold triples in the bin, precision of the predicted ones."""
    kinds = _tallies((NORMAL, SAME_PAIR, SHARED_ENTITY, NO_GOLD))
    sizes = _tallies(("1", "2", "3", "4", "5+", NO_GOLD))
    distances = _tallies((*DISTANCES, NOT_LOCATED))
    known = _tallies(("pair seen in training", "pair not seen", NOT_LOCATED))
    for example, match in zip(examples, matches, strict=True):
        text: Text = example.input
        lost = [fact for fact in example.lost if fact.kind != "entity"]
        for kind in gold_kinds(example, match, lost) or (NO_GOLD,):
            _add(kinds[kind], match, lost)
        size = len(match.gold) + len(lost)
        _add(sizes["5+" if size >= 5 else str(size) if size else NO_GOLD], match, lost)
        _spread(distances, match, lost, lambda triple: _distance_bin(distance(triple)), lambda _: NOT_LOCATED)
        if seen is not None:
            _spread(known, match, lost, _seen_bin(seen, text), _lost_bin(seen))
    tables = {"kind of sentence": kinds, "triples in the sentence": sizes, "tokens between head and tail": distances}
    if seen is not None:
        tables["seen in training"] = known
    return {
        name: {key: tally.score() for key, tally in table.items() if _used(tally)} for name, table in tables.items()
    }


def gold_kinds(example: Example, match: Match[Relation], lost: Sequence[LostFact]) -> tuple[str, ...]:
    """normal, EPO, SEO by the sentence's gold triples, with those the reader could not place."""

    def entity(span: Span) -> Hashable:
        return example.input.surface(span) if example.by_text else (span.start, span.end)

    different = dict.fromkeys(_untyped(triple) for triple in match.gold)
    pairs: list[tuple[Hashable, Hashable]] = [(entity(head), entity(tail)) for head, tail, _ in different]
    pairs += [lost_pair(fact) or (f"head of {fact.text}", f"tail of {fact.text}") for fact in lost]
    return sentence_kinds(pairs)


def _untyped(triple: Relation) -> tuple[Span, Span, str]:
    head, tail = triple.head, triple.tail
    return Span(head.start, head.end, ""), Span(tail.start, tail.end, ""), triple.label


def _tallies(names: Iterable[str]) -> dict[str, Tally]:
    return {name: Tally() for name in names}


def _used(tally: Tally) -> bool:
    return bool(tally.gold or tally.predicted)


def _add(tally: Tally, match: Match[Relation], lost: Sequence[LostFact]) -> None:
    tally.gold += len(match.gold) + len(lost)
    tally.found += sum(match.found)
    tally.predicted += len(match.predicted)
    tally.correct += sum(match.correct)


def _spread(
    table: dict[str, Tally],
    match: Match[Relation],
    lost: Sequence[LostFact],
    where: Callable[[Relation], str],
    where_lost: Callable[[LostFact], str],
) -> None:
    for triple, found in zip(match.gold, match.found, strict=True):
        table[where(triple)].add_gold(found)
    for triple, correct in zip(match.predicted, match.correct, strict=True):
        table[where(triple)].add_predicted(correct)
    for fact in lost:
        table[where_lost(fact)].add_gold(False)


def _distance_bin(tokens: int) -> str:
    return (
        DISTANCES[0]
        if tokens <= 5
        else DISTANCES[1]
        if tokens <= 10
        else DISTANCES[2]
        if tokens <= 20
        else DISTANCES[3]
    )


def _seen_name(known: bool) -> str:
    return "pair seen in training" if known else "pair not seen"


def _seen_bin(seen: PairSeen, text: Text) -> Callable[[Relation], str]:
    return lambda triple: _seen_name(seen(text.surface(triple.head), text.surface(triple.tail)))


def _lost_bin(seen: PairSeen) -> Callable[[LostFact], str]:
    def place(fact: LostFact) -> str:
        pair = lost_pair(fact)
        return _seen_name(seen(*pair)) if pair else NOT_LOCATED

    return place
