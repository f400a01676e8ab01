"""The beliefs of a model in the statements of examples, whatever runs its network. NumPy only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from spanloom.answers import kind_of
from spanloom.contracts import Backend, Codec
from spanloom.core import Beliefs, Claim, Example
from spanloom.decode.numbers import refuse_odd_outputs
from spanloom.decode.rows import pass_through
from spanloom.errors import ConfigError
from spanloom.inputs import Text
from spanloom.text.windows import Window, part_of_text, windows_of

MOST = 200
"""Statements that are not annotated, of those of a text or a window, whose likelihood is kept."""


def claims_of(example: Example) -> Sequence[Claim]:
    """What the gold of an example says; nothing where it has none."""
    claims = kind_of(example.gold).claims
    return () if example.gold is None or claims is None else claims.of(example.gold)


def believed(
    backend: Backend,
    codec: Codec,
    examples: Sequence[Example],
    on_done: Callable[[int], None] = lambda count: None,
) -> list[Beliefs]:
    """How likely what the gold of each example says is, as far as training had its labels, and what else is likely.

    A text that is too long is read in windows; what stands in several is as likely as in their mean. on_done: is told
    how many rows were read. Raises ConfigError where the model cannot say it.
    """
    pieces: list[tuple[int, Window | None, Example]] = []
    for number, example in enumerate(examples):
        places = _windows(example, codec)
        plain = replace(example, gold=None)
        if places is None:
            pieces.append((number, None, plain))
        else:
            pieces += [(number, place, replace(plain, input=part_of_text(example.input, place))) for place in places]
    rows = [codec.encode(piece) for _, _, piece in pieces]
    found: list[list[tuple[Window | None, Beliefs]]] = [[] for _ in examples]
    done = 0
    for group in backend.batches(rows):
        passed = pass_through(backend, codec, rows, group, refuse_odd_outputs)
        claimed_of = {index: _within(claims_of(examples[pieces[index][0]]), pieces[index][1]) for index in group}
        beliefs = codec.believed(passed.outputs, passed.batch, list(claimed_of.values()))
        if beliefs is None:
            found_out = "this model cannot say how likely single statements are"
            raise ConfigError("model", found_out, "one that can", "Of the task 'joint' take model.scheme = 'table'.")
        for index, own in zip(group, beliefs, strict=True):
            number, place, _ = pieces[index]
            found[number].append((place, _without_swarm(own, claimed_of[index])))
        done += len(group)
        on_done(done)
    return [_joined(parts) for parts in found]


def _without_swarm(beliefs: Beliefs, claimed: Collection[Claim]) -> Beliefs:
    """Without the least likely of the many statements that a model which has learnt nothing holds possible."""
    others = [claim for claim in beliefs if claim not in set(claimed)]
    if len(others) <= MOST:
        return beliefs
    gone = set(sorted(others, key=lambda claim: -beliefs[claim])[MOST:])
    return {claim: sure for claim, sure in beliefs.items() if claim not in gone}


def _windows(example: Example, codec: Codec) -> list[Window] | None:
    """Where an example is read in parts; None where it is read whole, or its codec cuts it."""
    if not isinstance(example.input, Text):
        return None
    if not example.input.tokens:
        return []
    if codec.max_words is None or len(example.input.tokens) <= codec.max_words:
        return None
    return windows_of(example.input, codec.max_words)


def _within(claims: Sequence[Claim], window: Window | None) -> list[Claim]:
    """The claims that stand whole in a window, in its tokens."""
    if window is None:
        return list(claims)
    start, end = window
    return [
        claim._replace(at=tuple(place - start for place in claim.at))
        for claim in claims
        if not claim.at or (min(claim.at) >= start and max(claim.at) <= end)
    ]


def _joined(parts: Sequence[tuple[Window | None, Beliefs]]) -> Beliefs:
    """The beliefs of the windows of a text as those of the text."""
    if len(parts) == 1 and parts[0][0] is None:
        return parts[0][1]
    sums: dict[Claim, float] = {}
    for place, beliefs in parts:
        assert place is not None, "an input that is read whole has one row"
        for claim, sure in beliefs.items():
            moved = claim._replace(at=tuple(token + place[0] for token in claim.at))
            sums[moved] = sums.get(moved, 0.0) + sure
    windows = [place for place, _ in parts if place is not None]

    def holding(claim: Claim) -> int:
        if not claim.at:
            return len(windows)
        return sum(start <= min(claim.at) and max(claim.at) <= end for start, end in windows)

    return {claim: total / holding(claim) for claim, total in sums.items()}
