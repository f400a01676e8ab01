"""What training data said of two names, for when they meet again. NumPy only.

R relations, T words, M recalled items of a sentence.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import chain, product
from typing import Any, NamedTuple

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.core import Array, Example
from spanloom.inputs import Text
from spanloom.tasks.joint.labels import Labels
from spanloom.tasks.joint.nearest import NamePair, NamePlace, count_items, nearest_items
from spanloom.text.stored import lists, require_within, whole, wholes

NOTHING, MET = 0, 1  # kinds of recalled items: padding, and two names that met; 2 + r is relation r between them
MOST_PAIRS = 200_000  # kept, so that long documents, where every name meets every other, do not fill a bundle
MOST_RECALLED = 256  # items a sentence, those of the nearest names first
CHECKSUMS = 2**32 - 1
LONGEST_NAME = 2**16  # words; none is as long
SEVERAL = -1  # in place of the one sentence


class Said(NamedTuple):
    """What one sentence says: its checksum, the pairs of names that meet in it, and its facts."""

    number: int
    pairs: set[NamePair]
    facts: set[tuple[NamePair, int]]


class Weights(NamedTuple):
    """How far recalling moves a relation's score (a logit).

    sure: up, for a relation that training data gave these two names; doubt: down, for all others.
    """

    sure: float
    doubt: float


class Memory:
    """Pairs of names that met in training sentences, and their relations there, all as checksums.

    met: the only sentence where a pair met, `SEVERAL` if there were more. facts: the same for each relation it had.

    The weights are measured on the training data with each sentence left out in turn: how often a relation that other
    sentences gave two names held in this one too, and how much rarer a new relation is between names that have met
    than between names that have not. Where relations depend on the sentence, little is recalled; in distantly
    supervised data, where a fact holds wherever its names stand, nearly all. A training sentence recalls only what
    other sentences say, so the rest of the model learns what recalling does not give.

    Names are compared without case and spaces; one in millions is taken for another.
    """

    def __init__(
        self,
        met: Mapping[NamePair, int],
        facts: Mapping[NamePair, Mapping[int, int]],
        starts: Iterable[int],
        longest: int,
        weights: Weights,
    ) -> None:
        self._met = dict(met)
        self._facts = {pair: dict(held) for pair, held in facts.items()}
        self._names = {name for pair in met for name in pair}
        self._starts = frozenset(starts)
        self._longest = longest
        self.weights = weights

    @classmethod
    def fit(cls, examples: Sequence[Example], labels: Labels) -> Memory:
        said = [_said(example.input, example.gold, labels) for example in examples if example.gold is not None]
        met: dict[NamePair, int] = {}
        facts: dict[NamePair, dict[int, int]] = defaultdict(dict)
        for sentence in said:
            for pair in sentence.pairs:
                _enter(met, pair, sentence.number)
            for pair, relation in sentence.facts:
                _enter(facts[pair], relation, sentence.number)
        weights = _measure(said, met, facts)
        kept = sorted(sorted(met, key=lambda pair: (pair not in facts, met[pair] != SEVERAL, pair))[:MOST_PAIRS])
        names = [
            [token.text for token in example.input.tokens[span.start : span.end]]
            for example in examples
            for span in (example.gold or Graph()).spans
        ]
        starts, longest = {_name(words[:1]) for words in names}, max(map(len, names))
        met = {pair: met[pair] for pair in kept}
        held = {pair: dict(sorted(facts[pair].items())) for pair in kept if pair in facts}
        return cls(met, held, starts, longest, weights)

    def seen(self, head: str, tail: str) -> bool:
        """Whether training data related these two names."""
        return (_name(head.split()), _name(tail.split())) in self._facts

    def recall(self, text: Text, whole: Text | None = None, cut: Counter[str] | None = None) -> tuple[Array, Array]:
        """kinds [M] and places [M, 4] (head's first and last word, tail's first and last word), M at least 1.

        whole: the sentence as `fit` was given it, where `text` is a part of it or has noise in it. cut: where to count
        the items beyond `MOST_RECALLED` (see `Row.cut`).
        """
        own = _name([token.text for token in (whole or text).tokens])
        found = self._find([token.text for token in text.tokens])
        known = self._known({name for *_, name in found}, own)
        total = count_items(found, known)
        if not total:
            return np.array([NOTHING]), np.zeros((1, 4), dtype=np.int64)
        if total > MOST_RECALLED and cut is not None:
            cut["recalled"] += total - MOST_RECALLED
        items = nearest_items(found, known, total, MOST_RECALLED)
        # Stable, so that a pair's relations stay before its doubt: no cut leaves the doubt alone.
        table = np.array(sorted(items, key=lambda item: item[:-1])[:MOST_RECALLED], dtype=np.int64)
        return table[:, -1], table[:, 1:-1]

    def _known(self, names: Set[int], own: int) -> dict[NamePair, list[int]]:
        """The pairs of these names that met in another sentence than `own`, each with what is recalled of it."""
        few = len(names) ** 2 <= len(self._met)
        pairs = product(names, names) if few else (pair for pair in self._met if names >= set(pair))
        return {
            pair: [*(2 + relation for relation, only in self._facts.get(pair, {}).items() if only != own), MET]
            for pair in pairs
            if self._met.get(pair, own) != own
        }

    def _find(self, words: Sequence[str]) -> list[NamePlace]:
        """Every place that reads like a known name, in text order."""
        found = []
        spelled = [word.casefold().encode() for word in words]  # letter by letter, where lower() looks at neighbours
        for first, start in enumerate(spelled):
            name = zlib.crc32(start)
            if name not in self._starts:
                continue
            for last in range(first, min(first + self._longest, len(spelled))):
                name = name if last == first else zlib.crc32(spelled[last], name)
                if name in self._names:
                    found.append((first, last, name))
        return found

    def shifts(self, relations: int) -> Array:
        """[2 + R, R] float32: what each kind of recalled item adds to the scores of its pair."""
        sure, doubt = self.weights
        shifts = np.zeros((2 + relations, relations), dtype=np.float32)
        shifts[MET] = -doubt
        shifts[2:] = (sure + doubt) * np.eye(relations)
        return shifts

    def to_dict(self) -> dict[str, Any]:
        """pairs: head, tail (their positions in `names`), only sentence, then each relation and its only sentence."""
        names = sorted(self._names)
        number = {name: index for index, name in enumerate(names)}
        pairs = [
            [number[head], number[tail], only, *chain.from_iterable(self._facts.get((head, tail), {}).items())]
            for (head, tail), only in self._met.items()
        ]
        return {
            "names": names,
            "pairs": pairs,
            "starts": sorted(self._starts),
            "longest": self._longest,
            "weights": list(self.weights),
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], relations: int) -> Memory:
        names = wholes(table, "names", most=CHECKSUMS)
        for head, tail, only, *held in lists(table, "pairs"):
            require_within("pairs", (head, tail), 0, len(names) - 1)
            require_within("pairs", (only, *held[1::2]), SEVERAL, CHECKSUMS)
            require_within("pairs", held[::2], 0, relations - 1)
        weights = Weights(*map(float, table["weights"]))
        if not all(map(math.isfinite, weights)):
            raise ValueError(f"weights: {table['weights']} are not numbers")
        met = {(names[head], names[tail]): only for head, tail, only, *_ in table["pairs"]}
        facts = {
            (names[head], names[tail]): dict(zip(held[::2], held[1::2], strict=True))
            for head, tail, _, *held in table["pairs"]
            if held
        }
        starts = wholes(table, "starts", most=CHECKSUMS)
        return cls(met, facts, starts, whole(table, "longest", most=LONGEST_NAME), weights)


def _name(words: Iterable[str]) -> int:
    return zlib.crc32("".join(words).casefold().encode())


def _said(text: Text, graph: Graph, labels: Labels) -> Said:
    names = {span: _name(token.text for token in text.tokens[span.start : span.end]) for span in graph.spans}
    distinct = set(names.values())
    pairs = {(head, tail) for head in distinct for tail in distinct if head != tail}
    facts = {
        ((names[item.head], names[item.tail]), labels.relation_number(item.label))
        for item in graph.relations
        if names[item.head] != names[item.tail]
    }
    return Said(_name(token.text for token in text.tokens), pairs, facts)


def _enter(only: dict[Any, int], item: Any, sentence: int) -> None:
    only[item] = sentence if only.get(item, sentence) == sentence else SEVERAL


def _measure(said: Sequence[Said], met: Mapping[NamePair, int], facts: Mapping[NamePair, Mapping[int, int]]) -> Weights:
    """Each sentence against what the others say of its pairs; add-one smoothing keeps the logits finite."""
    recalled, right = 0, 0
    strangers, related, acquainted, newly = 0, 0, 0, 0
    for sentence in said:
        for pair in sentence.pairs:
            held = facts.get(pair, {})
            here = {relation for relation in held if (pair, relation) in sentence.facts}
            if met[pair] == sentence.number:
                strangers, related = strangers + 1, related + bool(here)
                continue
            known = {relation for relation, only in held.items() if only != sentence.number}
            recalled, right = recalled + len(known), right + len(known & here)
            acquainted, newly = acquainted + 1, newly + bool(here - known)
    sure = _logit(right, recalled)
    doubt = _logit(related, strangers) - _logit(newly, acquainted)
    return Weights(max(sure, 0.0), max(doubt, 0.0))


def _logit(part: int, whole: int) -> float:
    return math.log((part + 1) / (whole - part + 1))
