"""The short table of the READMEs: one or two rows a task, from the JSON in `results/`."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plain_tables import judged_by, markdown
from rows import ALL_ROWS, read_results, summary

SHORT = {
    "joint": ("conll04-minilm", "nyt-minilm"),
    "tag": ("conll03-fast",),
    "classify": ("polarity-minilm",),
    "nested": ("germeval-rnn",),
    "relation": ("semeval-minilm",),
    "intent_slot": ("atis-rnn",),
    "rewrite": ("rewrite-rnn",),
}
"""Task -> its rows that a README shows. The results of a task stand in the folder of its name."""


def short_section(folder: Path, words: Mapping[str, str]) -> str:
    """The table and its note, from the folders of results in `folder`; what was not measured is left out."""
    lines = []
    for task, names in SHORT.items():
        results = read_results(folder / task, [row for row in ALL_ROWS if row.name in names])
        lines += [_line(task, name, results[name], words) for name in names if name in results]
    if not lines:
        return ""
    header = ("task", "rows", "measure", "score", "seconds", "threads", "seeds")
    return "\n".join([*markdown([words[name] for name in header], lines), "", words["short note"]])


def _line(task: str, name: str, records: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[Any]:
    (row,) = (row for row in ALL_ROWS if row.name == name)
    kind = "relation" if task == "joint" else judged_by(row, records)
    score = f"{summary(records, kind).mean:.1f}"
    if tables := [record["relation_by_pair"] for record in records if record.get("relation_by_pair")]:
        new = 100 * statistics.fmean(table["pair not seen"]["f1"] for table in tables)
        score = words["short pairs"].format(score=score, new=new)
    return [
        f"`{task}`",
        f"[`{name}`](configs/{name}.toml)",
        words["relation" if task == "joint" else f"measure {kind}"],
        score,
        round(statistics.fmean(record["seconds"]["training"] for record in records)),
        ", ".join(map(str, sorted({int(record["threads"]) for record in records}))),
        len(records),
    ]
