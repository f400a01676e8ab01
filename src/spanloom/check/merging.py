"""What people decided, applied to the data that it is of: what changed, by whom and when, and where it cannot be known.

A person looks at whole texts, so what stands in a reviewed text is what they say of it, and nothing of other texts.
What came back just as it went, a proposal or a text without annotations, is nobody's decision where the tool says of no
text whether anybody looked.
Where the data were changed since the text was taken from them, both changes are made if they do not touch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.parts.claims import clash
from spanloom.check.leaks import asked
from spanloom.core import Claim, Example
from spanloom.inputs import Image, MarkedText, Text, texts_of

WHO = ("annotator", "completed_by", "_annotator_id", "_session_id", "username", "user")
WHEN = ("updated_at", "_timestamp", "created_at", "date")
"""The fields of a reviewed text that say who decided, and when, as the tools call them; the first of them counts."""

PLACE = "source"
"""The field that says where in the data a text of a queue stands."""

Facts = frozenset[Claim]


@dataclass(frozen=True)
class Review:
    """What one person says of a text. example: as they left it; facts: its statements, in the tokens of the data."""

    example: Example
    facts: Facts


def told(example: Example, names: Sequence[str]) -> Any:
    """The first of these fields that a reviewed text has."""
    return next((example.fields[name] for name in names if example.fields.get(name) not in (None, "")), None)


@dataclass(frozen=True)
class Change:
    """What becomes of an example of this number. conflict: why nothing does, where decisions cannot be applied.

    reviews: of the people it is due to.
    """

    number: int
    reviews: Sequence[Review]
    gone: Facts = frozenset()
    come: Facts = frozenset()
    conflict: str = ""


@dataclass(frozen=True)
class Merged:
    """changes: an entry for each example that was reviewed. unknown: reviewed texts that the data do not have.
    undecided: those that nobody decided on. unseen: kinds of statements that no reviewed text has, so that they stay.
    untouched: texts that came back as they went, of which nothing says that anybody decided.
    """

    changes: Sequence[Change]
    unknown: Sequence[Example]
    undecided: int
    unseen: Collection[str]
    untouched: int = 0


@dataclass(frozen=True)
class Shown:
    """What stood in the data when a text was taken from them, and what was proposed in its place, if anything was.

    fields: what else its line said then.
    """

    annotated: Facts
    proposed: Facts | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def merged(
    data: Sequence[Example], reviewed: Sequence[Example], shown: Mapping[str, Shown], accept: bool = False
) -> Merged:
    """What reviewed texts change in the data. shown: by the place of a text in them.

    accept: whether somebody looked at what came back as it went, where nothing says so.
    """
    by_text: dict[Hashable, list[int]] = defaultdict(list)
    for number, example in enumerate(data):
        by_text[_words_of(example)].append(number)
    decided = [example for example in reviewed if example.gold is not None]
    unseen = unseen_kinds(data, decided)
    reviews: dict[int, list[Example]] = defaultdict(list)
    changes, unknown, untouched = list[Change](), list[Example](), 0
    for example in decided:
        numbers = by_text.get(_words_of(example), [])
        of_place = [number for number in numbers if str(data[number].source) == example.fields.get(PLACE)]
        chosen = of_place or numbers
        if not chosen:
            unknown.append(example)
        elif len(chosen) > 1:
            found = f"{len(chosen)} examples have this text, and nothing says which was reviewed"
            changes.append(Change(chosen[0], (Review(example, frozenset()),), conflict=found))
        elif not accept and _is_untouched(data[chosen[0]], example, shown, unseen):
            untouched += 1
        else:
            reviews[chosen[0]].append(example)
    changes += [_change(number, data[number], own, shown, unseen) for number, own in reviews.items()]
    ordered = sorted(changes, key=lambda change: change.number)
    return Merged(ordered, unknown, len(reviewed) - len(decided), unseen, untouched)


def is_signed(example: Example, before: Mapping[str, Any]) -> bool:
    """Whether a reviewed text says that somebody decided on it. before: its fields when it was taken from the data."""
    said = ((name, example.fields.get(name)) for name in (*WHO, *WHEN))
    return any(value not in (None, "", before.get(name)) for name, value in said)


def _is_untouched(example: Example, review: Example, shown: Mapping[str, Shown], unseen: Collection[str]) -> bool:
    """Whether a text came back as it went, proposals or none, and nothing says that somebody decided on it."""
    taken = shown.get(str(example.source), Shown(frozenset(), fields=example.fields))
    went = frozenset[Claim]() if example.gold is None and taken.proposed is None else taken.proposed
    if went is None or is_signed(review, taken.fields):
        return False
    return in_tokens_of(example, review) == frozenset(one for one in went if one.kind not in unseen)


def unseen_kinds(data: Sequence[Example], decided: Sequence[Example]) -> frozenset[str]:
    """The kinds of statements that the data have, and no reviewed text: a tool for names alone shows no relations."""
    return frozenset(_kinds(data) - _kinds(decided)) if _kinds(decided) else frozenset()


def _kinds(examples: Sequence[Example]) -> set[str]:
    return {claim.kind for example in examples for claim in facts_of(example)}


def facts_of(example: Example) -> Facts:
    claims = kind_of(example.gold).claims
    return frozenset() if example.gold is None or claims is None else frozenset(claims.of(example.gold))


def _words_of(example: Example) -> Hashable:
    """What a text is known by: its characters, and what is marked in it; a picture by what its file holds."""
    if isinstance(example.input, MarkedText | Image):
        return asked(example.input)
    return tuple(text.text for text in texts_of(example.input))


def _change(
    number: int, example: Example, reviewed: Sequence[Example], shown: Mapping[str, Shown], unseen: Collection[str]
) -> Change:
    """What these reviews of one example come to."""
    reviews = list[Review]()
    for one in reviewed:
        facts = in_tokens_of(example, one)
        if example.gold is None and kind_of(one.gold).of_graph is None and one.input != example.input:
            facts = "its tokens are cut otherwise than those of the data"
        if isinstance(facts, str):
            return Change(number, (Review(one, frozenset()),), conflict=facts)
        reviews.append(Review(one, facts))
    now = facts_of(example)
    kept = frozenset(claim for claim in now if claim.kind in unseen)
    wanted = {review.facts | kept for review in reviews}
    if len(wanted) > 1:
        return Change(number, reviews, conflict=f"{len(reviews)} people say different things of it")
    then = shown.get(str(example.source), Shown(now)).annotated
    decided = wanted.pop()
    gone, come = then - decided, decided - then
    since_gone, since_come = then - now, now - then
    touched = [
        claim
        for claim in since_come | since_gone
        if claim not in come | gone and any(one.kind == claim.kind and clash(one, claim) for one in come | gone)
    ]
    if touched:
        return Change(number, reviews, conflict=f"the data were changed at {_named(example, touched)} as well")
    return Change(number, reviews, gone & now, come - now)


def in_tokens_of(example: Example, other: Example) -> Facts | str:
    """The statements of another example of the same text in the tokens of this one; why not, where it cannot be."""
    if not isinstance(example.input, Text) or not isinstance(other.input, Text):
        return facts_of(other)
    starts = {token.start: number for number, token in enumerate(example.input.tokens)}
    ends = {token.end: number + 1 for number, token in enumerate(example.input.tokens)}
    found = set[Claim]()
    for claim in facts_of(other):
        tokens = other.input.tokens
        at = list[int]()
        for start, end in zip(claim.at[::2], claim.at[1::2], strict=True):
            first, last = tokens[start].start, tokens[end - 1].end
            if first not in starts or last not in ends:
                return f"'{other.input.text[first:last]}' cuts a token of the data"
            at += [starts[first], ends[last]]
        found.add(claim._replace(at=tuple(at)))
    return frozenset(found)


def _named(example: Example, claims: Collection[Claim]) -> str:
    claim = min(claims)
    if not claim.at or not isinstance(example.input, Text):
        return f"'{claim.label}'"
    tokens = example.input.tokens
    return f"'{example.input.text[tokens[claim.at[0]].start : tokens[claim.at[-1] - 1].end]}'"


def applied(data: Sequence[Example], changes: Sequence[Change]) -> list[Example]:
    """The data with the changes; every example that nobody decided on, or not clearly, as it is."""
    after = list(data)
    for change in changes:
        if not change.conflict:
            after[change.number] = replace(data[change.number], gold=_gold(data[change.number], change))
    return after


def _gold(example: Example, change: Change) -> Any:
    """The gold of an example after a change; of one that had none, what was said of it."""
    claims, base = kind_of(example.gold).claims, example.gold
    if base is None:
        first = change.reviews[0].example.gold
        kind = kind_of(first)
        claims, base = kind.claims, first
        if kind.of_graph is not None and isinstance(example.input, Text):
            base = kind.of_graph((), (), len(example.input.tokens))
    assert claims is not None, "gold that says statements"
    return claims.amended(base, change.gone, sorted(change.come)) if change.gone or change.come else base
