from __future__ import annotations

import pytest
import torch
from torch import Tensor

from spanloom.nn.layers.char_cnn import CharCNN, distinct_rows

CHARACTERS = torch.tensor([[[3, 1, 4, 1], [5, 0, 0, 0]], [[2, 6, 0, 0], [0, 0, 0, 0]]])  # [B, T, C]


@pytest.fixture
def model() -> CharCNN:
    torch.manual_seed(0)
    return CharCNN(size=7, width=3, filters=5).eval()


def by_hand(model: CharCNN, characters: list[int]) -> Tensor:
    """One word: each filter's best place, at least 0, places outside the word reading zeros."""
    vectors = [torch.zeros(3), *(model.table.weight[number] for number in characters), torch.zeros(3)]
    places = []
    for at in range(len(characters)):
        window = torch.stack(vectors[at : at + 3], dim=1)  # [width, 3]
        places.append((model.convolution.weight * window).sum(dim=(1, 2)) + model.convolution.bias)
    return torch.stack(places).amax(dim=0).clamp(min=0.0)


def test_each_word_is_the_maximum_over_its_own_characters(model: CharCNN) -> None:
    found = model(CHARACTERS)
    assert found.shape == (2, 2, 5)
    for row, word, characters in ((0, 0, [3, 1, 4, 1]), (0, 1, [5]), (1, 0, [2, 6])):
        torch.testing.assert_close(found[row, word], by_hand(model, characters))


def test_padding_changes_nothing(model: CharCNN) -> None:
    wide = torch.nn.functional.pad(CHARACTERS, (0, 5, 0, 3))
    torch.testing.assert_close(model(wide)[:, :2], model(CHARACTERS))
    torch.testing.assert_close(model(CHARACTERS[:1, 1:, :1]), model(CHARACTERS)[:1, 1:])


def test_a_word_of_padding_gives_zeros(model: CharCNN) -> None:
    assert not model(CHARACTERS)[1, 1].any()


def test_padding_is_never_learnt(model: CharCNN) -> None:
    model.train()(CHARACTERS).sum().backward()
    assert model.table.weight.grad is not None
    assert not model.table.weight.grad[0].any()
    assert model.table.weight.grad[3].any()


def test_gradients_are_those_of_a_convolution(model: CharCNN) -> None:
    """The same numbers from PyTorch's own embedding and convolution of every word, repeated ones too."""
    characters = CHARACTERS.repeat(1, 3, 1)[:, :5]
    found = model(characters)
    weights = [model.table.weight, model.convolution.weight, model.convolution.bias]
    mine = torch.autograd.grad(found.square().sum(), weights)
    flat = characters.reshape(-1, 4)
    vectors = torch.nn.functional.pad(model.table(flat).transpose(1, 2), (1, 1))
    outside = (flat == 0)[:, None, :]
    wanted = torch.relu(model.convolution(vectors).masked_fill(outside, -1e4).amax(dim=2)).reshape(2, 5, 5)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(mine, torch.autograd.grad(wanted.square().sum(), weights))


def test_rows_are_the_same_or_not() -> None:
    rows = torch.randint(0, 3, (400, 4), generator=torch.Generator().manual_seed(0))
    first, place = distinct_rows(rows)
    assert torch.equal(rows[first][place], rows)
    assert len(first) == len(torch.unique(rows, dim=0))
    assert torch.equal(place[first], torch.arange(len(first)))
