"""The last turn of a dialogue as a text that can be understood by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from spanloom.answers.parts.answer import Answer, Page, flat_row, scored
from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.answers.parts.kind import AnswerKind
from spanloom.answers.parts.table import Cell, Line, Part, confidence, line
from spanloom.inputs import Dialogue
from spanloom.text.edits import new_parts


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The last turn of a dialogue as a text that can be understood by itself. The score takes no part in equality."""

    text: str = ""
    score: float | None = field(default=None, compare=False)


INSERTED = "inserted"


def rewrite_to_dict(dialogue: Dialogue, answer: Rewrite) -> dict[str, Any]:
    """What a user sees of an answer: `turns`, `rewrite` and its `score` if any."""
    scored = {} if answer.score is None else {"score": float(answer.score)}
    return {"turns": [turn.text for turn in dialogue.turns], "rewrite": answer.text, **scored}


def table(shown: Shown) -> list[Part]:
    """The turns, and the last one rewritten, what is new in it marked, with the score."""
    rewrite = str(shown["rewrite"])
    cells = [Cell("  ")]
    at = 0
    for start, end in new_parts(shown["turns"][-1], rewrite):
        cells += [Cell(rewrite[at:start], "bold"), Cell(rewrite[start:end], "bold cyan")]
        at = end
    cells += [Cell(rewrite[at:], "bold"), Cell("  "), Cell(confidence(shown.get("score")))]
    return [*(line(turn, "dim") for turn in shown["turns"]), Line(tuple(cells))]


def draw(shown: Shown) -> Drawing:
    """The turns, one a line, and the rewrite behind an arrow with what is new in it marked; its score is a label's.

    Two such labels are the same where the rewrites are.
    """
    before = "\n".join((*shown["turns"], "→ "))
    rewrite = str(shown["rewrite"])
    new = [
        {"start": len(before) + start, "end": len(before) + end, "text": rewrite[start:end], "label": INSERTED}
        for start, end in new_parts(shown["turns"][-1], rewrite)
    ]
    whole = {"label": "rewrite", "key": rewrite, "score": shown.get("score")}
    return {**shown, "text": before + rewrite, "entities": new, "relations": (), "labels": (whole,)}


class RewriteAnswer(Answer[Rewrite]):
    """rewrite: the last turn as a text by itself, and its score; turns: the dialogue, which is `texts` too."""

    def __init__(self, shown: Shown, value: Rewrite, page: Page) -> None:
        super().__init__(shown, value, page)
        self.turns = self.texts
        self.rewrite = str(shown["rewrite"])
        self.score: float | None = shown.get("score")

    def rows(self) -> list[dict[str, Any]]:
        """One row, which has the rewrite as its text."""
        return [{**flat_row("rewrite", self), "text": self.rewrite}]

    def lines(self) -> Iterator[str]:
        yield scored(f"-> {self.rewrite}", self.score)


KIND = AnswerKind(answer=Rewrite, view=RewriteAnswer, draw=draw, table=table)
