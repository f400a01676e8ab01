from __future__ import annotations

import dataclasses
import json
import time

import numpy as np
import pytest

from spanloom.answers.graph import Graph
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.metrics.comparison import compare_scorecards
from spanloom.metrics.scorecard import gold_hash, joint_scorecard


def sentence(words: str) -> Text:
    tokens, at = [], 0
    for word in words.split():
        tokens.append(Token(word, at, at + len(word)))
        at += len(word) + 1
    return Text(words, tuple(tokens))


ELSE, BERGEN = Span(0, 2, "Person"), Span(4, 5, "City")
NORWAY = Span(6, 7, "Country")
LIVES, IN = Relation(ELSE, BERGEN, "lives_in"), Relation(BERGEN, NORWAY, "part_of")
FIRST = Example(
    sentence("Else Dahl lives in Bergen , Norway ."), Graph((ELSE, BERGEN, NORWAY), (LIVES, IN)), Source("a.json", 1)
)

WEAVER, FIRM = Span(0, 1, "Person"), Span(12, 14, "Firm")
FOUNDED = Relation(WEAVER, FIRM, "founded")
SECOND = Example(
    sentence("Weaver , who had never once before held a job , founded Blue Loom ."),
    Graph((WEAVER, FIRM), (FOUNDED,)),
    Source("a.json", 2),
)
WRONG_FIRM = Span(13, 14, "Firm")
ANSWERS = [
    Graph((ELSE, BERGEN), (LIVES, dataclasses.replace(LIVES, score=0.2), Relation(BERGEN, ELSE, "lives_in"))),
    Graph((WEAVER, WRONG_FIRM), (Relation(WEAVER, WRONG_FIRM, "founded"),)),
]


def test_by_hand() -> None:
    card = joint_scorecard([FIRST, SECOND], ANSWERS, lambda head, tail: head == "Weaver")
    entities, triples = card["entities"], card["triples"]
    assert {rule: (s["tp"], s["predicted"], s["gold"]) for rule, s in entities.items()} == {
        "head word": (4, 4, 5),
        "boundaries": (3, 4, 5),
        "strict": (3, 4, 5),
    }
    assert {rule: (s["tp"], s["predicted"], s["gold"]) for rule, s in triples.items()} == {
        "head word": (2, 3, 3),
        "boundaries": (1, 3, 3),
        "strict": (1, 3, 3),
    }
    assert triples["strict"]["f1"] == pytest.approx(1 / 3)
    # lives_in: P 1/2, R 1, F1 2/3; part_of and founded: 0
    assert triples["strict"]["macro"]["f1"] == pytest.approx(2 / 9)
    assert card["labels"]["triples"]["lives_in"]["f1"] == pytest.approx(2 / 3)
    assert card["summary"] == {
        "entity_f1": pytest.approx(2 / 3),
        "entity_precision": 0.75,
        "entity_recall": 0.6,
        "relation_f1": pytest.approx(1 / 3),
        "relation_precision": pytest.approx(1 / 3),
        "relation_recall": pytest.approx(1 / 3),
    }
    assert card["rule"] == "strict"
    assert card["sentences"] == {"entities": [[2, 2, 3], [1, 2, 2]], "triples": [[1, 2, 2], [0, 1, 1]]}


def test_breakdowns_by_hand() -> None:
    tables = joint_scorecard([FIRST, SECOND], ANSWERS, lambda head, tail: head == "Weaver")["breakdown"]

    def counts(name: str) -> dict[str, tuple[float, ...]]:
        return {key: (bin["correct"], bin["predicted"], bin["found"], bin["gold"]) for key, bin in tables[name].items()}

    assert counts("kind of sentence") == {"normal": (0, 1, 0, 1), "shared entity (SEO)": (1, 2, 1, 2)}
    assert counts("triples in the sentence") == {"1": (0, 1, 0, 1), "2": (1, 2, 1, 2)}
    assert counts("tokens between head and tail") == {"0-5": (1, 2, 1, 2), "11-20": (0, 1, 0, 1)}
    assert counts("seen in training") == {"pair seen in training": (0, 1, 0, 1), "pair not seen": (1, 2, 1, 2)}
    assert "seen in training" not in joint_scorecard([FIRST, SECOND], ANSWERS)["breakdown"]


