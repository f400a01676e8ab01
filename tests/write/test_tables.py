from __future__ import annotations

import io
from typing import NamedTuple

import pytest
from rich.console import Console

from spanloom.answers.graph import Graph, graph_to_dict
from spanloom.answers.label import Label, labels_to_dict
from spanloom.answers.relation import relation_to_dict
from spanloom.answers.rewrite import Rewrite, rewrite_to_dict
from spanloom.answers.surprisal import Surprisal
from spanloom.answers.tags import Tags, tags_to_dict
from spanloom.core import Example, LostFact, Source
from spanloom.inputs import Dialogue, Relation, Span, Text, TextPair, Token
from spanloom.metrics.comparison import compare_scorecards
from spanloom.metrics.scorecard import joint_scorecard
from spanloom.metrics.surprisal import surprisal_scorecard
from spanloom.text.marks import read_marks
from spanloom.text.words import tokenize
from spanloom.write.tables import print_answer, print_comparison, print_scorecard

TEXT = Text("Tove [red] Lund", (Token("Tove", 0, 4), Token("[red]", 5, 10), Token("Lund", 11, 15)))
TOVE, LUND = Span(0, 2, "[bold]Person", 0.875), Span(2, 3, "City", 0.5)
LIVES = Relation(TOVE, LUND, "/lives/[in]", 0.25)
GOLD = Graph((TOVE, LUND), (LIVES,))


def console() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=80, force_terminal=False), file


def test_a_graph_prints_text_entities_and_triples_with_scores() -> None:
    screen, file = console()
    print_answer(GOLD, graph_to_dict(TEXT, GOLD), screen)
    lines = [line.split() for line in file.getvalue().splitlines()]
    assert ["Tove", "[red]", "Lund"] in lines
    assert ["Tove", "[red]", "[bold]Person", "0.88"] in lines
    assert ["Lund", "City", "0.50"] in lines
    assert ["Tove", "[red]", "/lives/[in]", "Lund", "0.25"] in lines


def test_a_graph_with_nothing_says_so() -> None:
    screen, file = console()
    print_answer(Graph(), graph_to_dict(TEXT, Graph()), screen)
    assert "no entities found" in file.getvalue()


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = Text("a\x1b[2Jb\u0085", (Token("a\x1b[2Jb\u0085", 0, 7),))
    screen, file = console()
    graph = Graph((Span(0, 1, "X\x07"),))
    print_answer(graph, graph_to_dict(text, graph), screen)
    assert not set(file.getvalue()) & {"\x1b", "\x07", "\u0085"}
    assert "a\\x1b[2Jb\\x85" in file.getvalue()


def many_labels(count: int) -> tuple[list[Example], list[Graph]]:
    lost = (LostFact("relation", "gone", "A -> gone -> B", "not located"),)
    examples = [
        Example(TEXT, Graph((TOVE, LUND), (Relation(TOVE, LUND, f"relation_{n:02}"),)), Source("t.json", n), lost=lost)
        for n in range(count)
    ]
    return examples, [Graph((TOVE, LUND), (Relation(LUND, TOVE, "relation_00"),))] * count


@pytest.mark.parametrize("by_text", [False, True])
def test_a_scorecard_fits_in_80_columns_and_holds_the_numbers(by_text: bool) -> None:
    examples, answers = many_labels(40)
    if by_text:
        examples = [Example(e.input, e.gold, e.source, True, 0, e.lost) for e in examples]
    card = joint_scorecard(examples, answers, lambda head, tail: True)
    screen, file = console()
    print_scorecard(card, screen)
    shown = file.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    assert "40 gold facts could not be located and count as missed" in " ".join(shown.split())
    assert ("facts are compared by their text" in " ".join(shown.split())) == by_text
    for rule in ("head word", "boundaries", "strict"):
        assert shown.count(f"  {rule} ") == 2
    assert "and 16 rarer labels, in the saved scorecard" in " ".join(shown.split())
    assert next(line.split()[-2:] for line in shown.splitlines() if " direction " in line) == ["direction", "1"]
    assert "t.json:1" in shown


def test_a_comparison_names_the_better_one_only_when_it_is_sure() -> None:
    examples = [Example(TEXT, GOLD, Source("t.json", n)) for n in range(50)]
    good = joint_scorecard(examples, [GOLD] * 50)
    poor = joint_scorecard(examples, [Graph((TOVE, LUND), ())] * 50)
    screen, file = console()
    print_comparison(compare_scorecards(poor, good), screen)
    said = " ".join(file.getvalue().split())
    assert "Triples: B is better." in said
    assert "Entities: no difference that chance would not explain." in said
    assert "Triples 0.0 100.0 +100.0" in said


