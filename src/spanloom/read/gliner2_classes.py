"""GLiNER2's training data: the classes of texts (see `parts/gliner2.py`).

Where the texts of a file are classified in several ways, `data.label_column` names the one that is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError
from spanloom.read.parts.format import Format
from spanloom.read.parts.gliner2 import CLASSES, HAS_CLASSES, KEYS, is_of_it, left_over, parts
from spanloom.read.parts.json_items import Item, field, json_items, listed, object_of, shown
from spanloom.read.parts.offsets import class_name


def fit(beginning: str) -> int:
    """3 for a line of which classes are said."""
    return 3 if is_of_it(beginning) and HAS_CLASSES.search(beginning) else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line. Raises DataError citing it, ConfigError where it is not clear which classes are meant."""
    first: dict[str, Source] = {}
    for source, item in json_items(path, config):
        where = str(source)
        text, said, fields = parts(item, where, config)
        given = [object_of(one, where, "a classification") for one in listed(said, CLASSES, where)]
        chosen = _chosen(given, first, source, config)
        gold = None if chosen is None else Label(tuple(sorted(_names(chosen, where))))
        yield Example(text, gold, source, mended=tuple(left_over(said, (CLASSES,), source)), fields=fields)


def _chosen(given: list[Item], first: dict[str, Source], source: Source, config: DataConfig) -> Item | None:
    """The classification that is read, of which there must not be two."""
    where = str(source)
    named = [(field(one, "task", str, where, CLASSES), one) for one in given]
    wanted = config.label_column
    for task, _ in named if wanted is None else ():
        first.setdefault(task, source)
    if len(first) > 1:
        found = f"texts are classified in several ways: {', '.join(map(shown, first))}"
        raise ConfigError(where, found, "one of them", f"Set data.label_column = '{next(iter(first))}', say.")
    own = [one for task, one in named if wanted is None or task == wanted]
    if len(own) > 1:
        raise DataError(where, f"two classifications for {shown(named[0][0])}", "one", "Remove one of them.")
    return own[0] if own else None


def _names(chosen: Item, where: str) -> set[str]:
    value = chosen.get("true_label")
    return {class_name(one, where, "'true_label'") for one in (value if isinstance(value, list) else [value])}


FORMAT = Format(
    name="gliner2",
    shape="input, and output with classifications",
    answer=Label,
    fit=fit,
    read=read,
    keys=KEYS,
    keeps=True,
)
