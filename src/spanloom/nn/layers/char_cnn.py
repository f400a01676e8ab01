"""Words from their characters: a one-dimensional convolution and a maximum.

N words, of a whole batch of B sentences of T words, U of them different; C characters a word, F filters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, pad


class CharCNN(nn.Module):
    """characters [B, T, C] (0 pads) -> [B, T, F], at least 0. A word without characters gives zeros.

    There are far fewer characters than places in words, so that the products of every character's vector with every
    tap of the convolution are computed once, and added up place by place.
    """

    def __init__(self, size: int, width: int, filters: int, window: int = 3) -> None:
        super().__init__()
        self.table = nn.Embedding(size, width, padding_idx=0)
        self.convolution = nn.Conv1d(width, filters, window)

    def forward(self, characters: Tensor) -> Tensor:
        batch, words, length = characters.shape
        flat = characters.reshape(batch * words, length)  # [N, C]
        if torch.compiler.is_exporting():  # a sentence alone, as bundles read it, repeats few words
            return self._spell(flat).reshape(batch, words, -1)
        first, place = distinct_rows(flat)
        return embedding(place, self._spell(flat[first])).reshape(batch, words, -1)

    def _spell(self, flat: Tensor) -> Tensor:
        """[U, C] -> [U, F]."""
        length, window, bias = flat.shape[1], self.convolution.kernel_size[0], self.convolution.bias
        assert bias is not None
        taps = torch.einsum("vd,fdk->kvf", self.table.weight, self.convolution.weight)
        near = pad(flat, (window // 2, window // 2))
        parts = [embedding(near[:, tap : tap + length], taps[tap], padding_idx=0) for tap in range(window)]
        found = torch.stack(parts).sum(dim=0) + bias  # [U, C, F]
        found = found.masked_fill((flat == 0)[:, :, None], -1e4)  # padding never wins the maximum
        return torch.relu(found.amax(dim=1))


def distinct_rows(rows: Tensor) -> tuple[Tensor, Tensor]:
    """rows [N, C] -> the number of one row of each kind [U], and which of these each row is [N].

    Rows are told apart by a random number of 64 bits for each kind, which is many times faster than comparing them.
    """
    source = torch.Generator().manual_seed(0)
    factors = torch.randint(-(2**62), 2**62, (rows.shape[1],), generator=source).to(rows.device)
    keys = (rows * (2 * factors + 1)).sum(dim=1)  # odd factors: no bit of a row is lost; sums wrap around
    kinds, place = torch.unique(keys, return_inverse=True)
    first = torch.empty_like(kinds).scatter_(0, place, torch.arange(len(rows), device=rows.device))
    return first, place
