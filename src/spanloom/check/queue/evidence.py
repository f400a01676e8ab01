"""Why something is in the queue, beside its scores: what is said of the same words, and of the same text, elsewhere."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from spanloom.check.leaks import asked
from spanloom.check.queue.findings import Finding, said
from spanloom.core import Claim, Example, Place
from spanloom.inputs import MarkedText, Text, texts_of

NEAREST = 5
COMMON = 0.1
"""Words in more than this part of all texts say nothing of which are alike."""

Words = tuple[str, ...]
NONE, INSIDE = "", "inside another"
"""What is counted of words that are not annotated, and of those that are a part of something that is."""


class Evidence:
    """What all the data say of the words of a finding. Of a finding, its own example is left aside."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self._said = [frozenset(said(example)) for example in examples]
        self._equal: dict[str, list[int]] = defaultdict(list)
        self._counted: dict[tuple[str, Words], Counter[str]] = {}
        for number, example in enumerate(examples):
            if example.gold is not None:
                self._equal[asked(example.input)].append(number)

    def why(self, finding: Finding) -> dict[str, Any]:
        """`similar`: how often the same words are annotated as what, or the same pair is related how, or which classes
        the most similar texts have. `equal`: of examples of the very same text how many say the same and how many not,
        and where the first of these stands. Each where there is any.
        """
        found: dict[str, Any] = {}
        number, claim = finding.number, finding.about
        alike = self._is_of_words(number, claim)
        counts = self.of_words(number, claim) if alike else self._of_nearest(number, claim.kind)
        if counts:
            found["similar"] = dict(counts.most_common())
        others = [number for number in self._equal[asked(self._input(finding.number))] if number != finding.number]
        if others:
            differ = [number for number in others if not self._agrees(number, finding)]
            found["equal"] = {"same": len(others) - len(differ), "other": len(differ)}
            if differ:
                found["equal"]["first"] = str(self.examples[differ[0]].source)
        return found

    def _input(self, number: int) -> Any:
        return self.examples[number].input

    def _agrees(self, number: int, finding: Finding) -> bool:
        """Whether another example of the same text has the same annotation, or none in the same place."""
        if finding.annotated is not None:
            return finding.annotated in self._said[number]
        return finding.believed not in self._said[number]

    def of_words(self, number: int, claim: Claim) -> Counter[str]:
        """How often the same words are annotated as what in other examples, or the same pair is related how; of what
        is about no words nothing.
        """
        if not self._is_of_words(number, claim):
            return Counter()
        return self._of_pair(number, claim) if len(claim.at) == 4 else self._of_span(number, claim)

    def _is_of_words(self, number: int, claim: Claim) -> bool:
        return bool(claim.at) and not isinstance(self._input(number), MarkedText)

    def _words(self, number: int, place: Place) -> Words:
        text: Text = self._input(number)
        return tuple(token.text for token in text.tokens[place[0] : place[1]])

    # ---- spans and tokens --------------------------------------------------------------------------------------------

    @cached_property
    def _beginning(self) -> Mapping[str, list[tuple[int, int]]]:
        """Where each word stands: the numbers of examples that are annotated, and of tokens."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, example in enumerate(self.examples):
            if example.gold is not None:
                for place, token in enumerate(example.input.tokens):
                    found[token.text].append((number, place))
        return found

    @cached_property
    def _labels(self) -> list[dict[tuple[str, Place], str]]:
        return [{(claim.kind, claim.at): claim.label for claim in own} for own in self._said]

    def _of_span(self, number: int, claim: Claim) -> Counter[str]:
        """Of the words in all examples, less those in its own."""
        words = self._words(number, claim.at)
        if (claim.kind, words) not in self._counted:
            places = self._beginning.get(words[0], ())
            self._counted[claim.kind, words] = Counter(self._annotated(claim.kind, words, places))
        own = enumerate(self._input(number).tokens) if self.examples[number].gold is not None else ()
        places = [(number, start) for start, token in own if token.text == words[0]]
        return self._counted[claim.kind, words] - Counter(self._annotated(claim.kind, words, places))

    def _annotated(self, kind: str, words: Words, places: Iterable[tuple[int, int]]) -> Iterator[str]:
        """What the words are annotated as, wherever they stand and begin in one of these places."""
        for number, start in places:
            end = start + len(words)
            if self._words(number, (start, end)) != words:
                continue
            label = self._labels[number].get((kind, (start, end)))
            if label is None:
                spans = (own.at for own in self._said[number] if own.kind == kind)
                label = INSIDE if any(at[0] <= start and end <= at[1] for at in spans) else NONE
            yield label

    # ---- relations ---------------------------------------------------------------------------------------------------

    @cached_property
    def _ends(self) -> Mapping[Words, set[int]]:
        """The examples that have these words as a span."""
        found: dict[Words, set[int]] = defaultdict(set)
        for number, own in enumerate(self._said):
            for claim in own:
                for end in (claim.head, claim.tail):
                    if end:
                        found[self._words(number, end)].add(number)
        return found

    def _of_pair(self, number: int, claim: Claim) -> Counter[str]:
        pair = self._words(number, claim.head), self._words(number, claim.tail)
        counts: Counter[str] = Counter()
        for other in self._ends.get(pair[0], set()) & self._ends.get(pair[1], set()) - {number}:
            labels = {
                own.label if ends == pair else f"{own.label} (other way round)"
                for own in self._said[other]
                if len(own.at) == 4
                and (ends := (self._words(other, own.head), self._words(other, own.tail))) in (pair, pair[::-1])
            }
            counts.update(labels or {NONE})
        return counts

    # ---- classes -----------------------------------------------------------------------------------------------------

    @cached_property
    def _having(self) -> Mapping[str, list[int]]:
        """The annotated examples that have each word, without the words that most have."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, example in enumerate(self.examples):
            if example.gold is not None:
                for word in _bag(example):
                    found[word].append(number)
        most = max(2.0, COMMON * len(self.examples))
        return {word: numbers for word, numbers in found.items() if len(numbers) <= most}

    def _of_nearest(self, number: int, kind: str) -> Counter[str]:
        scores: Counter[int] = Counter()
        for word in sorted(_bag(self.examples[number])):
            having = self._having.get(word, ())
            for other in having:
                scores[other] += math.log(len(self.examples) / len(having))  # type: ignore[assignment]
        del scores[number]
        nearest = sorted(scores, key=lambda other: (-scores[other] / math.sqrt(len(_bag(self.examples[other]))), other))
        return Counter(claim.label for other in nearest[:NEAREST] for claim in self._said[other] if claim.kind == kind)


def _bag(example: Example) -> set[str]:
    return {token.text.casefold() for text in texts_of(example.input) for token in text.tokens}
