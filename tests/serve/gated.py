"""`spanloom serve` whose models wait at a gate, a named pipe, before they read a text with the word `hold` in it.

Whoever opens the pipe for writing gets through once a model stands at the gate, and lets it go on by closing it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from spanloom.predict.outcomes import Work
from spanloom.predict.predictor import Predictor
from spanloom.run.cli import main

HOLD = "hold"

if __name__ == "__main__":
    gate, *arguments = sys.argv[1:]
    read = Predictor.encode

    def held(self: Predictor[Any], item: Any) -> Work:
        if HOLD in item.text:
            Path(gate).read_bytes()
        return read(self, item)

    Predictor.encode = held  # type: ignore[method-assign]
    sys.exit(main(["serve", *arguments]))
