"""How little each token of a text was expected by one who had read those before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spanloom.answers.parts.answer import Answer, Page, flat_row
from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.answers.parts.kind import AnswerKind
from spanloom.answers.parts.plain_card import Card
from spanloom.answers.parts.summary import Summary, Tile
from spanloom.answers.parts.table import Cell, Grid, Line, Part, Worst, line, name
from spanloom.inputs import Text
from spanloom.text.counts import listed
from spanloom.text.windows import Window


@dataclass(frozen=True, slots=True)
class Surprisal:
    """How little each token of a text was expected by one who had read those before it: -log2 of its probability.

    A token's bits are those of all units in it (characters, wordpieces), the space before it among them. Gold is 0
    throughout: what a perfect model would give.
    """

    bits: tuple[float, ...] = ()


STRIKING = 2.0
"""How many times as surprising as the mean of its text a token is to be marked."""

SURPRISING = f"more than {STRIKING:g} times the mean of its text"
WHOLE = "the whole text"


def merge(answers: Sequence[Surprisal], places: Sequence[Window]) -> Surprisal:
    """Each token's bits from the window that shows most of the text before it: the first one that it stands in."""
    bits: tuple[float, ...] = ()
    for answer, (start, _) in zip(answers, places, strict=True):
        bits += answer.bits[len(bits) - start :]
    return Surprisal(bits)


# ---- what is shown ---------------------------------------------------------------------------------------------------


def surprisal_to_dict(text: Text, answer: Surprisal) -> dict[str, Any]:
    """What a user sees of an answer: the text, its bits in all, and each token with its own, in character offsets."""
    tokens = [
        {"start": token.start, "end": token.end, "text": token.text, "bits": round(bits, 4)}
        for token, bits in zip(text.tokens, answer.bits, strict=True)
    ]
    return {"text": text.text, "bits": round(sum(answer.bits), 4), "tokens": tokens}


def striking(shown: Shown) -> list[Shown]:
    """The tokens that stand out from their text."""
    bits = [token["bits"] for token in shown["tokens"]]
    mean = sum(bits) / max(len(bits), 1)
    return [token for token in shown["tokens"] if token["bits"] > STRIKING * mean]


def table(shown: Shown) -> list[Part]:
    """The text with what stands out in it marked, and its bits."""
    text, cells, at = shown["text"], list[Cell](), 0
    for token in striking(shown):
        cells += [Cell(text[at : token["start"]]), Cell(token["text"], "bold yellow")]
        at = token["end"]
    about = f"  {shown['bits']:.1f} bits, {shown['bits'] / max(len(text), 1):.2f} a character"
    return [Line((*cells, Cell(text[at:]))), line(about, "dim")]


def draw(shown: Shown) -> Drawing:
    """The tokens that stand out, each an entity of so many bits, and the bits of the whole text."""
    spans = [{**token, "label": f"{token['bits']:.0f} bits", "kind": SURPRISING} for token in striking(shown)]
    whole = {"label": f"{shown['bits']:.1f} bits", "kind": WHOLE}
    return {**shown, "entities": spans, "relations": (), "labels": [whole]}


# ---- the scorecard ---------------------------------------------------------------------------------------------------


def card_parts(card: Card) -> list[Part]:
    """The size, the scores, and the texts with the most bits."""
    rows = tuple(
        tuple(
            name(text, "bold" if title == card["rule"] else "")
            for text in (title, _number(score["value"]), _interval(score))
        )
        for title, score in card["overall"].items()
    )
    scores = Grid("Scores", ("", "value", "95% interval"), rows)
    return [line(f"{listed(card['size'])}."), scores, Worst(card["errors"]["worst"])]


def card_summary(card: Card) -> Summary:
    """A tile for each measure."""
    tiles = (
        Tile(title, _number(score["value"]), f"95% between {_interval(score)}" if "interval" in score else "")
        for title, score in card["overall"].items()
    )
    return Summary(f"{listed(card['size'])}.", tuple(tiles))


def _number(value: float) -> str:
    return f"{value:.4g}"


def _interval(score: Mapping[str, Any]) -> str:
    """The interval of a score, nothing where it has none."""
    return " to ".join(map(_number, score["interval"])) if "interval" in score else ""


@dataclass(frozen=True, slots=True)
class Surprising:
    """A token and its bits: `text[start:end]`, in characters, half-open."""

    text: str
    start: int
    end: int
    bits: float


class SurprisalAnswer(Answer[Surprisal]):
    """bits: of the whole text; tokens: each with its own."""

    def __init__(self, shown: Shown, value: Surprisal, page: Page) -> None:
        super().__init__(shown, value, page)
        self.bits: float = shown["bits"]
        self.tokens = tuple(Surprising(**token) for token in shown["tokens"])

    def rows(self) -> list[dict[str, Any]]:
        """A row for each token."""
        return [flat_row("token", token, ("text", "start", "end", "bits")) for token in self.tokens]

    def lines(self) -> Iterator[str]:
        yield f"{self.bits:.1f} bits"
        yield from (f"{token.bits:.1f}: {token.text}" for token in self.tokens)


KIND = AnswerKind(
    answer=Surprisal,
    view=SurprisalAnswer,
    draw=draw,
    table=table,
    card=card_parts,
    summary=card_summary,
    merge=merge,
)
