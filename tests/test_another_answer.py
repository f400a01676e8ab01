"""A task whose input is no text and whose answer is no known type goes through every command, and edits nothing.

It stands in `throwaway/`; spanloom finds it as it finds its own, by listing. Once with what it says of its answers, and
once without, as someone's first draft would be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from spanloom.answers import kinds
from spanloom.run.cli import main
from spanloom.tasks import task_names
from tests.throwaway.picture import a_new_task, forget, pictures

__all__ = ["pictures"]

CONFIG = """
task = "picture"
[data]
train = "{data}"
dev = "{data}"
[train]
epochs = 60
batch_size = 2
learning_rate = 0.1
threads = 1
"""


@pytest.fixture(scope="module")
def run(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A trained run of the task."""
    folder = tmp_path_factory.mktemp("picture")
    config = folder / "picture.toml"
    config.write_text(CONFIG.format(data=pictures), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        a_new_task(patch.setattr, with_kind=False)
        patch.setattr("spanloom.engine.run.draw_plots", lambda metrics, folder: None)  # slow, and tested elsewhere
        assert main(["train", str(config), "--output", str(folder / "run")]) == 0
        forget()
    return folder / "run"


@pytest.fixture(params=[True, False], ids=["with its kind", "without"])
def with_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    a_new_task(monkeypatch.setattr, request.param)
    yield request.param
    forget()


@pytest.mark.usefixtures("with_kind")
def test_it_is_found_by_listing(with_kind: bool) -> None:
    assert "picture" in task_names()
    assert ("tone" in kinds()) == with_kind


@pytest.mark.usefixtures("with_kind")
def test_check_says_what_is_in_its_data(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(pictures), "--task", "picture"]) == 0
    said = capsys.readouterr().out
    assert "pictures" in said
    assert "10" in said


def test_evaluate_shows_its_scores_and_leaves_a_page(
    run: Path, pictures: Path, tmp_path: Path, with_kind: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = [tmp_path / name for name in "ab"]
    for report in reports:
        assert main(["evaluate", str(run), str(pictures), "--report", str(report)]) == 0
    said = " ".join(capsys.readouterr().out.replace("─", "").split())
    assert "10 pictures in gold. Scores value close 1" in said
    page = (reports[0] / "report.html").read_text(encoding="utf-8")
    assert "<span>close</span><b>1</b>" in page
    assert page.count("<article class=") == 10
    assert ("dark</span>" in page) == with_kind
    assert main(["compare", *map(str, reports)]) == 0
    assert "close" in capsys.readouterr().out.lower()


@pytest.mark.usefixtures("with_kind")
def test_predict_answers_as_json_lines(run: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "-m", str(run), "--input", str(pictures), "-f", "jsonl"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    gold = [json.loads(line) for line in pictures.read_text(encoding="utf-8").splitlines()]
    assert [answer["dark"] for answer in answers] == pytest.approx([item["dark"] for item in gold], abs=0.011)


def test_predict_answers_as_a_table(run: Path, with_kind: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "-m", str(run), "0 0 / 0 1", "-f", "table"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert ("2 rows, 75 % dark" if with_kind else "picture [[0.0, 0.0], [0.0, 1.0]] dark 0.7") in said


def test_predict_answers_as_a_page(run: Path, with_kind: bool, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["predict", "-m", str(run), "0 0 / 0 1", "-o", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert ("##\n#." if with_kind else "picture: [[0.0, 0.0], [0.0, 1.0]]\ndark: 0.7") in text


@pytest.mark.usefixtures("with_kind")
def test_convert_writes_what_can_be_read_again(pictures: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.jsonl", tmp_path / "again.jsonl"
    assert main(["convert", str(pictures), str(first), "--task", "picture"]) == 0
    assert main(["convert", str(first), str(again), "--task", "picture"]) == 0
    assert first.read_bytes() == again.read_bytes()
    assert len(first.read_bytes().splitlines()) == 10


def test_a_bundle_of_it_answers_too(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_new_task(monkeypatch.setattr, with_kind=True)
    bundle = tmp_path / "bundle"
    assert main(["export", str(run), "--output", str(bundle), "--precision", "fp32"]) == 0
    assert main(["predict", "-m", str(bundle), "1 1 1 / 1 1 1", "-f", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["dark"] == pytest.approx(0, abs=0.03)
    forget()
