from __future__ import annotations

import torch

from spanloom.nn.encoders.embedding import WordEmbedding

NUMBERS = torch.tensor([[2, 3, 0], [4, 1, 2]])


def test_numbers_become_their_vectors_and_padding_zeros() -> None:
    torch.manual_seed(0)
    table = WordEmbedding(5, 3, dropout=0.5).eval()
    assert torch.equal(table(NUMBERS), table.table.weight[NUMBERS])
    assert not table(NUMBERS)[0, 2].any()
    assert table.table.weight.abs().max() <= 1.0


def test_given_vectors_replace_the_random_ones() -> None:
    table = WordEmbedding(5, 3, dropout=0.0)
    vectors = torch.arange(15.0).reshape(5, 3)
    table.load(vectors)
    assert torch.equal(table(NUMBERS), vectors[NUMBERS])
    table(NUMBERS).sum().backward()
    assert table.table.weight.grad is not None


def test_whole_words_are_dropped_and_the_rest_is_not_scaled() -> None:
    torch.manual_seed(0)
    table = WordEmbedding(5, 3, dropout=0.4)
    numbers = torch.randint(1, 5, (40, 50))
    found, whole = table(numbers), table.table.weight[numbers]
    dropped = ~found.any(dim=-1)
    assert 0.35 < dropped.float().mean() < 0.45
    assert torch.equal(found[~dropped], whole[~dropped])
