"""Every setting, for a terminal, for a script, and as a page of docs/."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spanloom.config.listing import Setting, SettingsTable

NARROWEST, WIDEST = 40, 100
"""Characters of a line at least and at most."""

PAGE = """\
# Settings

Every setting of a configuration file. This page is made by `spanloom settings --markdown` from the lines beside the
fields themselves; `spanloom settings TASK` prints those of one task. What is left out has its default. On the command
line a setting is `table.setting=value`, as in `spanloom train mine.toml train.epochs=5 --output RUN`. A path starts
from the working directory there, in a file from the file's own folder. One value stands for a list of it, and `""` for
a path or a column that is not given. What samplers, schedules and adversarial training do is told in
[padding.md](padding.md), [schedules.md](schedules.md) and [adversarial.md](adversarial.md).
"""


def settings_lines(tables: Iterable[SettingsTable], width: int) -> Iterator[str]:
    """The tables as a configuration writes them, each setting with what it may be, and its meaning below it."""
    for table in tables:
        kind = f'kind = "{table.kind}"  ' if table.kind else ""
        heading = f"{_heading(table)}  {kind}{table.meaning}" if table.name else table.meaning
        yield from (*_folded(heading, width, "", "  "), "")
        for setting in table.settings:
            yield from _folded(f"{setting.name} = {setting.default or '…'}    {setting.may_be}", width, "  ", "      ")
            yield from _folded(setting.meaning, width, "      ", "      ")
        if table.settings:
            yield ""


def _folded(text: str, width: int, first: str, rest: str) -> list[str]:
    width = min(max(width, NARROWEST), WIDEST)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def settings_json(tables: Iterable[SettingsTable]) -> list[dict[str, Any]]:
    """The tables as plain values; a default is null where there is none."""
    return [
        {
            "table": table.name,
            "kind": table.kind or None,
            "meaning": table.meaning,
            "settings": [
                {
                    "key": _key(table, setting),
                    "default": json.loads(setting.default or "null"),
                    "may_be": setting.may_be,
                    "meaning": setting.meaning,
                }
                for setting in table.settings
            ],
        }
        for table in tables
    ]


def settings_page(tables: Sequence[tuple[str, SettingsTable]]) -> str:
    """docs/settings.md. tables: each with the name of the task whose it is, "" for one that every task has."""
    return "\n".join([PAGE, *(line for task, table in tables for line in _section(task, table))])


def _section(task: str, table: SettingsTable) -> Iterator[str]:
    of = f" of the task `{task}`" if task else f" of kind `{table.kind}`" if table.kind else ""
    yield f"## `{_heading(table)}`{of}" if table.name else "## At the top"
    yield from ("", table.meaning, "")
    if not table.settings:
        return
    yield from ("| setting | default | may be | meaning |", "|---|---|---|---|")
    for setting in table.settings:
        default = f" `{setting.default}` " if setting.default else " "
        yield f"| `{_key(table, setting)}` |{default}| {setting.may_be} | {setting.meaning} |"
    yield ""


def _heading(table: SettingsTable) -> str:
    return f"[[{table.name}]]" if table.many else f"[{table.name}]"


def _key(table: SettingsTable, setting: Setting) -> str:
    return f"{table.name}.{setting.name}" if table.name else setting.name
