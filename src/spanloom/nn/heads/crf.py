"""A linear-chain conditional random field whose likelihood is exact, with its gradient in closed form. Torch.

B batch, T tokens, K tags. Lafferty et al. 2001; the forward-backward recursions as in Rabiner 1989, with scaling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

ROOM = {torch.float32: 40.0, torch.float64: 345.0}
"""Natural logarithm of how far below 1 the product of two numbers of a type stays normal, with a little to spare."""


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


class _NegativeLogLikelihood(torch.autograd.Function):
    """Works with probabilities, not with their logarithms: one matrix product a step in place of K*K exponentials.

    The recursions forward and back are one loop: reading the reversed sentence is a second sentence. Every few steps
    they are scaled to sum to 1, and the logarithms of the scales add up to the partition. What could go wrong is that a
    tag falls below the smallest number and is missed when it matters again later: a bound on how far any tag can fall
    decides between float32, float64 and, for scores in the hundreds, logarithms.
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
        longest, shortest = int(lengths.max()), int(lengths.min())
        # The longest first, where lengths differ: then those that still run are always the first few.
        order = None if longest == shortest else torch.argsort(lengths, descending=True, stable=True)
        ordered = lengths if order is None else lengths[order]
        inside = torch.arange(longest, device=tags.device)[:, None] < ordered  # [T, B]
        gold = _time_first(tags, order, longest).masked_fill(~inside, 0)  # [T, B]
        scores = _Scores(_time_first(emissions, order, longest), transitions, start, end)
        room, a_step = _room_needed(scores, inside, steps)
        kind = next((kind for kind in (emissions.dtype, torch.float64) if room + a_step <= ROOM.get(kind, 0.0)), None)
        if kind is None:
            log_partition, kept = _in_logarithms(scores.to(torch.float64), inside)
        else:
            stride = int((ROOM[kind] - room) / a_step)
            log_partition, kept = _in_probabilities(scores.to(kind), inside, stride)
        path = _path_score(scores, gold, ordered, inside)
        context.save_for_backward(order, ordered, gold, inside, *kept)
        context.shape, context.kind = emissions.shape, kind
        return _given_order(log_partition - path, order).to(emissions.dtype)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        order, ordered, gold, inside, *kept = context.saved_tensors
        weight = (gradient if order is None else gradient[order]).to(kept[0].dtype)  # [B]
        sweep = _sweep_logarithms if context.kind is None else _sweep_probabilities
        marginals, between = sweep(kept, ordered, inside, weight)  # [T, B, K] and [K, K], both weighted
        seen = -(inside * weight)  # [T, B]
        marginals.scatter_add_(2, gold[:, :, None], seen[:, :, None])
        between.view(-1).index_add_(0, (gold[:-1] * len(between) + gold[1:]).flatten(), seen[1:].flatten())
        last = marginals[ordered - 1, torch.arange(len(ordered), device=ordered.device)]  # [B, K]
        emissions = _given_order(marginals.transpose(0, 1), order)
        if emissions.shape != context.shape:
            emissions = functional.pad(emissions, (0, 0, 0, context.shape[1] - emissions.shape[1]))
        found = (emissions, between, marginals[0].sum(0), last.sum(0))
        return *(part.to(gradient.dtype) for part in found), None, None, None


def _time_first(batch: Tensor, order: Tensor | None, longest: int) -> Tensor:
    """[B, T, ...] -> [longest, B, ...], the sentences in order."""
    batch = batch[:, :longest] if order is None else batch[order, :longest]
    return batch.transpose(0, 1).contiguous()


def _given_order(batch: Tensor, order: Tensor | None) -> Tensor:
    """[B, ...] in order -> as the sentences were given."""
    if order is None:
        return batch
    given = torch.empty_like(batch)
    given[order] = batch
    return given


def _room_needed(scores: _Scores, inside: Tensor, steps: int | None) -> tuple[float, float]:
    """How far below the likeliest tag any tag can fall, as a natural logarithm, and how far all can in one step.

    In `steps` steps the likeliest tag of an earlier token reaches every tag, each time by the worst transition and
    the worst emission at most. Where that is one step, the best emission is always in reach, and only transitions
    make all of them less; they can also grow K times. Infinite where nothing bounds it.
    """
    if steps is None:
        return math.inf, math.inf
    spread = float((scores.emissions.amax(2) - scores.emissions.amin(2)).masked_fill(~inside, 0.0).amax())
    moving, starting, ending = map(_spread, scores[1:])
    tags = math.log(len(scores.start))
    room = steps * (spread + moving + tags) + starting + ending
    return room, max(moving if steps == 1 else spread + moving, tags, 1.0)


def _spread(scores: Tensor) -> float:
    """From the lowest to the highest of what is allowed."""
    return float(scores.max() - scores.nan_to_num(neginf=math.inf).min())


def _path_score(scores: _Scores, gold: Tensor, ordered: Tensor, inside: Tensor) -> Tensor:
    """Scores [B] of the gold tags [T, B], in float64, as two large numbers will be subtracted."""
    emissions, transitions, start, end = scores
    chosen = emissions.gather(2, gold[:, :, None]).squeeze(2).double().masked_fill(~inside, 0.0)  # [T, B]
    moved = transitions[gold[:-1], gold[1:]].double().masked_fill(~inside[1:], 0.0)  # [T - 1, B]
    last = gold[ordered - 1, torch.arange(len(ordered), device=gold.device)]  # [B]
    return chosen.sum(0) + moved.sum(0) + start[gold[0]].double() + end[last].double()


