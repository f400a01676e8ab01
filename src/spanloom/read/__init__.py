"""Files to examples. One module a format; `read` tells the formats apart by content, or takes `data.format`.

Every module of this folder has `FORMAT`, a `parts.format.Format`: what it is called, the type of its gold answers, how
well the beginning of a file fits, and how a file is read. The largest fit is taken, so that of two formats the more
specific wins; where two are as large, the user is asked. A JSON format declares its keys (`parts.json_keys.Keys`):
`fit` counts them, and gold under other keys is refused by the same list.
A new format is one new module and no edit elsewhere. What several formats share is in `parts/`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from spanloom.answers import kind_of, kinds
from spanloom.answers.graph import Graph
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Relation, Text
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_decode import shown
from spanloom.read.parts.json_keys import OF_SOME_TASK, first_values
from spanloom.read.parts.lines import OPENING, opening, refuse_nul
from spanloom.read.parts.otherwise import otherwise
from spanloom.read.parts.pairs import pairs_of

AUTO = "auto"
WRAPPED = "[{"
"""How the value of a key begins under which there is a list of objects."""


class UnknownFormat(DataError):
    """A file in which nothing tells its format."""


def _every() -> list[Format]:
    names = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return [importlib.import_module(f"{__name__}.{name}").FORMAT for name in names]


def format_names() -> list[str]:
    """The names of all formats, whatever their answers, in alphabetical order."""
    return sorted({one.name for one in _every()})


@cache
def formats(answer: type = Graph, input: type = Text) -> dict[str, Format]:
    """The formats, by name, whose gold answers, and whose inputs, are of these types."""
    return {one.name: one for one in _every() if one.answer is answer and one.input is input}


def read(path: Path, config: DataConfig, answer: type = Graph, input: type = Text) -> Iterator[Example]:
    """The examples of a file, with gold answers and inputs of these types, streamed where the format allows it.

    What is wrong with the file as a whole is raised at once, what is wrong with an example when its turn comes: a
    DataError citing file and line.
    """
    require_format(config.format, formats(answer, input))
    try:
        chosen = format_of(path, config, answer, input)
    except OSError as error:  # a link that leads to itself, a name that is too long, a disk that fails
        reason = error.strerror or type(error).__name__
        raise DataError(
            str(path), f"cannot be read ({reason})", "a file or a folder of examples", "Check the path."
        ) from None
    _refuse_sentences(chosen, path, config)
    return _not_empty(chosen.read(path, config), path)


def read_graphs(path: Path, config: DataConfig) -> Iterator[Example]:
    """As `read`, of graphs; of a file in another format, of the spans and relations that its own gold says."""
    saying = {kind.answer: kind.graph for kind in kinds().values() if kind.graph is not None}
    others = [one for one in _every() if one.answer in saying and one.answer is not Graph]
    if config.format != AUTO:
        others = [one for one in others if one.name == config.format not in formats(Graph)]
    best = _better_than_own(path, config, others, Graph)
    if best is None:
        return read(path, config)
    _refuse_sentences(best, path, config)
    return otherwise(_not_empty(best.read(path, config), path), saying[best.answer], kind_of(Graph()))


def read_tags(path: Path, config: DataConfig) -> Iterator[Example]:
    """As `read`, of tags; of a file of spans that do not overlap by their nature, tags that say these spans."""
    others = readable(Tags)[len(formats(Tags)) :]
    if config.format != AUTO:
        others = [one for one in others if one.name == config.format]
    best = _better_than_own(path, config, others, Tags)
    if best is None:
        return read(path, config, Tags)
    graph = kind_of(Graph()).graph
    assert graph is not None
    return otherwise(_not_empty(best.read(path, config), path), graph, kind_of(Tags()))


def read_relations(path: Path, config: DataConfig) -> Iterator[Example]:
    """As `read`, of relations of marked spans; of a file of entities and relations between them, its pairs."""
    best = _better_than_own(path, config, _with_pairs(config), Relation)
    if best is None:
        return read(path, config, Relation)
    where = f"{path}, read as {best.name} ({best.shape})"
    return _not_empty(pairs_of(best.read(path, config), config.unrelated, where), path)


def _with_pairs(config: DataConfig) -> list[Format]:
    """The formats of which pairs of entities can be read."""
    named = (one for one in formats(Graph).values() if one.name == config.format not in formats(Relation))
    return list(formats(Graph).values() if config.format == AUTO else named)


def readable(answer: type, input: type = Text) -> list[Format]:
    """The formats whose gold and inputs are of these types, and those whose gold can be read as such."""
    own = formats(answer, input)
    if answer is not Tags:
        return list(own.values())
    return [*own.values(), *(one for one in formats(Graph).values() if one.flat and one.name not in own)]


def _refuse_sentences(chosen: Format, path: Path, config: DataConfig) -> None:
    if config.by_sentence and not chosen.sentences:
        able = ", ".join(one.name for one in _every() if one.sentences)
        found = f"is set, and the format of {path} is '{chosen.name}', which tells no sentences apart"
        raise ConfigError("data.by_sentence", found, f"documents in the format {able}", "Leave it out.")


def _better_than_own(path: Path, config: DataConfig, others: Sequence[Format], answer: type) -> Format | None:
    """The one of these formats that fits a path better than any of this type of answer; None where none does."""
    own = list(formats(answer).values())
    if any(one.claims(path) for one in own):
        return None
    claimed = next((one for one in others if one.claims(path)), None)
    if claimed is not None or not others or not path.is_file():
        return claimed
    beginning = opening(path, config.encoding)
    best = max(others, key=lambda one: one.fit(beginning))
    rivals = own if config.format == AUTO else []
    return best if best.fit(beginning) > max((one.fit(beginning) for one in rivals), default=-1) else None


def require_format(name: str, known: Collection[str]) -> None:
    """Raise DataError where a format that is asked for is none of those that are known, naming the nearest."""
    if name in (AUTO, *known):
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    expected = f"{AUTO} or one of {', '.join(known)}"
    remedy = f"Set data.format = '{near[0] if near else AUTO}'."
    raise DataError("data.format", f"unknown format {shown(name)}{hint}", expected, remedy)


def format_of(
    path: Path,
    config: DataConfig,
    answer: type = Graph,
    input: type = Text,
    among: Mapping[str, Format] | None = None,
) -> Format:
    """The format to read a path in: the one that is asked for, or the one that its content calls for.

    among: the formats to choose from, where they are not those of these types of answer and input.
    """
    known = formats(answer, input) if among is None else among
    several = {name: 1 for name, one in known.items() if one.claims(path)}
    if config.format in several:
        return known[config.format]
    if several and config.format == AUTO:
        return known[_most_specific(several, path)]
    beginning = opening(path, config.encoding)
    refuse_nul(beginning, path, 1)
    if not beginning.strip() and len(beginning) < OPENING:
        raise DataError(str(path), "the file is empty", "at least one example", "Check the path.")
    return known[detect(beginning, path, known) if config.format == AUTO else config.format]


def is_text(path: Path) -> bool:
    """Whether a path is a file of text, as far as the formats say: none of those that are not claims it."""
    return path.is_file() and not any(one.binary and one.claims(path) for one in _every())


def chosen_format(path: Path, config: DataConfig, answer: type = Graph, input: type = Text) -> Format | None:
    """The format in which a path is read, of those whose gold is, or is read as, of this type; None without any."""
    known = {one.name: one for one in readable(answer, input)}
    pairs = _better_than_own(path, config, _with_pairs(config), answer) if answer is Relation else None
    return pairs or (format_of(path, config, among=known) if known else None)


def passed_over(path: Path, config: DataConfig, answer: type = Graph, input: type = Text) -> list[str]:
    """The keys of the first object of a JSON file that its format neither reads nor keeps; of another file none."""
    chosen = chosen_format(path, config, answer, input)
    if chosen is None or not chosen.keys or chosen.claims(path):
        return []
    left = [key for key in first_values(opening(path, config.encoding)) if key not in chosen.keys]
    return [key for key in left if key in OF_SOME_TASK] if chosen.keeps else left


def detect(beginning: str, path: Path, known: Mapping[str, Format]) -> str:
    """The name of the known format that the beginning of a file is in: the one that fits best.

    Raises DataError where none fits, or where several fit equally well.
    """
    fits = {name: fit for name, one in known.items() if (fit := one.fit(beginning)) > 0}
    if fits:
        return _most_specific(fits, path)
    if not beginning.strip():
        found = f"nothing but white space in the first {len(beginning):,} characters"
        raise DataError(str(path), found, "an example", "Check the file, or set data.format.")
    shapes = "; ".join(f"{name} ({one.shape})" for name, one in known.items())
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
