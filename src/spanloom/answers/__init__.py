"""The answer types are the modules beside this file: one each, and nothing else has to know how they differ.

A module has `KIND`, an `AnswerKind`: what a terminal and a page show of an answer and of its scorecard, how windows
merge, how gold follows noise. Whoever needs what differs by answer asks `kind_of`; none tests for a type.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

from spanloom.answers.parts.kind import AnswerKind


def kinds() -> Mapping[str, AnswerKind]:
    """Every kind of answer by its name, which is that of its module, in alphabetical order."""
    return _kinds(tuple(__path__))


def kind_of(answer: Any) -> AnswerKind:
    """What differs by the type of this answer; of a type that has no module, and of None, what most share."""
    return _by_type(tuple(__path__)).get(type(answer)) or AnswerKind(type(answer))


def kind_of_card(card: Mapping[str, Any]) -> AnswerKind:
    """The kind of answer whose name stands in a scorecard under "answers"; where none does, what most share."""
    return kinds().get(str(card.get("answers"))) or AnswerKind(object)


@cache
def _kinds(path: tuple[str, ...]) -> dict[str, AnswerKind]:
    names = sorted(module.name for module in pkgutil.iter_modules(path) if not module.ispkg)
    return {name: importlib.import_module(f"{__name__}.{name}").KIND for name in names}


@cache
def _by_type(path: tuple[str, ...]) -> dict[type, AnswerKind]:
    return {kind.answer: kind for kind in _kinds(path).values()}
