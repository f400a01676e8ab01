"""The biaffine table against an explicit loop over labels and pairs of words."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spanloom.nn.heads.biaffine import Biaffine

BATCH, WORDS, WIDTH, LABELS = 2, 5, 4, 3


def words() -> Tensor:
    return torch.randn(BATCH, WORDS, WIDTH, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_it_is_its_formula_for_every_label_and_pair() -> None:
    table = Biaffine(WIDTH, hidden=6, labels=LABELS, reach=2, dropout=0.5)
    torch.manual_seed(0)
    for parameter in table.parameters():  # zeros would hide a mistake
        nn.init.normal_(parameter)
    table = table.double().eval()
    x = words()
    found = table(x)
    assert found.shape == (BATCH, WORDS, WORDS, LABELS)
    one = torch.ones(1, dtype=torch.float64)
    for b in range(BATCH):
        for i in range(WORDS):
            for j in range(WORDS):
                u, v = torch.cat([table.first(x[b, i]), one]), torch.cat([table.last(x[b, j]), one])
                for label in range(LABELS):
                    wanted = u @ table.weight[label] @ v + table.length.weight[max(0, min(2, j - i)), label]
                    torch.testing.assert_close(found[b, i, j, label], wanted)


def test_it_begins_with_the_prior_alone() -> None:
    torch.manual_seed(0)
    table = Biaffine(WIDTH, hidden=6, labels=LABELS, reach=2, dropout=0.0, prior=-3.0).double()
    torch.testing.assert_close(table(words()), torch.full((BATCH, WORDS, WORDS, LABELS), -3.0, dtype=torch.float64))
