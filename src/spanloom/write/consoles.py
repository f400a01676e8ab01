"""The console of rich, made to show every text as it is. Apart from
`write.terminal`, as rich takes a while to import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from spanloom.write.escapes import visible

LAYOUT = "\n\t"


class PlainConsole(Console):
    """A console on which no text is more than text: what a terminal would act upon is shown as an escape."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Escaped here too, as the width of a column is measured on what this returns."""
        return super().render_str(visible(text, LAYOUT), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else visible(segment.text, LAYOUT)
            yield segment if text == segment.text else Segment(text, segment.style)
