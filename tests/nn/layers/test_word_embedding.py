from __future__ import annotations

import torch

from spanloom.nn.layers.embedding import HashedEmbedding, WordEmbedding

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


def test_frozen_words_are_looked_up_like_any_and_never_trained() -> None:
    vectors = torch.cat([torch.zeros(1, 3), torch.rand(6, 3)])
    numbers = torch.tensor([[0, 1, 2, 3], [4, 5, 6, 0]])
    plain, split = WordEmbedding(7, 3, dropout=0.0), WordEmbedding(7, 3, dropout=0.0, frozen=3)  # 2, 3 and 4
    for table in (plain, split):
        table.load(vectors)
        assert torch.equal(table(numbers), vectors[numbers])
        (table(numbers) * torch.arange(24.0).reshape(2, 4, 3)).sum().backward()
    assert [name for name, _ in split.named_parameters()] == ["table.weight"]
    assert plain.table.weight.grad is not None
    assert split.table.weight.grad is not None
    assert torch.equal(split.table.weight.grad, plain.table.weight.grad[[0, 1, 5, 6]])
    assert torch.equal(split.state_dict()["frozen"], vectors[2:5])


def test_hashed_rows_are_added_up_for_each_attribute() -> None:
    torch.manual_seed(0)
    table = HashedEmbedding(9, 3, attributes=2)
    rows = torch.tensor([[[0, 1, 8, 8], [2, 3, 4, 5]]])
    weight = table.table.weight
    wanted = torch.stack(
        [
            torch.cat([weight[0] + weight[1], weight[8] + weight[8]]),
            torch.cat([weight[2] + weight[3], weight[4] + weight[5]]),
        ]
    )
    torch.testing.assert_close(table(rows), wanted[None])
    assert table.width == 6
