"""What a shell completes of the arguments: tasks, formats, and the `data.` settings with their choices."""

from __future__ import annotations

from typing import Literal, get_args, get_origin, get_type_hints


def complete_task(incomplete: str) -> list[tuple[str, str]]:
    """The tasks whose name begins so, each with what it does."""
    from spanloom.tasks import find_task, task_names

    return [(name, find_task(name).summary) for name in task_names() if name.startswith(incomplete)]


def complete_written(incomplete: str) -> list[str]:
    """The formats that examples can be written in, of those that begin so."""
    from spanloom.write.formats import written_names

    return [name for name in written_names() if name.startswith(incomplete)]


def complete_setting(incomplete: str) -> list[str]:
    """The `data.` settings that begin so; behind the `=` of one with a few values, these."""
    choices: list[str] = []
    for key, values in data_choices().items():
        setting = f"data.{key}="
        choices += [f"{setting}{value}" for value in values] if incomplete.startswith(setting) and values else [setting]
    return [choice for choice in choices if choice.startswith(incomplete)]


def data_choices() -> dict[str, list[str]]:
    """The settings of how data are read, each with its values where they are few."""
    from spanloom.config import DataConfig
    from spanloom.read import AUTO, format_names

    kinds = {key: kind for key, kind in get_type_hints(DataConfig).items() if key not in ("train", "dev")}
    settings = {key: _values(kind) for key, kind in kinds.items()}
    return settings | {"format": [AUTO, *format_names()]}


def _values(kind: object) -> list[str]:
    if kind is bool:
        return ["true", "false"]
    return [value for value in get_args(kind) if value.isprintable()] if get_origin(kind) is Literal else []
