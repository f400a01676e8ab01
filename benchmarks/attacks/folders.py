"""Every file of a bundle and of a run, damaged: where nobody signed it, it may change nothing."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attacks.mutations import damaged, damaged_json
from attacks.workers import Outcome

from spanloom.errors import SpanloomError
from spanloom.predict.predictor import load

TEXTS = {
    1: ["Mira Solberg left Oslo for the harbour of Bergen .", "boats", "灯塔 多高"],
    2: [("Mira left .", "Mira went .")],
    0: [["灯塔 在哪", "多高"]],
}
"""What is asked of a model, by how many texts it reads together."""

MARKED = ["[e1]Mira[/e1] left [e2]Oslo[/e2]", "<e1>Mira</e1> left <e2>Oslo</e2>"]


def answers(folder: Path) -> list[Any]:
    """What the model in a folder says of a few texts, as plain values."""
    predictor = load(folder, threads=1)
    texts: list[Any] = TEXTS[min(predictor.texts, 2)]
    if predictor.task.name == "relation":
        texts = MARKED[1:]
    return [predictor(text).to_dict() for text in texts]


def attempt(folder: str, before: Any, signed: bool) -> Outcome:
    """Open a damaged folder and answer. Without a signature over the damage any other answer is a wrong one."""
    try:
        found = json.loads(json.dumps(answers(Path(folder))))
    except SpanloomError as error:
        return Outcome("refused", str(error)[:300])
    if any(math.isnan(number) or not -1e9 < number < 1e9 for number in numbers(found)):
        return Outcome("wrong", "a score that is no number")
    if found == before:
        return Outcome("as before")
    return Outcome("other") if signed else Outcome("wrong", "damage that nobody signed changed an answer")


def numbers(value: Any) -> Iterator[float]:
    """Every number in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, float):
        yield value


def bundle_cases(bundle: Path, work: Path, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Endless damage to a bundle's files; half of it signed anew, as somebody would who writes bundles."""
    before = json.loads(json.dumps(answers(bundle)))
    names = sorted(path.name for path in bundle.iterdir())
    while True:
        for name in names:
            folder = fresh(bundle, work)
            done = damage(folder / name, chance)
            signed = chance.random() < 0.5 and name not in ("bundle.json", "README.md")
            if signed:
                sign(folder, name)
            how = ", signed" if signed else ""
            # The manifest signs the others and the card is for people: neither is signed itself.
            loose = signed or name == "bundle.json"
            yield f"{name}: {done}{how}", {"folder": str(folder), "before": before, "signed": loose}


def run_cases(run: Path, work: Path, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Endless damage to the model folder of a run. Its settings are not signed, so other answers are not wrong."""
    before = json.loads(json.dumps(answers(run)))
    names = sorted(path.name for path in (run / "model").iterdir())
    while True:
        for name in names:
            folder = fresh(run, work)
            done = damage(folder / "model" / name, chance)
            yield f"model/{name}: {done}", {"folder": str(folder), "before": before, "signed": name == "model.json"}


def fresh(folder: Path, work: Path) -> Path:
    """A copy of a folder to damage; big files are linked until they are written to."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work, copy_function=os.link)
    return work


def damage(file: Path, chance: random.Random) -> str:
    """Damage one file, its other links left alone; what was done."""
    content = file.read_bytes()
    found = damaged_json(content, chance) if chance.random() < 0.7 else None
    done, content = found or damaged(content, chance)
    file.unlink()
    file.write_bytes(content)
    return done


def sign(folder: Path, name: str) -> None:
    """Write the new hash of a damaged file into the manifest."""
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    if name in manifest["files"]:
        manifest["files"][name]["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        (folder / "bundle.json").unlink()
        (folder / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
