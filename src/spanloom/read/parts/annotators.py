"""Several people who annotated the same: whose word is taken, and how far they agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from spanloom.answers import kind_of
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.left_out import Note
from spanloom.text.counts import several

PREDICTIONS = "predictions"
WHO, WHEN = "annotator", "updated_at"
"""The fields that say who annotated an example, and when."""

SEVERAL = "text of several annotators"


@dataclass(frozen=True)
class Opinion:
    """What one person says of a text. names: what they are called. truth: whether it is marked as the right one. when:
    they said it last, where that is known.
    """

    names: tuple[str, ...]
    example: Example
    truth: bool = False
    when: str = ""

    @property
    def name(self) -> str:
        return self.names[-1] if self.names else "somebody"


@dataclass
class Annotators:
    """Whose annotations are read from a file, and how far several agree: pairs of them, by the F1 of their facts."""

    config: DataConfig
    path: Path
    seen: dict[str, None] = field(default_factory=dict)
    found: bool = False
    texts: int = 0
    agreed: int = 0  # facts that both of a pair have, counted for each of the two
    facts: int = 0

    def choose(self, opinions: Sequence[Opinion], without: Example) -> Example:
        """The example of the one whose word is taken: `data.annotator`, else what is marked as true, else the first.

        without: the example where none of them is to be read, without gold.
        """
        wanted = self.config.annotator
        self.seen.update((opinion.name, None) for opinion in opinions)
        if wanted is not None and not wanted.startswith(PREDICTIONS):
            own = [opinion for opinion in opinions if wanted in opinion.names]
            self.found |= bool(own)
            if opinions and not own:
                return noting(without, f"text not annotated by '{wanted}': left without gold")
            return signed(own[-1].example, own[-1].name, own[-1].when) if own else without
        if not opinions:
            return without
        self.found = True
        chosen = next((opinion for opinion in opinions if opinion.truth), opinions[0])
        if len(opinions) == 1:
            return chosen.example
        every = [set(facts_of(opinion.example)) for opinion in opinions]
        self.texts += 1
        for one, other in combinations(every, 2):
            self.agreed, self.facts = self.agreed + 2 * len(one & other), self.facts + len(one) + len(other)
        shared, known = len(set.intersection(*every)), len(set.union(*every))
        what = f"{len(opinions)} of them, who share {shared} of {several(known, 'fact')}"
        return noting(chosen.example, f"{SEVERAL}: {what}; what {chosen.name} says is read")

    def ending(self) -> Iterator[Note]:
        """How far they agree, where there were several. Raises DataError where nobody is called `data.annotator`."""
        if self.config.annotator is not None and not self.found:
            names = ", ".join(list(self.seen)[:20]) or "nobody"
            found = f"nothing annotated by '{self.config.annotator}'"
            remedy = "Set data.annotator to one of these, or leave it out."
            raise DataError(str(self.path), found, f"one of: {names}", remedy)
        if self.texts:
            score = f"F1 {100 * self.agreed / self.facts:.1f}" if self.facts else "nothing is annotated by any"
            case = f"agreement of annotators: {score} between pairs of them over {several(self.texts, 'text')}"
            yield Source(str(self.path), 1), f"{case} ({', '.join(list(self.seen)[:20])}); data.annotator names one"


def signed(example: Example, who: str, when: str) -> Example:
    """The example with who said it, and when, among its fields: a person was named whose word is wanted."""
    return replace(example, fields={**example.fields, WHO: who, **({WHEN: when} if when else {})})


def noting(example: Example, case: str) -> Example:
    """The example with something to be said of it."""
    return replace(example, mended=(*example.mended, (example.source, case)))


def facts_of(example: Example) -> Iterable[Any]:
    """The facts of gold, as values: spans and relations, or classes."""
    kind = kind_of(example.gold)
    if kind.graph is None:
        return kind.classes(example.gold)
    _, spans, relations = kind.graph(example.input, example.gold)
    return [*spans, *relations]
