"""`spanloom facts`: what a store knows, as a table, as JSON lines, or as a file for another program."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanloom.errors import ConfigError
from spanloom.write.terminal import say, tell, tell_json

if TYPE_CHECKING:
    from spanloom.store.asked import Asked
    from spanloom.store.kept import Fact, Label, Mention
    from spanloom.store.store import Store

SHOWN = 20
"""Rows of a table where --limit does not say how many."""


class Show(StrEnum):
    """What a store can be asked for."""

    facts = "facts"
    mentions = "mentions"
    labels = "labels"


def facts(
    store: Annotated[Path, typer.Argument(help="A store that 'predict --store' wrote.")],
    entity: Annotated[
        str | None, typer.Option("--entity", "-e", help="A name; case, spaces and a leading article do not matter.")
    ] = None,
    relation: Annotated[
        str | None, typer.Option("--relation", "-r", help="A relation; or a label, of mentions and of texts.")
    ] = None,
    min_score: Annotated[
        float | None, typer.Option("--min-score", help="What scores less is left out, in 0..1.")
    ] = None,
    document: Annotated[str | None, typer.Option("--document", help="An id of your own, or that shown here.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="Answered on that day or later.")] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="The name of its folder, or its hash.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", help=f"How many at most; {SHOWN} in a table if not given.")
    ] = None,
    show: Annotated[Show, typer.Option("--show", help="Facts, the names in texts, or labels of texts.")] = Show.facts,
    search: Annotated[str | None, typer.Option("--search", help="Look for names with these words in them.")] = None,
    sql: Annotated[str | None, typer.Option("--sql", help="A query of your own, which may read alone.")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="A file: .csv, .parquet, .graphml, .nt, .ttl or .neo4j.zip.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
) -> None:
    """Ask a store of facts: what it says of an entity, each fact with the sentence that it stands in.

    The surest facts come first where an entity or a relation is named. A query with --sql has the views facts,
    mentions and labels.
    """
    from spanloom.store.store import Store

    opened, kind = Store(store), show.value
    asked: Asked = {
        "entity": entity, "relation": relation, "min_score": min_score, "document": document, "since": since,
        "model": model, "limit": limit,
    }  # fmt: skip
    others = [f"--{name.replace('_', '-')}" for name, value in asked.items() if value is not None and name != "limit"]
    given = [*others, *[name for name, value in (("--search", search), ("--export", export)) if value is not None]]
    if sql is not None:
        refuse_beside("--sql", given)
        tell_rows(opened.query(sql), limit, json_)
    elif search is not None:
        refuse_beside("--search", given[: len(others)] + ["--export"] * (export is not None))
        tell_rows((found._asdict() for found in opened.search(search, limit or SHOWN)), None, json_)
    elif export is not None:
        write_export(opened, kind, asked, export)
    elif json_:
        for row in rows_of(opened, kind, asked):
            tell_json(row.to_dict())
    else:
        tell_table(opened, kind, asked)


def refuse_beside(name: str, others: list[str]) -> None:
    """Raise ConfigError where an option stands beside others that would do nothing."""
    if others:
        raise ConfigError("facts", f"{name} and {others[0]}", "one of the two", "Leave one out.")


def rows_of(store: Store, kind: str, asked: Asked) -> Iterator[Fact | Mention | Label]:
    """What is asked for."""
    kinds: Mapping[str, Any] = {"facts": store.facts, "mentions": store.mentions, "labels": store.labels}
    found: Iterator[Fact | Mention | Label] = kinds[kind](**asked)
    return found


def write_export(store: Store, kind: str, asked: Asked, path: Path) -> None:
    """Write what is asked for to a file, and say how much that was."""
    from spanloom.store.export import Sources, export
    from spanloom.text.counts import several
    from spanloom.write.lines import refuse_to_replace

    refuse_to_replace(path, store.path)
    sources = Sources(kind, lambda: rows_of(store, kind, asked), lambda: store.facts(**asked))
    count = export(path, sources)
    say(f"{several(count, kind.removesuffix('s'))} written to {path}.")


def tell_table(store: Store, kind: str, asked: Asked) -> None:
    """Print a table, and on standard error where there is more, or nothing."""
    from spanloom.store.shown import parts
    from spanloom.write.cells import print_parts, rendered

    most = asked.get("limit") or SHOWN
    wanted: Asked = {**asked, "limit": most + 1} if asked.get("limit") is None else asked
    found = list(rows_of(store, kind, wanted))
    if not found:
        say_nothing_found(store, kind, asked)
        return
    print_parts(itertools.chain.from_iterable(map(rendered, parts(kind, found[:most]))), None)
    if len(found) > most:
        say(f"There are more {kind}; --limit {most * 5} shows {most * 5} of them.")


def say_nothing_found(store: Store, kind: str, asked: Asked) -> None:
    """Say what there would be, of the same entity or of names like it."""
    say(f"No {kind} found.")
    entity = asked.get("entity")
    if entity is None:
        return
    others = [other.value for other in Show if other.value != kind]
    rest: Asked = {"entity": entity, "limit": 1}
    there = [other for other in others if next(rows_of(store, other, rest), None) is not None]
    if there:
        say(f"There are {' and '.join(there)} of it: --show {there[0]}.")
    elif next(rows_of(store, kind, rest), None) is None:
        say(f"No entity is called '{entity}'; --search looks for names with a word in them.")


def tell_rows(rows: Iterable[Mapping[str, Any]], limit: int | None, json_: bool) -> None:
    """Print rows of any columns, as JSON lines or as a table."""
    found = itertools.islice(rows, limit)
    if json_:
        for row in found:
            tell_json(row)
        return
    from spanloom.write.cells import cell, make_table, print_parts

    table = None
    for row in found:
        if table is None:
            table = make_table("", list(row), range(len(row)))
        table.add_row(*(cell("" if value is None else str(value)) for value in row.values()))
    if table is None:
        tell("Nothing found.")
    else:
        print_parts([table], None)
