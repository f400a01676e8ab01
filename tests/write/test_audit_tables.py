from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from spanloom.answers.graph import Graph
from spanloom.check.gold import check_gold
from spanloom.core import Example, LostFact, Source
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.write.audit_tables import estimate_line, print_check, windows_line

ESTIMATE = {
    "steps": 1200,
    "seconds_per_epoch": 83.4,
    "threads": 2,
    "memory_bytes": 700 * 2**20,
    "note": "rough",
}


def score(correct: int, gold: int) -> dict[str, float]:
    return {"gold": gold, "correct": correct, "precision": 1.0, "recall": correct / gold, "f1": 0.5}


def shown(audit: Mapping[str, Any]) -> str:
    file = io.StringIO()
    print_check(audit, Console(file=file, width=200))
    return file.getvalue()


def audit_of_one_sentence() -> dict[str, Any]:
    text = Text("Mira runs [b]", (Token("Mira", 0, 4), Token("runs", 5, 9), Token("[b]", 10, 13)))
    head, tail = Span(0, 1, "Person"), Span(2, 3, "[bold]")
    lost = LostFact("relation", "knows", "Mira -> knows -> Olav", "not found")
    example = Example(
        text, Graph((head, tail), (Relation(head, tail, "runs"),)), Source("/far/away/a.json", 7), True, 0, (lost,)
    )
    ledger = {
        "kind": "relation",
        "cause": "overlapping",
        "count": 1234,
        "labels": {"runs": 1200, "[knows]": 34},
        "examples": [{"source": "/far/away/a.json:9", "fact": "Mira -> [runs] -> b"}],
    }
    schemes = {
        "table": {"entities": score(2, 2), "relations": score(2, 2), "lost": [], "spurious": []},
        "tagging": {"entities": score(2, 2), "relations": score(1, 3), "lost": [ledger], "spurious": []},
    }
    return {"gold": check_gold([example]), "audit": schemes, "estimate": ESTIMATE}


def test_the_gold_and_its_labels_are_counted_and_brackets_stay_text() -> None:
    output = shown(audit_of_one_sentence())
    assert "2 of 2 labels: Person: 1, [bold]: 1" in output
    assert "1 relation placed, 0 with more than one closest place; not placed: relation: not found: 1" in output
    assert "a.json:7: Mira -> knows -> Olav" in output
    assert "/far/away" not in output


def test_each_scheme_has_its_ceiling_and_its_losses() -> None:
    output = shown(audit_of_one_sentence())
    rows = [line.split("│")[1:-1] for line in output.splitlines() if line.startswith("│ tagging")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["tagging", "entities", "100.00", "100.00", "50.00", "2", "2"],
        ["tagging", "relations", "100.00", "33.33", "50.00", "1", "3"],
    ]
    assert "overlapping" in output
    assert "1,234" in output
    assert "runs: 1,200, [knows]: 34" in output
    assert "a.json:9: Mira -> [runs] -> b" in output
    assert "Scheme table: facts lost" not in output


def test_the_estimate_is_one_sentence() -> None:
    assert estimate_line(ESTIMATE) == (
        "Training on it: 1,200 steps and about 83 s an epoch on 2 threads, about 700 MiB of memory (rough)."
    )


def test_what_becomes_of_long_examples_is_said() -> None:
    windows = {"used": True, "max_words": 200, "examples": 3, "windows": 1007, "facts": 12}
    said = "Examples of more than 200 words: 3, read through 1,007 windows in training."
    assert windows_line(windows) == said
    assert said in shown(audit_of_one_sentence() | {"windows": windows})
    assert "Examples of more" not in shown(audit_of_one_sentence() | {"windows": {**windows, "examples": 0}})
    assert windows_line({**windows, "used": False}) == (
        "Examples of more than 200 words: 3, cut off there in training (12 gold facts behind); "
        "train.augment.windows=true reads them through 1,007 windows."
    )
    assert windows_line(windows, "dev data") == (
        "Examples of more than 200 words in the dev data: 3, scored up to there while training (12 gold facts "
        "behind); evaluate reads 1,007 windows."
    )


def test_the_check_of_tags_or_labels_shows_sizes_labels_and_what_is_worth_a_look() -> None:
    file = io.StringIO()
    found = {
        "gold": {
            "sizes": {"sentences": 1200},
            "lengths": {"tokens": {"median": 9, "longest": 40}, "characters": {"median": 51.5}},
            "labels": {"tags": {"[b]NOUN": 7}},
            "shares": {"dev tokens never seen in train": 0.0754},
        },
        "issues": {"duplicate examples": {"count": 2, "first": ["dir/t.tsv:3: as line 1"]}},
    }
    print_check(found, Console(file=file, width=120))
    said = " ".join(file.getvalue().split())
    lengths = ("length in tokens │ median 9, longest 40", "length in characters │ median 51.5")
    for part in (
        *lengths,
        "1,200",
        "[b]NOUN: 7",
        "never seen in train │ 7.5%",
        "duplicate examples",
        "t.tsv:3: as line 1",
    ):
        assert part in said, said
    print_check({**found, "issues": {}}, Console(file=file, width=120))
    assert "Nothing that looks like a mistake." in file.getvalue()


def test_gold_without_relations_speaks_of_none() -> None:
    audit = audit_of_one_sentence()
    text = Text("Mira", (Token("Mira", 0, 4),))
    gold = check_gold([Example(text, Graph((Span(0, 1, "Person"),)), Source("a.json", 1))])
    schemes = {"flat": {"entities": score(1, 1), "relations": score(0, 1) | {"gold": 0}, "lost": [], "spurious": []}}
    output = shown({**audit, "gold": gold, "audit": schemes})
    assert "relations" not in output
    assert [line.split("│")[2].strip() for line in output.splitlines() if line.startswith("│ flat")] == ["entities"]


def test_a_line_number_is_no_emoji() -> None:
    issue = {"count": 1, "first": ["data/a.tsv:100: two [b]words[/b]"]}
    gold = {"sizes": {"dialogues": 1}, "lengths": {}, "labels": {}, "shares": {"of [b]": 0.5}}
    assert "a.tsv:100: two [b]words[/b]" in shown({"gold": gold, "issues": {"odd": issue}})
