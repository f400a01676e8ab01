"""The picture of scores and of what is right: its bars by hand, whole and harmless; where it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from spanloom.answers.label import Label
from spanloom.core import Example, Source
from spanloom.errors import ConfigError
from spanloom.metrics.labels import label_scorecard
from spanloom.metrics.reliability import reliability
from spanloom.run.evaluate import check_picture, plot_scores, save_report
from spanloom.write.html import scorecard_page
from spanloom.write.overview import Provenance
from spanloom.write.reliability import COUNTS, SIDE, reliability_svg
from spanloom.write.tables import print_scorecard
from tests.tasks.sentences import text_of

SVG = "{http://www.w3.org/2000/svg}"


def scored(*answers: tuple[str, str, float]) -> dict[str, Any]:
    """A scorecard of (gold, predicted, score)."""
    examples = [Example(text_of(["a"]), Label((gold,)), Source("d", 1)) for gold, _, _ in answers]
    predictions = [Label((name,), (score,)) for _, name, score in answers]
    return {**label_scorecard(examples, predictions), **reliability(examples, predictions)}


CARD = scored(("a", "a", 0.95), ("a", "b", 0.92), ("b", "b", 0.55), ("b", "b", 0.99), ("a", "a", 0.93))


def test_a_bar_is_as_high_as_the_part_that_is_right_and_one_below_as_the_count() -> None:
    picture = reliability_svg(CARD)
    assert picture is not None
    bars = [bar for bar in ElementTree.fromstring(picture).iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert heights == pytest.approx([SIDE * 1.0, COUNTS * 0.25, SIDE * 0.75, COUNTS * 1.0])
    assert bars[-1].findtext(f"{SVG}title") == "75.0 right of 4, mean score 0.95"


def test_there_is_none_of_answers_without_scores() -> None:
    assert reliability_svg({"summary": {}}) is None
    with pytest.raises(ConfigError, match="--plot-reliability: no answer of this model has a score"):
        plot_scores({"summary": {}}, Path("scores.svg"))


def test_a_kind_of_a_hostile_name_is_text() -> None:
    picture = reliability_svg({"reliability": {"<b>&": CARD["reliability"]["classes"]}})
    assert picture is not None
    assert "<b>&" in "".join(ElementTree.fromstring(picture).itertext()).lower()


def test_it_is_in_the_report_and_in_its_page(tmp_path: Path) -> None:
    save_report(tmp_path / "report", Provenance(), CARD, [])
    picture = (tmp_path / "report" / "reliability.svg").read_text(encoding="utf-8")
    assert picture == reliability_svg(CARD)
    assert picture in "".join(scorecard_page(CARD, []))
    plot_scores(CARD, tmp_path / "mine.svg")
    assert (tmp_path / "mine.svg").read_text(encoding="utf-8") == picture


def test_a_terminal_and_a_page_have_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    print_scorecard(CARD)
    printed = capsys.readouterr().out
    assert "Do scores mean what they say" in printed
    found = CARD["reliability"]["classes"]
    lines = [line for line in printed.splitlines() if line.lstrip(" │").startswith("Classes ")]
    assert f"{100 * found['error']:.1f}" in lines[-1]
    assert "ECE before" in "".join(scorecard_page(CARD, []))


def test_a_picture_of_another_kind_or_in_the_place_of_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"--plot-reliability: is 'a\.png'; a file that ends in \.svg\. Write .*a\.svg"
    ):
        check_picture(Path("a.png"), tmp_path / "data.jsonl")
    data = tmp_path / "data.svg"
    data.write_text("{}")
    with pytest.raises(ConfigError, match="would be replaced while it is read"):
        check_picture(data, data)
