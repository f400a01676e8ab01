"""Both READMEs: short, in step; their links lead somewhere, their commands run, their picture is a real answer."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

import spanloom
from spanloom.run.cli import main
from spanloom.tasks import task_names

READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_OURS = {"pip", "pytest"}
"""What .ci/run types in environments of its own."""


@pytest.fixture(params=READMES)
def text(request: pytest.FixtureRequest, repository: Path) -> str:
    return (repository / request.param).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return [block for kind, block in BLOCK.findall(text) if kind == language]


def test_they_are_short_and_name_every_task(text: str) -> None:
    assert len(text.splitlines()) <= 150
    listed = re.findall(r"^\| \[`(\w+)`\]\(src/spanloom/tasks/\1/README\.md\)", text, re.MULTILINE)
    assert sorted(listed) == sorted(task_names())


def test_their_links_lead_somewhere(text: str, repository: Path) -> None:
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert "docs/pictures/answer.svg" in links
    for link in links:
        assert link.startswith("https://") or (repository / link.partition("#")[0]).exists(), link


def test_they_are_in_step(repository: Path) -> None:
    english, chinese = ((repository / name).read_text(encoding="utf-8") for name in READMES)
    for language in ("sh", "json"):
        assert blocks(english, language) == blocks(chinese, language)
    heads = [re.findall(r"^#+", BLOCK.sub("", text), re.MULTILINE) for text in (english, chinese)]
    assert heads[0] == heads[1]


def test_the_commands_run_from_top_to_bottom(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In an empty folder but for texts.txt, which is the reader's. The Chinese README has the same commands."""
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("Ada Lovelace lived in London.\n", encoding="utf-8")
    text = (repository / READMES[0]).read_text(encoding="utf-8")
    ran = []
    for command in re.split(r"\n| && ", "".join(blocks(text, "sh")).strip()):
        program, *arguments = shlex.split(command)
        if program in NOT_OURS:
            continue
        assert program == "spanloom"
        assert main(arguments) == 0, command
        ran.append(arguments[0])
    capsys.readouterr()
    assert ran == ["predict"] * 3 + ["example", "check", "train", "evaluate", "export"]


def test_the_snippet_runs(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("Ada Lovelace lived in London.\n", encoding="utf-8")
    (code,) = blocks(text, "python")
    names: dict[str, object] = {"__name__": "snippet"}
    exec(compile(code, "README", "exec"), names)
    assert names["answer"].entities[0].text == "Ada Lovelace"  # type: ignore[attr-defined]


def test_the_picture_is_what_the_model_answers(repository: Path) -> None:
    """Words, labels and where they stand: ten units a character."""
    picture = ElementTree.parse(repository / "docs" / "pictures" / "answer.svg")
    texts = list(picture.iter("{http://www.w3.org/2000/svg}text"))
    words = [element for element in texts if element.get("textLength")]
    sentence = ""
    for element in words:
        start = (int(element.get("x", "")) - 35) // 10
        sentence = sentence.ljust(start) + (element.text or "")
        assert int(element.get("textLength", "")) == 10 * len(element.text or "")
    facts = spanloom.load()(sentence).to_dict()
    assert [fact["text"] for fact in facts["entities"]] == [words[1].text, words[3].text]
    others = [element.text for element in texts if element not in words]
    assert sorted(others) == sorted(fact["label"] for kind in ("entities", "relations") for fact in facts[kind])
    assert {(fact["head"], fact["tail"]) for fact in facts["relations"]} == {(1, 0)}
