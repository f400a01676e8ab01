"""A configuration as plain values and as TOML text, which reads back to the same."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

FILE_URI = "file://"
"""How a path begins that is written as a URI, because its bytes are no UTF-8."""


def to_table(config: Any) -> dict[str, Any]:
    """A dataclass as nested plain values, every value written out, ready for TOML or JSON; None is left out."""
    table: dict[str, Any] = {}
    for item in dataclasses.fields(config):
        value = getattr(config, item.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            table[item.name] = to_table(value)
        elif isinstance(value, Path):
            table[item.name] = path_text(value)
        elif value is not None:
            table[item.name] = _plain(value)
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [to_table(each) if dataclasses.is_dataclass(each) else each for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, Mapping) else value


def path_text(path: Path) -> str:
    """A path as text, absolute, since a relative one would mean another file where it is read back.

    A name that is not UTF-8 cannot stand in a TOML or a JSON file: such a path becomes a `file://` URI.
    """
    text = str(path.absolute())
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return FILE_URI + quote_from_bytes(os.fsencode(text))
    return text


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested table by dotted key: `{"train": {"ema": 0.9}}` -> `{"train.ema": 0.9}`.

    Of several tables under one key each has its number: "data.source[1].train".
    """
    flat: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            for number, each in enumerate(value, start=1):
                flat |= flatten(each, f"{name}[{number}].")
        else:
            flat[name] = value
    return flat


def to_toml(config: Any) -> str:
    """A configuration as TOML text that `load_config` reads back to the same values."""
    import tomli_w  # only what trains writes any

    return tomli_w.dumps(to_table(config))
