"""The encodability audit: what a scheme cannot express of the gold, found by encoding it and decoding it again.

A model that predicts a scheme's tags or tables without a fault still scores no more than
`decode(perfect(encode(gold)))` scores against the gold. That ceiling, and every fact that is lost below it, is what an
audit gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.graph import shifted
from spanloom.answers.parts.excerpts import excerpts
from spanloom.config import RunConfig
from spanloom.contracts import Codec
from spanloom.core import Example, LostFact, Row
from spanloom.inputs import Text
from spanloom.text.windows import windows_of

EXAMPLES_A_CAUSE = 5
UNEXPLAINED = "not given back"
FACTS: Mapping[str, Callable[[Any], Sequence[Any]]] = {
    "entity": lambda graph: graph.spans,
    "relation": lambda graph: graph.relations,
}
"""The kinds of facts, and those of a graph."""


@dataclass
class RoundTrip:
    """Counts of one kind of fact: in the gold, given back by decoding, and both."""

    gold: int = 0
    decoded: int = 0
    both: int = 0

    def add(self, gold: set[Any], decoded: set[Any], lost: int) -> None:
        self.gold += len(gold) + lost
        self.decoded += len(decoded)
        self.both += len(gold & decoded)

    def table(self) -> dict[str, float]:
        precision = self.both / self.decoded if self.decoded else 1.0
        recall = self.both / self.gold if self.gold else 1.0
        total = precision + recall
        return {
            "gold": self.gold,
            "decoded": self.decoded,
            "correct": self.both,
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / total if total else 0.0,
        }


@dataclass
class Ledger:
    """Lost facts by kind and cause, with their labels, and the first few of each and where they stand."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    labels: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)

    def add(self, fact: LostFact, example: Example) -> None:
        key = fact.kind, fact.cause
        self.counts[key] += 1
        self.labels.setdefault(key, Counter())[fact.label] += 1
        shown = self.examples.setdefault(key, [])
        if len(shown) < EXAMPLES_A_CAUSE:
            shown.append({"source": str(example.source), "fact": fact.text})

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "kind": kind,
                "cause": cause,
                "count": count,
                "labels": dict(self.labels[kind, cause].most_common()),
                "examples": self.examples[kind, cause],
            }
            for (kind, cause), count in self.counts.most_common()
        ]


def audit(examples: Sequence[Example], codecs: Mapping[str, Codec], windows: bool = False) -> dict[str, Any]:
    """For each scheme: oracle precision, recall and F1 of entities and relations, and a ledger of what is lost.

    examples have gold graphs; codecs, by scheme name, were fitted on these same examples, so that nothing is lost for
    being unknown. `spurious` counts facts that decoding adds to the gold. Facts are compared by position and label;
    what the reader could not place counts as gold that no scheme gives back.

    windows: an example that is too long for a codec is read in windows, as `train.augment.windows` does, and gives back
    what any of them does; else it is cut off.
    """
    return {name: _audit_one(examples, codec, windows) for name, codec in codecs.items()}


def audit_windows(examples: Sequence[Example], config: RunConfig) -> dict[str, Any]:
    """How many examples have more than `model.max_words` words, in how many windows, and whether they are used.

    facts: those of the gold that do not stand whole in the first `model.max_words` words.
    """
    most = config.model.max_words
    longer = [example for example in examples if len(example.input.tokens) > most]
    windows = sum(len(windows_of(example.input, most)) for example in longer)
    facts = sum(kind_of(example.gold).behind(example.gold, most) for example in longer)
    used = config.train.augment.windows
    return {"used": used, "max_words": most, "examples": len(longer), "windows": windows, "facts": facts}


def _audit_one(examples: Sequence[Example], codec: Any, windows: bool) -> dict[str, Any]:
    tallies = {"entity": RoundTrip(), "relation": RoundTrip()}
    ledger, spurious = Ledger(), Ledger()
    for example in examples:
        decoded, rows = [], []
        for start, piece in _pieces(example, codec.max_words if windows else None):
            rows.append(codec.encode(piece))
            (graph,) = codec.decode(codec.perfect(batch := codec.collate(rows[-1:])), batch)
            decoded.append(shifted(graph, start))
        for kind, facts in FACTS.items():
            gold, back = set(facts(example.gold)), {fact for graph in decoded for fact in facts(graph)}
            tallies[kind].add(gold, back, sum(fact.kind == kind for fact in example.lost))
            for fact in back - gold:
                spurious.add(LostFact(kind, fact.label, _readable(example, kind, fact), "not in the gold"), example)
            _write_lost(ledger, kind, rows, example, gold - back)
    return {
        "entities": tallies["entity"].table(),
        "relations": tallies["relation"].table(),
        "lost": ledger.rows(),
        "spurious": spurious.rows(),
    }


def _pieces(example: Example, max_words: int | None) -> Iterator[tuple[int, Example]]:
    """The example, or its windows, and where each begins."""
    if max_words is None or len(example.input.tokens) <= max_words:
        yield 0, example
    else:
        starts = (start for start, _ in windows_of(example.input, max_words))
        yield from zip(starts, excerpts(example, max_words), strict=True)


def _write_lost(ledger: Ledger, kind: str, rows: Sequence[Row], example: Example, missing: set[Any]) -> None:
    """Enter what `encode` declared; a fact that is missing without having been declared gets a line of its own.

    What one window declares another may give back, and two may declare the same: of several, only what is missing.
    """
    declared = [fact for row in rows for fact in row.lost if fact.kind == kind]
    if len(rows) > 1:
        wanted = Counter((fact.label, _surface(example, kind, fact)) for fact in missing)
        wanted += Counter((fact.label, fact.text) for fact in example.lost if fact.kind == kind)
        several, declared = declared, []
        for fact in several:
            if wanted[fact.label, fact.text]:
                wanted[fact.label, fact.text] -= 1
                declared.append(fact)
    for fact in declared:
        ledger.add(fact, example)
    located = len(declared) - sum(fact.kind == kind for fact in example.lost)
    for _ in range(len(missing) - located):
        ledger.add(LostFact(kind, "", "", UNEXPLAINED), example)


def _surface(example: Example, kind: str, fact: Any) -> str:
    """A fact as `LostFact.text` has it."""
    text: Text = example.input
    return text.describe(fact) if kind == "relation" else text.surface(fact)


def _readable(example: Example, kind: str, fact: Any) -> str:
    surface = _surface(example, kind, fact)
    return surface if kind == "relation" else f"{surface} ({fact.label})"
