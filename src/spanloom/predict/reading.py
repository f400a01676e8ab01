"""What was read of the inputs of a prediction and what was not, so that nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spanloom.answers import kind_of
from spanloom.core import Row
from spanloom.text.counts import several, was, were

PAIR = "pair of distant mentions"


@dataclass
class Reading:
    """Counts; `Predictor.predict_inputs` adds to them as it goes.

    inputs: all that were answered. failed: those with an error in place of an answer, which are in no other count.
    limit: what the model reads at once, such as "200 words", "" where it does not say. windowed, windows: texts that
    were longer, and the windows they were read in. shortened, words: inputs of which words were cut off, and how many.
    crowded, pieces: windows in which long words gave up wordpieces, and how many. recalled: pairs of names that met in
    training and are beyond what is recalled of a window. dropped: spans and relations beyond those that decoding keeps.
    pairs, excerpts, found, untried: of spans that no window held together, those that were read again, in so many
    excerpts, the relations found there, the pairs that were too many to be read again, and those farther apart than
    relations were in training.
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
    pairs: int = 0
    excerpts: int = 0
    found: int = 0
    untried: int = 0
    beyond: int = 0
    failed: int = 0

    def add(self, other: Reading) -> None:
        """Add another's counts to these."""
        self.count({name: number for name, number in asdict(other).items() if name != "limit"})

    def count(self, counts: Mapping[str, int]) -> None:
        """Add counts by their names."""
        for name, number in counts.items():
            setattr(self, name, getattr(self, name) + number)

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
        """The counts as plain values; `Reading(**table)` is the same again."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """What a user should know, a sentence each; none where every input was read at once and whole."""
        told = []
        if self.failed:
            of_all = f"{self.failed:,} of {several(self.inputs + self.failed, 'text')}"
            told.append(f"{of_all} {'has' if self.failed == 1 else 'have'} an error in place of an answer.")
        longer = f"longer than {f'the {self.limit} that' if self.limit else 'what'} this model reads at once"
        if self.windowed:
            told.append(f"{self._of_all(self.windowed, 'text')} {longer}: read in {self.windows:,} windows.")
        if self.pairs:
            found = f"{several(self.excerpts, 'excerpt')}: {several(self.found, 'relation')} found"
            told.append(f"{were(self.pairs, PAIR)} scored again in {found}.")
        if self.untried:
            told.append(f"{were(self.untried, PAIR)} not scored, as too many for their texts.")
        if self.beyond:
            far = f"{were(self.beyond, PAIR)} not scored, as farther apart than relations in training"
            told.append(f"{far}: --second-look all scores them too.")
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
