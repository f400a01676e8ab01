"""The pictures of answers in the READMEs: what the bundled model says of a sentence, as an SVG.

`python -m docs.pictures` draws them with the others. They stand for the page of `spanloom predict --output
answers.html`, whose arcs a browser draws, which nobody has where pictures are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from unicodedata import east_asian_width

import spanloom

TEXTS = {
    "answer.svg": "Marie Curie, born in Warsaw in 1867, won the Nobel Prize in Physics with her husband, Pierre Curie.",
    "answer-zh.svg": "阿里巴巴由马云于1999年创立，总部位于杭州。",  # noqa: RUF001
}
"""File -> the sentence that is drawn in it."""

LEFT, NARROW, WIDE = 35, 10, 18
"""Where the text begins, and the width of a letter, whatever the font, and of a Chinese one."""
STEP, MARK = 38, 28
"""The height that an arc takes, and that of a mark."""
PAPER, INK, BLUE, RED = "#fcfcfa", "#333333", "#2a6f97", "#d1495b"


class Arc(NamedTuple):
    """From where to where, on which level above the text, 1 the lowest, and what it is called."""

    head: float
    tail: float
    level: int
    name: str


def picture(text: str) -> str:
    """The answer for a text of one line: entities marked, an arc from head to tail for each pair that is related."""
    answer = spanloom.load()(text).to_dict()
    entities = answer["entities"]
    places = list(accumulate((WIDE if east_asian_width(letter) in "WF" else NARROW for letter in text), initial=LEFT))
    arcs = _arcs(answer, places)
    line = 40 + STEP * max((arc.level for arc in arcs), default=0)
    width, height = places[-1] + LEFT, line + 50
    small = 'font-family="sans-serif" font-size="12" text-anchor="middle"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
            ' role="img" aria-labelledby="title">',
            f'  <title id="title">{escape(said(answer))}</title>',
            f'  <rect width="{width}" height="{height}" rx="6" fill="{PAPER}"/>',
            *_group(
                f'fill="none" stroke="{RED}" stroke-width="1.5"', (part for arc in arcs for part in _drawn(arc, line))
            ),
            *_group(f'{small} fill="{RED}"', (_name(arc, line) for arc in arcs)),
            *_group(f'fill="{BLUE}" fill-opacity="0.18"', (_mark(entity, places, line) for entity in entities)),
            *_group(f'font-family="monospace" font-size="16" fill="{INK}"', _words(text, entities, places, line)),
            *_group(f'{small} fill="{BLUE}"', (_label(entity, places, line) for entity in entities)),
            "</svg>\n",
        ]
    )


def said(answer: Mapping[str, Any]) -> str:
    """The facts of an answer in one line."""
    names = [entity["text"] for entity in answer["entities"]]
    return "; ".join(f"{names[item['head']]} {item['label']} {names[item['tail']]}" for item in answer["relations"])


def _arcs(answer: Mapping[str, Any], places: Sequence[int]) -> list[Arc]:
    """One for each pair that is related, the shortest lowest, each above those that it spans or crosses."""
    names: dict[tuple[int, int], list[str]] = defaultdict(list)
    for relation in sorted(answer["relations"], key=lambda relation: str(relation["label"])):
        names[relation["head"], relation["tail"]].append(relation["label"])
    ends = [_middle(entity, places) for entity in answer["entities"]]
    arcs: list[Arc] = []
    for head, tail in sorted(names, key=lambda pair: abs(ends[pair[0]] - ends[pair[1]])):
        low, high = sorted((ends[head], ends[tail]))
        below = [arc.level for arc in arcs if min(arc.head, arc.tail) < high and low < max(arc.head, arc.tail)]
        # Arcs that leave or reach the same name stand a little apart.
        aside = 6 * sum(ends[head] in arc[:2] for arc in arcs), 6 * sum(ends[tail] in arc[:2] for arc in arcs)
        name = ", ".join(names[head, tail])
        arcs.append(Arc(ends[head] + aside[0], ends[tail] + aside[1], 1 + max(below, default=0), name))
    return arcs


def _group(style: str, lines: Iterable[str]) -> list[str]:
    return [f"  <g {style}>", *(f"    {line}" for line in lines), "  </g>"]


def _middle(entity: Mapping[str, Any], places: Sequence[int]) -> float:
    return (places[entity["start"]] + places[entity["end"]]) / 2


def _drawn(arc: Arc, line: int) -> Iterator[str]:
    foot, top = line - 24, line - 24 - STEP * arc.level + 12
    bend = min(20.0, abs(arc.tail - arc.head) / 2) * (1 if arc.tail > arc.head else -1)
    yield (
        f'<path d="M{arc.head:g} {foot} Q{arc.head:g} {top} {arc.head + bend:g} {top} '
        f'L{arc.tail - bend:g} {top} Q{arc.tail:g} {top} {arc.tail:g} {foot - 2}"/>'
    )
    yield f'<path d="M{arc.tail - 5:g} {foot - 9} L{arc.tail:g} {foot - 1} L{arc.tail + 5:g} {foot - 9}"/>'


def _name(arc: Arc, line: int) -> str:
    return f'<text x="{(arc.head + arc.tail) / 2:g}" y="{line - 16 - STEP * arc.level}">{escape(arc.name)}</text>'


def _mark(entity: Mapping[str, Any], places: Sequence[int], line: int) -> str:
    start, end = places[entity["start"]], places[entity["end"]]
    return f'<rect x="{start - 4}" y="{line - 20}" width="{end - start + 8}" height="{MARK}" rx="4"/>'


def _label(entity: Mapping[str, Any], places: Sequence[int], line: int) -> str:
    return f'<text x="{_middle(entity, places):g}" y="{line + 25}">{escape(entity["label"])}</text>'


def _words(text: str, entities: Sequence[Mapping[str, Any]], places: Sequence[int], line: int) -> Iterator[str]:
    """The text in pieces, so that each begins where its mark does."""
    ends = sorted({0, len(text), *(place for entity in entities for place in (entity["start"], entity["end"]))})
    for start, end in pairwise(ends):
        piece = text[start:end].rstrip()
        start += len(piece) - len(piece.lstrip())
        piece = piece.lstrip()
        length = places[start + len(piece)] - places[start]
        yield f'<text x="{places[start]}" y="{line}" textLength="{length}">{escape(piece)}</text>'
