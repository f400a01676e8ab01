"""A list of JSON as tools read it: an item a line, in brackets or, under a name that ends in `.jsonl`, without."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spanloom.write.lines import LINES, atomic_text


def write_list(path: Path, items: Iterable[Any]) -> None:
    """Write items, UTF-8 as it is. Raises FileError where the file cannot be written."""
    lined = path.suffix.lower() == LINES
    with atomic_text(path) as file:
        if not lined:
            file.write("[")
        for number, item in enumerate(items):
            between = "" if lined else ",\n" if number else "\n"
            file.write(f"{between}{json.dumps(item, ensure_ascii=False)}{chr(10) if lined else ''}")
        if not lined:
            file.write("\n]\n")
