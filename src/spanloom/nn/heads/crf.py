"""A linear-chain conditional random field whose likelihood is exact, with its gradient in closed form. Torch.

B batch, T tokens, K tags. Lafferty et al. 2001; the forward-backward recursions as in Rabiner 1989, with scaling.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

ROOM = {torch.float32: 40.0, torch.float64: 345.0}
"""Natural logarithm of how far below 1 the product of two numbers of a type stays normal, with a little to spare."""
SMALL = 2**18
"""Multiplications in a matrix product up to which NumPy takes one thread, and its call half of torch's time."""


class LinearChainCRF(nn.Module):
    """Scores tag sequences: start, the tags' emissions, the transitions between them, and end.

    allowed: bool [K, K], which tag (column) may follow which (row); starts and ends: bool [K], which tags may come
    first and last. What is not allowed has probability zero, exactly. Left out, everything is allowed.
    """

    def __init__(
        self,
        num_tags: int,
        allowed: Tensor | None = None,
        starts: Tensor | None = None,
        ends: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.empty(num_tags, num_tags).uniform_(-0.1, 0.1))
        self.start = nn.Parameter(torch.empty(num_tags).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(num_tags).uniform_(-0.1, 0.1))
        shapes = {
            "allowed": (allowed, (num_tags, num_tags)),
            "starts": (starts, (num_tags,)),
            "ends": (ends, (num_tags,)),
        }
        for name, (mask, shape) in shapes.items():
            mask = torch.ones(shape, dtype=torch.bool) if mask is None else mask.bool()
            if tuple(mask.shape) != shape:
                raise ValueError(f"{name} has shape {tuple(mask.shape)}; for {num_tags} tags it is {shape}")
            self.register_buffer(name, mask, persistent=False)
        self.steps = _steps_between_any_two(self.get_buffer("allowed"))
        self.free = all(bool(self.get_buffer(name).all()) for name in shapes)

    def nll(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Negative log-likelihood [B] of tags [B, T] under emissions [B, T, K]; lengths [B], each 1 to T.

        Tags beyond a length are not read. Infinite for tags that are not allowed. The gradient of emissions,
        transitions, start and end is exact; there is none of second order.
        """
        transitions, start, end = self.scores()
        nll: Tensor = _NegativeLogLikelihood.apply(  # type: ignore[no-untyped-call]
            emissions, transitions, start, end, tags, lengths, self.steps
        )
        return nll

    def scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """Transitions [K, K], start [K] and end [K], minus infinity where not allowed: what decoding needs."""
        if self.free:
            return self.transitions, self.start, self.end
        masked = (
            (self.transitions, self.get_buffer("allowed")),
            (self.start, self.get_buffer("starts")),
            (self.end, self.get_buffer("ends")),
        )
        transitions, start, end = (scores.masked_fill(~mask, -math.inf) for scores, mask in masked)
        return transitions, start, end


def _steps_between_any_two(allowed: Tensor) -> int | None:
    """The least number of steps in which every tag reaches every tag, by any path; None where some never do."""
    reached = edges = allowed.float()
    for steps in range(1, len(allowed) + 1):
        if bool((reached > 0).all()):
            return steps
        reached = ((reached @ edges) > 0).float()
    return None


class _Scores(NamedTuple):
    """emissions [T, B, K], transitions [K, K], start [K] and end [K]."""

    emissions: Tensor
    transitions: Tensor
    start: Tensor
    end: Tensor

    def to(self, kind: torch.dtype) -> _Scores:
        return _Scores(*(part.to(kind) for part in self))


class _Layout(NamedTuple):
    """Where the N tokens of a batch stand while the recursions run, forward and back in one loop.

    Reading the reversed sentence is the recursion back, so that it is just a second sentence. The recursions fill 2N
    rows, first those of all first tokens, then of all second ones: in each such step the sentences that are that long,
    longest first, and then the same sentences reversed. No row is padding.
    """

    running: list[int]  # for each step, how many sentences are that long
    token: Tensor  # [2N], the token that each row is about
    forward: Tensor  # [N], the row of each token
    back: Tensor  # [N], its row in the reversed sentence
    place: Tensor  # [N], where the token stands in the padded batch, [B, T] flattened
    sentence: Tensor  # [N], the sentence of each token
    first: Tensor  # [B], the first token of each sentence
    last: Tensor  # [B]
    later: Tensor  # [N - B], all tokens but the first ones


def _layout(lengths: Tensor, longest: int) -> _Layout:
    """In NumPy, whose calls on a few hundred integers take a third of torch's time."""
    counts = np.array(lengths.tolist(), dtype=np.int64)
    if counts.min() < 1 or counts.max() > longest:
        raise ValueError(f"lengths are {counts.min()} to {counts.max()}; for {longest} tokens they are 1 to {longest}")
    stops = counts.cumsum()
    sentence = np.repeat(np.arange(len(counts)), counts)
    tokens = np.arange(len(sentence))
    time, left = tokens - (stops - counts)[sentence], stops[sentence] - 1 - tokens
    order = np.empty_like(counts)
    order[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    running = np.bincount(time)
    begins = 2 * (running.cumsum() - running)
    forward, back = begins[time] + order[sentence], (begins + running)[left] + order[sentence]
    token = np.empty(2 * len(tokens), dtype=np.int64)
    token[forward] = token[back] = tokens
    parts = (token, forward, back, sentence * longest + time, sentence, stops - counts, stops - 1, tokens[time > 0])
    return _Layout(running.tolist(), *(torch.from_numpy(part).to(lengths.device) for part in parts))


class _NegativeLogLikelihood(torch.autograd.Function):
    """Works with probabilities, not with their logarithms: one matrix product a step in place of K*K exponentials.

    Every few steps they are scaled to sum to 1, and the logarithms of the scales add up to the partition. What could go
    wrong is that a tag falls below the smallest number and is missed when it matters again later: a bound on how far
    any tag can fall decides between float32, float64 and, for scores in the hundreds, logarithms.
    """

    @staticmethod
    def forward(
        context: Any,
        emissions: Tensor,
        transitions: Tensor,
        start: Tensor,
        end: Tensor,
        tags: Tensor,
        lengths: Tensor,
        steps: int | None,
    ) -> Tensor:
        layout = _layout(lengths, emissions.shape[1])
        scores = _Scores(_of_tokens(emissions, layout), transitions, start, end)
        gold = tags.reshape(-1)[layout.place]  # [N]
        pairs = gold[layout.later - 1] * len(start) + gold[layout.later]  # [N - B], into transitions flattened
        highest = scores.emissions.amax(1, keepdim=True)
        room, a_step = _room_needed(scores, highest, steps)
        kind = next((kind for kind in (emissions.dtype, torch.float64) if room + a_step <= ROOM.get(kind, 0.0)), None)
        if kind is None:
            log_partition, kept = _in_logarithms(scores.to(torch.float64), layout)
        else:
            stride = int((ROOM[kind] - room) / a_step)
            log_partition, kept = _in_probabilities(scores.to(kind), highest.to(kind), layout, stride)
        path = _path_score(scores, gold, pairs, layout)
        context.save_for_backward(gold, pairs, *kept)
        context.shape, context.kind, context.layout = emissions.shape, kind, layout
        return (log_partition - path).to(emissions.dtype)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gold, pairs, *kept = context.saved_tensors
        layout = context.layout
        weight = gradient.to(kept[0].dtype)[layout.sentence]  # [N]
        sweep = _sweep_logarithms if context.kind is None else _sweep_probabilities
        marginals, between = sweep(kept, layout, weight)  # [N, K] and [K, K], both weighted
        marginals.scatter_add_(1, gold[:, None], -weight[:, None])
        between.view(-1).index_add_(0, pairs, -weight[layout.later])
        ends = (marginals[rows].sum(0) for rows in (layout.first, layout.last))
        found = (_in_batch(marginals, layout, context.shape), between, *ends)
        return *(part.to(gradient.dtype) for part in found), None, None, None


def _of_tokens(batch: Tensor, layout: _Layout) -> Tensor:
    """[B, T, K] -> [N, K], without the padding."""
    rows = batch.reshape(-1, batch.shape[2])
    return rows if len(rows) == len(layout.place) else rows.index_select(0, layout.place)


def _in_batch(rows: Tensor, layout: _Layout, shape: torch.Size) -> Tensor:
    """[N, K] -> [B, T, K], with zeros for padding."""
    if rows.numel() == shape.numel():
        return rows.view(shape)
    padded = rows.new_zeros(shape)
    padded.view(-1, shape[2]).index_copy_(0, layout.place, rows)
    return padded


def _room_needed(scores: _Scores, highest: Tensor, steps: int | None) -> tuple[float, float]:
    """How far below the likeliest tag any tag can fall, as a natural logarithm, and how far all can in one step.

    In `steps` steps the likeliest tag of an earlier token reaches every tag, each time by the worst transition and
    the worst emission at most. Where that is one step, the best emission is always in reach, and only transitions
    make all of them less; they can also grow K times. Infinite where nothing bounds it.
    """
    if steps is None:
        return math.inf, math.inf
    spread = float((highest - scores.emissions.amin(1, keepdim=True)).max())
    moving, starting, ending = map(_spread, scores[1:])
    tags = math.log(len(scores.start))
    room = steps * (spread + moving + tags) + starting + ending
    return room, max(moving if steps == 1 else spread + moving, tags, 1.0)


def _spread(scores: Tensor) -> float:
    """From the lowest to the highest of what is allowed."""
    lowest, highest = map(float, scores.aminmax())
    if lowest == -math.inf:
        lowest = float(scores.nan_to_num(neginf=math.inf).min())
    return highest - lowest


def _path_score(scores: _Scores, gold: Tensor, pairs: Tensor, layout: _Layout) -> Tensor:
    """Scores [B] of the gold tags [N], in float64, as two large numbers will be subtracted."""
    emissions, transitions, start, end = scores
    path = start[gold[layout.first]].double() + end[gold[layout.last]].double()
    path.index_add_(0, layout.sentence, emissions.gather(1, gold[:, None]).squeeze(1).double())
    return path.index_add_(0, layout.sentence[layout.later], transitions.take(pairs).double())


def _shifted(scores: Tensor) -> tuple[Tensor, float]:
    """Exponentials of scores of which the largest becomes 1, and the logarithm of what was divided out."""
    highest = float(scores.max())
    return torch.exp(scores - highest), highest


def _in_probabilities(
    scores: _Scores, highest: Tensor, layout: _Layout, stride: int
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The logarithm of the partition [B], float64, and what the gradient needs. Scaled every `stride` steps."""
    likely = torch.exp(scores.emissions - highest)  # [N, K]
    (moves, moved), (begins, began), (ends, ended) = map(_shifted, scores[1:])
    both = likely.index_select(0, layout.token)  # [2N, K]
    ways = torch.stack([moves, moves.T])  # [2, K, K], the second one for reversed sentences
    sums, totals = torch.empty_like(both), both.new_ones(len(both), 1)
    outer = torch.stack([begins, ends])[:, None]  # [2, 1, K]
    if likely.device.type == "cpu" and len(layout.first) * moves.numel() <= SMALL:
        _recur(np.matmul, *(part.numpy() for part in (both, outer, ways, sums, totals)), layout.running, stride)
    else:
        _recur(torch.bmm, both, outer, ways, sums, totals, layout.running, stride)
    last = sums[layout.forward[layout.last]]  # [B, K]
    log_partition = (last * ends).sum(1).double().log() + (began + ended)
    counted = totals[layout.forward].double().log() + highest  # [N, 1]
    log_partition += (layout.last - layout.first).double() * moved
    log_partition.index_add_(0, layout.sentence, counted.squeeze(1))
    return log_partition, (sums, likely, totals, moves)


def _recur(
    multiply: Any, both: Any, outer: Any, ways: Any, sums: Any, totals: Any, running: list[int], stride: int
) -> None:
    """Fills in sums and totals, step by step. All of them tensors, or all NumPy arrays: the loop is the same."""
    steps, likely, scales = (_by_step(part, running) for part in (sums, both, totals))  # [2, n, ...] each
    steps[0][:] = likely[0] * outer
    for time, step in enumerate(steps):
        if time:
            before, count = steps[time - 1], running[time]
            multiply(before if count == running[time - 1] else before[:, :count], ways, out=step)
            step *= likely[time]
        if time % stride == 0:
            scales[time][:] = step.sum(2, keepdims=True)
            step /= scales[time]


def _by_step(rows: Any, running: list[int]) -> list[Any]:
    """[2N, ...] -> [2, n, ...] for each step; cutting one by one costs time, so not where all are alike."""
    if running[0] == running[-1]:
        return list(rows.reshape(len(running), 2, running[0], -1))
    stops = list(itertools.accumulate(running))
    return [rows[2 * (stop - n) : 2 * stop].reshape(2, n, -1) for stop, n in zip(stops, running, strict=True)]


def _sweep_probabilities(kept: Sequence[Tensor], layout: _Layout, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Marginals of the tags [N, K], and expected transitions [K, K], each sentence weighted.

    Forward sums and those from the other side both hold the token's own emission; their product over it is the
    marginal, up to a factor that makes the tags of each token sum to 1.
    """
    sums, likely, totals, moves = kept
    forward, back = sums.index_select(0, layout.forward), sums.index_select(0, layout.back)  # [N, K]
    marginals = forward * back
    marginals /= likely
    factor = weight[:, None] / marginals.sum(1, keepdim=True)  # [N, 1]
    marginals *= factor
    factor /= totals[layout.forward]
    back *= factor.index_fill_(0, layout.first, 0.0)
    return marginals, moves * (forward[:-1].T @ back[1:])


def _in_logarithms(scores: _Scores, layout: _Layout) -> tuple[Tensor, tuple[Tensor, ...]]:
    """As `_in_probabilities`, for scores of any size, and many times slower."""
    emissions, transitions, start, end = scores
    both = emissions.index_select(0, layout.token)  # [2N, K]
    ways = torch.stack([transitions, transitions.T])[:, None]  # [2, 1, K, K]
    sums = torch.empty_like(both)
    arriving = torch.stack([start, end])[:, None]  # [2, n, K]
    steps, its_emissions = (_by_step(part, layout.running) for part in (sums, both))
    for time, step in enumerate(steps):
        if time:
            arriving = torch.logsumexp(steps[time - 1][:, : step.shape[1], :, None] + ways, dim=2)
        torch.add(arriving, its_emissions[time], out=step)
    log_partition = torch.logsumexp(sums[layout.forward[layout.last]] + end, dim=1)
    return log_partition, (sums, emissions, transitions, log_partition)


def _sweep_logarithms(kept: Sequence[Tensor], layout: _Layout, weight: Tensor) -> tuple[Tensor, Tensor]:
    sums, emissions, transitions, log_partition = kept
    forward = sums[layout.forward]
    back = sums[layout.back] - log_partition[layout.sentence, None]  # [N, K]
    marginals = torch.exp(forward + back - emissions) * weight[:, None]
    between = torch.zeros_like(transitions)
    for rows in layout.later.split(len(log_partition)):  # [n]: not all [N, K, K] at once
        pairs = torch.exp(forward[rows - 1, :, None] + transitions + back[rows, None])
        between += torch.einsum("nij,n->ij", pairs, weight[rows])
    return marginals, between
