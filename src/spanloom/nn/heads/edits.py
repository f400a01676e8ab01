"""Scores of edits that make an utterance self-contained, and their losses.

B batch, T tokens (turns of context, then the utterance, each with its end mark), D width, K insertions at most, R rank,
M places where an inserted text stands in the context.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from spanloom.nn.loss import EXCLUDED

REACH = 32
"""Distances beyond so many tokens are all alike."""


class EditTable(nn.Module):
    """x [B, T, D], lengths [B] -> the logits that `decode.edits.EditScores` describes, for all pairs of tokens.

    none [B, K]; starts, ends [B, K, T, T], from where something is inserted to what; spans [B, T, T], from the first
    token of what is inserted to the last; deleted [B, T]; instead [B, T, T], from where something is inserted to a
    token that it replaces. Pairs that make no sense have scores too: losses and decoding leave them out.
    """

    def __init__(self, width: int, rank: int, insertions: int, dropout: float) -> None:
        super().__init__()
        self.insertions = insertions
        self.of_utterance = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout))
        self.of_context = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout))
        self.starts = Bilinear(width, rank, insertions)
        self.ends = Bilinear(width, rank, insertions)
        self.spans = Bilinear(width, rank, 1)
        self.instead = Bilinear(width, rank, 1)
        self.none = nn.Linear(width, insertions)
        self.deleted = nn.Linear(width, 1)
        self.size = nn.Embedding(2 * REACH + 1, 1)
        self.away = nn.Embedding(2 * REACH + 1, 1)
        for table in (self.size, self.away):
            nn.init.zeros_(table.weight)

    def forward(self, x: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        u, v = self.of_utterance(x), self.of_context(x)  # [B, T, D]
        last = (lengths - 1)[:, None, None].expand(-1, 1, x.shape[2])
        position = torch.arange(x.shape[1], device=x.device)
        steps = (position[None, :] - position[:, None]).clamp(-REACH, REACH) + REACH  # [T, T]
        return {
            "none": self.none(u.gather(1, last).squeeze(1)),
            "starts": self.starts(u, v),
            "ends": self.ends(u, v),
            "spans": self.spans(v, v).squeeze(1) + self.size(steps).squeeze(-1),
            "deleted": self.deleted(u).squeeze(-1),
            "instead": self.instead(u, u).squeeze(1) + self.away(steps).squeeze(-1),
        }


class Bilinear(nn.Module):
    """first, second [B, T, D] -> K scores of each pair [B, K, T, T], each of its own rank-R product and biases."""

    def __init__(self, width: int, rank: int, scores: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, scores * rank)
        self.key = nn.Linear(width, scores * rank)
        self.bias = nn.Linear(width, scores)
        self.first_bias = nn.Linear(width, scores, bias=False)
        self.rank = rank

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        batch, length, _ = first.shape
        q = self.query(first).reshape(batch, length, -1, self.rank).transpose(1, 2)  # [B, K, T, R]
        p = self.key(second).reshape(batch, length, -1, self.rank).permute(0, 2, 3, 1)  # [B, K, R, T]
        scores = q @ p * self.rank**-0.5  # [B, K, T, T]
        biases = self.first_bias(first).transpose(1, 2)[:, :, :, None] + self.bias(second).transpose(1, 2)[:, :, None]
        total: Tensor = scores + biases  # [B, K, T, T]
        return total


def edit_losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Negative log likelihoods, summed over dialogues: of the insertions, and of the deletions given the insertions.

    targets: turns [B, T], 0 at padding and 1 in the utterance; marks [B, T], 1 at the end of a turn; insertions [B, M,
    4], number, place, first and last token of each, -1 beyond their end: a text that stands in several places may be
    taken from any of them, so their probabilities add up; chosen [B, K], the places of the insertions or -1; deleted
    [B, T].
    """
    return {
        "insertions": -insertion_log_p(outputs, targets).sum(),
        "deletions": _deletions(outputs, targets),
    }


def insertion_log_p(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """The log probability of what is gold for each insertion: one of its places, or that there is none. [B, K]"""
    turns, words = targets["turns"], targets["marks"] == 0  # [B, T]
    context = (turns > 1) & words
    cells = (turns == 1)[:, :, None] & context[:, None, :]  # [B, T, T]
    starts = outputs["starts"].float().masked_fill(~cells[:, None], EXCLUDED)
    together = torch.cat([outputs["none"].float()[..., None], starts.flatten(2)], dim=-1).log_softmax(-1)
    batch, count, length = starts.shape[:3]
    number, place, first, last = targets["insertions"].unbind(-1)  # [B, M]
    known = number >= 0
    number, place, first, last = (part.clamp(min=0) for part in (number, place, first, last))
    row = torch.arange(batch, device=starts.device)[:, None]
    start_log_p = together[row, number, 1 + place * length + first]  # [B, M]
    position = torch.arange(length, device=starts.device)
    allowed = context[:, None, :] & (turns[:, None, :] == turns.gather(1, first)[..., None])  # [B, M, T]
    allowed = allowed & (position >= first[..., None])
    ends = outputs["ends"].float()[row, number, place] + outputs["spans"].float()[row, first]
    end_log_p = ends.masked_fill(~allowed, EXCLUDED).log_softmax(-1).gather(2, last[..., None]).squeeze(-1)
    mine = known[:, None, :] & (number[:, None, :] == torch.arange(count, device=starts.device)[:, None])  # [B, K, M]
    anywhere = (start_log_p + end_log_p)[:, None, :].masked_fill(~mine, EXCLUDED).logsumexp(-1)  # [B, K]
    return torch.where(mine.any(-1), anywhere, together[:, :, 0])


def _deletions(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    chosen = targets["chosen"]  # [B, K]
    row = torch.arange(len(chosen), device=chosen.device)[:, None]
    instead = outputs["instead"].float()[row, chosen.clamp(min=0)] * (chosen >= 0)[..., None]  # [B, K, T]
    logits = outputs["deleted"].float() + instead.sum(1)  # [B, T]
    each = functional.binary_cross_entropy_with_logits(logits, targets["deleted"].float(), reduction="none")
    return (each * ((targets["turns"] == 1) & (targets["marks"] == 0))).sum()
