"""A language model as far as it reads: vectors of units, and recurrent layers over them.

B batch, U units, V units in the vocabulary, D width of their vectors, H hidden width, S numbers of a state.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from spanloom.nn.layers.recurrence import Recurrence
from spanloom.text.units import BEGIN


class UnitEncoder(nn.Module):
    """tokens [B, U], lengths [B], state [B, S] -> what was read up to each unit [B, U, H], and the state behind [B, S].

    embedding: D, or 0 for one-hot vectors of the units. Other sizes as in `Recurrence`.
    """

    def __init__(
        self,
        units: int,
        embedding: int,
        hidden: int,
        layers: int,
        dropout: float,
        cell: Literal["lstm", "gru", "rnn"] = "lstm",
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(units, embedding) if embedding else None
        self.recurrence = Recurrence(embedding or units, hidden, layers, dropout, cell)
        with torch.no_grad():  # nothing read is nothing felt, until training says otherwise
            if self.embedding is None:
                self.recurrence.layers[0].weight_ih_l0[:, BEGIN] = 0.0  # type: ignore[operator]
            else:
                nn.init.normal_(self.embedding.weight, std=0.1)
                self.embedding.weight[BEGIN] = 0.0

    def forward(self, tokens: Tensor, lengths: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        x = tokens if self.embedding is None else self.embedding(tokens)  # [B, U, D]
        read: tuple[Tensor, Tensor] = self.recurrence(x, lengths, state)
        return read