def test_errors_by_hand() -> None:
    errors = joint_scorecard([FIRST, SECOND], ANSWERS)["errors"]
    assert {k: n for k, n in errors["entities"].items() if n} == {"boundary": 1, "missing": 1}
    assert {k: n for k, n in errors["triples"].items() if n} == {"boundary": 1, "direction": 1, "missing": 1}
    assert [worst["source"] for worst in errors["worst"]] == ["a.json:1", "a.json:2"]
    assert {
        "kind": "triples",
        "type": "missing",
        "gold": "Bergen [City] -> part_of -> Norway [Country]",
        "predicted": None,
    } in errors["worst"][0]["errors"]


def test_lost_gold_stays_in_the_denominator() -> None:
    lost = (
        LostFact("relation", "part_of", "Norway -> part_of -> Europe", "not located"),
        LostFact("relation", "admires", "??", "not located"),
        LostFact("entity", "Continent", "Europe", "not located"),
    )
    card = joint_scorecard([dataclasses.replace(FIRST, lost=lost)], [FIRST.gold], lambda head, tail: False)
    for rule in ("head word", "boundaries", "strict"):
        assert (card["triples"][rule]["tp"], card["triples"][rule]["gold"]) == (2, 4)
        assert (card["entities"][rule]["tp"], card["entities"][rule]["gold"]) == (3, 4)
    assert card["labels"]["triples"]["part_of"]["recall"] == 0.5
    assert card["labels"]["triples"]["admires"]["gold"] == 1
    assert card["size"] == {"sentences": 1, "entities": 4, "triples": 4, "lost": 3, "ambiguous": 0}
    assert card["errors"]["triples"]["missing"] == 2
    for table in card["breakdown"].values():
        assert sum(bin["gold"] for bin in table.values()) == 4
    assert card["sentences"]["triples"] == [[2, 2, 4]]


def test_facts_given_as_text_are_compared_as_sets_of_texts() -> None:
    text = sentence("Rome , said the mayor of Rome , loves Italy")
    gold = Relation(Span(6, 7, "Entity"), Span(9, 10, "Entity"), "capital_of")
    elsewhere = Relation(Span(0, 1, "Entity"), Span(9, 10, "Entity"), "capital_of")
    example = Example(text, Graph((gold.head, gold.tail), (gold,)), by_text=True)
    answer = Graph((elsewhere.head, gold.head, gold.tail), (elsewhere, gold))
    card = joint_scorecard([example], [answer])
    assert card["rule"] == "boundaries"
    assert card["summary"]["relation_f1"] == card["summary"]["entity_f1"] == 1.0
    assert card["sentences"] == {"entities": [[2, 2, 2]], "triples": [[1, 1, 1]]}
    strict = joint_scorecard([dataclasses.replace(example, by_text=False)], [answer])
    assert strict["sentences"]["triples"] == [[1, 2, 1]]


def test_types_are_ignored_in_text_facts_but_shown_under_strict() -> None:
    gold = dataclasses.replace(FIRST, by_text=True)
    other = Graph((Span(0, 2, "Firm"), BERGEN), (Relation(Span(0, 2, "Firm"), BERGEN, "lives_in"),))
    card = joint_scorecard([gold], [other])
    assert (card["triples"]["boundaries"]["tp"], card["triples"]["strict"]["tp"]) == (1, 0)
    assert card["labels"]["entities"]["Person"]["recall"] == 0.0


def test_order_of_facts_changes_nothing() -> None:
    def backwards(graph: Graph) -> Graph:
        return Graph(graph.spans[::-1], graph.relations[::-1])

    card = joint_scorecard([FIRST, SECOND], ANSWERS)
    turned = [dataclasses.replace(e, gold=backwards(e.gold)) for e in (FIRST, SECOND) if e.gold is not None]
    assert joint_scorecard(turned, [backwards(answer) for answer in ANSWERS]) == card


