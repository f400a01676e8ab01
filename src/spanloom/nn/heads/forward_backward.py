"""Sums over all tag sequences of a linear chain, forward and back in one loop, and the marginals. Torch.

B batch, N tokens of all sentences together, K tags, n sentences that still run. Rabiner 1989, with scaling.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

SMALL = 2**18
"""Multiplications in a matrix product up to which NumPy's takes one thread, and half of the time of torch's."""


class ChainScores(NamedTuple):
    """emissions [N, K], transitions [K, K], start [K] and end [K]."""

    emissions: Tensor
    transitions: Tensor
    start: Tensor
    end: Tensor

    def to(self, kind: torch.dtype) -> ChainScores:
        return ChainScores(*(part.to(kind) for part in self))


class Packing(NamedTuple):
    """Where the N tokens of a batch stand while the recursions run.

    The recursion back is the recursion forward over the reversed sentence, so that each sentence is there twice. The
    sums fill 2N rows, step by step: in step t the sentences of more than t tokens, longest first, then the same ones
    reversed. No row is padding.
    """

    running: list[int]  # [T], how many sentences have more than t tokens
    token: Tensor  # [2N], which token a row is about
    forward: Tensor  # [N], the row of a token
    back: Tensor  # [N], its row in the reversed sentence
    place: Tensor  # [N], where it stands in the padded batch, [B, T] flattened
    sentence: Tensor  # [N]
    first: Tensor  # [B], the first token of each sentence
    last: Tensor  # [B]
    later: Tensor  # [N - B], all tokens but the first ones


def packing_of(lengths: Tensor, longest: int, device: torch.device) -> Packing:
    """The packing of sentences padded to `longest`. Raises ValueError where a length is not 1 to that.

    In NumPy, whose calls on a few hundred integers take a third of torch's time.
    """
    each = lengths.tolist()
    if min(each) < 1 or max(each) > longest:
        raise ValueError(f"lengths are {min(each)} to {max(each)}; with {longest} tokens they are 1 to {longest}")
    counts = np.array(each, dtype=np.int64)
    stops = counts.cumsum()
    first = stops - counts
    sentence = np.repeat(np.arange(len(counts)), counts)
    tokens = np.arange(len(sentence))
    before, after = tokens - first[sentence], stops[sentence] - 1 - tokens  # [N], tokens of the sentence
    rank = np.empty_like(counts)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    running = np.bincount(before)
    begins = 2 * (running.cumsum() - running)  # [T], the first row of each step
    forward, back = begins[before] + rank[sentence], (begins + running)[after] + rank[sentence]
    token = np.empty(2 * len(tokens), dtype=np.int64)
    token[forward] = token[back] = tokens
    parts = (token, forward, back, sentence * longest + before, sentence, first, stops - 1, tokens[before > 0])
    return Packing(running.tolist(), *(torch.from_numpy(part).to(device) for part in parts))


def _shifted(scores: Tensor) -> tuple[Tensor, float]:
    """Exponentials of scores of which the largest becomes 1, and the logarithm of what was divided out."""
    highest = float(scores.max())
    return torch.exp(scores - highest), highest


def in_probabilities(
    scores: ChainScores, highest: Tensor, packing: Packing, stride: int
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The logarithm of the partition [B], float64, and what the gradient needs. Scaled every `stride` steps."""
    likely = (scores.emissions - highest).exp_()  # [N, K]
    (moves, moved), (begins, began), (ends, ended) = map(_shifted, scores[1:])
    sums = likely.index_select(0, packing.token)  # [2N, K], until `_recur` only of each token alone
    outer = torch.stack([begins, ends])[:, None]  # [2, 1, K]
    ways = torch.stack([moves, moves.T])  # [2, K, K], the second one for reversed sentences
    totals, product = sums.new_ones(len(sums), 1), sums.new_empty(2, len(packing.first), len(begins))
    parts = (sums, outer, ways, totals, product)
    if likely.device.type == "cpu" and len(packing.first) * moves.numel() <= SMALL:
        _recur(np.matmul, [part.numpy() for part in parts], packing.running, stride)
    else:
        _recur(torch.bmm, parts, packing.running, stride)
    last = sums.index_select(0, packing.forward.take(packing.last))  # [B, K]
    log_partition = (last * ends).sum(1).double().log() + (began + ended)
    totals = totals.index_select(0, packing.forward)  # [N, 1]
    counted = totals.double().log() + highest
    log_partition += (packing.last - packing.first).double() * moved
    log_partition.index_add_(0, packing.sentence, counted.squeeze(1))
    return log_partition, (sums, likely, totals, moves)


