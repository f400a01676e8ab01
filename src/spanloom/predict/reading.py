"""What was read of the inputs of a prediction and what was not, so that nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from spanloom.answers import kind_of
from spanloom.core import Row
from spanloom.text.counts import several, was, were

Say = Callable[[Mapping[str, int]], Sequence[str]]


def _nothing(counts: Mapping[str, int]) -> Sequence[str]:
    return ()


@dataclass
class Reading:
    """Counts; `Predictor.predict_inputs` adds to them as it goes.

    inputs: all that were answered. failed: those with an error in place of an answer, which are in no other count.
    limit: what the model reads at once, such as "200 words", "" where it does not say. windowed, windows: texts that
    were longer, and the windows they were read in. shortened, words: inputs of which words were cut off, and how many.
    crowded, pieces: windows in which long words gave up wordpieces, and how many. recalled: pairs of names that met in
    training and are beyond what is recalled of a window. dropped: spans and relations beyond those that decoding keeps.
    again: what the task counted of what it had read once more, and say: how it says so, see `Again`.
    """

    inputs: int = 0
    limit: str = ""
    windowed: int = 0
    windows: int = 0
    shortened: int = 0
    words: int = 0
    crowded: int = 0
    pieces: int = 0
    recalled: int = 0
    dropped: int = 0
    failed: int = 0
    again: dict[str, int] = field(default_factory=dict)
    say: Say = field(default=_nothing, compare=False, repr=False)

    def add(self, other: Reading) -> None:
        """Add another's counts to these."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.add_again(other.again, other.say)

    def count_before(self, failed: Iterable[bool]) -> None:
        """Count what an earlier process answered: of each text whether it failed."""
        for each in failed:
            self.failed += each
            self.inputs += not each

    def add_again(self, counts: Mapping[str, int], say: Say) -> None:
        """Add what was read once more, by the task's own names."""
        for name, number in counts.items():
            self.again[name] = self.again.get(name, 0) + number
        if counts:
            self.say = say

    def add_rows(self, rows: Sequence[Row], answers: Sequence[Any]) -> None:
        """Count what these rows left out of their inputs, and these answers of what the model found."""
        for row in rows:
            if row.cut:
                self.shortened += row.cut.get("words", 0) > 0
                self.words += row.cut.get("words", 0)
                self.crowded += row.cut.get("pieces", 0) > 0
                self.pieces += row.cut.get("pieces", 0)
                self.recalled += row.cut.get("recalled", 0)
        self.dropped += sum(kind_of(answer).dropped(answer) for answer in answers)

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain values, and as sentences under "said"."""
        own = {name: getattr(self, name) for name in COUNTS}
        return {"limit": self.limit, **own, **self.again, "said": self.sentences()}

    def sentences(self) -> list[str]:
        """What a user should know, a sentence each; none where every input was read at once and whole."""
        told = []
        if self.failed:
            of_all = f"{self.failed:,} of {several(self.inputs + self.failed, 'text')}"
            told.append(f"{of_all} {'has' if self.failed == 1 else 'have'} an error in place of an answer.")
        longer = f"longer than {f'the {self.limit} that' if self.limit else 'what'} this model reads at once"
        if self.windowed:
            told.append(f"{self._of_all(self.windowed, 'text')} {longer}: read in {self.windows:,} windows.")
        told += self.say(self.again)
        if self.shortened:
            told.append(f"{self._of_all(self.shortened, 'input')} {longer}: {were(self.words, 'word')} cut off.")
        if self.pieces:
            took = f"Long words gave up {several(self.pieces, 'wordpiece')} in {several(self.crowded, 'window')}"
            told.append(f"{took} that had more than the encoder takes.")
        if self.recalled:
            told.append(f"{were(self.recalled, 'recalled pair of names')} left out, those farthest apart.")
        if self.dropped:
            told.append(f"{self.dropped:,} of the least sure findings {was(self.dropped)} left out of their windows.")
        return told

    def _of_all(self, count: int, what: str) -> str:
        return f"{count:,} of {several(self.inputs, what)} {was(count)}"


COUNTS = tuple(item.name for item in fields(Reading) if isinstance(item.default, int))
"""The names of the counts."""