def test_perfect_empty_and_no_sentences() -> None:
    perfect = joint_scorecard([FIRST, SECOND], [FIRST.gold, SECOND.gold])
    assert perfect["summary"]["relation_f1"] == perfect["triples"]["strict"]["macro"]["f1"] == 1.0
    assert perfect["triples"]["strict"]["interval"] == [1.0, 1.0]
    assert perfect["errors"]["worst"] == []
    nothing = joint_scorecard([FIRST, SECOND], [Graph(), Graph()])
    assert nothing["summary"]["entity_f1"] == 0.0
    assert nothing["errors"]["triples"]["missing"] == 3
    assert joint_scorecard([], [])["summary"]["relation_f1"] == 0.0


def test_the_scorecard_is_plain_json() -> None:
    card = joint_scorecard([FIRST, SECOND], ANSWERS, lambda head, tail: True)
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_worst_sentences_are_few_and_those_with_most_errors() -> None:
    examples = [FIRST, *[dataclasses.replace(SECOND, source=Source("b.json", n)) for n in range(1, 41)]]
    worst = joint_scorecard(examples, [Graph()] * 41)["errors"]["worst"]
    assert len(worst) == 20
    assert [len(item["errors"]) for item in worst[:2]] == [5, 3]


def test_comparable_only_when_gold_is_the_same() -> None:
    card = joint_scorecard([FIRST, SECOND], ANSWERS)
    better = joint_scorecard([FIRST, SECOND], [FIRST.gold, SECOND.gold])
    result = compare_scorecards(card, better)
    assert result["tests"]["triples"]["difference"] == pytest.approx(2 / 3)
    assert result["rule"] == "strict"
    moved = dataclasses.replace(FIRST, source=Source("elsewhere.json", 9))
    assert gold_hash([moved, SECOND]) == gold_hash([FIRST, SECOND])
    with pytest.raises(DataError, match="is not the gold of B"):
        compare_scorecards(card, joint_scorecard([SECOND, FIRST], ANSWERS[::-1]))
    with pytest.raises(DataError, match="is not the gold of B"):
        compare_scorecards(card, joint_scorecard([dataclasses.replace(FIRST, gold=Graph((ELSE,))), SECOND], ANSWERS))


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match="1 prediction for 2 sentences"):
        joint_scorecard([FIRST, SECOND], ANSWERS[:1])
    with pytest.raises(DataError, match=r"a\.json:2: no gold answer"):
        joint_scorecard([FIRST, dataclasses.replace(SECOND, gold=None)], ANSWERS)


def test_micro_counts_agree_with_set_intersection_on_random_graphs() -> None:
    generator = np.random.default_rng(11)
    text = sentence("one two three four five six seven eight")

    def graph() -> Graph:
        spans = tuple(
            {Span(int(s), int(s) + 1, str(generator.choice(["A", "B"]))) for s in generator.integers(8, size=5)}
        )
        pairs = generator.integers(len(spans), size=(6, 2))
        return Graph(spans, tuple(Relation(spans[h], spans[t], str(generator.choice(["r", "s"]))) for h, t in pairs))

    gold, predicted = [graph() for _ in range(80)], [graph() for _ in range(80)]
    strict = joint_scorecard([Example(text, g) for g in gold], predicted)["triples"]["strict"]
    pairs = [(set(g.relations), set(p.relations)) for g, p in zip(gold, predicted, strict=True)]
    assert strict["tp"] == sum(len(g & p) for g, p in pairs) > 0
    assert strict["predicted"] == sum(len(p) for _, p in pairs)
    assert strict["gold"] == sum(len(g) for g, _ in pairs)


def test_five_thousand_sentences_take_seconds_not_minutes() -> None:
    examples, answers = [FIRST, SECOND] * 2500, ANSWERS * 2500
    start = time.process_time()
    joint_scorecard(examples, answers, lambda head, tail: True)
    assert time.process_time() - start < 20  # about 1 s; the bound only catches a quadratic mistake
