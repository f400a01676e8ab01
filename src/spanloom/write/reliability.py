"""Do scores mean what they say: the reliability of a scorecard as a picture, an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanloom.answers.parts.table import percent
from spanloom.write.svg import INK, SOFT, svg, text, upright

SIDE = 220
COUNTS = 60  # how high the bars of counts may be
LEFT, TOP, GAP = 56, 48, 24
WIDTH, HEIGHT = LEFT + SIDE + GAP, TOP + SIDE + GAP + COUNTS + 44
GRID, BAR, LINE = "#e4e7ec", "#1f5fd0", "#b3261e"


def reliability_svg(card: Mapping[str, Any]) -> str | None:
    """The diagram of each kind of fact side by side: by bins of the score the part that is right, as bars, beside the
    line on which both are equal, and under it how many facts are in each bin. None where answers have no scores.
    """
    kinds = card.get("reliability")
    if not kinds:
        return None
    parts = [part for number, kind in enumerate(kinds) for part in _diagram(kind, kinds[kind], WIDTH * number)]
    return svg("reliability", "The part of answers that is right, by their score", (WIDTH * len(kinds), HEIGHT), parts)


def _diagram(kind: str, found: Mapping[str, Any], x: int) -> list[str]:
    left, bottom, floor = x + LEFT, TOP + SIDE, TOP + SIDE + GAP + COUNTS
    most = max(item["predicted"] for item in found["bins"])
    error = f"ECE {percent(found['error'])}"
    if found["error_before"] is not None:
        error += f", before {percent(found['error_before'])}"
    parts = [
        text(left, 20, kind.capitalize(), INK, size=14),
        text(left, 38, error, SOFT),
        upright(x + 16, TOP + SIDE / 2, "correct, %", SOFT, "middle"),
        upright(x + 16, floor - COUNTS / 2, "count", SOFT, "middle"),
        text(left + SIDE / 2, floor + 34, "score", SOFT, "middle"),
        text(left - 6, floor - COUNTS + 10, f"{most:,}", SOFT, "end", 10),
    ]
    for tick in (0.0, 0.5, 1.0):
        height = bottom - SIDE * tick
        parts.append(f'<path d="M{left} {height:g}h{SIDE}" stroke="{GRID}"/>')
        parts.append(text(left - 6, height + 4, f"{100 * tick:.0f}", SOFT, "end", 10))
        parts.append(text(left + SIDE * tick, floor + 16, f"{tick:g}", SOFT, "middle", 10))
    for item in found["bins"]:
        place, width = left + SIDE * item["low"] + 1, SIDE * (item["high"] - item["low"]) - 2
        right, count = SIDE * item["precision"], COUNTS * item["predicted"] / most
        said = f"{percent(item['precision'])} right of {item['predicted']:,}, mean score {item['confidence']:.2f}"
        parts.append(_bar(place, bottom, width, right, said))
        parts.append(_bar(place, floor, width, count, said))
    parts.append(f'<path d="M{left} {bottom}l{SIDE} {-SIDE}" stroke="{LINE}" stroke-dasharray="4 3" fill="none"/>')
    return parts


def _bar(x: float, bottom: float, width: float, height: float, said: str) -> str:
    """A bar that says its numbers where the pointer rests on it."""
    place = f'x="{x:g}" y="{bottom - height:g}" width="{width:g}" height="{height:g}"'
    return f'<rect {place} fill="{BAR}" fill-opacity="0.6"><title>{said}</title></rect>'
