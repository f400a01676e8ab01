"""The audit of `spanloom check` as tables: what gold holds, what each scheme can say of it, what is lost and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text as Cell

from spanloom.text.counts import several
from spanloom.write.cells import brief, name_cell
from spanloom.write.terminal import terminal

MOST_LABELS = 12
MOST_CASES = 2


def print_check(found: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the dict of any task's `check`."""
    console = console or terminal()
    for part in check_parts(found):
        console.print(part, markup=False)


def check_parts(found: Mapping[str, Any]) -> Iterator[Table | str]:
    """The dict of any task's `check`, as tables and sentences in the order in which they are read."""
    for name, source in found.get("sources", {}).items():
        yield f"Source '{name}' annotates {_annotated(source['annotates'])}."
        yield from source["remarks"]
        yield from check_parts(source)
    if found.get("sources"):
        yield "All sources together, in which what one does not annotate counts as absent:"
    if "audit" in found:
        yield from _audit_parts(found)
        return
    yield plain_gold_table(found.get("gold", {}))
    yield issue_table(found["issues"]) if found.get("issues") else "Nothing that looks like a mistake."
    if found.get("windows", {}).get("examples"):
        yield windows_line(found["windows"])
    if found.get("estimate"):
        yield estimate_line(found["estimate"])


def _annotated(labels: Mapping[str, Sequence[str]]) -> str:
    named = [f"{kind} {', '.join(names)}" for kind, names in labels.items() if names]
    return "; ".join(named) or "nothing"


def plain_gold_table(gold: Mapping[str, Any]) -> Table:
    """Sizes, lengths, labels and shares of tags and of labelled texts."""
    table = Table(title="Gold", title_justify="left", show_header=False)
    for name, count in gold.get("sizes", {}).items():
        table.add_row(name_cell(name), f"{count:,}")
    for unit, lengths in gold.get("lengths", {}).items():
        table.add_row(name_cell(f"length in {unit}"), ", ".join(f"{name} {value:g}" for name, value in lengths.items()))
    for section, counts in gold.get("labels", {}).items():
        table.add_row(name_cell(section), labels(counts))
    for name, share in gold.get("shares", {}).items():
        table.add_row(name_cell(name), f"{share:.1%}")
    return table


def _audit_parts(audit: Mapping[str, Any], part: str = "") -> Iterator[Table | str]:
    """Of a dict with `gold` (see check.gold), `audit` by scheme (check.audit), `estimate` of a run.

    part: of the data, where it is not what was named first: "dev data".
    """
    gold = audit["gold"]
    of_part = f" of the {part}" if part else ""
    yield gold_table(gold, f"Gold{of_part}")
    if gold["issues"]:
        yield issue_table(gold["issues"], of_part)
    yield scheme_table(audit["audit"], of_part)
    for scheme, result in audit["audit"].items():
        for heading, ledger in (("lost", result["lost"]), ("added by decoding", result["spurious"])):
            if ledger:
                yield ledger_table(f"Scheme {scheme}: facts{of_part} {heading}, by cause", ledger)
    if audit.get("windows", {}).get("examples"):
        yield windows_line(audit["windows"], part)
    if audit.get("estimate"):
        yield estimate_line(audit["estimate"])
    if "dev" in audit:
        yield from _audit_parts(audit["dev"], "dev data")


def gold_table(gold: Mapping[str, Any], title: str = "Gold") -> Table:
    """Sizes, lengths, labels and kinds of overlap."""
    table = Table(title=title, title_justify="left", show_header=False)
    words = gold["lengths"]["tokens"]
    table.add_row("sentences", f"{gold['sentences']:,}")
    table.add_row(
        "tokens",
        f"{gold['tokens']:,}; a sentence has {words['median']:g} (95%: {words['95%']}), at most {words['longest']}",
    )
    for kind in ("entities", "relations") if gold["relations"]["total"] else ("entities",):
        table.add_row(
            kind,
            Cell(f"{gold[kind]['total']:,} of {several(len(gold[kind]['labels']), 'label')}: ").append(
                labels(gold[kind]["labels"])
            ),
        )
    if gold["relations"]["total"]:
        table.add_row("relations a sentence", counts_cell(gold["triples_per_sentence"]))
        table.add_row("sentences by overlap", counts_cell(gold["kinds"]))
    table.add_row("spans", f"nested pairs {gold['nested_entities']:,}, crossing pairs {gold['crossing_entities']:,}")
    if gold["by_text"]:
        placed = gold["placed"]
        lost = counts_cell(placed["lost"]) if placed["lost"] else Cell("none")
        found = f"{several(placed['relations'], 'relation')} placed"
        found += f", {placed['ambiguous']:,} with more than one closest place"
        table.add_row("facts given as text", Cell(f"{found}; not placed: ").append(lost))
    return table


