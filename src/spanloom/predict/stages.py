"""What is asked of a predictor by whoever takes many inputs through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from spanloom.contracts import Codec, Task
from spanloom.core import Row
from spanloom.predict.outcomes import Work


class Stages(Protocol):
    """See `Predictor`."""

    @property
    def task(self) -> Task: ...
    @property
    def codec(self) -> Codec: ...
    @property
    def second_look(self) -> str: ...
    def encode(self, item: Any) -> Work: ...
    def predict_rows(self, rows: Sequence[Row]) -> list[Any]: ...
    def merge(self, work: Work, answers: Sequence[Any]) -> Any: ...
