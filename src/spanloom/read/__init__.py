"""Files to examples. One module a format; `read` tells the formats apart by content, or takes `data.format`.

A format is a module of this folder that has `NAME`, `SHAPE` (what its examples look like, in a few words), `ANSWER`
(the type of its gold answers), `matches(beginning of the file)` and `read(path, config)`. One whose data are several
files has `claims(path)` beside them: whether a path that is no file names such data. A new format is one new module and
no edit elsewhere.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Example, Graph
from spanloom.errors import DataError
from spanloom.read.lines import opening, refuse_nul

AUTO = "auto"


def _modules() -> list[Any]:
    return [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]


def format_names() -> list[str]:
    """The names of all formats, whatever their answers, in alphabetical order."""
    return sorted({module.NAME for module in _modules() if hasattr(module, "ANSWER")})


@cache
def formats(answer: type = Graph) -> dict[str, Any]:
    """The modules, by name, of the formats whose gold answers are of this type."""
    return {module.NAME: module for module in _modules() if getattr(module, "ANSWER", None) is answer}


def read(path: Path, config: DataConfig, answer: type = Graph) -> Iterator[Example]:
    """The examples of a file, with gold answers of this type, streamed where the format allows it.

    What is wrong with the file as a whole is raised at once, what is wrong with an example when its turn comes: a
    DataError citing file and line.
    """
    known = formats(answer)
    if config.format not in (AUTO, *known):
        near = difflib.get_close_matches(config.format, known, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        expected = f"{AUTO} or one of {', '.join(known)}"
        raise DataError("data.format", f"unknown format '{config.format}'{hint}", expected, "Change it.")
    return _not_empty(_module(path, config, known).read(path, config), path)


def _module(path: Path, config: DataConfig, known: Mapping[str, Any]) -> Any:
    """The module that reads a path: the one that is asked for, or the one that its content calls for."""
    several = [module for module in known.values() if hasattr(module, "claims") and module.claims(path)]
    if several and config.format in (AUTO, several[0].NAME):
        return several[0]
    beginning = opening(path, config.encoding)
    refuse_nul(beginning, path, 1)
    if not beginning.strip():
        raise DataError(str(path), "the file is empty", "at least one example", "Check the path.")
    return known[detect(beginning, path, known) if config.format == AUTO else config.format]


def detect(beginning: str, path: Path, known: Mapping[str, Any]) -> str:
    """The name of the known format that the beginning of a file is in. Raises DataError where none fits."""
    for name, module in known.items():
        if module.matches(beginning):
            return name
    shapes = "; ".join(f"{name} ({module.SHAPE})" for name, module in known.items())
    line = beginning.strip().partition("\n")[0]
    found = f"no known format, the file begins with {line[:60]!r}"
    raise DataError(str(path), found, f"one of: {shapes}", "Convert the file, or set data.format.")


def _not_empty(examples: Iterator[Example], path: Path) -> Iterator[Example]:
    first = next(examples, None)
    if first is None:
        raise DataError(str(path), "the file has no examples", "at least one", "Check the path.")
    yield first
    yield from examples
