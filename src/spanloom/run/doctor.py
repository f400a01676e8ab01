"""Is this installation whole? Looks at versions, makes one prediction, changes nothing, reaches nowhere."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from spanloom import __version__
from spanloom.errors import SpanloomError

SENTENCE = "Ada Lovelace was born in London , the capital of England ."


@dataclass(frozen=True)
class Finding:
    """One thing looked at. state: "ok"; "absent", an extra that was not asked for; "fault", something to mend."""

    name: str
    state: Literal["ok", "absent", "fault"]
    detail: str


def diagnose() -> Iterator[Finding]:
    """The findings, each resting on those before it."""
    system = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    yield Finding("spanloom", "ok", __version__)
    yield Finding("Python", "ok", system)
    yield from packages()
    yield prediction()


def packages() -> Iterator[Finding]:
    """One finding for the base packages each, then one for each extra that users may want."""
    needed: dict[str, list[str]] = {"": []}
    try:
        requirements = metadata.requires("spanloom") or []
    except metadata.PackageNotFoundError:
        yield Finding("packages", "fault", "spanloom itself is not installed. Install it with: pip install spanloom")
        return
    for requirement in requirements:
        extra = re.search(r"extra == ['\"](\w+)['\"]", requirement)
        name = re.match(r"[\w.-]+", requirement)
        if name and name.group() != "spanloom":
            needed.setdefault(extra.group(1) if extra else "", []).append(name.group())
    for package in needed.pop(""):
        found = version_of(package)
        remedy = f"not installed. Install it with: pip install {package}"
        yield Finding(package, "ok" if found else "fault", found or remedy)
    needed.pop("dev", None)  # for working on spanloom, not with it
    for extra_name, names in needed.items():
        missing = [name for name in names if version_of(name) is None]
        versions = ", ".join(f"{name} {version_of(name)}" for name in names)
        remedy = f"without {', '.join(missing)}. Install it with: pip install 'spanloom[{extra_name}]'"
        yield Finding(f"[{extra_name}]", "absent" if missing else "ok", remedy if missing else versions)


def version_of(package: str) -> str | None:
    """The installed version of a package, from its metadata and so without importing it; None if it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def prediction() -> Finding:
    """Does the bundled model load and answer?"""
    try:
        from spanloom.run.predictor import load

        graph = load()(SENTENCE)
    except SpanloomError as error:
        return Finding("bundled model", "fault", str(error))
    except ImportError as error:
        return Finding(
            "bundled model", "fault", f"{error}. Install spanloom again: pip install --force-reinstall spanloom"
        )
    return Finding("bundled model", "ok", f"answers: {len(graph.spans)} entities, {len(graph.relations)} relations")
