"""Files to examples. One module a format; `read` tells the formats apart by content, or takes `data.format`.

Every module of this folder is a format and has `NAME`, `SHAPE` (what its examples look like, in a few words), `ANSWER`
(the type of its gold answers), `fit(beginning of the file)` and `read(path, config)`. `fit` is 0 where the beginning is
not of the format, else the number of keys, columns or marks of the format's own that it shows; it knows of no other
format. The largest is taken, so that of two formats the more specific wins; where two are as large, the user is asked.
A JSON format declares its keys (`parts.json_keys.Keys`): `fit` counts them, and gold under other keys is refused by the
same list. One whose data are several files has `claims(path)` beside them: whether a path that is no file names such
data.
A new format is one new module and no edit elsewhere. What several formats share is in `parts/`.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from spanloom.answers import kinds
from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text, texts_of
from spanloom.read.parts.json_decode import shown
from spanloom.read.parts.json_keys import first_values
from spanloom.read.parts.lines import OPENING, opening, refuse_nul

AUTO = "auto"
Says = Callable[[Any, Any], tuple[Text, Sequence[Span], Sequence[Relation]]]
"""(input, gold) -> a text, and the spans and relations that its gold says."""

WRAPPED = "[{"
"""How the value of a key begins under which there is a list of objects."""


class UnknownFormat(DataError):
    """A file in which nothing tells its format."""


def _modules() -> list[Any]:
    names = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return [importlib.import_module(f"{__name__}.{name}") for name in names]


def format_names() -> list[str]:
    """The names of all formats, whatever their answers, in alphabetical order."""
    return sorted({module.NAME for module in _modules()})


@cache
def formats(answer: type = Graph) -> dict[str, Any]:
    """The modules, by name, of the formats whose gold answers are of this type."""
    return {module.NAME: module for module in _modules() if module.ANSWER is answer}


def read(path: Path, config: DataConfig, answer: type = Graph) -> Iterator[Example]:
    """The examples of a file, with gold answers of this type, streamed where the format allows it.

    What is wrong with the file as a whole is raised at once, what is wrong with an example when its turn comes: a
    DataError citing file and line.
    """
    known = formats(answer)
    return _not_empty(_found(path, config, known).read(path, config), path)


def read_graphs(path: Path, config: DataConfig) -> Iterator[Example]:
    """As `read`, of graphs; of a file in another format, of the spans and relations that its own gold says."""
    saying = {kind.answer: kind.graph for kind in kinds().values() if kind.graph is not None}
    others = [module for module in _modules() if module.ANSWER in saying and module.ANSWER is not Graph]
    if config.format != AUTO:
        others = [module for module in others if module.NAME == config.format not in formats(Graph)]
    module = _best_of(path, config, others)
    if module is None:
        return read(path, config)
    return _as_graphs(_not_empty(module.read(path, config), path), saying[module.ANSWER])


def _best_of(path: Path, config: DataConfig, others: Sequence[Any]) -> Any | None:
    """The one of these formats that fits a path better than any of graphs does; None where none does."""
    own = list(formats(Graph).values())
    if any(_claims(module, path) for module in own):
        return None
    claimed = next((module for module in others if _claims(module, path)), None)
    if claimed is not None or not others or not path.is_file():
        return claimed
    beginning = opening(path, config.encoding)
    best = max(others, key=lambda module: int(module.fit(beginning)))
    rivals = own if config.format == AUTO else []
    return best if best.fit(beginning) > max((module.fit(beginning) for module in rivals), default=-1) else None


def _as_graphs(examples: Iterator[Example], says: Says) -> Iterator[Example]:
    for example in examples:
        if example.gold is None:
            yield dataclasses.replace(example, input=texts_of(example.input)[0])
        else:
            text, spans, relations = says(example.input, example.gold)
            yield dataclasses.replace(example, input=text, gold=Graph(tuple(spans), tuple(relations)))


def _found(path: Path, config: DataConfig, known: Mapping[str, Any]) -> Any:
    require_format(config.format, known)
    try:
        return _module(path, config, known)
    except OSError as error:  # a link that leads to itself, a name that is too long, a disk that fails
        reason = error.strerror or type(error).__name__
        raise DataError(
            str(path), f"cannot be read ({reason})", "a file or a folder of examples", "Check the path."
        ) from None


def _claims(module: Any, path: Path) -> bool:
    return bool(hasattr(module, "claims") and module.claims(path))


def require_format(name: str, known: Collection[str]) -> None:
    """Raise DataError where a format that is asked for is none of those that are known, naming the nearest."""
    if name in (AUTO, *known):
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    expected = f"{AUTO} or one of {', '.join(known)}"
    remedy = f"Set data.format = '{near[0] if near else AUTO}'."
    raise DataError("data.format", f"unknown format {shown(name)}{hint}", expected, remedy)


def _module(path: Path, config: DataConfig, known: Mapping[str, Any]) -> Any:
    """The module that reads a path: the one that is asked for, or the one that its content calls for."""
    several = {name: 1 for name, module in known.items() if _claims(module, path)}
    if config.format in several:
        return known[config.format]
    if several and config.format == AUTO:
        return known[_most_specific(several, path)]
    beginning = opening(path, config.encoding)
    refuse_nul(beginning, path, 1)
    if not beginning.strip() and len(beginning) < OPENING:
        raise DataError(str(path), "the file is empty", "at least one example", "Check the path.")
    return known[detect(beginning, path, known) if config.format == AUTO else config.format]


def detect(beginning: str, path: Path, known: Mapping[str, Any]) -> str:
    """The name of the known format that the beginning of a file is in: the one that fits best.

    Raises DataError where none fits, or where several fit equally well.
    """
    fits = {name: fit for name, module in known.items() if (fit := module.fit(beginning)) > 0}
    if fits:
        return _most_specific(fits, path)
    if not beginning.strip():
        found = f"nothing but white space in the first {len(beginning):,} characters"
        raise DataError(str(path), found, "an example", "Check the file, or set data.format.")
    shapes = "; ".join(f"{name} ({module.SHAPE})" for name, module in known.items())
    keys = first_values(beginning)
    remedy = "Convert the file, or set data.format."
    for key, begins in keys.items():
        if begins == WRAPPED:
            remedy += f" If the examples are the list under {shown(key)}, write that list to a file of its own."
            break
    if keys:
        found = f"no known format, the keys of the first object are {', '.join(map(shown, list(keys)[:12]))}"
    else:
        found = f"no known format, the file begins with {beginning.strip().partition(chr(10))[0][:60]!r}"
    raise UnknownFormat(str(path), found, f"one of: {shapes}", remedy)


def _most_specific(fits: Mapping[str, int], path: Path) -> str:
    """The name with the largest number. Raises DataError where several have it."""
    best = [name for name, fit in fits.items() if fit == max(fits.values())]
    if len(best) > 1:
        listed = " or ".join(f"'{name}'" for name in best)
        found = f"the data may be in the format {listed}, which fit equally well"
        raise DataError(str(path), found, "one format", f"Set data.format = '{best[0]}', say.")
    return best[0]


def _not_empty(examples: Iterator[Example], path: Path) -> Iterator[Example]:
    first = next(examples, None)
    if first is None:
        raise DataError(str(path), "the file has no examples", "at least one", "Check the path.")
    yield first
    yield from examples
