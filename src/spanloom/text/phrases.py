"""Numbers in sentences for people."""

from __future__ import annotations


def several(count: int, what: str) -> str:
    """`1 fact`, `2 facts`."""
    return f"{count:,} {what}{'s' * (count != 1)}"