def test_fewer_bits_are_better() -> None:
    class Size(NamedTuple):
        characters: int = 9
        units: int = 9
        unknown: int = 0

    examples = [Example(TEXT, Surprisal(), Source("t.txt", n)) for n in range(50)]
    poor, good = (surprisal_scorecard(examples, [Surprisal((bits,))] * 50, [Size()] * 50) for bits in (27.0, 18.0))
    screen, file = console()
    print_comparison(compare_scorecards(poor, good), screen)
    said = " ".join(file.getvalue().split())
    assert "Bits per character 3.000 2.000 -1.000 -1.000 to -1.000" in said
    assert "Bits per character: B is better." in said


PLAIN_CARD = {
    "rule": "entities",
    "summary": {"entity_f1": 0.5},
    "size": {"sentences": 2, "tokens": 9},
    "overall": {
        "tokens": {"precision": 0.75, "recall": 0.75, "f1": 0.75, "tp": 6, "predicted": 8, "gold": 8},
        "entities": {
            **{"precision": 0.5, "recall": 0.5, "f1": 0.5, "tp": 1, "predicted": 2, "gold": 2},
            **{"interval": [0.25, 0.8], "macro": {"f1": 0.4}},
        },
    },
    "labels": {"Entities": {"[red]Ort": {"precision": 0.5, "recall": 1.0, "f1": 0.667, "predicted": 2, "gold": 1}}},
    "breakdown": {"seen": {"yes": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "predicted": 1, "gold": 1}}},
    "errors": {
        "types": {"boundary": 3},
        "confusions": [{"gold": "Ort", "predicted": "Person", "count": 7}],
        "worst": [{"source": "t:4", "text": "a b", "errors": [{"type": "type", "gold": "a", "predicted": ""}]}],
    },
}


def test_a_scorecard_of_tags_or_labels_holds_every_part_in_80_columns() -> None:
    screen, file = console()
    print_scorecard(PLAIN_CARD, screen)
    shown = file.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    said = " ".join(shown.split())
    assert "2 sentences, 9 tokens in gold." in said
    assert "entities 50.0 50.0 50.0 25.0-80.0 40.0 1 2 2" in said
    assert "[red]Ort 50.0 100.0 66.7 2 1" in said
    assert "yes 100.0 100.0 100.0 1 1" in said
    assert "boundary 3" in said
    assert "Ort Person 7" in said
    assert "t:4 a b" in said


def test_tags_and_labels_are_shown_with_their_scores() -> None:
    screen, file = console()
    text = Text("Ulm lies", (Token("Ulm", 0, 3), Token("lies", 4, 8)))
    tags, same = Tags(("B-Place", "O"), (0.9, 0.75)), Label(("same",), (0.5,))
    print_answer(tags, tags_to_dict(text, tags), screen)
    print_answer(same, labels_to_dict(TextPair(text, Text("[b]No", ())), same), screen)
    print_answer(Label(), labels_to_dict(text, Label()), screen)
    said = " ".join(file.getvalue().split())
    assert "Ulm B-Place 0.90 lies O 0.75" in said
    assert "Ulm lies [b]No same 0.50" in said
    assert said.endswith("no label")


def test_two_related_spans_are_shown_with_their_relation() -> None:
    screen, file = console()
    item = read_marks("The <e2>[old] dam</e2> broke the <e1>mill</e1>.", "x")
    answer = Relation(item.head, item.tail, "[b]broke(e2,e1)", 0.5)
    print_answer(answer, relation_to_dict(item, answer), screen)
    lines = [" ".join(line.split()) for line in file.getvalue().splitlines()]
    assert lines[0] == "The [old] dam broke the mill."
    assert "mill [b]broke(e2,e1) [old] dam 0.50" in lines


def test_scores_without_precision_and_recall_stand_in_a_table_of_their_own() -> None:
    screen, file = console()
    value = {"value": 0.8125, "interval": [0.8, 0.825]}
    print_scorecard({**PLAIN_CARD, "overall": {**PLAIN_CARD["overall"], "BLEU-4": value}}, screen)  # type: ignore[dict-item]
    assert max(map(len, file.getvalue().splitlines())) <= 80
    said = " ".join(file.getvalue().split())
    assert "score 95% interval" in said
    assert "BLEU-4 81.2 80.0-82.5" in said


def test_a_rewrite_is_shown_below_its_dialogue() -> None:
    screen, file = console()
    turns = tuple(Text(turn, tokenize(turn)) for turn in ("The [b]mill", "Where is it?"))
    for answer in (Rewrite("Where is the mill?", 0.5), Rewrite("")):
        print_answer(answer, rewrite_to_dict(Dialogue(turns), answer), screen)
    lines = [line.strip() for line in file.getvalue().splitlines() if line.strip()]
    assert lines == ["The [b]mill", "Where is it?", "Where is the mill?  0.50", "The [b]mill", "Where is it?"]
