"""A TOML file and `key=value` overrides -> a whole configuration, or a ConfigError that says what to set."""

from __future__ import annotations

import dataclasses
import os
import stat
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from spanloom.config.build import Typed, build
from spanloom.config.ranges import shown
from spanloom.config.run import RunConfig
from spanloom.errors import ConfigError

C = TypeVar("C")


def load_config(path: Path, overrides: Sequence[str], model_type: Callable[[str], type]) -> RunConfig:
    """Read a TOML file, apply `a.b=value` overrides, and build the configuration.

    model_type: task name -> the dataclass of its `[model]` table. Raises ConfigError for anything unknown or of a
    wrong type, or out of its range.
    """
    table = _parse(_read(path), str(path))
    return overridden(table, overrides, lambda table: config_from_table(table, str(path), path.parent, model_type))


def _read(path: Path) -> str:
    where = str(path)
    try:
        kind = os.stat(path).st_mode
        # A pipe that the shell made for <(…) or | comes to an end; a named one may never, nor may a device.
        if stat.S_ISDIR(kind):
            raise ConfigError(where, "is a directory", "a TOML file", "Name the file inside it.")
        if not (stat.S_ISREG(kind) or (stat.S_ISFIFO(kind) and where.startswith("/dev/"))):
            raise ConfigError(where, "is a pipe or a device", "a TOML file", "Name a file.")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(where, "no such file", "a TOML configuration", "Check the path.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(where, f"not UTF-8 at byte {error.start}", "UTF-8 text", "Save it as UTF-8.") from None
    except OSError as error:
        found = f"could not be read: {error.strerror}"
        raise ConfigError(where, found, "a TOML file", "Name one that can be read.") from None
    except ValueError:  # "embedded null byte"
        raise ConfigError(shown(where), "holds a NUL", "the path of a TOML file", "Leave it out.") from None
    if not text.strip():
        raise ConfigError(
            where,
            "is empty",
            "a TOML configuration",
            'Begin with a line task = "NAME", one of those that `spanloom tasks` lists.',
        )
    return text


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, f"not valid TOML: {error}", remedy="Mend what stands there.") from None
    except RecursionError:
        found = "tables or lists are nested too deep to be read"
        raise ConfigError(where, found, "the tables that `spanloom train` knows", "Nest them less.") from None
    except ValueError as error:  # a whole number of more digits than Python reads
        raise ConfigError(where, f"not valid TOML: {error}", remedy="Write a smaller number.") from None


def config_from_table(
    table: Mapping[str, Any], where: str, folder: Path, model_type: Callable[[str], type]
) -> RunConfig:
    """The configuration that a parsed table holds; `folder` is what its relative paths start from."""
    if not isinstance(table.get("task"), str):
        raise ConfigError(
            where, "no task is named", 'a line task = "NAME" at the top', "Add it: `spanloom tasks` lists the names."
        )
    rest = {key: value for key, value in table.items() if key != "model"}
    config = build(RunConfig, rest, where, folder)
    model: Any = build(model_type(config.task), table.get("model", {}), where, folder, "model.")
    return dataclasses.replace(config, model=model)


def overridden(table: Mapping[str, Any], overrides: Sequence[str], build_from: Callable[[Mapping[str, Any]], C]) -> C:
    """What is built from a table, with `a.b=value` overrides set. Raises ConfigError, naming the override at fault.

    Outer keys are set first: `train.schedule=step` undoes no `train.schedule.gamma` before it.
    """
    in_order = sorted(overrides, key=lambda override: override.partition("=")[0].count("."))
    whole = dict(table)
    for override in in_order:
        apply_override(whole, override)
    try:
        return build_from(whole)
    except ConfigError as error:
        guilty = _at_fault(error, table, in_order, build_from)
        if guilty is None:
            raise
        raise ConfigError(_called(guilty), error.found, error.expected, error.remedy) from None


def _at_fault(
    error: ConfigError, table: Mapping[str, Any], overrides: Sequence[str], build_from: Callable[[Mapping[str, Any]], C]
) -> str | None:
    """The override with which this error begins; None where it is one of the table itself."""
    tried = dict(table)
    if _raises(error, tried, build_from):
        return None
    for override in overrides:
        apply_override(tried, override)
        if _raises(error, tried, build_from):
            return override
    return None


def _raises(error: ConfigError, table: Mapping[str, Any], build_from: Callable[[Mapping[str, Any]], C]) -> bool:
    try:
        build_from(table)
    except ConfigError as raised:
        return str(raised) == str(error)
    return False


def _called(override: str) -> str:
    return f"override {shown(override)}"


def apply_override(table: dict[str, Any], override: str) -> None:
    """Set one `a.b=value` in a table, of which the tables inside are copied.

    The value is TOML; what is not TOML is taken as a string.
    """
    key, sign, text = override.partition("=")
    where = _called(override)
    if not sign or not key.strip():
        found = "no key before the '='" if sign else "no '=' in it"
        raise ConfigError(where, found, "key=value", "Write, say, train.epochs=5.")
    *parents, last = key.strip().split(".")
    if not all((*parents, last)):
        found = "a part of the key is empty"
        raise ConfigError(where, found, "names with a single dot between two", "Write, say, train.epochs=5.")
    for depth, name in enumerate(parents):
        inner = table.get(name, {})
        if isinstance(inner, str) and depth:  # the short form of a table that its kind tells from others
            inner = {"kind": inner}
        if not isinstance(inner, dict):
            raise ConfigError(where, f"{shown(name)} is a value, not a table", remedy="Leave out what follows it.")
        table[name] = table = dict(inner)  # the tables inside may be another's too
    table[last] = _typed_value(text)


def _typed_value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return Typed(text)
    value = parsed["value"] if len(parsed) == 1 else text  # a line break in it, and other keys behind that
    return Typed(value) if isinstance(value, str) else value
