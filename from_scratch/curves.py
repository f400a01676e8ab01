"""Curves as an SVG picture, which is text: for programs that want a plot and nothing to install for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

Curves = Mapping[str, Sequence[float]]

WIDTH, HEIGHT, MARGIN = 420, 260, 48
COLOURS = ("#1f6fb2", "#d1603d", "#3a8f5c")


def draw_curves(panels: Mapping[str, Curves]) -> str:
    """One panel beside the other, each with curves by name over epochs 1, 2, 3…; the y axis begins at 0."""
    drawn = [_panel(title, curves, number * WIDTH) for number, (title, curves) in enumerate(panels.items())]
    size = f'width="{WIDTH * len(drawn)}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n' + (
        '<rect width="100%" height="100%" fill="white"/>\n' + "".join(drawn) + "</svg>\n"
    )


def _panel(title: str, curves: Curves, left: int) -> str:
    highest = max((value for values in curves.values() for value in values), default=1.0) or 1.0
    longest = max((len(values) for values in curves.values()), default=1)
    right, bottom = left + WIDTH - 12, HEIGHT - MARGIN
    parts = [
        f'<text x="{left + MARGIN}" y="20" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{left + MARGIN},{MARGIN} V{bottom} H{right}" fill="none" stroke="#888"/>',
        f'<text x="{left + MARGIN - 6}" y="{MARGIN + 4}" text-anchor="end">{highest:.3g}</text>',
        f'<text x="{left + MARGIN - 6}" y="{bottom + 4}" text-anchor="end">0</text>',
        f'<text x="{right}" y="{bottom + 16}" text-anchor="end">epoch {longest}</text>',
    ]
    for number, (name, values) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{left + MARGIN + (right - left - MARGIN) * (place + 1) / longest:.1f},"
            f"{bottom - (bottom - MARGIN) * value / highest:.1f}"
            for place, value in enumerate(values)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{left + MARGIN + 110 * number}" y="{HEIGHT - 12}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join(parts) + "\n"
