"""The tables of tagging and classification, from the JSON in `results/`."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rows import BenchmarkRow, interval, met, peak_memory, summary

Words = Mapping[str, str]

WAYS = ("everything", "joined", "sources", "filled")
"""To learn from two half-annotated halves, see sources.py."""


def markdown(header: Sequence[str], lines: Sequence[Sequence[Any]]) -> list[str]:
    rows = [header, ["---"] * len(header), *lines]
    return ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def plain_table(
    rows: Sequence[BenchmarkRow], results: Mapping[str, Sequence[Mapping[str, Any]]], words: Words
) -> list[str]:
    """The rows that have results: what each is judged by, its spread over the seeds, its target, its time."""
    lines = [_row(row, results[row.name], words) for row in rows if row.name in results]
    header = ("rows", "measure", "score", "interval", "target", "seconds", "memory", "threads", "seeds")
    return markdown([words[name] for name in header], lines) if lines else []


def _row(row: BenchmarkRow, records: Sequence[Mapping[str, Any]], words: Words) -> list[Any]:
    kind = judged_by(row, records)
    found, (low, high) = summary(records, kind), interval(records, kind)
    reached = met(row, records)
    goal = "; ".join(
        f"{'' if name == kind else f'{name} {summary(records, name).mean:.1f} of '}{goal:g}: "
        f"{verdict(summary(records, name).mean, goal, reached[name], words)}"
        for name, goal in row.targets.items()
    )
    return [
        f"[`{row.name}`](../configs/{row.name}.toml)",
        words.get(f"measure {kind}", kind),
        f"{found.mean:.1f} ({found.lowest:.1f}–{found.highest:.1f})",  # noqa: RUF001  an en dash, as ranges are set
        f"{low:.1f}–{high:.1f}",  # noqa: RUF001
        goal,
        round(statistics.fmean(record["seconds"]["training"] for record in records)),
        peak_memory(records),
        ", ".join(map(str, sorted({int(record["threads"]) for record in records}))),
        len(records),
    ]


def judged_by(row: BenchmarkRow, records: Sequence[Mapping[str, Any]]) -> str:
    """The score that a row is about: its first target, or where it has none what its records call their rule."""
    return str(next(iter(row.targets), records[0]["rule"]))


def verdict(mean: float, goal: float, reached: bool, words: Words) -> str:
    """ "met" or "missed", with the mean in hundredths where it is missed by so little that tenths would hide it."""
    if reached:
        return words["met"]
    return words["missed"] + (f" ({math.floor(100 * mean) / 100:.2f})" if round(mean, 1) >= goal else "")


def peers_table(results: Path, words: Words) -> list[str]:
    """The peers that were trained in the same place, on one thread; nothing where none was."""
    found = read(results / "peers.json")
    if found is None:
        return []
    lines = []
    for name, peer in found["peers"].items():
        f1 = f"{100 * peer['scores']['strict']['f1']:.1f}"
        lines.append([f"{name} {peer['version']}", f"`{found['data']}`", f1, f"{peer['seconds']:.0f}"])
    return markdown([words[name] for name in ("peer name", "data", "score", "seconds")], lines)


def one_peer_table(results: Path, words: Words) -> list[str]:
    """The peer of classification on each data set; nothing where it was not measured."""
    found = read(results / "peers.json")
    if found is None:
        return []
    lines = [
        [found["peer"], f"`{name}`", f"{100 * one['scores']['accuracy']['accuracy']:.1f}", f"{one['seconds']:.1f}"]
        for name, one in found["data"].items()
    ]
    return markdown([words[name] for name in ("peer name", "data", "score", "seconds")], lines)


def speed_lines(results: Path, words: Words) -> list[str]:
    """Tokens a second of every contestant, by the median of the rounds, the fastest first."""
    found = read(results / "speed.json")
    if found is None:
        return []
    rates = {name: found["tokens"] / statistics.median(taken) for name, taken in found["rounds"].items()}
    beside = rates.get("spaCy small")
    lines = [
        [f"{name}", f"{rate:,.0f}", f"{rate / beside:.1f}" if beside else ""]
        for name, rate in sorted(rates.items(), key=lambda item: -item[1])
    ]
    return markdown([words[name] for name in ("model", "tokens a second", "times spacy")], lines)


def padding_table(results: Path, words: Words) -> list[str]:
    """Padding and training speed by sampler."""
    found = read(results / "padding.json")
    if found is None:
        return []
    lines = []
    for name, taken in found["rounds"].items():
        ratio = statistics.median(a / b for a, b in zip(found["rounds"]["shuffled"], taken, strict=True))
        rate = found["tokens"] / statistics.median(taken)
        lines.append([f"`{name}`", f"{100 * found['waste'][name]:.1f}%", f"{rate:,.0f}", f"{ratio:.2f}"])
    return markdown([words[name] for name in ("sampler", "padding", "tokens a second", "times shuffled")], lines)


def sources_table(folder: Path, words: Words) -> list[str]:
    """A row for each way to learn from two half-annotated halves (sources.py), as far as they are measured."""
    results = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
    lines = [
        _way(way, own, words)
        for config in sorted({one["config"] for one in results}, reverse=True)
        for way in WAYS
        if (own := [one for one in results if (one["config"], one["way"]) == (config, way)])
    ]
    heads = ("configuration", "way", "entity", "interval", "relation", "interval", "seeds")
    return markdown([words[name] for name in heads], lines) if lines else []


def _way(way: str, records: Sequence[Mapping[str, Any]], words: Words) -> list[Any]:
    """The mean over the seeds, the lowest and the highest, and the bootstrap interval, its ends averaged over them."""
    config = records[0]["config"]
    cells = [f"[`{config}`](../configs/{config}.toml)", words[f"way {way}"]]
    for kind in ("entities", "triples"):
        values = [100 * record["scores"][kind]["f1"] for record in records]
        low, high = (
            statistics.mean(100 * record["scores"][kind]["interval"][end] for record in records) for end in (0, 1)
        )
        cells += [f"{statistics.mean(values):.1f} ({min(values):.1f}-{max(values):.1f})", f"{low:.1f}-{high:.1f}"]
    return [*cells, len(records)]


def box_tables(folder: Path, words: Words) -> list[str]:
    """The model in the box beside others (box.py): on the everyday sentences, dev before test, and on its sources."""
    lines, sources = [], []
    for part in ("dev", "test"):
        found = read(folder / f"box-{part}.json")
        for model in found["models"] if found else ():
            lines.append([model["name"], part, *_everyday(model["everyday"]), _size(model), _rate(model)])
            if part == "dev" and "sources" in model:
                sources.append([model["name"], *(_of_source(one) for one in model["sources"].values())])
                named = list(model["sources"])
    if not lines:
        return []
    heads = ("model", "part", "names en", "names beside spacy", "kinds", "facts en", "zh", "de", "megabytes", "rate")
    table = markdown([words[name] for name in heads], lines)
    return [*table, "", *markdown([words["model"], *named], sources)] if sources else table


def _everyday(found: Mapping[str, Any]) -> list[str]:
    """Names P / R of English with and without times, kinds, facts P / R; names and facts in F1 of other languages."""
    english, timeless = found.get("en"), found["en without times"]
    cells = [_both(english["names"]) if english else "", _both(timeless["names"])]
    cells.append(f"{100 * (english or timeless)['kinds']:.1f}")
    cells.append(_both(english["facts"]) if english else "")
    for language in ("zh", "de"):
        one = found.get(language)
        cells.append(f"{100 * one['names']['f1']:.1f} / {100 * one['facts']['f1']:.1f}" if one else "")
    return cells


def _both(score: Mapping[str, float]) -> str:
    return f"{100 * score['precision']:.1f} / {100 * score['recall']:.1f}"


def _of_source(scores: Mapping[str, float]) -> str:
    return " / ".join(f"{100 * scores[kind]:.1f}" for kind in ("entities", "triples") if kind in scores)


def _size(model: Mapping[str, Any]) -> str:
    return f"{model['bytes'] / 1e6:.1f}" if "bytes" in model else ""


def _rate(model: Mapping[str, Any]) -> str:
    return f"{model['sentences_a_second']:.0f}"


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
