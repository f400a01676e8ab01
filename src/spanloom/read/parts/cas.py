"""UIMA's CAS in XMI, with the types that stand in a `TypeSystem.xml` beside it, as dkpro-cassis reads them.

Offsets are UTF-16 code units in the file, and characters in what is read.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.errors import DataError, MissingExtra
from spanloom.read.parts.json_decode import shown
from spanloom.read.parts.lines import whole_text

ENDING, TYPES = ".xmi", "TypeSystem.xml"
BEGINS = re.compile(r"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--.*?-->\s*+)*<(?:\w+:)?XMI\b[^>]*?omg\.org/XMI", re.DOTALL)
DESCRIBES = re.compile(r"<(?:\w+:)?typeSystemDescription\b")
DECLARED = re.compile(r"<!(?:DOCTYPE|ENTITY)")
HEAD = 4096


def is_xmi(beginning: str) -> bool:
    return BEGINS.match(beginning) is not None


def files(folder: Path) -> Iterator[Path]:
    """The files of XMI in a folder and in those inside, in order."""
    yield from (one for one in sorted(folder.rglob(f"*{ENDING}")) if one.is_file() and not one.name.startswith("."))


def library() -> Any:
    try:
        return importlib.import_module("cassis")
    except ModuleNotFoundError:
        raise MissingExtra("Reading UIMA CAS XMI", "formats") from None


def cas_of(path: Path, types: Any, config: DataConfig) -> Any:
    """What a file says. Raises DataError for what is no CAS of these types."""
    return _loaded(path, lambda text: library().load_cas_from_xmi(text, typesystem=types), config)


def types_for(path: Path, top: Path, config: DataConfig) -> Any:
    """The types of a file: those in its folder, or in one around it up to `top`. Raises DataError for none."""
    folder = path.parent
    while True:
        for file in [folder / TYPES, *sorted(folder.glob("*.xml"))]:
            if file.is_file() and DESCRIBES.search(whole_text(file, config.encoding)[:HEAD]):
                return _loaded(file, library().load_typesystem, config)
        if folder == top or folder == folder.parent:
            break
        folder = folder.parent
    remedy = f"Put the {TYPES} there that was exported with it."
    raise DataError(str(path), f"no {TYPES} beside it", "the types that are in it", remedy)


def _loaded(path: Path, load: Any, config: DataConfig) -> Any:
    """What a library makes of a file of XML."""
    text = whole_text(path, config.encoding)
    if DECLARED.search(text):
        raise DataError(str(path), "declares entities of XML", "plain XML", "Remove the <!DOCTYPE …>.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="Not mapping")  # an offset that is none of the text
            return load(text)
    except Exception as error:  # whatever damaged XML makes of lxml and cassis
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else str(path)
        reason = shown(" ".join(str(error).split()) or type(error).__name__, 160)
        found = f"cannot be read as UIMA CAS XMI ({reason})"
        raise DataError(where, found, f"a whole file and its {TYPES}", "Export it once more.") from None
