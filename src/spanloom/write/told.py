"""What is told of a text: its answer as a user sees it, or the error in its place, and the fields that came with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

INDEXED = frozenset(("relations", "lost"))
"""What an input says of its own entities, which mean nothing beside those of an answer."""


class Told(NamedTuple):
    """shown: what `Task.show` gives, or `{"error"}` with the text where there is one. fields: of the input."""

    shown: Mapping[str, Any]
    fields: Mapping[str, Any]

    def together(self) -> dict[str, Any]:
        """Both as one object; what is shown wins, and "error" is never the input's own."""
        kept_out = {"error"} | (INDEXED if "entities" in self.shown else frozenset())
        beside = {key: value for key, value in self.fields.items() if key not in self.shown and key not in kept_out}
        return {**self.shown, **beside}

    @staticmethod
    def read(line: str) -> Told:
        """What `written` gave."""
        shown, fields = json.loads(line)
        return Told(shown, fields)

    def written(self) -> list[Any]:
        """Both apart, as a value of JSON."""
        return [self.shown, self.fields]
