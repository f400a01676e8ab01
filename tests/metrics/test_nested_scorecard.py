"""The scorecard of nested entities against a sentence scored by hand and against sets of random spans."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from spanloom.answers.graph import Graph, graph_to_dict
from spanloom.core import LostFact
from spanloom.errors import DataError
from spanloom.inputs import Span
from spanloom.metrics.comparison import compare_scorecards
from spanloom.metrics.nested import depths, nested_scorecard
from spanloom.write.html import comparison_items, scorecard_page
from spanloom.write.tables import print_scorecard
from tests.tasks.sentences import Place, sentence

WORDS = "Board of Port Bergen met Ann"
GOLD: list[Place] = [(0, 4, "Org"), (2, 4, "Org"), (3, 4, "Loc"), (5, 6, "Per")]
FOUND: list[Place] = [(0, 4, "Org"), (2, 4, "Loc"), (3, 4, "Loc"), (4, 6, "Per")]


def graph(places: Sequence[Place]) -> Graph:
    return Graph(tuple(Span(*place) for place in places))


def seen(text: str, label: str) -> bool:
    return (text, label) == ("Bergen", "Loc")


def counts(row: dict[str, float]) -> tuple[float, ...]:
    return row["tp"], row["predicted"], row["gold"]


def test_a_sentence_scored_by_hand() -> None:
    card = nested_scorecard([sentence(WORDS, GOLD)], [graph(FOUND)], seen)
    rows = card["overall"]
    assert {name: counts(row) for name, row in rows.items()} == {
        "all": (2, 4, 4),
        "outer": (1, 2, 2),
        "inner": (1, 2, 2),
        "boundaries": (3, 4, 4),
    }
    assert card["rule"] == "all"
    assert card["summary"] == dict.fromkeys(
        ("entity_f1", "entity_precision", "entity_recall", "outer_f1", "inner_f1"), 0.5
    )
    assert card["size"] == {"sentences": 1, "entities": 4, "inner entities": 2}
    labels = card["labels"]["Entities"]
    assert {name: (row["gold"], row["predicted"], row["found"]) for name, row in labels.items()} == {
        "Loc": (1, 2, 1),
        "Org": (2, 1, 1),
        "Per": (1, 1, 0),
    }
    bins = {
        name: {key: (row["found"], row["gold"], row["correct"], row["predicted"]) for key, row in table.items()}
        for name, table in card["breakdown"].items()
    }
    assert bins == {
        "entities, by name and label": {"seen in training": (1, 1, 1, 1), "never seen": (1, 3, 1, 3)},
        "entities, by length in tokens": {"1": (1, 2, 1, 1), "2": (0, 1, 0, 2), "4": (1, 1, 1, 1)},
        "entities, by depth": {
            "1, in no other": (1, 2, 1, 2),
            "2, in one other": (0, 1, 0, 1),
            "3 or more": (1, 1, 1, 1),
        },
        "entities, by length of the sentence": {"1-10": (2, 4, 2, 4)},
    }
    types = card["errors"]["types"]
    assert types == {"boundary": 1, "type": 1, "boundary and type": 0, "missing": 0, "spurious": 0}
    assert card["errors"]["confusions"] == [{"gold": "Org", "predicted": "Loc", "count": 1}]
    (worst,) = card["errors"]["worst"]
    assert (worst["source"], len(worst["errors"])) == ("data.jsonl:1", 2)


def test_an_inner_span_without_its_outer_one_counts_for_all_alone() -> None:
    rows = nested_scorecard([sentence(WORDS, GOLD)], [graph([(3, 4, "Loc")])])["overall"]
    assert [counts(rows[name]) for name in ("all", "outer", "inner")] == [(1, 1, 4), (0, 1, 2), (0, 0, 2)]


def test_depth_counts_the_spans_around_and_of_two_in_one_place_the_first_is_around() -> None:
    spans = graph([*GOLD, (5, 6, "Org"), (5, 6, "Org"), (1, 3, "Org")]).spans
    found = {(span.start, span.end, span.label): depth for span, depth in depths(spans).items()}
    assert found == {
        (0, 4, "Org"): 0,
        (2, 4, "Org"): 1,
        (3, 4, "Loc"): 2,
        (5, 6, "Per"): 0,
        (5, 6, "Org"): 1,
        (1, 3, "Org"): 1,
    }


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_sets(seed: int) -> None:
    generator = np.random.default_rng(seed)

    def drawn(length: int) -> list[Place]:
        starts = generator.integers(0, length, size=5)
        return [(int(s), int(min(length, s + generator.integers(1, 4))), "XY"[generator.integers(2)]) for s in starts]

    examples = [sentence([f"w{i}" for i in range(8)], drawn(8), line=line) for line in range(1, 41)]
    predictions = [graph(drawn(8)) for _ in examples]
    card = nested_scorecard(examples, predictions)
    pairs = [({*example.gold.spans}, {*answer.spans}) for example, answer in zip(examples, predictions, strict=True)]
    expected = tuple(sum(sizes) for sizes in zip(*((len(g & p), len(p), len(g)) for g, p in pairs), strict=True))
    assert counts(card["overall"]["all"]) == expected
    assert [sum(column) for column in zip(*card["sentences"]["all"], strict=True)] == list(expected)
    outer, inner = (counts(card["overall"][name]) for name in ("outer", "inner"))
    assert [a + b for a, b in zip(outer[1:], inner[1:], strict=True)] == list(expected[1:])
    assert outer[0] + inner[0] <= expected[0]
    low, high = card["overall"]["all"]["interval"]
    assert low <= card["overall"]["all"]["f1"] <= high


def test_what_the_reader_could_not_place_is_missed() -> None:
    lost = [LostFact("entity", "Loc", "Ber", "inside a token"), LostFact("relation", "in", "a -> in -> b", "x")]
    card = nested_scorecard([sentence(WORDS, GOLD, lost=lost)], [graph(GOLD)], seen)
    assert {name: counts(row) for name, row in card["overall"].items()} == {
        "all": (4, 4, 5),
        "outer": (2, 2, 3),
        "inner": (2, 2, 2),
        "boundaries": (4, 4, 5),
    }
    assert card["size"]["lost"] == 1
    assert card["labels"]["Entities"]["Loc"]["gold"] == 2
    assert card["errors"]["types"]["missing"] == 1


def test_gold_given_as_text_is_compared_by_text() -> None:
    example = replace(sentence("Ann met Ann", [(0, 1, "Per")]), by_text=True)
    assert counts(nested_scorecard([example], [graph([(2, 3, "Per")])])["overall"]["all"]) == (1, 1, 1)


def test_it_is_plain_json_printed_drawn_and_compared() -> None:
    examples = [sentence(WORDS, GOLD), sentence("it rained", line=2)]
    predictions = [graph(FOUND), Graph()]
    card = nested_scorecard(examples, predictions, seen)
    assert json.loads(json.dumps(card)) == card
    file = io.StringIO()
    print_scorecard(card, Console(file=file, width=80))
    for part in ("2 sentences, 4 entities, 2 inner entities in gold", "boundaries", "2, in one other", "boundary"):
        assert part in file.getvalue()
    page = "".join(scorecard_page(card, comparison_items(examples, predictions, graph_to_dict)))
    assert "inner" in page
    better = nested_scorecard(examples, [graph(GOLD), Graph()])
    assert compare_scorecards(card, better)["tests"]["inner"]["difference"] == pytest.approx(0.5)


def test_what_cannot_be_scored() -> None:
    with pytest.raises(DataError, match="2 predictions for 1 sentence;"):
        nested_scorecard([sentence(WORDS, GOLD)], [Graph(), Graph()])
    with pytest.raises(DataError, match=r"data\.jsonl:1: no gold answer; annotated sentences"):
        nested_scorecard([replace(sentence(WORDS, GOLD), gold=None)], [Graph()])
    assert isinstance(nested_scorecard([], [])["overall"]["all"]["f1"], float)
