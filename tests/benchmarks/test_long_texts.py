"""What `benchmarks/long_texts.py` builds, counts and prints."""

from __future__ import annotations

import json
from pathlib import Path

import long_texts

from spanloom.answers.label import Label
from tests.tasks.sentences import sentence
from tests.tasks.test_classify import example


def test_glued_sentences_keep_their_facts() -> None:
    one = sentence("a b c", [(0, 1, "X"), (2, 3, "Y")], [(0, "r", 1)])
    two = sentence("d e", [(0, 2, "X")])
    [document] = long_texts.grouped([one, two], 2)
    assert document.input.text == "a b c\nd e"
    assert [document.input.surface(span) for span in document.gold.spans] == ["a", "c", "d e"]
    assert [document.input.describe(relation) for relation in document.gold.relations] == ["a -> r -> c"]
    assert len(long_texts.grouped([one, two], 1)) == 2
    labelled = long_texts.glued([example("a b", ("yes",)), example("c", ("yes",))])
    assert (labelled.input.text, labelled.gold) == ("a b\nc", Label(("yes",)))


def test_relations_apart_are_those_in_no_window() -> None:
    spans = [(0, 1, "X"), (3, 4, "X"), (8, 9, "X")]
    text = sentence("a b . c d . e f g", spans, [(0, "r", 1), (1, "r", 2), (2, "r", 0)])
    assert long_texts.apart([text], 99, 1) == 3
    assert long_texts.apart([text], 99, 2) == 1
    assert long_texts.apart([text], 99, None) == 0
    assert long_texts.apart([text], 6, None) == 2  # 0 to 6 and 5 to 9


def test_the_page_shows_what_is_stored(repository: Path) -> None:
    found = json.loads(long_texts.OUTPUT.read_text(encoding="utf-8"))
    page = (repository / "docs" / "long-texts.md").read_text(encoding="utf-8")
    for line in long_texts.tables(found):
        assert line in page, line
