"""Triples from one tag a word, the novel tagging scheme of Zheng et al. 2017 (https://aclanthology.org/P17-1113).

A tag is O or place x relation x role: place B, I, E or S (begin, inside, end, single), role 0 for the head and 1 for
the tail (the paper writes 1 and 2). Tag number: 0 for O, else `1 + (relation * 2 + role) * 4 + place`. T words, K tags.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spanloom.core import Array

BEGIN, INSIDE, END, SINGLE = range(4)


class Argument(NamedTuple):
    """One argument of a relation: words half-open, the relation's number, role 0 (head) or 1 (tail), a probability."""

    start: int
    end: int
    relation: int
    role: int
    score: float


def tag_number(relation: int, role: int, place: int) -> int:
    """The number of a tag; see the top of this file."""
    return 1 + (relation * 2 + role) * 4 + place


def argument_tags(length: int, relation: int, role: int) -> list[int]:
    """The tag numbers of an argument of `length` words."""
    if length == 1:
        return [tag_number(relation, role, SINGLE)]
    places = [BEGIN, *[INSIDE] * (length - 2), END]
    return [tag_number(relation, role, place) for place in places]


def arguments_from_tags(tags: Array, probabilities: Array) -> list[Argument]:
    """The arguments in a tag sequence [T], with the least probability [T] of their words as score.

    A run begins at B or S, or at I or E that continues nothing, and ends at E or S, or where the next tag does not
    continue it, so an ill-formed sequence loses no word.
    """
    found: list[Argument] = []
    start = 0
    while start < len(tags):
        if tags[start] == 0:
            start += 1
            continue
        kind, place = divmod(int(tags[start]) - 1, 4)
        end = start + 1
        while place in (BEGIN, INSIDE) and end < len(tags) and _continues(int(tags[end]), kind):
            place = (int(tags[end]) - 1) % 4
            end += 1
        found.append(Argument(start, end, kind // 2, kind % 2, float(probabilities[start:end].min())))
        start = end
    return found


def _continues(tag: int, kind: int) -> bool:
    return tag > 0 and (tag - 1) // 4 == kind and (tag - 1) % 4 in (INSIDE, END)


def nearest_pairs(arguments: list[Argument]) -> list[tuple[Argument, Argument]]:
    """Head and tail pairs: each head, left to right, takes the nearest tail of its relation that is still free.

    Distance counts the words between the two; of equally near tails the left one is taken.
    """
    pairs: list[tuple[Argument, Argument]] = []
    taken: set[Argument] = set()
    for head in (argument for argument in arguments if argument.role == 0):
        free = [tail for tail in arguments if tail.role == 1 and tail.relation == head.relation and tail not in taken]
        if free:
            tail = min(free, key=lambda tail: (_distance(head, tail), tail.start))
            taken.add(tail)
            pairs.append((head, tail))
    return pairs


def _distance(first: Argument, second: Argument) -> int:
    return max(first.start, second.start) - min(first.end, second.end)


def greedy_tags(logits: Array) -> tuple[Array, Array]:
    """The best tag and its probability for each word: logits [T, K] -> [T], [T]."""
    tags = logits.argmax(axis=1)
    best = logits.max(axis=1)
    return tags, 1.0 / np.exp(logits - best[:, None]).sum(axis=1)
