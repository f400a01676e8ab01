"""The likeliest tag sequences of a linear chain, and how likely each tag is. NumPy only.

B batch, T tokens, K tags, N paths a sentence, n sentences still running. Viterbi 1967; Rabiner 1989 for the marginals.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spanloom.core import Array

CACHE = 1024 * 1024
"""Bytes that a core keeps close, roughly."""


def viterbi(
    emissions: Array, transitions: Array, start: Array, end: Array, lengths: Array
) -> tuple[list[Array], Array]:
    """The best path of each sentence, [length] int64 each, and its score [B].

    emissions [B, T, K]; transitions [K, K], from row to column; start and end [K]; minus infinity forbids. lengths [B],
    each 1 to T. Of paths that score alike the one with the lowest tags from the end on wins. A score of minus infinity
    says that nothing allowed is that long, and its path means nothing.
    """
    if not len(lengths):
        return [], np.zeros(0, dtype=emissions.dtype)
    order, running = _longest_first(lengths)
    size, tags = len(order), len(start)
    scores = np.zeros((len(running), size, tags), dtype=np.result_type(emissions, transitions, start))
    scores[0] = start + emissions[order, 0]
    few = min(size, max(1, CACHE // (scores.itemsize * tags * tags)))
    table = np.empty((tags, few, tags), dtype=scores.dtype)
    for time, count in enumerate(running[1:], 1):
        _best_arrivals(scores[time - 1, :count], transitions, scores[time, :count], table)
        scores[time, :count] += emissions[order[:count], time]
    lengths = np.asarray(lengths)[order]
    total = scores[lengths - 1, np.arange(size)] + end  # [B, K]
    paths = _traced(scores, transitions, total.argmax(axis=1), lengths)
    found: list[Array] = [np.empty(0)] * size
    best = np.empty(size, dtype=total.dtype)
    for position, path, score in zip(order, paths, total.max(axis=1), strict=True):
        found[position], best[position] = path, score
    return found, best


def _best_arrivals(score: Array, transitions: Array, out: Array, table: Array) -> None:
    """out [n, K]: the best of score [n, K] plus transition, over the tags before.

    Only the maximum: where it came from is asked once for each token of the path that is taken, not for every tag.
    The sums of a few sentences at a time, [K from, few, K to], stay in the processor's cache: always in the same
    table, as fetching new memory for each takes longer than the sums.
    """
    few = table.shape[1]
    for first in range(0, len(score), few):
        before = score[first : first + few].T[:, :, None]  # [K from, few, 1]
        sums = np.add(before, transitions[:, None, :], out=table[:, : before.shape[1]])
        np.max(sums, axis=0, out=out[first : first + few])


def _longest_first(lengths: Array) -> tuple[Array, list[int]]:
    """The order of the sentences by falling length, and for each token how many of them have it."""
    lengths = np.asarray(lengths)
    order = np.argsort(-lengths, kind="stable")
    running = [int((lengths > time).sum()) for time in range(int(lengths.max(initial=0)))]
    return order, running


def _traced(scores: Array, transitions: Array, last: Array, lengths: Array) -> list[Array]:
    """The paths that end in the last tags [B], by scores [T, B, K]; all sentences step back at once."""
    paths = np.zeros(scores.shape[:2], dtype=np.int64)  # [T, B]
    arriving = np.ascontiguousarray(transitions.T)  # [to, from]
    tag = last
    for time in range(len(scores) - 1, -1, -1):
        paths[time] = tag
        if time:
            before = (scores[time - 1] + arriving[tag]).argmax(axis=1)  # [B]
            tag = np.where(lengths > time, before, tag)
    return [path[:length] for path, length in zip(paths.T, lengths.tolist(), strict=True)]


def k_best(
    emissions: Array, transitions: Array, start: Array, end: Array, lengths: Array, count: int
) -> tuple[list[Array], list[Array]]:
    """As `viterbi`, the best `count` paths of each sentence, [N, length], best first, and their scores [N].

    N is less than `count` where fewer paths are allowed.
    """
    paths, scores = [], []
    for sentence, length in zip(emissions, np.asarray(lengths).tolist(), strict=True):
        found, totals = _k_best_of_one(sentence[:length], transitions, start, end, count)
        paths.append(found)
        scores.append(totals)
    return paths, scores


def _k_best_of_one(emissions: Array, transitions: Array, start: Array, end: Array, count: int) -> tuple[Array, Array]:
    tags = len(start)
    score = (start + emissions[0])[:, None]  # [K, N], best first; N grows up to `count`
    pointers = []
    for emission in emissions[1:]:
        # A path to a tag is one of the N best to some tag before it: [to, from * N].
        candidates = (score[None] + transitions.T[:, :, None]).reshape(tags, -1)
        best = _largest(candidates, count)  # [K, N]
        pointers.append((best // score.shape[1], best % score.shape[1]))
        score = np.take_along_axis(candidates, best, axis=1) + emission[:, None]
    total = (score + end[:, None]).reshape(1, -1)
    best = _largest(total, count)[0]
    totals = total[0, best]
    best, totals = best[totals > -np.inf], totals[totals > -np.inf]
    tag, rank = best // score.shape[1], best % score.shape[1]
    path = [tag]
    for tags_before, ranks_before in reversed(pointers):
        tag, rank = tags_before[tag, rank], ranks_before[tag, rank]
        path.append(tag)
    return np.stack(path[::-1], axis=1).astype(np.int64), totals


def _largest(scores: Array, count: int) -> Array:
    """Positions of the `count` largest of each row, largest first, of equal ones the first."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def marginals(emissions: Array, transitions: Array, start: Array, end: Array, lengths: Array) -> list[Array]:
    """How likely each tag is at each token, over all paths: [length, K] float64 for each sentence, rows sum to 1.

    Confidences for tags that were decoded. Paths e^700 times less likely than the best are taken for impossible.
    """
    found = []
    for sentence, length in zip(emissions, np.asarray(lengths).tolist(), strict=True):
        forward = list(_recursion(sentence[:length], transitions, start))
        backward = list(_recursion(sentence[:length][::-1], transitions.T, end))[::-1]
        total = np.stack(forward) + np.stack(backward) - sentence[:length]  # each of them counts the emission
        total = np.exp(total - total.max(axis=1, keepdims=True))
        found.append(total / total.sum(axis=1, keepdims=True))
    return found


def _recursion(emissions: Array, transitions: Array, start: Array) -> Iterator[Array]:
    """Log-sums [K] over all paths that end in each tag, after each token, up to a constant."""
    score = start.astype(np.float64) + emissions[0]
    yield score
    highest = transitions.max()
    moves = np.exp(transitions.astype(np.float64) - highest)
    for emission in emissions[1:]:
        score = score - score.max()
        with np.errstate(divide="ignore"):  # the logarithm of nothing is minus infinity, as it should
            score = np.log(np.exp(score) @ moves) + emission
        yield score
