"""The confusion matrix: its numbers by hand, and a picture that is whole, readable and harmless."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import Example, Source
from spanloom.metrics.labels import label_scorecard
from spanloom.metrics.tags import tag_scorecard
from spanloom.run.evaluate import save_report
from spanloom.write.confusion import CELL, MOST, NONE, confusion_matrix, confusion_svg
from spanloom.write.html import scorecard_page
from spanloom.write.overview import Provenance
from tests.tasks.sentences import text_of

SVG = "{http://www.w3.org/2000/svg}"


def scored(*cases: tuple[str, str], several: bool = False) -> dict[str, Any]:
    """A scorecard of (gold, predicted), names parted by spaces."""
    examples = [Example(text_of(["a"]), Label(tuple(gold.split())), Source("d", 1)) for gold, _ in cases]
    return label_scorecard(examples, [Label(tuple(found.split())) for _, found in cases], None, several)


CARD = scored(("b", "b"), ("b", "b"), ("b", "a"), ("a", "c"), ("a", "a"), ("<&", "b"))


def test_the_counts_by_hand() -> None:
    """Rows are gold, columns predicted, both in alphabetical order."""
    assert confusion_matrix(CARD) == (
        ["<&", "a", "b", "c"],
        [[0, 0, 1, 0], [0, 1, 0, 1], [0, 1, 2, 0], [0, 0, 0, 0]],
    )


def test_a_scorecard_that_says_nothing_of_confusions_has_no_matrix() -> None:
    errors = {name: value for name, value in CARD["errors"].items() if name != "confusions"}
    assert confusion_matrix({**CARD, "errors": errors}) is None


def test_labels_that_stand_together_have_a_row_and_a_column_for_what_stands_alone() -> None:
    card = scored(("a b", "a b"), ("a b", "a"), ("a", "b"), ("a", "a c"), several=True)
    assert confusion_matrix(card) == (
        ["a", "b", "c", NONE],
        [[3, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]],
    )


def test_rows_and_columns_add_up_to_what_is_gold_and_predicted() -> None:
    card = scored(("a b", "a c"), ("c", "a b c"), ("b", ""), ("", "c"), ("b c", "b c"), several=True)
    found = confusion_matrix(card)
    assert found is not None
    names, counts = found
    for number, name in enumerate(names[:-1]):
        assert sum(counts[number]) == card["labels"]["Classes"][name]["gold"]
        assert sum(row[number] for row in counts) == card["labels"]["Classes"][name]["predicted"]


def test_many_labels_share_a_row() -> None:
    cases = [(f"l{number:02}",) * 2 for number in range(MOST + 5)]
    found = confusion_matrix(scored(*cases, *cases[:MOST], ("l00", f"l{MOST:02}"), (f"l{MOST:02}", "l00")))
    assert found is not None
    names, counts = found
    assert names == [*(f"l{number:02}" for number in range(MOST)), "5 rarer labels"]
    assert len(counts) == MOST + 1
    assert (counts[0][0], counts[0][MOST], counts[MOST][0], counts[MOST][MOST]) == (2, 1, 1, 5)
    assert sum(map(sum, counts)) == 2 * MOST + 5 + 2


def test_a_scorecard_without_the_counts_has_no_matrix() -> None:
    assert confusion_matrix({}) is None
    assert confusion_svg({"errors": {"confusions": []}, "labels": {"all": {}}}) is None
    example = Example(text_of(["a"]), Tags(("B-x",)), Source("d", 1))
    wrong = [{"gold": "B-x", "predicted": "O", "count": 1}]
    card = tag_scorecard([example], [Tags(("O",))])
    assert confusion_matrix({**card, "errors": {**card["errors"], "confusions": wrong}}) is None


def test_the_picture_is_one_whole_file_that_fetches_nothing() -> None:
    picture = confusion_svg(CARD)
    assert picture is not None
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg"
    assert not re.search(r"href|url\(|<script|<style|<&", picture)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert [texts.count(name) for name in ("<&", "a", "b", "c", "gold", "predicted")] == [2, 2, 2, 2, 1, 1]
    counts = [text for text in texts if text and text.isdigit()]
    assert counts == ["1", "1", "1", "1", "2", "1", "2", "3", "0"]  # each row ends in its sum
    cells = [element for element in root.iter(f"{SVG}rect") if element.get("fill-opacity")]
    assert len(cells) == 16
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    for cell in cells:
        assert float(cell.get("x", "-1")) + CELL <= width
        assert float(cell.get("y", "-1")) + CELL <= height


def test_nineteen_long_labels_stand_apart() -> None:
    """Every label has a row and a column of its own, with room for its whole name before the cells."""
    names = [f"Instrument-Agency{number:02}(e2,e1)" for number in range(19)]
    picture = confusion_svg(scored(*[(name, name) for name in names]))
    assert picture is not None
    root = ElementTree.fromstring(picture)
    rows = [element for element in root.iter(f"{SVG}text") if element.get("text-anchor") == "end"]
    assert [row.text for row in rows] == names
    places = [float(row.get("y", "0")) for row in rows]
    assert [below - above for above, below in itertools.pairwise(places)] == [CELL] * 18
    assert min(float(row.get("x", "0")) for row in rows) > 6.5 * len(names[0])


def test_a_report_has_it_as_a_file_of_its_own_where_there_is_one(tmp_path: Path) -> None:
    save_report(tmp_path / "a", Provenance("m", "A"), CARD, [])
    assert (tmp_path / "a" / "confusion.svg").read_text(encoding="utf-8") == confusion_svg(CARD)
    save_report(tmp_path / "b", Provenance("m", "B"), {**CARD, "labels": {}}, [])
    assert sorted(file.name for file in (tmp_path / "b").iterdir()) == [
        "predictions.jsonl",
        "report.html",
        "scorecard.json",
    ]


def test_the_page_has_it() -> None:
    page = "".join(scorecard_page(CARD, []))
    assert confusion_svg(CARD) in page  # type: ignore[operator]
    assert "Which label was taken for which" in page