def _shifted(scores: Tensor) -> tuple[Tensor, float]:
    """Exponentials of scores of which the largest becomes 1, and the logarithm of what was divided out."""
    highest = float(scores.max())
    return torch.exp(scores - highest), highest


def _in_probabilities(scores: _Scores, inside: Tensor, stride: int) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The logarithm of the partition [B], float64, and what the gradient needs. Scaled every `stride` steps."""
    lengths, running = inside.sum(0), inside.sum(1).tolist()
    ragged = running[0] != running[-1]
    emissions = scores.emissions.masked_fill(~inside[:, :, None], 0.0) if ragged else scores.emissions
    highest = emissions.amax(2, keepdim=True)  # [T, B, 1]
    likely = torch.exp(emissions - highest)  # [T, B, K]
    (moves, moved), (begins, began), (ends, ended) = map(_shifted, scores[1:])
    both = torch.stack([likely, _mirrored(likely, lengths, ragged)], dim=1)  # [T, 2, B, K]
    ways = torch.stack([moves, moves.T])  # [2, K, K]
    sums = torch.zeros_like(both) if ragged else torch.empty_like(both)
    totals = both.new_ones(*both.shape[:3], 1)  # [T, 2, B, 1]
    steps, its_likely, its_totals = (_by_time(part, running) for part in (sums, both, totals))
    torch.mul(its_likely[0], torch.stack([begins, ends])[:, None], out=steps[0])
    for time, step in enumerate(steps):
        if time:
            before, count = steps[time - 1], running[time]
            torch.bmm(before if count == running[time - 1] else before[:, :count], ways, out=step)
            step *= its_likely[time]
        if time % stride == 0:
            step /= torch.sum(step, 2, keepdim=True, out=its_totals[time])
    last = sums[lengths - 1, 0, torch.arange(len(lengths), device=lengths.device)]  # [B, K]
    logarithm = (totals[:, 0].double().log() + highest.double()).squeeze(2).masked_fill(~inside, 0.0)
    log_partition = logarithm.sum(0) + (last @ ends).double().log() + (lengths - 1).double() * moved + began + ended
    return log_partition, (sums, likely, totals, moves)


def _mirrored(batch: Tensor, lengths: Tensor, ragged: bool) -> Tensor:
    """[T, B, K] with each sentence reversed in its place; padding stays where it is."""
    if not ragged:
        return batch.flip(0)
    time = torch.arange(len(batch), device=batch.device)[:, None]
    mirror = torch.where(time < lengths, lengths - 1 - time, time)  # [T, B]
    return batch.gather(0, mirror[:, :, None].expand_as(batch))


def _by_time(batch: Tensor, running: list[int]) -> list[Tensor]:
    """[T, 2, B, ...] -> for each token those sentences that still run; slices cost time, so none where all do."""
    steps = batch.unbind()
    return [step if count == running[0] else step[:, :count] for step, count in zip(steps, running, strict=True)]


def _sweep_probabilities(
    kept: Sequence[Tensor], lengths: Tensor, inside: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """Marginals of the tags [T, B, K], and expected transitions [K, K], each sentence weighted.

    Forward sums and those from the other side both hold the token's own emission; their product over it is the
    marginal, up to a factor that makes the tags of each token sum to 1.
    """
    sums, likely, totals, moves = kept
    forward = sums[:, 0]
    back = _mirrored(sums[:, 1], lengths, not bool(inside[-1].all()))
    marginals = forward * back
    marginals /= likely
    factor = weight[:, None] / marginals.sum(2, keepdim=True).masked_fill_(~inside[:, :, None], 1.0)  # [T, B, 1]
    arriving = back[1:] * (factor[1:] / totals[1:, 0])
    tags = forward.shape[2]
    between = forward[:-1].reshape(-1, tags).T @ arriving.reshape(-1, tags)
    return marginals.mul_(factor), moves * between


def _in_logarithms(scores: _Scores, inside: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """As `_in_probabilities`, for scores of any size, and many times slower."""
    emissions, transitions, start, end = scores
    lengths, running = inside.sum(0), inside.sum(1).tolist()
    forward = torch.zeros_like(emissions)
    forward[0] = start + emissions[0]
    for time, count in enumerate(running[1:], 1):
        arriving = torch.logsumexp(forward[time - 1, :count, :, None] + transitions, dim=1)
        forward[time, :count] = arriving + emissions[time, :count]
    last = forward[lengths - 1, torch.arange(len(lengths), device=lengths.device)]  # [B, K]
    log_partition = torch.logsumexp(last + end, dim=1)
    return log_partition, (forward, emissions, transitions, end, log_partition)


def _sweep_logarithms(kept: Sequence[Tensor], lengths: Tensor, inside: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    forward, emissions, transitions, end, log_partition = kept
    running = inside.sum(1).tolist()
    marginals, between = torch.zeros_like(forward), torch.zeros_like(transitions)
    backward = end.expand(len(lengths), -1).clone()  # [B, K]
    for time in range(len(running) - 1, -1, -1):
        count = running[time]
        partition = log_partition[:count, None]
        marginals[time, :count] = torch.exp(forward[time, :count] + backward[:count] - partition)
        if time:
            arriving = emissions[time, :count] + backward[:count]  # [n, K]
            moving = transitions + arriving[:, None, :]  # [n, K, K]
            pairs = torch.exp(forward[time - 1, :count, :, None] + moving - partition[:, :, None])
            between += torch.einsum("bij,b->ij", pairs, weight[:count])
            backward[:count] = torch.logsumexp(moving, dim=2)
    return marginals * weight[:, None], between
