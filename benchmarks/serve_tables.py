"""What `serve.py` measured, as Markdown: printed by it, and put into docs/serving.md by `figures.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

SHARE, START, GROWTH = 0.8, 1.5, 0.05
"""What is asked for: of the rate without a service at 32 clients; seconds from a start to the first answer; growth."""
MANY = 32


def serve_tables(result: Mapping[str, Any]) -> list[str]:
    """The lines of all parts that were measured."""
    lines: list[str] = []
    for part, table in (("speed", _speed), ("cold", _cold), ("soak", _soak)):
        if part in result:
            where = dict.fromkeys(_where(one) for one in result[part])
            lines += ["", *table(result[part]), "", *where]
    return lines[1:]


def _where(one: Mapping[str, Any]) -> str:
    machine, versions = one["machine"], one["versions"]
    return (
        f"{one['date']}, {machine['cpu']}, {machine['processors']} processors, for which {machine['load']} processes "
        f"waited or worked in the last minute; Python {versions['python']}, onnxruntime {versions['onnxruntime']}."
    )


HEADS = (
    "model",
    "threads",
    "service",
    "clients",
    "texts a request",
    "texts a second",
    "of offline",
    "texts a second of a processor",
    "of offline",
    "p50, ms",
    "p99, ms",
)


def _speed(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {' | '.join(HEADS)} |"
    yield "|---" * len(HEADS) + "|"
    for one in found:
        about, alone = f"| {one['model']} | {one['threads']}", one["offline"]
        yield f"{about} | none | | | {alone['rate']:,.0f} | 1 | {alone['of_processor']:,.0f} | 1 | | |"
        for row in one["rows"]:
            shares = " | ".join(f"{row[kind]:,.0f} | {row[kind] / alone[kind]:.2f}" for kind in alone)
            what = f"{row['service']} | {row['clients']} | {row['together']}"
            yield f"{about} | {what} | {shares} | {row['p50']:.1f} | {row['p99']:.1f} |"
    yield ""
    for one in found:
        for row in one["rows"]:
            if row["service"] == "spanloom" and row["clients"] == MANY:
                yield _share(one, row)


def _share(one: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Whether the service is as fast as is asked for, by the clock and by processors."""
    clock, processor = (row[kind] / one["offline"][kind] for kind in ("rate", "of_processor"))
    return (
        f"- `{one['model']}`, {_counted(one['threads'], 'thread')}, {MANY} clients, "
        f"{_counted(row['together'], 'text')} a request: {processor:.2f} of offline by seconds of processors "
        f"({_met(processor >= SHARE)}), {clock:.2f} by the clock ({_by_clock(one, clock >= SHARE)})."
    )


def _by_clock(one: Mapping[str, Any], is_met: bool) -> str:
    """Whether it was met, where the clock can tell: other work falls on some turns and not on others."""
    machine = one["machine"]
    busy = machine["load"] is None or machine["load"] > machine["processors"] + 0.5
    return "no verdict: the machine had other work" if busy else _met(is_met)


def _cold(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in found:
        wall, cpu = median(one["wall"]), median(one["cpu"])
        yield (
            f"From the start of the process to its first answer, `{one['model']}`, the middle of "
            f"{len(one['wall'])} starts: {wall:.2f} s ({min(one['wall']):.2f} to {max(one['wall']):.2f}), "
            f"{cpu:.2f} s of a processor. Asked: {START}: {_met(wall < START)}."
        )


def _soak(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in found:
        memory, files = one["memory"], one["descriptors"]
        fine = not one["wrong"] and memory["growth"] < GROWTH and files["after"] <= files["before"]
        statuses = ", ".join(f"{count:,} of status {status}" for status, count in one["statuses"].items())
        yield (
            f"Soak: {one['requests']:,} requests of {one['kinds']} kinds from {one['clients']} clients ({statuses}; "
            f"{one['left']} left in the middle): {one['wrong']} answers other than one after the other; "
            f"{memory['warm_mb']:.0f} MB behind the warm-up and {memory['end_mb']:.0f} MB at the end "
            f"({memory['growth']:+.1%}, asked: below {GROWTH:.0%}); {files['before']} open files before, "
            f"{files['after']} after: {_met(fine)}."
        )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"
