"""What turns an utterance into its rewrite: some of its tokens are deleted, spans of the context are inserted.

N tokens of the utterance, J of its rewrite, K insertions at most. Pure: words in, numbers out.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from spanloom.text.words import tokenize

ADDED_WORDS = "words that the dialogue does not hold"
MOVED_WORDS = "words of the last turn in another order"
MANY_INSERTIONS = "more insertions than the model makes"
SPACING = "spaces that are neither the dialogue's nor usual"

Words = Sequence[str]
EditState = tuple[int, int, int, int]
"""Tokens read of the utterance, tokens written of the rewrite, insertions so far, and whether the last was deleted."""

START_SPAN, TOKEN, NOT_WRITTEN = 2, 1, 1000
"""Costs: of an insertion beside its tokens, of a token deleted or inserted, of one that no edit writes."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The edits that write a rewrite.

    deleted: whether each token of the utterance goes [N]. insertions: (gap, start, end), in the order of the rewrite:
    its tokens `start:end` stand before token `gap` of the utterance (N: at its end) and in one turn of the context.
    unwritten: the tokens of the rewrite that no edit writes.
    """

    deleted: tuple[bool, ...]
    insertions: tuple[tuple[int, int, int], ...]
    unwritten: tuple[int, ...] = ()


def align(utterance: Words, context: Sequence[Words], rewrite: Words, most: int) -> Alignment:
    """The cheapest edits: as much of the rewrite as can be written, then few edits.

    What is inserted stands before what is deleted in the same place. most: insertions at most. Of repeated tokens, any
    choice writes the same text. An A* search, which sees few of the N * J * K states where few edits are enough.
    """
    runs = longest_runs(rewrite, context)
    goal = len(utterance), len(rewrite)
    start: EditState = (0, 0, 0, 0)
    cheapest, before = {start: 0}, dict[EditState, EditState]()
    waiting = [(_at_least(*goal), start)]
    while True:
        bound, state = heapq.heappop(waiting)
        left = goal[0] - state[0], goal[1] - state[1]
        cost = cheapest[state]
        if left == (0, 0):
            return _traced(state, before, len(utterance))
        if bound > cost + _at_least(*left):
            continue  # reached for less since it was put here
        for step, after in _steps(state, utterance, rewrite, runs, most):
            if cost + step < cheapest.get(after, cost + step + 1):
                cheapest[after], before[after] = cost + step, state
                heapq.heappush(waiting, (cost + step + _at_least(goal[0] - after[0], goal[1] - after[1]), after))


def _at_least(unread: int, unwritten: int) -> int:
    """What the edits of so many tokens cost at least."""
    return TOKEN * abs(unread - unwritten) + (START_SPAN if unwritten > unread else 0)


def _steps(
    state: EditState, utterance: Words, rewrite: Words, runs: Sequence[int], most: int
) -> Iterator[tuple[int, EditState]]:
    """What each edit at a state costs, and where it leads."""
    i, j, k, deleting = state
    if i < len(utterance):
        yield TOKEN, (i + 1, j, k, 1)
        if j < len(rewrite) and utterance[i] == rewrite[j]:
            yield 0, (i + 1, j + 1, k, 0)
    if j < len(rewrite):
        yield NOT_WRITTEN, (i, j + 1, k, deleting)
        if k < most and not deleting:
            for size in range(1, runs[j] + 1):
                yield START_SPAN + size * TOKEN, (i, j + size, k + 1, 0)


def _traced(state: EditState, before: Mapping[EditState, EditState], size: int) -> Alignment:
    deleted = [False] * size
    insertions: list[tuple[int, int, int]] = []
    unwritten: list[int] = []
    while (previous := before.get(state)) is not None:
        if state[2] > previous[2]:
            insertions.append((state[0], previous[1], state[1]))
        elif state[0] == previous[0]:
            unwritten.append(previous[1])
        elif state[1] == previous[1]:
            deleted[previous[0]] = True
        state = previous
    return Alignment(tuple(deleted), tuple(insertions[::-1]), tuple(unwritten[::-1]))


def longest_runs(rewrite: Words, context: Sequence[Words]) -> list[int]:
    """For each token of the rewrite, how many tokens from there on stand in one turn of the context. [J]"""
    runs = [0] * len(rewrite)
    for turn in context:
        after = [0] * (len(turn) + 1)
        for j in range(len(rewrite) - 1, -1, -1):
            after = [after[at + 1] + 1 if word == rewrite[j] else 0 for at, word in enumerate(turn)] + [0]
            runs[j] = max(runs[j], *after)
    return runs


def cause(utterance: Words, context: Sequence[Words], rewrite: Words, alignment: Alignment) -> str:
    """Why edits do not write the whole of a rewrite; "" where they do."""
    missing = [rewrite[j] for j in alignment.unwritten]
    if not missing:
        return ""
    offered = {word for turn in context for word in turn}
    if any(word not in offered and word not in utterance for word in missing):
        return ADDED_WORDS
    return MANY_INSERTIONS if offered.issuperset(missing) else MOVED_WORDS


def places(words: Words, sequence: Words) -> list[int]:
    """Where these words stand side by side in a sequence, the last place first."""
    size = len(words)
    found = (at for at in range(len(sequence) - size, -1, -1) if sequence[at] == words[0])
    return [at for at in found if list(sequence[at : at + size]) == list(words)]


def new_parts(utterance: str, rewrite: str) -> list[tuple[int, int]]:
    """Where a rewrite holds what its utterance does not: character ranges, tokens side by side being one."""
    tokens = tokenize(rewrite)
    kept = common([token.text for token in tokenize(utterance)], [token.text for token in tokens])
    parts: list[tuple[int, int]] = []
    for number, token in enumerate(tokens):
        if kept[number]:
            continue
        follows = number > 0 and not kept[number - 1]
        parts.append((parts.pop()[0] if follows else token.start, token.end))
    return parts


def common(one: Words, other: Words) -> list[bool]:
    """Whether each token of `other` is in a longest common subsequence of the two."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        for j in range(len(other) - 1, -1, -1):
            same = one[i] == other[j]
            table[i][j] = table[i + 1][j + 1] + 1 if same else max(table[i + 1][j], table[i][j + 1])
    shared = [False] * len(other)
    i = j = 0
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            shared[j] = True
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return shared
