"""Gold rewrites as edits, and edits as text: what is learnt of an example, and what of it edits cannot write.

T tokens of the dialogue with the marks, K insertions at most, M places of what is inserted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spanloom.answers.rewrite import Rewrite
from spanloom.core import Arrays, Example, LostFact
from spanloom.decode.edits import Edits
from spanloom.tasks.rewrite.reading import MARK, ReadDialogue, read_dialogue
from spanloom.text.edits import SPACING, Alignment, align, cause, places
from spanloom.text.joining import written
from spanloom.text.words import tokenize

TRUNCATED = "truncated"


@dataclass(frozen=True)
class EditScheme:
    """insertions: K. max_words: tokens of a dialogue, marks included; what is beyond is declared lost."""

    insertions: int
    max_words: int

    def encode(self, example: Example) -> tuple[ReadDialogue, Arrays, tuple[LostFact, ...]]:
        """What is read of a dialogue, the targets of its gold rewrite if it has one, and what is lost.

        Of a rewrite that edits cannot write, the targets are the edits that write most of it.
        """
        reading = read_dialogue(example.input, self.max_words)
        lost = [*example.lost, *(LostFact("text", "", text, TRUNCATED) for text in reading.cut)]
        if example.gold is None:
            return reading, {}, tuple(lost)
        targets, why = self._encode_gold(reading, example.gold)
        if why:
            lost.append(LostFact("rewrite", "", example.gold.text, why))
        return reading, targets, tuple(lost)

    def _encode_gold(self, reading: ReadDialogue, gold: Rewrite) -> tuple[Arrays, str]:
        rewrite = _without_rest([token.text for token in tokenize(gold.text)], reading)
        turns = reading.context_turns()
        alignment = align(reading.utterance, turns, rewrite, self.insertions)
        targets = self._targets(reading, alignment, rewrite)
        why = cause(reading.utterance, turns, rewrite, alignment)
        if not why and written_text(reading, _first_places(reading, targets)) != gold.text:
            why = SPACING
        return targets, why

    def _targets(self, reading: ReadDialogue, alignment: Alignment, rewrite: Sequence[str]) -> Arrays:
        """turns, marks, deleted [T], insertions [M, 4], chosen [K]: see `nn.heads.edits.edit_losses`."""
        context = reading.words[: reading.context]
        found, chosen = [], []
        for number, (gap, start, end) in enumerate(alignment.insertions):
            place, size = reading.context + gap, end - start
            chosen.append(place)
            found += [(number, place, at, at + size - 1) for at in places(rewrite[start:end], context)]
        deleted = np.zeros(len(reading.words), np.int64)
        deleted[reading.context : -1] = alignment.deleted
        return {
            "turns": reading.turns,
            "marks": np.array([word == MARK for word in reading.words], dtype=np.int64),
            "insertions": np.array(found, dtype=np.int64).reshape(-1, 4),
            "chosen": np.array(chosen + [-1] * (self.insertions - len(chosen)), dtype=np.int64),
            "deleted": deleted,
        }


def written_tokens(reading: ReadDialogue, edits: Edits) -> list[int]:
    """The tokens that edits write, as positions in the dialogue."""
    found: list[int] = []
    for place in range(len(edits.deleted) + 1):
        for at, start, end in edits.insertions:
            if at == place:
                found += range(start, end)
        if place < len(edits.deleted) and not edits.deleted[place]:
            found.append(reading.context + place)
    return found


def written_text(reading: ReadDialogue, edits: Edits) -> str:
    """The text that edits write, with the end of a long utterance that was not read."""
    origins = (reading.origins[at] for at in written_tokens(reading, edits))
    return written([*(origin for origin in origins if origin is not None), *reading.rest], reading.host)


def _first_places(reading: ReadDialogue, targets: Arrays) -> Edits:
    """The targets' edits, each insertion taken from its first place."""
    rows = targets["insertions"]
    first = [rows[rows[:, 0] == number][0].tolist() for number in np.unique(rows[:, 0])]
    insertions = tuple((place - reading.context, start, last + 1) for _, place, start, last in first)
    return Edits(insertions, tuple((targets["deleted"][reading.context : -1] > 0).tolist()))


def _without_rest(rewrite: list[str], reading: ReadDialogue) -> list[str]:
    """A gold rewrite without the end of a long utterance that is not read, where it stands unchanged at its end."""
    rest = [text.tokens[number].text for text, number in reading.rest]
    return rewrite[: len(rewrite) - len(rest)] if rest and rewrite[-len(rest) :] == rest else rewrite
