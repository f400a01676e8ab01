"""The picture of an answer in the READMEs: what the bundled model says of a sentence, as an SVG.

`python -m docs.pictures` draws it with the others. It stands for the page of `spanloom predict --output answers.html`,
whose arcs a browser draws, which nobody has where pictures are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

import spanloom

TEXT = "The ferry to Reykjavik, the capital of Iceland, was late."
LEFT, LETTER, LINE = 35, 10, 118
"""Where the text begins, the width of a letter, whatever the font, and the height of the text's line."""
PAPER, INK, BLUE, RED = "#fcfcfa", "#333333", "#2a6f97", "#d1495b"


def picture(text: str = TEXT) -> str:
    """The answer for a text of one line: entities marked, an arc from head to tail for each pair that is related."""
    answer = spanloom.load()(text).to_dict()
    entities, width = answer["entities"], 2 * LEFT + LETTER * len(text)
    labels: dict[tuple[int, int], list[str]] = defaultdict(list)
    for relation in sorted(answer["relations"], key=lambda relation: str(relation["label"])):
        labels[relation["head"], relation["tail"]].append(relation["label"])
    arcs = [(_middle(entities[head]), _middle(entities[tail]), names) for (head, tail), names in labels.items()]
    said = [
        f"{entities[head]['text']} {', '.join(names)} {entities[tail]['text']}"
        for (head, tail), names in labels.items()
    ]
    small = 'font-family="sans-serif" font-size="12" text-anchor="middle"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="160" viewBox="0 0 {width} 160"'
            ' role="img" aria-labelledby="title">',
            f'  <title id="title">{escape("; ".join(said))}</title>',
            f'  <rect width="{width}" height="160" rx="6" fill="{PAPER}"/>',
            *_group(
                f'fill="none" stroke="{RED}" stroke-width="1.5"', (line for arc in arcs for line in _arc(*arc[:2]))
            ),
            *_group(f'{small} fill="{RED}"', _names(arcs)),
            *_group(f'fill="{BLUE}" fill-opacity="0.18"', map(_mark, entities)),
            *_group(f'font-family="monospace" font-size="16" fill="{INK}"', _words(text, entities)),
            *_group(f'{small} fill="{BLUE}"', map(_label, entities)),
            "</svg>\n",
        ]
    )


def _group(style: str, lines: Iterable[str]) -> list[str]:
    return [f"  <g {style}>", *(f"    {line}" for line in lines), "  </g>"]


def _middle(entity: Mapping[str, Any]) -> int:
    return int(LEFT + LETTER * (entity["start"] + entity["end"]) // 2)


def _arc(head: int, tail: int) -> Iterator[str]:
    yield f'<path d="M{head} 94 C{head} 30 {tail} 30 {tail} 92"/>'
    yield f'<path d="M{tail - 5} 84 L{tail} 93 L{tail + 5} 84"/>'


def _names(arcs: Sequence[tuple[int, int, list[str]]]) -> Iterator[str]:
    for head, tail, names in arcs:
        for row, name in enumerate(names):
            yield f'<text x="{(head + tail) // 2}" y="{20 + 17 * row}">{escape(name)}</text>'


def _mark(entity: Mapping[str, Any]) -> str:
    start, length = LEFT + LETTER * entity["start"] - 4, LETTER * (entity["end"] - entity["start"]) + 8
    return f'<rect x="{start}" y="98" width="{length}" height="28" rx="4"/>'


def _label(entity: Mapping[str, Any]) -> str:
    return f'<text x="{_middle(entity)}" y="143">{escape(entity["label"])}</text>'


def _words(text: str, entities: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The text in pieces, so that each begins where its mark does."""
    ends = sorted({0, len(text), *(place for entity in entities for place in (entity["start"], entity["end"]))})
    for start, end in pairwise(ends):
        piece = text[start:end].rstrip()
        start += len(piece) - len(piece.lstrip())
        piece = piece.lstrip()
        yield f'<text x="{LEFT + LETTER * start}" y="{LINE}" textLength="{LETTER * len(piece)}">{escape(piece)}</text>'
