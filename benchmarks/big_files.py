"""Big files: how much memory `spanloom predict` takes for ten thousand texts and for a million, and what kills cost.

    python benchmarks/big_files.py                       # a small tagger, trained on the spot; minutes of a processor
    python benchmarks/big_files.py --model BUNDLE --texts 10000 100000 --kills 20

Each file is answered by a process of its own, whose peak of memory the system tells. The middle one is then answered
once more by a job that is killed with -9 at random moments and goes on with `--resume`; its answers must be the same
bytes. Results are kept in `results/big_files.json`.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from machine import surroundings
from processes import surrounded
from rows import RESULTS
from soak import small_tagger
from training import store

OUTPUT = RESULTS.parent / "big_files.json"
NAMES = ("Mira Holm", "Bo", "Ines Duarte", "the ferry", "Nordvik Press")
PLACES = ("Bergen", "Oslo", "Lisbon", "Porto")
FLAT = 0.05
"""By which share the peak for the most texts may be above that for the fewest."""


def made_up(count: int) -> Iterator[str]:
    """Short texts, no two alike."""
    for number in range(count):
        yield f"{NAMES[number % 5]} left {PLACES[number % 4]} on day {number:,} .\n"


def job(model: Path, texts: Path, output: Path, *options: str) -> subprocess.Popen[bytes]:
    named = ["-m", "spanloom", "predict", "--model", str(model), "--input", str(texts), "--output", str(output)]
    return subprocess.Popen(
        [sys.executable, *named, *options], env=surrounded(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def ended(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Wait for a job: its exit code, its peak of memory in MB, and the seconds that it had of a processor.

    The peak is the system's, looked at until the end: what is told at the end has that of the process that forked it.
    """
    peak, number = 0.0, 0
    while not number:
        with suppress(OSError):
            said = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            peak = max([peak, *(int(line.split()[1]) * 1024 / 1e6 for line in said.splitlines() if "VmHWM" in line)])
        time.sleep(0.02)
        number, status, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {"code": process.returncode, "peak_mb": round(peak, 1), "cpu": round(used.ru_utime + used.ru_stime, 1)}


def whole(model: Path, count: int, folder: Path) -> dict[str, Any]:
    """One file answered at once."""
    texts, output = folder / f"{count}.txt", folder / f"{count}.jsonl"
    with texts.open("w", encoding="utf-8") as file:
        file.writelines(made_up(count))
    began = time.perf_counter()
    found = ended(job(model, texts, output))
    assert found["code"] == 0, found
    with output.open("rb") as answers:
        lines = sum(1 for _ in answers)
    return {"texts": count, "lines": lines, "wall": round(time.perf_counter() - began, 1), **found}


def killed(model: Path, count: int, folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """The same file answered by a job that is killed so often, and whether its answers are those of one that was not.

    The moments are shares of the texts, so that they fall on all of them; a process may take a while to begin.
    """
    output = folder / "killed.jsonl"
    part, chance = Path(f"{output}.part"), random.Random(seed)
    size = (folder / f"{count}.jsonl").stat().st_size
    peaks, moments = [], sorted(chance.random() for _ in range(kills))
    for moment in moments:
        process = job(model, folder / f"{count}.txt", output, "--resume")
        while process.poll() is None and (part.stat().st_size if part.exists() else 0) < moment * size:
            time.sleep(chance.random() * 0.01)
        if process.returncode is None:
            process.kill()
            peaks.append(ended(process)["peak_mb"])
    last = ended(job(model, folder / f"{count}.txt", output, "--resume"))
    same = filecmp.cmp(output, folder / f"{count}.jsonl", shallow=False)
    return {"texts": count, "kills": len(peaks), "same_bytes": same, "peak_mb": max([*peaks, last["peak_mb"]])}


def table(result: dict[str, Any]) -> Iterator[str]:
    yield "| texts | peak of memory, MB | texts a second | texts a second of a processor |"
    yield "|---|---|---|---|"
    for row in result["whole"]:
        rates = f"{row['texts'] / row['wall']:,.0f} | {row['texts'] / row['cpu']:,.0f}"
        yield f"| {row['texts']:,} | {row['peak_mb']:.0f} | {rates} |"
    first, last = result["whole"][0], result["whole"][-1]
    more = last["peak_mb"] / first["peak_mb"] - 1
    yield ""
    yield f"{more:+.1%} from {first['texts']:,} to {last['texts']:,} texts: {'met' if more < FLAT else 'missed'}."
    stopped = result["killed"]
    yield (
        f"Killed {stopped['kills']} times while it answered {stopped['texts']:,}: "
        f"{'the same bytes' if stopped['same_bytes'] else 'OTHER BYTES'}, {stopped['peak_mb']:.0f} MB at most."
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--texts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = chosen.model or small_tagger(folder)
        answered = [whole(model, count, folder) for count in chosen.texts]
        middle = chosen.texts[(len(chosen.texts) - 1) // 2]
        stopped = killed(model, middle, folder, chosen.kills, chosen.seed)
    result = {"whole": answered, "killed": stopped, "seed": chosen.seed, **surroundings()}
    store(chosen.output, result)
    for line in table(result):
        print(line)


if __name__ == "__main__":
    main()
