"""A table of plain values -> the dataclass that it is meant for, each value as its field declares it."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote_to_bytes

from spanloom.config.listing import NAMES
from spanloom.config.ranges import check_values, refusal, shown
from spanloom.config.settings import UNIONS, Names, kinds_in, moved, short_form
from spanloom.config.written import FILE_URI
from spanloom.errors import ConfigError

T = TypeVar("T")

_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes that Linux and macOS take at most


class Typed(str):
    """A string that was typed as an override: a path in it starts from the working directory, as in any command."""

    __slots__ = ()


def build(kind: type[T], table: Any, where: str, folder: Path, prefix: str = "") -> T:
    """A frozen dataclass from a table, field by field, with nested dataclasses. Raises ConfigError naming the key."""
    if not isinstance(table, Mapping):
        name = prefix.rstrip(".")
        raise ConfigError(where, f"{name} is {shown(table)}", "a table", f"Write it as [{name}], with keys below it.")
    hints = typing.get_type_hints(kind, include_extras=True)
    for key in table:
        if key not in hints:
            raise _unknown(key, hints, where, prefix)
    defaults = {item.name: item.default for item in dataclasses.fields(typing.cast(Any, kind))}
    values = {
        key: _Setting(where, folder, f"{prefix}{key}", defaults[key]).read(hints[key], value)
        for key, value in table.items()
    }
    try:
        built = kind(**values)
    except TypeError as error:
        raise ConfigError(where, f"{prefix or 'configuration'} {error}", remedy="Add the missing key.") from None
    check_values(built, prefix, where)
    return built


def _unknown(key: str, hints: Mapping[str, Any], where: str, prefix: str) -> ConfigError:
    """The error that a table with these fields has no such key; it says where the setting of that name stands now."""
    places = list(moved(hints, key))
    if places:
        new, kinds = f"{prefix}{places[0][0]}", [kind for _, kind in places]
        choice = new.rpartition(".")[0]
        remedy = f"Set {new}, with {choice}.kind = '{kinds[0]}'{', say' if kinds[1:] else ''}."
        of = f"of the kind{'s' if kinds[1:] else ''} {_listed(kinds)}"
        return ConfigError(where, f"{prefix}{key} is called {new} now", of, remedy)
    near = difflib.get_close_matches(key, hints, n=1)
    hint = f"did you mean {prefix}{near[0]}?" if near else f"known keys: {', '.join(hints)}"
    return ConfigError(where, f"unknown key {prefix}{_quoted(key)}", hint, "Rename it, or leave it out.")


def _listed(kinds: Sequence[str]) -> str:
    *others, last = (f"'{kind}'" for kind in kinds)
    return f"{', '.join(others)} and {last}" if others else last


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", key) else shown(key)


@dataclass(frozen=True)
class _Setting:
    """A setting that is read: where it was given, what its relative paths start from, its dotted key, its default."""

    where: str
    folder: Path
    key: str
    default: Any

    def read(self, kind: Any, value: Any) -> Any:
        """The value as `kind` wants it. Raises ConfigError."""
        origin, inside = typing.get_origin(kind), typing.get_args(kind)
        if tables := kinds_in(kind):
            return self._of_kind(tables, value)
        if origin is Annotated:
            return self.read(inside[0], value)
        if origin in UNIONS:
            return self._of_union(kind, value)
        if dataclasses.is_dataclass(kind):
            return build(typing.cast(type, kind), value, self.where, self.folder, f"{self.key}.")
        if kind is Any:
            return value
        if origin is typing.Literal:
            return self._choice(inside, value)
        if origin is tuple and dataclasses.is_dataclass(inside[0]):
            return self._tables(typing.cast(type, inside[0]), value)
        if origin is tuple:
            return self._list(inside[0], value)
        if origin is Names:
            return self._names(inside[0], value)
        return self._plain(kind, value)

    def refused(self, value: Any, expected: str) -> ConfigError:
        return refusal(self.where, self.key, value, expected, self.default)

    def _plain(self, kind: Any, value: Any) -> Any:
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                raise self.refused(value, NAMES[float]) from None
        if isinstance(value, str) and kind is Path:
            return self._path(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refused(value, NAMES.get(kind, f"a value of type {kind.__name__}"))
        if isinstance(value, str) and not _is_unicode(value):
            raise self.refused(value, "text that is Unicode")
        return value

    def _list(self, kind: Any, value: Any) -> tuple[Any, ...]:
        """A tuple; one value stands for a list of it."""
        try:
            return tuple(self.read(kind, item) for item in (value if isinstance(value, list) else [value]))
        except ConfigError as error:
            raise ConfigError(self.where, error.found, f"a list, each {error.expected}", error.remedy) from None

    def _tables(self, kind: type, value: Any) -> tuple[Any, ...]:
        """The tables of a list, `[[data.source]]`; one table stands for a list of it."""
        parts = value if isinstance(value, list) else [value]
        names = [f"{self.key}[{number}]." for number in range(1, len(parts) + 1)]
        return tuple(build(kind, part, self.where, self.folder, name) for name, part in zip(names, parts, strict=True))

    def _names(self, kind: Any, value: Any) -> Names[Any]:
        if not isinstance(value, Mapping):
            raise ConfigError(
                self.where, f"{self.key} is {shown(value)}", "a table", 'Write it as { name = "other name" }.'
            )
        parts = {name: dataclasses.replace(self, key=f"{self.key}.{_quoted(name)}", default=None) for name in value}
        return Names((name, part.read(kind, value[name])) for name, part in parts.items())

    def _choice(self, choices: tuple[Any, ...], value: Any) -> Any:
        if value in choices:
            return choices[choices.index(value)]
        names = " or ".join(repr(choice) for choice in choices)
        near = difflib.get_close_matches(value, choices, n=1) if isinstance(value, str) else []
        if near:
            found = f"{self.key} is {shown(value)}; did you mean '{near[0]}'?"
            raise ConfigError(self.where, found, names, f"Set {self.key} = '{near[0]}', say.")
        raise self.refused(value, names)

    def _of_union(self, union: Any, value: Any) -> Any:
        kinds = typing.get_args(union)
        named = [kind for kind in kinds if kind is not type(None)]
        if isinstance(value, str) and value == "" and type(None) in kinds:
            return None
        plain = [typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind for kind in named]
        fits = [kind for kind in plain if isinstance(kind, type) and isinstance(value, kind)]
        if not fits and len(plain) > 1:
            raise self.refused(value, " or ".join(NAMES.get(kind, str(kind)) for kind in plain))
        return self.read(fits[0] if fits else plain[0], value)

    def _of_kind(self, kinds: Mapping[str, type], value: Any) -> Any:
        """The table of a choice that its `kind` names; a string is the kind alone, no kind the default one."""
        usual = short_form(self.default)
        if not isinstance(value, Mapping):
            name = dataclasses.replace(self, default=usual)._choice(tuple(kinds), value)
            return kinds[name]()
        chosen = dataclasses.replace(self, key=f"{self.key}.kind", default=usual)
        name = chosen._choice(tuple(kinds), value.get("kind", usual))
        others = [kind for kind in kinds if kind != name]
        for key in value:
            having = [kind for kind in others if key in _names(kinds[kind])]
            if key not in _names(kinds[name]) and having:
                has = f"{_listed(having)} {'have' if having[1:] else 'has'}"
                found = f"{self.key}.{key}: kind '{name}' has no such setting; {has}"
                remedy = f"Leave it out, or set {self.key}.kind = '{having[0]}'."
                raise ConfigError(self.where, found, remedy=remedy)
        return build(kinds[name], value, self.where, self.folder, f"{self.key}.")

    def _path(self, text: str) -> Path:
        """The absolute path that is meant. Raises ConfigError for what can be no path."""
        is_uri = text.startswith(FILE_URI)
        named = os.fsdecode(unquote_to_bytes(text.removeprefix(FILE_URI))) if is_uri else text
        if "\0" in named:
            raise self.refused(text, "a path, which holds no NUL")
        try:
            path = Path(named).expanduser()
        except RuntimeError:
            raise self.refused(text, "a user whose home is known here, after the '~'") from None
        try:
            longest, length = max(map(len, map(os.fsencode, path.parts)), default=0), len(os.fsencode(path))
            start = Path.cwd() if isinstance(text, Typed) else self.folder
            resolved = (start / path).resolve()
        except (RuntimeError, OSError, ValueError) as error:  # a loop of links, no working directory, half a character
            raise self.refused(text, f"a path that can be followed ({error})") from None
        if longest > _LONGEST_NAME or length > _LONGEST_PATH:
            raise self.refused(text, f"names of {_LONGEST_NAME} bytes at most, {_LONGEST_PATH} in all")
        return resolved


def _names(table: type) -> set[str]:
    return {item.name for item in dataclasses.fields(typing.cast(Any, table))}


def _is_unicode(text: str) -> bool:
    """Whether a string is text: bytes of the command line that are no UTF-8 come as halves of characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