def issue_table(issues: Mapping[str, Any], of_part: str = "") -> Table:
    """What looks like a mistake in the gold, with the first cases."""
    table = Table(title=f"Worth a look{of_part and ' in' + of_part.removeprefix(' of')}", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    table.add_column("where first", overflow="fold")
    for name, issue in issues.items():
        first = (case.partition(": ") for case in issue["first"][:MOST_CASES])
        cases = "\n".join(brief(f"{PurePath(source).name}: {case}") for source, _, case in first)
        table.add_row(name_cell(name), f"{issue['count']:,}", Cell(cases))
    return table


def scheme_table(schemes: Mapping[str, Any], of_part: str = "") -> Table:
    """The ceiling of each scheme: what a model without a fault would score against all of the gold."""
    title = f"Ceiling of each scheme: decode(encode(gold)) against the gold{of_part}"
    table = Table(title=title, title_justify="left")
    for heading in ("scheme", "facts"):
        table.add_column(heading)
    for heading in ("precision", "recall", "F1", "given back", "gold"):
        table.add_column(heading, justify="right")
    for scheme, result in schemes.items():
        for kind in ("entities", "relations"):
            score = result[kind]
            if not score["gold"] and not score["correct"]:
                continue
            measures = (f"{100 * score[name]:.2f}" for name in ("precision", "recall", "f1"))
            table.add_row(name_cell(scheme), kind, *measures, f"{score['correct']:,}", f"{score['gold']:,}")
    return table


def ledger_table(title: str, ledger: Sequence[Mapping[str, Any]]) -> Table:
    """Facts by cause, with the first cases and where they stand."""
    table = Table(title=title, title_justify="left")
    table.add_column("facts")
    table.add_column("cause")
    table.add_column("count", justify="right")
    table.add_column("labels", overflow="fold")
    table.add_column("for example", overflow="fold")
    for row in ledger:
        first = row["examples"][:MOST_CASES]
        cases = "\n".join(brief(f"{PurePath(case['source']).name}: {case['fact']}") for case in first)
        names = (name_cell(row["kind"]), Cell(brief(row["cause"])))
        table.add_row(*names, f"{row['count']:,}", labels(row["labels"]), Cell(cases))
    return table


def windows_line(windows: Mapping[str, Any], part: str = "") -> str:
    """What becomes of examples that are longer than the model reads at once."""
    of_part = f" in the {part}" if part else ""
    longer = f"Examples of more than {several(windows['max_words'], 'word')}{of_part}: {windows['examples']:,}"
    through = several(windows["windows"], "window")
    behind = f"{several(windows['facts'], 'gold fact')} behind"
    if part:
        return f"{longer}, scored up to there while training ({behind}); evaluate reads {through}."
    if windows["used"]:
        return f"{longer}, read through {through} in training."
    return f"{longer}, cut off there in training ({behind}); train.augment.windows=true reads them through {through}."


def estimate_line(estimate: Mapping[str, Any]) -> str:
    """What training would cost here, or why that cannot be said."""
    if "unavailable" in estimate:
        return f"Training on it: no estimate. {estimate['unavailable']}"
    memory, seconds = estimate["memory_bytes"] / 2**20, estimate["seconds_per_epoch"]
    return (
        f"Training on it: {several(estimate['steps'], 'step')} and about {seconds:,.0f} s an epoch on "
        f"{several(estimate['threads'], 'thread')}, about {memory:,.0f} MiB of memory ({estimate['note']})."
    )


def labels(counts: Mapping[str, int]) -> Cell:
    """Labels with their counts, the most frequent ones."""
    shown = dict(list(counts.items())[:MOST_LABELS])
    rest = len(counts) - len(shown)
    return counts_cell(shown).append(f", and {rest} more" if rest else "")


def counts_cell(counts: Mapping[str, int]) -> Cell:
    """`name: count, name: count`."""
    return Cell(", ").join(name_cell(name).append(f": {count:,}") for name, count in counts.items())
