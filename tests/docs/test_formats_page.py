"""docs/formats.md has a section for each format of `spanloom.read`: what it looks like, and an example that is read."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import spanloom.read
from benchmarks.attacks.samples import SAMPLES
from spanloom.read.parts.format import Format
from spanloom.tasks import task_names
from tests.docs.blocks import REPOSITORY, blocks_of

PAGE = (REPOSITORY / "docs" / "formats.md").read_text(encoding="utf-8")
NAMES = [module.name for module in pkgutil.iter_modules(spanloom.read.__path__) if not module.ispkg]


def parts(text: str, mark: str) -> dict[str, str]:
    """What stands below each heading of a level, by the heading."""
    heads, bodies = re.findall(rf"^{mark} (.*)$", text, re.MULTILINE), re.split(rf"^{mark} .*$", text, flags=re.M)[1:]
    return dict(zip(heads, bodies, strict=True))


def families() -> Iterator[tuple[list[str], dict[str, str]]]:
    """The tasks that a part of the page is for, and its sections by the name of the format."""
    for head, body in parts(PAGE, "##").items():
        if tasks := re.findall(r"`(\w+)`", head):
            yield tasks, {name.strip("`"): section for name, section in parts(body, "###").items()}


def test_every_task_has_its_part() -> None:
    assert sorted(task for tasks, _ in families() for task in tasks) == sorted(task_names())


def test_there_are_as_many_sections_as_formats() -> None:
    assert sum(len(sections) for _, sections in families()) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_its_section(name: str) -> None:
    form: Format = importlib.import_module(f"spanloom.read.{name}").FORMAT
    task = SAMPLES[name].task
    (sections,) = (sections for tasks, sections in families() if task in tasks)
    section = sections[form.name]
    assert section.strip().startswith(f"*{form.shape}.*")
    files = {block.file for block in blocks_of(section) if block.file}
    made = "".join(block.text for block in blocks_of(section) if block.language == "python")
    (commands,) = (block for block in blocks_of(section) if block.language == "sh")
    read = commands.text.split()[2]
    assert read in files or any(file.startswith(f"{read}/") for file in files) or f'"{read}"' in made
    assert commands.text.startswith(f"spanloom convert {read} out.jsonl")
    assert (f"--task {task}" in commands.text) or task == "joint"
    assert commands.printed
