"""Damage everything that spanloom reads, kill what it writes, and see what falls short.

    python benchmarks/attack.py                                # about five minutes: all parts, three tasks
    python benchmarks/attack.py --seconds 20 --tasks tag       # a small share, as CI runs it

Four parts share the time: every format's sample, every file of a bundle, every file of a run's model, and trainings and
exports that are killed before and after their renames. What is damaged must be refused in one sentence or do no harm;
what is killed must go on to the same bits. Prints a table, then each find with what makes it again; writes JSON with
`--output`; exits with 1 where anything fell short.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attacks import folders, formats, kills
from attacks.workers import FELL_SHORT, Outcome, Worker
from machine import surroundings
from training import store

TASKS = ("tag", "joint", "classify")
EPOCHS = 2
SHARES = {"formats": 0.3, "bundles": 0.2, "runs": 0.15, "kills": 0.35}
"""What part of the time each part may take."""


@dataclass
class Part:
    """What was tried of one part, how it ended, and what fell short: (what was done, outcome)."""

    name: str
    ended: Counter[str] = field(default_factory=Counter)
    finds: list[tuple[str, Outcome]] = field(default_factory=list)

    def add(self, done: str, outcome: Outcome) -> None:
        self.ended[outcome.kind] += 1
        if outcome.kind in FELL_SHORT:
            self.finds.append((done, outcome))


Cases = Iterator[tuple[str, dict[str, Any]]]


def attack(part: Part, worker: Worker, call: tuple[str, str], cases: Cases, until: float) -> None:
    """Try cases until the time is over, one at least."""
    for done, arguments in cases:
        part.add(done, worker.call(*call, arguments))
        if time.monotonic() > until:
            return


def measured(worker: Worker, job: str, task: str, folder: Path) -> dict[str, Any]:
    """A job done once, unharmed. Ends the program where even that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    outcome = worker.call(
        "attacks.kills", "measure", {"job": job, "task": task, "epochs": EPOCHS, "folder": str(folder)}, 300
    )
    if outcome.kind != "other":
        sys.exit(f"{job} of {task}: {outcome.said}")
    return json.loads(outcome.said)  # type: ignore[no-any-return]


def kill_cases(task: str, whole: Path, work: Path, chance: random.Random, found: dict[str, Any]) -> Cases:
    """Every moment of a training and of an export, in random order; `function` says which of the two is meant."""
    moments = [("train", *moment) for moment in kills.moments(found["train"]["renames"])]
    moments += [("export", *moment) for moment in kills.moments(found["export"]["renames"])]
    chance.shuffle(moments)
    for job, number, after in moments:
        arguments: dict[str, Any] = {"folder": str(work), "number": number, "after": after}
        if job == "train":
            arguments |= {"task": task, "epochs": EPOCHS, "left": found["train"]["left"]}
        else:
            arguments |= {"run": str(whole / "run")}
        yield f"{job} of {task}: killed {'after' if after else 'before'} rename {number}", {"job": job, **arguments}


def run_all(tasks: Sequence[str], seconds: float, seed: int, chosen: Sequence[str], work: Path) -> list[Part]:
    """All chosen parts, each for its share of the time."""
    parts = {name: Part(name) for name in chosen}
    worker = Worker()
    total = sum(SHARES[name] for name in chosen)

    def until(name: str, among: int = 1) -> float:
        return time.monotonic() + seconds * SHARES[name] / total / among

    def chance(name: str) -> random.Random:
        return random.Random(f"{seed} {name}")

    try:
        if "formats" in parts:
            cases = formats.cases(work / "formats", chance("formats"))
            attack(parts["formats"], worker, ("attacks.formats", "attempt"), cases, until("formats"))
        for task in tasks if parts.keys() - {"formats"} else ():
            print(f"attack: {task}", file=sys.stderr, flush=True)
            whole = work / task
            found = {job: measured(worker, job, task, whole) for job in ("train", "export")}
            damage: dict[str, tuple[Callable[..., Cases], Path]] = {
                "bundles": (folders.bundle_cases, whole / "old"),
                "runs": (folders.run_cases, whole / "run"),
            }
            for name, (make, folder) in damage.items():
                if name in parts:
                    cases = make(folder, work / "damaged", chance(f"{name} {task}"))
                    attack(parts[name], worker, ("attacks.folders", "attempt"), cases, until(name, len(tasks)))
            if "kills" in parts:
                end = until("kills", len(tasks))
                for done, arguments in kill_cases(task, whole, work / "killed", chance(f"kills {task}"), found):
                    job = arguments.pop("job")
                    parts["kills"].add(done, worker.call("attacks.kills", f"attempt_{job}", arguments, 300))
                    if time.monotonic() > end:
                        break
    finally:
        worker.close()
    return list(parts.values())


def table(parts: Sequence[Part]) -> list[str]:
    """What was tried and how it ended, as Markdown, then each find."""
    kinds = ("refused", "as before", "other")
    lines = [
        "| part | tried | refused | as before | read or answered otherwise | fell short |",
        "|---|---|---|---|---|---|",
    ]
    for part in parts:
        counts = " | ".join(f"{part.ended[kind]:,}" for kind in kinds)
        lines.append(f"| {part.name} | {part.ended.total():,} | {counts} | {len(part.finds):,} |")
    for part in parts:
        for (done, kind, said), times in Counter((done, out.kind, out.said) for done, out in part.finds).items():
            lines.append(f"- {part.name}: {done}: {kind}: {said!r}" + f" ({times} times)" * (times > 1))
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Damage what spanloom reads, kill what it writes.")
    parser.add_argument("--seconds", type=float, default=300, help="for all parts together, preparations aside")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tasks", default=",".join(TASKS), help="whose bundles and runs are attacked")
    parser.add_argument("--parts", default=",".join(SHARES), help="which of the four")
    parser.add_argument("--output", type=Path, help="a JSON file for the result")
    options = parser.parse_args(arguments)
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker"  # of locks whose processes were killed on purpose
    with tempfile.TemporaryDirectory(prefix="attack.") as work:
        chosen = options.parts.split(",")
        parts = run_all(options.tasks.split(","), options.seconds, options.seed, chosen, Path(work))
    if options.output is not None:
        found = {
            part.name: {"ended": dict(part.ended), "finds": [[done, out.kind, out.said] for done, out in part.finds]}
            for part in parts
        }
        asked = {"seed": options.seed, "seconds": options.seconds, "tasks": options.tasks}
        store(options.output, {**asked, "parts": found, **surroundings()})
    print("\n".join(table(parts)))
    return int(any(part.finds for part in parts))


if __name__ == "__main__":
    sys.exit(main())
