"""What every answer type must keep, whatever it is: a file in `answers/` is all that a test here needs to find it.

And the rule of the house: what differs by answer type lives in `answers/`, so no function elsewhere tells two apart.
"""

from __future__ import annotations

import ast
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from spanloom.answers import kind_of, kind_of_card, kinds
from spanloom.answers.parts.augment import augment
from spanloom.answers.parts.excerpts import excerpts
from spanloom.answers.parts.kind import AnswerKind
from spanloom.config import AugmentConfig, RunConfig, load_config
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.engine.guard import check_settings
from spanloom.errors import ConfigError
from spanloom.inputs import MarkedText, Text
from spanloom.predict.long_text import merge
from spanloom.tasks import FOLDER, find_task, task_names
from spanloom.text.windows import windows
from spanloom.write.annotated import refuse_odd_offsets
from spanloom.write.facts import table_of_facts
from spanloom.write.html import comparison_items, prediction_page, scorecard_page
from spanloom.write.lines import write_lines
from spanloom.write.tables import print_answer, print_scorecard
from spanloom.write.told import Told

NOISE = AugmentConfig(token_dropout=0.4, swaps=0.4, character_noise=0.4)
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\x07"


@dataclass(frozen=True)
class Sample:
    """A task's own sample."""

    task: Task
    config: RunConfig
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Case:
    """An answer type, and the samples of the tasks that give it."""

    name: str
    kind: AnswerKind
    samples: tuple[Sample, ...]

    def examples(self, *inputs: type) -> list[Example]:
        """Those whose inputs are of these types, all of them where none is named."""
        every = (example for sample in self.samples for example in sample.examples)
        return [example for example in every if not inputs or isinstance(example.input, inputs)]

    def shown(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Each gold answer, and what a user sees of it."""
        for sample in self.samples:
            for example in sample.examples:
                yield example.gold, sample.task.show(example.input, example.gold)


def sample_of(task: Task) -> Sample:
    config = load_config(FOLDER / task.name / "tiny.toml", [], lambda name: find_task(name).config)
    assert config.data.train is not None
    return Sample(task, config, tuple(task.read(config.data.train, config.data)))


@pytest.fixture(scope="module", params=kinds())
def case(request: pytest.FixtureRequest) -> Case:
    kind = kinds()[request.param]
    giving = [task for task in map(find_task, task_names()) if type(task.answer()) is kind.answer]
    assert giving, f"no task gives answers of the type {request.param}, so nothing here would be tested"
    return Case(request.param, kind, tuple(map(sample_of, giving)))


def test_the_answers_of_all_tasks_have_their_file() -> None:
    assert {type(find_task(name).answer()) for name in task_names()} == {kind.answer for kind in kinds().values()}


def test_a_type_without_a_file_has_what_most_share() -> None:
    assert kind_of(3.5) == AnswerKind(float)
    assert kind_of(None).behind(None, 3) == kind_of(None).dropped(None) == 0
    assert list(kind_of(None).classes(None)) == []


def test_a_kind_is_found_by_an_answer_and_by_its_name_in_a_scorecard(case: Case) -> None:
    assert all(kind_of(example.gold) is case.kind for example in case.examples())
    assert kind_of_card({"answers": case.name}) is case.kind
    assert kind_of_card({}) == AnswerKind(object)


# ---- windows ---------------------------------------------------------------------------------------------------------


def test_one_window_of_the_whole_text_changes_nothing(case: Case) -> None:
    for example in case.examples(Text):
        assert merge([example.gold], [(0, len(example.input.tokens))]) is example.gold


def test_windows_that_agree_merge_to_what_they_agree_on(case: Case) -> None:
    """Two that each hold the whole text; and, where gold can be parted, shorter ones that hold each fact whole."""
    if case.kind.merge is None:
        assert case.kind.parted is None
        return
    parted = 0
    for example in case.examples(Text):
        size = len(example.input.tokens)
        whole = case.kind.merge([example.gold], [(0, size)])  # in the order that merging gives
        assert case.kind.merge([example.gold] * 2, [(0, size)] * 2) == whole
        if case.kind.parted is not None:
            gold, places = case.kind.parted(example.gold), windows(size, max(size - 3, 4), max(size - 6, 2))
            if not gold.in_none(example.input, places):
                assert merge([gold.within(place) for place in places], places) == whole
                parted += len(places) > 1
    assert parted or case.kind.parted is None


def test_a_long_example_is_read_in_windows_or_its_gold_says_that_it_is_for_the_whole(case: Case) -> None:
    for example in case.examples(Text):
        size = max(len(example.input.tokens) // 2, 1)
        if case.kind.parted is None:
            with pytest.raises(AssertionError, match="is for a whole input"):
                excerpts(example, size)
        else:
            parts = excerpts(example, size)
            assert {type(part.gold) for part in parts} == {case.kind.answer}
            assert len(parts) > 1


def test_facts_behind_a_limit_are_counted(case: Case) -> None:
    for example in case.examples():
        counts = [case.kind.behind(example.gold, words) for words in (0, 3, 10**6)]
        assert counts == sorted(counts, reverse=True)
        assert counts[-1] == 0
        assert case.kind.dropped(example.gold) == 0


# ---- noise -----------------------------------------------------------------------------------------------------------


def test_noise_keeps_every_fact_or_is_refused(case: Case) -> None:
    noise, draw = case.kind.noise, np.random.default_rng(0)
    if noise is None:
        for sample in case.samples:
            noisy = replace(sample.config, train=replace(sample.config.train, augment=NOISE))
            with pytest.raises(ConfigError, match=f"the answers of the task '{sample.task.name}' cannot follow"):
                check_settings(noisy, sample.task)
        return
    for example in case.examples(Text, MarkedText):
        changed = augment(example, NOISE, draw)
        text = changed.input if isinstance(changed.input, Text) else changed.input.text
        before, after = noise.spans(example.gold), noise.spans(changed.gold)
        assert Counter(span.label for span in after) == Counter(span.label for span in before)
        assert all(0 <= span.start < span.end <= len(text.tokens) for span in after)
        assert list(case.kind.classes(changed.gold)) == list(case.kind.classes(example.gold))
        assert type(changed.gold) is case.kind.answer


def labels_in(kind: AnswerKind, answer: Any) -> list[str]:
    """The labels of the facts that can be left out of an answer."""
    asked: list[str] = []

    def keeps(label: str, score: float | None) -> bool:
        asked.append(label)
        return True

    assert kind.sure is not None
    assert kind.sure(answer, keeps) == answer
    return asked


def test_what_is_not_told_is_left_out_of_an_answer_and_nothing_else_is(case: Case) -> None:
    """No fact is left where none is told, and where one label is not told, none of that label."""
    sure = case.kind.sure
    if sure is None:
        return
    for answer, _ in case.shown():
        nothing = sure(answer, lambda label, score: False)
        assert type(nothing) is case.kind.answer
        assert not any(labels_in(case.kind, nothing))
        for label in set(labels_in(case.kind, answer)):
            others = sure(answer, lambda name, score, label=label: name != label)
            assert label not in labels_in(case.kind, others)


# ---- what is shown ---------------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The names of a page's elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)


def hostile(value: Any) -> Any:
    """Every text with markup and control characters behind it, which changes no offset."""
    if isinstance(value, dict):
        return {key: hostile(part) for key, part in value.items()}
    if isinstance(value, list):
        return [hostile(part) for part in value]
    return value + HOSTILE if isinstance(value, str) else value


def printed(answer: Any, shown: dict[str, Any]) -> str:
    file = io.StringIO()
    print_answer(answer, shown, Console(file=file, width=80))
    return file.getvalue()


def test_a_terminal_shows_every_answer_with_what_it_is_of(case: Case) -> None:
    for answer, shown in case.shown():
        lines = " ".join(printed(answer, shown).split())
        assert " ".join(str(shown.get("text", shown.get("first", ""))).split())[:40] in lines
        assert "\x1b" not in printed(answer, hostile(shown))


def test_a_page_draws_every_answer_and_no_markup_of_it(case: Case) -> None:
    items = [shown for _, shown in case.shown()]
    for shown in items:
        drawn = case.kind.draw(shown)
        assert {"text", "entities", "relations", "labels"} <= drawn.keys()
        refuse_odd_offsets(drawn, case.name)
    assert any(drawn["entities"] or drawn["labels"] for drawn in map(case.kind.draw, items))
    plain = Elements("".join(prediction_page(items, draw=case.kind.draw)))
    page = Elements("".join(prediction_page(map(hostile, items), draw=case.kind.draw)))
    assert page.names.count("article") == plain.names.count("article") == len(items)
    assert set(plain.names) - {"figure", "img"} <= set(page.names) <= set(plain.names)  # a changed path is no picture


def test_a_table_of_facts_is_made_of_what_is_shown_alone(case: Case) -> None:
    """So it is for a file, whose answers wait as JSON lines until all of them are there."""
    for answer, shown in case.shown():
        rows = list(csv.DictReader(io.StringIO("".join(table_of_facts([Told(shown, shown)], case.kind)))))
        known = case.kind.view(shown, answer, lambda value, item: "").rows()
        assert [row["kind"] for row in rows] == [row["kind"] for row in known] or not known


def test_a_scorecard_is_tabled_on_a_terminal_and_at_the_top_of_a_page(case: Case) -> None:
    for sample in case.samples:
        gold = [example.gold for example in sample.examples]
        codec = sample.task.fit(sample.examples, sample.config)
        card, file = sample.task.score(sample.examples, gold, codec), io.StringIO()
        print_scorecard(card, Console(file=file, width=80))
        assert "95% interval" in file.getvalue()
        assert max(map(len, file.getvalue().splitlines())) <= 80
        items = comparison_items(sample.examples, gold, sample.task.show)
        page = Elements("".join(scorecard_page(card, items, draw=case.kind.draw)))
        assert page.names.count("article") == len(gold)
        assert page.names.count("b") > 0, "a tile for each of the main scores"


def test_an_answer_comes_back_from_its_json(case: Case, tmp_path: Path) -> None:
    for sample in case.samples:
        file = tmp_path / f"{sample.task.name}.jsonl"
        write_lines(file, map(sample.task.line, sample.examples))
        again = list(sample.task.read(file, sample.config.data))
        assert [(item.input, item.gold) for item in again] == [(item.input, item.gold) for item in sample.examples]


# ---- no ladder -------------------------------------------------------------------------------------------------------

TYPES = {kind.answer.__name__ for kind in kinds().values()}


def names_in(node: ast.AST) -> set[str]:
    """The answer types that an expression names."""
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return TYPES & (found | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)})


def told_apart(function: ast.AST) -> set[str]:
    """The answer types that a function tests for: by isinstance, `is`, `==`, `in`, a case, or as keys of a dict."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
            found |= names_in(node.args[1])
        elif isinstance(node, ast.Compare):
            found |= names_in(node)
        elif isinstance(node, ast.MatchClass):
            found |= names_in(node.cls)
        elif isinstance(node, ast.Dict):
            found |= {name for key in node.keys if isinstance(key, ast.Name) for name in names_in(key)}
    return found


def asks_for_the_name(function: ast.AST) -> bool:
    """Whether a function compares what a scorecard says of its answers, by `card["answers"]` or `.get("answers")`."""
    compared = (node for node in ast.walk(function) if isinstance(node, ast.Compare))
    return any("'answers'" in ast.unparse(node.left) and not isinstance(node.left, ast.Constant) for node in compared)


def keys_told_apart(function: ast.AST, own: dict[str, str]) -> set[str]:
    """The answer types whose own keys a function looks for in a dict. own: key -> the one type that has it."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) and isinstance(node.ops[0], ast.In):
            found |= {own[node.left.value]} if node.left.value in own else set()
    return found


def ladders(text: str, own: dict[str, str]) -> list[str]:
    """What each function of a file tells apart, where that is more than one answer type."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.Module):
            parts = [node] if isinstance(node, ast.FunctionDef) else []
            parts += (
                [] if parts else [part for part in node.body if not isinstance(part, ast.FunctionDef | ast.ClassDef)]
            )
            for part in parts:
                for told in (told_apart(part), keys_told_apart(part, own)):
                    if len(told) > 1:
                        found.append(f"line {part.lineno}: tells {', '.join(sorted(told))} apart")
                if asks_for_the_name(part):
                    found.append(f"line {part.lineno}: compares the name of an answer type")
    return found


@pytest.fixture(scope="module")
def own_keys() -> dict[str, str]:
    """Keys that only one answer type has, in what is shown of it or in its scorecard."""
    having: dict[str, set[str]] = {}
    for name in task_names():
        sample = sample_of(find_task(name))
        gold = [example.gold for example in sample.examples]
        shown = sample.task.show(sample.examples[0].input, gold[0])
        card = sample.task.score(sample.examples, gold, sample.task.fit(sample.examples, sample.config))
        for key in {*shown, *card}:
            having.setdefault(key, set()).add(type(gold[0]).__name__)
    return {key: next(iter(types)) for key, types in having.items() if len(types) == 1}


def test_no_function_outside_the_room_tells_two_answer_types_apart(repository: Path, own_keys: dict[str, str]) -> None:
    assert {"triples", "slots", "rewrite", "bits"} <= own_keys.keys()
    package = repository / "src" / "spanloom"
    found = [
        f"{file.relative_to(package)}, {ladder}"
        for file in sorted(package.rglob("*.py"))
        if file.relative_to(package).parts[0] != "answers"
        for ladder in ladders(file.read_text(encoding="utf-8"), own_keys)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f(a):\n if isinstance(a, Graph): return 1\n return isinstance(a, core.Tags)", "Graph, Tags"),
        ("def f(a):\n return isinstance(a, (Label, Frame))", "Frame, Label"),
        ("def f(task):\n return task.answer in (Graph, Tags)", "Graph, Tags"),
        ("def f(a):\n return 1 if type(a) is Rewrite else 2 if type(a) == Surprisal else 3", "Rewrite, Surprisal"),
        ("def f(a):\n match a:\n  case Graph(): return 1\n  case Tags(labels): return 2", "Graph, Tags"),
        ("KINDS = {Graph: 1, Label: 2}", "Graph, Label"),
        ("def f(item):\n return 1 if 'rewrite' in item else 'slots' in item", "Frame, Rewrite"),
        ("def f(card):\n return card.get('answers') == 'surprisal'", "the name"),
        ("class A:\n def f(self, card):\n  return card['answers'] != 'tags'", "the name"),
    ],
)
def test_a_ladder_is_found(text: str, told: str, own_keys: dict[str, str]) -> None:
    [found] = ladders(text, own_keys)
    assert told in found


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n return isinstance(a, Graph)",
        "def f(a):\n return isinstance(a, Graph)\ndef g(a):\n return isinstance(a, Tags)",
        "def f(gold):\n return Frame(Label(('x',)), Tags(gold))",
        "def f(item):\n return 'slots' in item and 'intent' in item",
    ],
)
def test_what_names_one_type_is_no_ladder(text: str, own_keys: dict[str, str]) -> None:
    assert ladders(text, own_keys) == []
