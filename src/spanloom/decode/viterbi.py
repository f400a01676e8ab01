"""The likeliest tag sequences of a linear chain, and how likely each tag is. NumPy only.

B batch, T tokens, K tags, N paths a sentence, n sentences still running. Viterbi 1967; Rabiner 1989 for the marginals.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    if len(lengths) == 1:
        return _viterbi_of_one(emissions[0, : int(lengths[0])], transitions, start, end)
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


def _viterbi_of_one(emissions: Array, transitions: Array, start: Array, end: Array) -> tuple[list[Array], Array]:
    """As `viterbi` for emissions [T, K] of one sentence, where what costs is the number of steps, not their size."""
    scores = emissions.astype(np.result_type(emissions, transitions, start))
    scores[0] += start
    arriving = np.ascontiguousarray(transitions.T)  # [to, from]
    room = np.empty_like(arriving, dtype=scores.dtype)
    for time in range(1, len(scores)):
        np.add(arriving, scores[time - 1], out=room)
        scores[time] += np.maximum.reduce(room, axis=1)
    total = scores[-1] + end
    path = [int(total.argmax())]
    for score in scores[-2::-1] if len(scores) > 1 else ():
        path.append(int((score + arriving[path[-1]]).argmax()))
    return [np.array(path[::-1], dtype=np.int64)], total[path[:1]]


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


def viterbi_by_rules(emissions: Array, transitions: Array, start: Array, end: Array, lengths: Array) -> list[Array]:
    """The paths of `viterbi` where transitions, start and end forbid or are 0, as for a softmax head.

    Most often the best tag of each token by itself is a legal path, and then there is nothing to search for.
    """
    paths: Array = emissions.argmax(axis=2)  # [B, T]
    lengths = np.asarray(lengths)
    inside = np.arange(1, paths.shape[1]) < lengths[:, None]  # [B, T - 1]
    broken = (inside & (transitions[paths[:, :-1], paths[:, 1:]] < 0)).any(axis=1)
    last = paths[np.arange(len(paths)), lengths - 1]
    broken |= (start[paths[:, 0]] < 0) | (end[last] < 0)
    found = [path[:length] for path, length in zip(paths, lengths.tolist(), strict=True)]
    if broken.any():
        searched, _ = viterbi(emissions[broken], transitions, start, end, lengths[broken])
        for index, path in zip(np.flatnonzero(broken).tolist(), searched, strict=True):
            found[index] = path
    return found


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

    Confidences for tags that were decoded.
    """
    return [sure for sure, _ in both_ways(emissions, transitions, start, end, lengths)]


def both_ways(
    emissions: Array, transitions: Array, start: Array, end: Array, lengths: Array
) -> list[tuple[Array, Array]]:
    """As `marginals`, and beside them [length, K] the log-sum over all that follows from each tag on, its own emission
    counted, up to a constant a token: with both a sentence is a Markov chain.
    """
    if not len(lengths):
        return []
    order, running = _longest_first(lengths)
    lengths = np.asarray(lengths)[order]
    sentences, times = np.arange(len(order)), np.arange(len(running))[:, None]
    mirrored = np.maximum(lengths - 1 - times, 0)  # [T, B]: where a token stands in the sentence read backwards
    ordered = emissions[order].astype(np.float64)  # [B, T, K]
    own = ordered[sentences, times]  # [T, B, K]
    # Reading back from the end is a second sentence beside the first, so that one loop does both: [T, 2, B, K].
    both = np.stack([own, ordered[sentences, mirrored]], axis=1)
    both[0] += np.stack([start, end])[:, None]
    moves = np.stack([transitions, transitions.T]).astype(np.float64)  # [2, K, K]
    scores = _log_sums(both, moves, running)
    behind = scores[mirrored, 1, sentences]
    total = scores[:, 0] + behind - own  # each of them counts the emission
    total = np.exp(total - total.max(axis=2, keepdims=True))
    total /= total.sum(axis=2, keepdims=True)
    found: list[tuple[Array, Array]] = [(np.empty(0), np.empty(0))] * len(order)
    for place, position, length in zip(range(len(order)), order, lengths.tolist(), strict=True):
        found[position] = total[:length, place], behind[:length, place]
    return found


def _log_sums(emissions: Array, transitions: Array, running: Sequence[int]) -> Array:
    """Log-sums [T, 2, B, K] over all paths that end in each tag, at each token up to a constant, in both directions.

    emissions [T, 2, B, K] with the scores of the start; transitions [2, K, K]. A product of a row and a matrix a step
    for each sentence by itself, as one for several may be summed in another order, and no score should depend on what
    else is decoded. Where a tag is out of reach it may be a rule, or a path e^700 times less likely than another so
    far, which may win in the end: the sums of such a sentence are made tag by tag.
    """
    sums = emissions.copy()
    moves = np.exp(transitions - transitions.max())[:, None]  # [2, 1, K, K]
    with np.errstate(divide="ignore"):  # the logarithm of nothing is minus infinity, as it should
        for time, count in enumerate(running[1:], 1):
            before = sums[time - 1, :, :count, None]  # [2, n, 1, K]
            products = np.exp(before - before.max(axis=3, keepdims=True)) @ moves
            sums[time, :, :count] += np.log(products[:, :, 0])
    beyond: Array = np.asarray(np.isneginf(sums[1:]).any(axis=(0, 1, 3)))  # [B]
    if not beyond.any():
        return sums
    again = emissions[:, :, beyond]
    for time, count in enumerate(running[1:], 1):
        few = int(beyond[:count].sum())
        paths = again[time - 1, :, :few, :, None] + transitions[:, None]  # [2, n, K from, K]
        again[time, :, :few] += np.logaddexp.reduce(paths, axis=2)
    sums[:, :, beyond] = again
    return sums


def softmax(logits: Array) -> Array:
    """Exponentials of logits [..., K] that sum to 1 over the last axis."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def of_paths(probabilities: Sequence[Array] | Array, paths: Sequence[Array]) -> list[Array]:
    """How likely the tags of each path [length] are, by the probabilities [length or more, K] of each sentence."""
    return [table[np.arange(len(path)), path] for table, path in zip(probabilities, paths, strict=True)]
