"""What is said to a person: an error ends with the act that mends it, and one thing is not called several."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from spanloom.text.counts import listed, plural, several, singular, were

EMPTY = re.compile(r"\bChange (it|them|that|this)\b")


def empty_remedies(source: str) -> list[tuple[int, str]]:
    """Every text in a file that asks for a change and does not say which, with its line."""
    texts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return [(node.lineno, node.value) for node in texts if isinstance(node.value, str) and EMPTY.search(node.value)]


def test_no_error_says_change_it(repository: Path) -> None:
    root = repository / "src" / "spanloom"
    found = [
        f"{file.relative_to(root)}:{line}: {text}"
        for file in sorted(root.rglob("*.py"))
        for line, text in empty_remedies(file.read_text(encoding="utf-8"))
    ]
    assert found == [], "name the act: \"Set data.tags = 'bio2'.\""


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("raise ConfigError('seed', 'is -1', '0 or more', 'Change it.')", 1),
        ("raise ConfigError('a', f'is {b}', '', f'Change it in {path}.')", 1),
        ("raise ConfigError('seed', 'is -1', '0 or more', 'Set seed = 0.')", 0),
        ("raise DataError(path, 'may not be read', '', 'Change its permissions.')", 0),
    ],
)
def test_an_empty_remedy_is_found(source: str, count: int) -> None:
    assert len(empty_remedies(source)) == count


@pytest.mark.parametrize(
    ("count", "what", "said"),
    [
        (0, "relation", "0 relations"),
        (1, "relation", "1 relation"),
        (2, "entity", "2 entities"),
        (1, "entity", "1 entity"),
        (1000, "class", "1,000 classes"),
        (2, "pair of names", "2 pairs of names"),
        (1, "training example of more than 20 words", "1 training example of more than 20 words"),
        (2, "day", "2 days"),
    ],
)
def test_a_count_and_its_noun(count: int, what: str, said: str) -> None:
    assert several(count, what) == said


def test_a_noun_and_its_verb() -> None:
    assert (were(1, "word"), were(2, "word")) == ("1 word was", "2 words were")


@pytest.mark.parametrize(
    "noun", ["sentence", "entity", "class", "box", "batch", "relation", "text", "slot", "dialogue"]
)
def test_the_singular_of_a_plural(noun: str) -> None:
    assert singular(plural(noun)) == noun


PRINTED = ("write/", "run/cli/", "metrics/", "batch/")

# Where the count is one of many by its nature, or the noun does not follow it.
EVEN_SO = {"metrics/significance.py: sentences", "write/label_table.py: labels"}

COUNTED = re.compile(
    r"^ (?:[a-z-]+ )?(classes|columns|dialogues|entities|examples|facts|labels|lines|predictions|relations|sentences"
    r"|steps|tags|texts|tokens|triples|vectors|windows|words|characters)\b"
)


def fixed_plurals(source: str) -> list[str]:
    """The nouns in a file that follow a count (`len(…)`, or a number with its thousands apart) and stay plural."""
    found = []
    for text in ast.walk(ast.parse(source)):
        for value, after in pairwise(text.values) if isinstance(text, ast.JoinedStr) else ():
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                counted = ast.unparse(value.value).startswith("len(") or (
                    value.format_spec is not None and ast.unparse(value.format_spec) == "f','"
                )
                noun = COUNTED.match(after.value)
                found += [noun[1]] if counted and noun else []
    return found


def test_no_count_has_a_noun_that_does_not_follow_it(repository: Path) -> None:
    """Of what is printed; an error elsewhere may well cite a count that is never one."""
    root = repository / "src" / "spanloom"
    found = {
        f"{file.relative_to(root)}: {noun}"
        for file in root.rglob("*.py")
        for noun in fixed_plurals(file.read_text(encoding="utf-8"))
    }
    assert {case for case in found - EVEN_SO if case.startswith(PRINTED)} == set()


def test_a_fixed_plural_is_found() -> None:
    assert fixed_plurals("f'{len(x)} relations and {n:,} long texts, {n} words'") == ["relations", "texts"]


def test_the_sizes_of_a_scorecard() -> None:
    assert (
        listed({"sentences with several intents": 1, "ambiguous": 1}) == "1 sentence with several intents, 1 ambiguous"
    )
    assert listed({"dialogues": 1, "rewritten": 1}) == "1 dialogue, 1 rewritten"
    assert listed({"sentences": 1200, "entities": 1, "rewritten": 2}) == "1,200 sentences, 1 entity, 2 rewritten"
