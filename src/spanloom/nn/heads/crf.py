"""A linear-chain conditional random field whose likelihood is exact, with its gradient in closed form. Torch.

B batch, T tokens, K tags. Lafferty et al. 2001; the forward-backward recursions as in Rabiner 1989, with scaling.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.nn.heads.forward_backward import (
    ChainScores,
    Packing,
    in_logarithms,
    in_probabilities,
    packing_of,
    sweep_logarithms,
    sweep_probabilities,
)

ROOM = {torch.float32: 40.0, torch.float64: 345.0}
"""Natural logarithm of how far below 1 the product of two numbers of a type stays normal, with a little to spare."""


Chain = tuple[Tensor, Tensor, Tensor]
"""Transitions [K, K], start [K] and end [K]."""


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
        transitions, start and end is exact; there is none of second order. Raises ValueError where a
        length is not 1 to T.
        """
        parts = emissions, *self.scores(), tags, lengths, self.steps
        found: Tensor = _NegativeLogLikelihood.apply(*parts)  # type: ignore[no-untyped-call]
        return found

    def scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """Transitions [K, K], start [K] and end [K], minus infinity where not allowed: what decoding needs."""
        if self.free:  # copies: what is answered without a gradient must not ask for one, as a parameter does
            transitions, start, end = (scores.clone() for scores in (self.transitions, self.start, self.end))
            return transitions, start, end
        masked = (
            (self.transitions, self.get_buffer("allowed")),
            (self.start, self.get_buffer("starts")),
            (self.end, self.get_buffer("ends")),
        )
        transitions, start, end = (scores.masked_fill(~mask, -math.inf) for scores, mask in masked)
        return transitions, start, end


def nll(emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """As `LinearChainCRF.nll`, from the scores of the chain: transitions [K, K], start [K] and end [K].

    Minus infinity forbids, as in what `LinearChainCRF.scores` gives.
    """
    parts = emissions, transitions, start, end, tags, lengths, _steps_between_any_two(transitions > -math.inf)
    found: Tensor = _NegativeLogLikelihood.apply(*parts)  # type: ignore[no-untyped-call]
    return found


def open_nll(emissions: Tensor, chain: Chain, tags: Tensor, open_: Tensor, lengths: Tensor) -> Tensor:
    """Negative logarithm [B] of the sum of the probabilities of all tag sequences inside open_ [B, T, K], bool.

    For gold that leaves tags open (Tsuboi et al. 2008, "Training conditional random fields using incomplete
    annotations"). tags [B, T] are any one of those sequences; the rest is as in `nll`. A sentence in which everything
    is open has no part in it: 0, and so is its gradient.
    """
    inside = torch.arange(emissions.shape[1], device=emissions.device) < lengths[:, None]  # [B, T]
    settled = ((open_.sum(-1) == 1) | ~inside).all(1)  # [B]
    idle = (open_.all(-1) | ~inside).all(1)
    found = emissions.new_zeros(len(emissions))
    for rows, is_open in (((~idle).nonzero()[:, 0], False), ((~idle & ~settled).nonzero()[:, 0], True)):
        if len(rows):
            scores = emissions.index_select(0, rows)
            if is_open:
                scores = scores.masked_fill(~open_.index_select(0, rows), -math.inf)
            # Both hold the score of the path `tags`, with opposite signs: what is left are the two sums over paths.
            part = nll(scores, *chain, tags.index_select(0, rows), lengths.index_select(0, rows))
            found = found.index_add(0, rows, -part if is_open else part)
    return found


def _steps_between_any_two(allowed: Tensor) -> int | None:
    """The least number of steps in which every tag reaches every tag, by any path; None where some never do."""
    reached = edges = allowed.float()
    for steps in range(1, len(allowed) + 1):
        if bool((reached > 0).all()):
            return steps
        reached = ((reached @ edges) > 0).float()
    return None


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
        packing = packing_of(lengths, emissions.shape[1], emissions.device)
        scores = ChainScores(_of_tokens(emissions, packing), transitions, start, end)
        gold = tags.take(packing.place)  # [N]
        pairs = gold.take(packing.later - 1) * len(start) + gold.take(
            packing.later
        )  # [N - B], in transitions flattened
        highest = scores.emissions.amax(1, keepdim=True)
        room, a_step = _room_needed(scores, highest, steps)
        kind = next((kind for kind in (emissions.dtype, torch.float64) if room + a_step <= ROOM.get(kind, 0.0)), None)
        if kind is None:
            log_partition, kept = in_logarithms(scores.to(torch.float64), packing)
        else:
            stride = int((ROOM[kind] - room) / a_step)
            log_partition, kept = in_probabilities(scores.to(kind), highest.to(kind), packing, stride)
        path = _path_score(scores, gold, pairs, packing)
        context.save_for_backward(gold, pairs, *kept)
        context.shape, context.kind, context.packing = emissions.shape, kind, packing
        return (log_partition - path).to(emissions.dtype)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gold, pairs, *kept = context.saved_tensors
        packing = context.packing
        weight = gradient.to(kept[0].dtype).take(packing.sentence)  # [N]
        sweep = sweep_logarithms if context.kind is None else sweep_probabilities
        marginals, between = sweep(kept, packing, weight)  # [N, K] and [K, K], both weighted
        marginals.scatter_add_(1, gold[:, None], -weight[:, None])
        between.view(-1).index_add_(0, pairs, -weight.take(packing.later))
        ends = (marginals.index_select(0, rows).sum(0) for rows in (packing.first, packing.last))
        found = (_in_batch(marginals, packing, context.shape), between, *ends)
        return *(part.to(gradient.dtype) for part in found), None, None, None


def _of_tokens(batch: Tensor, packing: Packing) -> Tensor:
    """[B, T, K] -> [N, K], without the padding."""
    rows = batch.reshape(-1, batch.shape[2])
    return rows if len(rows) == len(packing.place) else rows.index_select(0, packing.place)


def _in_batch(rows: Tensor, packing: Packing, shape: torch.Size) -> Tensor:
    """[N, K] -> [B, T, K], with zeros for padding."""
    if rows.numel() == shape.numel():
        return rows.view(shape)
    padded = rows.new_zeros(shape)
    padded.view(-1, shape[2]).index_copy_(0, packing.place, rows)
    return padded


def _room_needed(scores: ChainScores, highest: Tensor, steps: int | None) -> tuple[float, float]:
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


def _path_score(scores: ChainScores, gold: Tensor, pairs: Tensor, packing: Packing) -> Tensor:
    """Scores [B] of the gold tags [N], in float64, as two large numbers will be subtracted."""
    emissions, transitions, start, end = scores
    path = start.take(gold.take(packing.first)).double() + end.take(gold.take(packing.last)).double()
    path.index_add_(0, packing.sentence, emissions.gather(1, gold[:, None]).squeeze(1).double())
    return path.index_add_(0, packing.sentence.take(packing.later), transitions.take(pairs).double())
