"""Pieces of pictures in SVG, with texts that can do no harm."""

from __future__ import annotations

from collections.abc import Iterable

from spanloom.write.annotated import escape

SOFT, INK = "#5b6472", "#1d2129"


def svg(name: str, title: str, size: tuple[int, int], parts: Iterable[str]) -> str:
    """A picture of these parts on white, which needs nothing else. size: width and height."""
    width, height = size
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def text(x: float, y: float, said: str, colour: str, anchor: str = "start", size: int = 12) -> str:
    """A text. anchor: which end of it, or its middle, stands at x."""
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
    return f"<text {place}>{escape(said)}</text>"


def upright(x: float, y: float, said: str, colour: str, anchor: str = "start") -> str:
    """A text that reads from below."""
    return f'<g transform="translate({x:g} {y:g}) rotate(-90)">{text(0, 0, said, colour, anchor)}</g>'
