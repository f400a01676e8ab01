"""Several data sets as one: each under the names of the whole, and each with what it annotates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from spanloom.answers import kind_of
from spanloom.answers.parts.kind import Named, Naming
from spanloom.config import DataConfig
from spanloom.config.data import ALL, NONE, RELATED, SourceConfig
from spanloom.core import SOME, Coverage, Example
from spanloom.errors import ConfigError


def under_new_names(examples: Iterable[Example], source: SourceConfig) -> list[Example]:
    """The examples with the labels that `source.rename` gives them.

    Raises ConfigError where gold is of a kind that has no labels.
    """
    naming = Naming(source.rename, source.rename, source.arguments)
    return [
        example
        if example.gold is None
        else replace(
            example,
            gold=_named(example, source).renamed(example.gold, naming),
            unclear=frozenset(naming.relation(label)[0] for label in example.unclear),
        )
        for example in examples
    ]


def check_names(examples: Sequence[Example], source: SourceConfig) -> None:
    """Raise ConfigError where `source.rename` has a name that none of its training examples has, or a new one that is
    for labels of the other kind, and where `source.arguments` names no relation.
    """
    entities, relations = labels_of(examples)
    for name, new in source.rename.items():
        if name not in entities | relations:
            listed = ", ".join(sorted(entities | relations)[:20]) or "they have none"
            expected = f"a label of its training data: {listed}"
            raise ConfigError(_place(source), f"rename has '{name}'", expected, "Correct it, or leave it out.")
        if name not in relations and new.startswith("-"):
            found = f"rename turns '{name}' round, which is no relation"
            raise ConfigError(_place(source), found, "a name without '-'", f"Write {name} = '{new.lstrip('-')}'.")
        if name not in entities and new.removeprefix("-") == SOME:
            found = f"rename has '{new}' for '{name}', which is no entity"
            raise ConfigError(_place(source), found, "the name of a relation", "Name one, or '' to drop it.")
    known = {Naming(relations=source.rename).relation(label)[0] for label in relations}
    for name in source.arguments:
        if name not in known:
            expected = f"a relation under its new name: {', '.join(sorted(known)[:20]) or 'there is none'}"
            raise ConfigError(_place(source), f"arguments has '{name}'", expected, "Correct it, or leave it out.")


def labels_of(examples: Iterable[Example]) -> tuple[set[str], set[str]]:
    """The labels of entities, and of relations, that the gold of examples has."""
    own: tuple[set[str], set[str]] = (set(), set())
    for example in examples:
        named = kind_of(example.gold).named
        if example.gold is not None and named is not None:
            for labels, more in zip(own, named.labels(example.gold), strict=True):
                labels.update(more)
    return own


def coverage_of(source: SourceConfig, examples: Sequence[Example]) -> Coverage:
    """What a source annotates, by its training examples under new names.

    Raises ConfigError for labels that none of them has.
    """
    own = labels_of(examples)
    said = source.annotates.entities, source.annotates.relations
    for part, labels, words in zip(("entities", "relations"), own, said, strict=True):
        odd = [] if words[0] in (ALL, NONE, RELATED) else sorted(set(words) - labels)
        if odd:
            expected = f"labels of its training data: {', '.join(sorted(labels)) or 'it has none'}"
            raise ConfigError(_place(source), f"annotates.{part} has '{odd[0]}'", expected, "Correct it.")
    entities, relations = (
        frozenset(labels if words[0] in (ALL, RELATED) else () if words[0] == NONE else words)
        for labels, words in zip(own, said, strict=True)
    )
    return Coverage(source.called, entities, relations, source.annotates.entities == (RELATED,))


def with_own_labels(coverage: Coverage, source: SourceConfig, examples: Sequence[Example]) -> Coverage:
    """What a source annotates in dev examples: where that is all of its labels, also those that training lacks."""
    entities, relations = labels_of(examples)
    said = source.annotates.entities[0], source.annotates.relations[0]
    return replace(
        coverage,
        entities=coverage.entities | entities if said[0] in (ALL, RELATED) else coverage.entities,
        relations=coverage.relations | relations if said[1] == ALL else coverage.relations,
    )


def covered(examples: Iterable[Example], coverage: Coverage) -> list[Example]:
    """The examples with what their source annotates, and no other gold."""
    found = []
    for example in examples:
        clear = replace(coverage, relations=coverage.relations - example.unclear) if example.unclear else coverage
        marked = replace(example, covered=clear)
        found.append(replace(marked, gold=judged(example.gold, marked)))
    return found


def spelled_strictly(examples: Sequence[Example], data: DataConfig) -> list[Example]:
    """Those of data sets without `repair`, in which two labels that differ only by case are a mistake."""
    mended = {source.called for source in data.source if source.repair}
    return [
        example
        for example in examples
        if not data.repair and (example.covered is None or example.covered.source not in mended)
    ]


def judged(answer: object, example: Example) -> object:
    """The part of an answer that the data set of its example can judge: all of it where there is but one."""
    named = kind_of(answer).named
    if example.covered is None or answer is None or named is None:
        return answer
    return named.judged(answer, example.gold, example.covered)


def _named(example: Example, source: SourceConfig) -> Named:
    named = kind_of(example.gold).named
    if named is None:
        found = f"the gold of {example.source.path} has no labels that several data sets could share"
        raise ConfigError("data.source", found, "graphs, tags, classes or intents", "Set data.train instead.")
    return named


def _place(source: SourceConfig) -> str:
    return f"data.source '{source.called}'"
