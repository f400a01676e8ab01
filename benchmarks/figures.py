"""Fills pages of docs/ and the READMEs' short tables from `results/`: no figure is typed by hand.

python benchmarks/figures.py            # rewrites what stands between the markers
python benchmarks/figures.py --check    # says whether that would change anything; a test does the same
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from image_tables import image_tables
from plain_tables import (
    box_tables,
    markdown,
    one_peer_table,
    padding_table,
    peers_table,
    plain_table,
    read,
    sources_table,
    speed_lines,
    verdict,
)
from queue_tables import queue_tables
from rows import (
    CLASSIFY_ROWS,
    IMAGE_ROWS,
    INTENT_ROWS,
    NESTED_ROWS,
    RELATION_ROWS,
    REPOSITORY,
    RESULTS,
    REWRITE_ROWS,
    ROWS,
    TAG_ROWS,
    BenchmarkRow,
    interval,
    met,
    peak_memory,
    read_results,
    summary,
)
from serve_tables import serve_tables
from short_table import short_section
from wording import LANGUAGES

from spanloom.write.atomic import atomic_write

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

RECORDED = {"entity": 84.8, "relation": 63.2, "epochs": 12, "seconds_an_epoch": 120, "sentences_a_second": 28}
"""SpERT's own code with this encoder and data, one seed, one thread, on another machine: recorded, not run here."""

BY_PAIR = ("pair seen in training", "pair not seen")

OTHERS = {"nested": NESTED_ROWS, "relation": RELATION_ROWS, "intent_slot": INTENT_ROWS, "rewrite": REWRITE_ROWS}
"""The tasks whose figures are one plain table."""

PAGES = {
    "docs/results.md": ("en", "whole"),
    "docs/results.zh-CN.md": ("zh", "whole"),
    "README.md": ("en", "short"),
    "README.zh-CN.md": ("zh", "short"),
    "docs/serving.md": ("en", "serve"),
    "docs/queue.md": ("en", "queue"),
}
"""Page -> its language, and which figures stand between its markers: all of models, the short table, or one subject."""


def rows_table(results: Mapping[str, Sequence[Mapping[str, Any]]], words: Mapping[str, str]) -> list[str]:
    """The Markdown table of the rows that have results; none at all where nothing was measured."""
    header = ("rows", "rule", "entity", "relation", "interval", "by pair", "target", "seconds", "memory", "threads")
    lines = [_row(row, results[row.name], words) for row in ROWS if row.name in results]
    if not lines:
        return []
    recorded = [words["recorded row"], words["rule strict"], RECORDED["entity"], RECORDED["relation"], "", "", ""]
    seconds = RECORDED["epochs"] * RECORDED["seconds_an_epoch"]
    if any(name.startswith("conll04") for name in results):
        lines.append([*recorded, seconds, "", 1, 1])
    return markdown([words[name] for name in (*header, "seeds")], lines)