def _recur(multiply: Callable[..., Any], parts: Sequence[Any], running: list[int], stride: int) -> None:
    """Turns likelihoods of tokens into sums, in place, and fills in totals. product is room for one step.

    The same for tensors and for the NumPy arrays of their memory.
    """
    sums, outer, ways, totals, product = parts
    steps, scales = (_by_step(part, running) for part in (sums, totals))  # [2, n, ...] each
    steps[0][:] *= outer
    for time, step in enumerate(steps):
        if time:
            before, count = steps[time - 1], running[time]
            if count < running[time - 1]:
                before, product = before[:, :count], product[:, :count]
            multiply(before, ways, out=product)
            step *= product
        if time % stride == 0:
            scales[time][:] = step.sum(2, keepdims=True)
            step /= scales[time]


def _by_step(rows: Any, running: list[int]) -> list[Any]:
    """[2N, ...] -> [2, n, ...] for each step; cutting one by one costs time, so not where all are alike."""
    if running[0] == running[-1]:
        return list(rows.reshape(len(running), 2, running[0], -1))
    stops = list(itertools.accumulate(running))
    return [rows[2 * (stop - n) : 2 * stop].reshape(2, n, -1) for stop, n in zip(stops, running, strict=True)]


def sweep_probabilities(kept: Sequence[Tensor], packing: Packing, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Marginals of the tags [N, K], and expected transitions [K, K], each sentence weighted.

    Forward sums and those from the other side both hold the token's own emission; their product over it is the
    marginal, up to a factor that makes the tags of each token sum to 1.
    """
    sums, likely, totals, moves = kept
    forward, back = sums.index_select(0, packing.forward), sums.index_select(0, packing.back)  # [N, K]
    marginals = forward * back
    marginals /= likely
    factor = weight[:, None] / marginals.sum(1, keepdim=True)  # [N, 1]
    marginals *= factor
    factor /= totals
    back *= factor.index_fill_(0, packing.first, 0.0)
    return marginals, moves * (forward[:-1].T @ back[1:])


def in_logarithms(scores: ChainScores, packing: Packing) -> tuple[Tensor, tuple[Tensor, ...]]:
    """As `in_probabilities`, for scores of any size, and many times slower."""
    emissions, transitions, start, end = scores
    both = emissions.index_select(0, packing.token)  # [2N, K]
    ways = torch.stack([transitions, transitions.T])[:, None]  # [2, 1, K, K]
    sums = torch.empty_like(both)
    arriving = torch.stack([start, end])[:, None]  # [2, n, K]
    steps, its_emissions = (_by_step(part, packing.running) for part in (sums, both))
    for time, step in enumerate(steps):
        if time:
            arriving = torch.logsumexp(steps[time - 1][:, : step.shape[1], :, None] + ways, dim=2)
        torch.add(arriving, its_emissions[time], out=step)
    log_partition = torch.logsumexp(sums[packing.forward[packing.last]] + end, dim=1)
    return log_partition, (sums, emissions, transitions, log_partition)


def sweep_logarithms(kept: Sequence[Tensor], packing: Packing, weight: Tensor) -> tuple[Tensor, Tensor]:
    """As `sweep_probabilities`."""
    sums, emissions, transitions, log_partition = kept
    forward = sums[packing.forward]
    back = sums[packing.back] - log_partition[packing.sentence, None]  # [N, K]
    marginals = torch.exp((forward + back - emissions).masked_fill(emissions == -math.inf, -math.inf)) * weight[:, None]
    between = torch.zeros_like(transitions)
    for rows in torch.split(packing.later, len(log_partition)):  # a few at a time, as all would be [N, K, K]
        pairs = torch.exp(forward[rows - 1, :, None] + transitions + back[rows, None])
        between += torch.einsum("nij,n->ij", pairs, weight[rows])
    return marginals, between
