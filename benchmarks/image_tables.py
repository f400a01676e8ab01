"""The tables of pictures beside that of the rows: peers, bundles beside PyTorch, and what transfer gives."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plain_tables import markdown, read
from rows import IMAGE_ROWS, read_results
from transfer import shown

ALL = "all"
ARMS = {"scratch": "signs-residual", "frozen": "signs-frozen", "tuned": "signs-tuned"}
"""What transfer is compared by -> the configuration that it is."""

Words = Mapping[str, str]


def image_tables(results: Path, words: Words) -> list[tuple[str, list[str]]]:
    """The title and the lines of each table that was measured."""
    found = ((name, made(results, words)) for name, made in TABLES.items())
    return [(words[f"image {name} title"], table) for name, table in found if table]


def _peers(results: Path, words: Words) -> list[str]:
    found = read(results / "peers.json")
    if found is None:
        return []
    lines = []
    for peer in dict.fromkeys(run["peer"] for run in found["runs"]):
        runs = [run for run in found["runs"] if run["peer"] == peer]
        seconds = statistics.fmean(run["seconds"] for run in runs)
        scores = [100 * run["score"] for run in runs]
        lines.append([words[f"image {peer}"], shown(scores), round(seconds), len(runs)])
    return markdown([words[name] for name in ("peer name", "score", "seconds", "seeds")], lines)


def _speed(results: Path, words: Words) -> list[str]:
    found = read(results / "speed.json")
    if found is None:
        return []
    lines = []
    for row, measured in found["rows"].items():
        for name, seconds in measured["rounds"].items():
            rate = found["pictures"] / statistics.median(seconds)
            size = measured["bytes"].get(name)
            score = f"{100 * measured['scores'][name]:.1f}"
            lines.append([f"`{row}`", name, score, f"{rate:.0f}", f"{size / 1e6:.1f}" if size else ""])
    return markdown([words[name] for name in ("rows", "model", "score", "pictures a second", "megabytes")], lines)


def _transfer(results: Path, words: Words) -> list[str]:
    """A row a size: the mean of each arm over the seeds with Student's interval, and of what was gained."""
    found = read(results / "transfer.json")
    if found is None:
        return []
    scores = {(run["arm"], run["size"], run["seed"]): 100 * run["score"] for run in found["runs"]}
    for arm, row in ARMS.items():
        for record in read_results(results, IMAGE_ROWS).get(row, ()):
            scores[arm, ALL, record["seed"]] = 100 * record["scores"]["accuracy"]["f1"]
    lines = [line for size in dict.fromkeys(size for _, size, _ in scores) if (line := _gains(scores, size))]
    heads = [words[name] for name in ("pictures a class", "scratch", "frozen", "gained", "tuned", "gained", "seeds")]
    return markdown(heads, lines)


def _gains(scores: Mapping[tuple[str, Any, int], float], size: Any) -> Sequence[Any]:
    by_arm = {arm: {seed: score for (of, at, seed), score in scores.items() if (of, at) == (arm, size)} for arm in ARMS}
    plain = by_arm["scratch"]
    if not plain:
        return []
    line = [str(size), shown(list(plain.values()))]
    for arm in ("frozen", "tuned"):
        gains = [score - plain[seed] for seed, score in by_arm[arm].items() if seed in plain]
        line += [shown(list(by_arm[arm].values())), shown(gains, signed=True)] if gains else ["", ""]
    return [*line, str(len(plain))]


TABLES = {"peers": _peers, "speed": _speed, "transfer": _transfer}