def _row(row: BenchmarkRow, records: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[Any]:
    reached = met(row, records)
    targets = [
        f"{words[f'target {kind}']} {target:g}: {verdict(summary(records, kind).mean, target, reached[kind], words)}"
        for kind, target in row.targets.items()
    ]
    low, high = interval(records, "relation")
    threads = sorted({int(record["threads"]) for record in records})
    return [
        words["peer"].format(encoder=row.encoder) if row.peer else f"[`{row.name}`](../configs/{row.name}.toml)",
        words[f"rule {records[0]['rule']}"],
        _spread(records, "entity"),
        _spread(records, "relation"),
        f"{low:.1f}–{high:.1f}",  # noqa: RUF001  an en dash, as ranges are set
        _by_pair(records),
        "; ".join(targets),
        round(statistics.fmean(record["seconds"]["training"] for record in records)),
        peak_memory(records),
        ", ".join(map(str, threads)),
        len(records),
    ]


def _spread(records: Sequence[Mapping[str, Any]], kind: str) -> str:
    found = summary(records, kind)
    return f"{found.mean:.1f} ({found.lowest:.1f}–{found.highest:.1f})"  # noqa: RUF001


def _by_pair(records: Sequence[Mapping[str, Any]]) -> str:
    """Relation F1 of pairs that training data related, and of all others; nothing where it was not kept."""
    kept = [record["relation_by_pair"] for record in records if record.get("relation_by_pair")]
    columns = [[100 * table[name]["f1"] for table in kept if name in table] for name in BY_PAIR]
    return " / ".join(f"{statistics.fmean(column):.1f}" if column else "-" for column in columns) if kept else ""


def audit_table(audit: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """Each data set and part: both schemes' oracle scores on relations, and what `tagging` loses most of them to."""
    schemes = ("table", "tagging")
    header = [words["data"], words["sentences"], words["facts"]]
    header += [words["oracle"].format(scheme=scheme) for scheme in schemes] + [words["lost"]]
    lines = []
    for name, parts in audit["data"].items():
        for part, found in parts.items():
            relations = [found["schemes"][scheme]["relations"] for scheme in schemes]
            oracle = [
                " / ".join(f"{100 * table[key]:.1f}" for key in ("precision", "recall", "f1")) for table in relations
            ]
            facts = f"{relations[0]['gold']:,}"
            lines.append(
                [f"`{name}` {part}", f"{found['sentences']:,}", facts, *oracle, _causes(found["schemes"]["tagging"])]
            )
    return markdown(header, lines)


def _causes(scheme: Mapping[str, Any], most: int = 3) -> str:
    counts: Counter[str] = Counter()
    for line in scheme["lost"]:
        if line["kind"] == "relation":
            counts[line["cause"]] += line["count"]
    return ", ".join(f"{cause} {count:,}" for cause, count in counts.most_common(most))


def speed_table(speed: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    training, inference = speed["training"], speed["inference"]
    epoch, rate = training["seconds_an_epoch"], inference["sentences_a_second"]
    # As few epochs for SpERT as the recorded run had: the paper's 20 would flatter us.
    ours, theirs = int(training["epochs"]["spanloom"]), int(RECORDED["epochs"])

    def line(name: str, seconds: float, count: int, a_second: float | None) -> list[Any]:
        whole = f"{seconds * count:,.0f} ({count})"
        return [name, f"{seconds:.0f}", whole, "" if a_second is None else f"{a_second:.0f}"]

    precision = training["precision"]["spanloom"]
    same = words["spert same"].format(precision=precision)
    lines = [
        line(words["ours"].format(precision=precision), epoch["spanloom"], ours, rate["int8 bundle"]),
        [words["ours fp32"], "", "", f"{rate['torch fp32']:.0f}"],
        line(words["spert"], epoch["spert"], theirs, rate["spert"]),
        line(same, epoch["spert, our precision"], theirs, None),
        line(words["recorded row"], RECORDED["seconds_an_epoch"], theirs, RECORDED["sentences_a_second"]),
    ]
    longer = theirs / ours
    ratio = words["ratio"].format(
        whole=training["epoch_ratio"]["spert"] * longer,
        same=training["epoch_ratio"]["spert, our precision"] * longer,
        inference=inference["ratio"]["int8 bundle"],
        sample=training["sentences"],
    )
    return [*markdown([words[name] for name in ("model", "epoch", "whole", "rate")], lines), "", ratio]


def machines(records: Sequence[Mapping[str, Any]]) -> str:
    """The processors, with their vector instructions where a result says them, and PyTorch versions, each once."""
    found = []
    for record in records:
        processor = record["machine"]["cpu"]
        if "instructions" in record["machine"]:
            processor += f" ({', '.join(record['machine']['instructions'])})"
        found.append(f"{processor}, PyTorch {record['versions']['torch']}")
    return "; ".join(dict.fromkeys(found))


def section(folder: Path, words: Mapping[str, str]) -> str:
    """All of docs/results.md's figures, from the results in a folder; what was not measured is left out."""
    results = read_results(folder)
    blocks: list[str] = []
    if table := rows_table(results, words):
        records = [record for row in results.values() for record in row]
        blocks += ["\n".join(table), words["scores note"].format(machine=machines(records))]
    if (audit := read(folder / "audit.json")) is not None:
        blocks += [words["audit title"], "\n".join(audit_table(audit, words))]
    if (speed := read(folder / "speed.json")) is not None:
        rounds = len(next(iter(speed["training"]["rounds"].values())))
        blocks += [words["speed title"].format(rounds=rounds, machine=machines([speed]))]
        blocks += ["\n".join(speed_table(speed, words))]
    blocks += [*tag_blocks(folder.with_name("tag"), words), *class_blocks(folder.with_name("classify"), words)]
    for name, rows in OTHERS.items():
        blocks += _plain(rows, folder.with_name(name), words[f"{name} title"], words)
    blocks += image_blocks(folder.with_name("image"), words)
    if table := box_tables(folder.parent, words):
        blocks += [words["box title"], "\n".join(table)]
    if table := sources_table(folder.with_name("sources"), words):
        blocks += [words["sources title"], "\n".join(table)]
    return "\n\n".join(blocks)


def tag_blocks(folder: Path, words: Mapping[str, str]) -> list[str]:
    """What stands there of tagging."""
    blocks = _plain(TAG_ROWS, folder, words["tag title"], words)
    if (peers := peers_table(folder, words)) and blocks:
        blocks += [words["tag peers title"], "\n".join(peers)]
    if (lines := speed_lines(folder, words)) and blocks:
        rounds = len(next(iter(read(folder / "speed.json")["rounds"].values())))
        blocks += [words["tag speed title"].format(rounds=rounds), "\n".join(lines)]
    if (lines := padding_table(folder, words)) and blocks:
        found = read(folder / "padding.json")
        title = words["padding title"].format(sentences=found["sentences"], size=found["batch_size"])
        blocks += [title, "\n".join(lines)]
    return blocks


def class_blocks(folder: Path, words: Mapping[str, str]) -> list[str]:
    """What stands there of classification."""
    blocks = _plain(CLASSIFY_ROWS, folder, words["classify title"], words)
    if (peer := one_peer_table(folder, words)) and blocks:
        blocks += [words["classify peers title"], "\n".join(peer)]
    return blocks


def image_blocks(folder: Path, words: Mapping[str, str]) -> list[str]:
    """What stands there of pictures, which no epoch was chosen for on dev."""
    results = read_results(folder, IMAGE_ROWS)
    if not results:
        return []
    records = [record for row in results.values() for record in row]
    load = max(record["machine"]["load"] or 0 for record in records)
    note = words["image note"].format(machine=machines(records), load=load)
    blocks = [words["image title"], "\n".join(plain_table(IMAGE_ROWS, results, words)), note]
    for title, table in image_tables(folder, words):
        blocks += [title, "\n".join(table)]
    return blocks


def _plain(rows: Sequence[BenchmarkRow], folder: Path, title: str, words: Mapping[str, str]) -> list[str]:
    results = read_results(folder, rows)
    records = [record for row in results.values() for record in row]
    if not records:
        return []
    return [title, "\n".join(plain_table(rows, results, words)), words["plain note"].format(machine=machines(records))]


def content(page: str) -> str:
    """What the committed results put between the markers of a page."""
    language, which = PAGES[page]
    words = LANGUAGES[language]
    if which == "serve":
        return "\n".join(serve_tables(read(RESULTS.parent / "serve.json") or {}))
    if which == "queue":
        return "\n".join(queue_tables(RESULTS.with_name("queue")))
    return section(RESULTS, words) if which == "whole" else short_section(RESULTS.parent, words)


def filled(text: str, content: str) -> str:
    """A page with `content` between its markers. Raises ValueError where the markers are not there once each."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"expected {BEGIN} and {END}, once each")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{content}\n{END}{after}" if content else f"{before}{BEGIN}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Fill the pages' figures from the results.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    options = parser.parse_args(arguments)
    for name in PAGES:
        file = REPOSITORY / name
        text = file.read_text(encoding="utf-8")
        wanted = filled(text, content(name))
        if text != wanted and options.check:
            sys.exit(f"{name}: its figures are not those of the results. Run: python benchmarks/figures.py")
        if text != wanted:
            atomic_write(file, wanted)
            print(f"{name}: written")


if __name__ == "__main__":
    main()
