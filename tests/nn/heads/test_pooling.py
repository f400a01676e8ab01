"""One vector of many: every kind against a loop over sentences that knows no padding."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from spanloom.nn.heads.pooling import Pooling, PoolingKind, mean_where
from spanloom.nn.layers.rnn import RecurrentLayers

KINDS: tuple[PoolingKind, ...] = ("first", "last", "max", "mean", "attention")
LENGTHS = [4, 1, 7]
BACKWARD = 2


def sentences() -> list[Tensor]:
    """[T, D] each, D = 5."""
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(length, 5, generator=draw) for length in LENGTHS]


def padded(rows: list[Tensor], width: int, fill: float) -> Tensor:
    x = torch.full((len(rows), width, 5), fill)
    for place, row in zip(x, rows, strict=True):
        place[: len(row)] = row
    return x


def by_loop(pooling: Pooling, row: Tensor) -> list[float]:
    words = row.tolist()
    if pooling.kind == "first":
        return words[0]
    if pooling.kind == "last":
        return [*words[-1][:-BACKWARD], *words[0][-BACKWARD:]]
    columns = list(zip(*words, strict=True))
    if pooling.kind == "max":
        return [max(column) for column in columns]
    weights = [1 / len(words)] * len(words)
    if pooling.attention is not None:
        inner, _, outer = pooling.attention
        powers = [torch.exp(outer.weight @ torch.tanh(inner.weight @ word + inner.bias)).item() for word in row]
        weights = [power / sum(powers) for power in powers]
    return [sum(weight * value for weight, value in zip(weights, column, strict=True)) for column in columns]


def fixed(kind: PoolingKind) -> Pooling:
    torch.manual_seed(1)
    return Pooling(kind, 5, BACKWARD)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_a_loop_over_the_words_computes(kind: PoolingKind) -> None:
    pooling = fixed(kind)
    found = pooling(padded(sentences(), 7, 0.0), torch.tensor(LENGTHS))
    expected = torch.tensor([by_loop(pooling, row) for row in sentences()])
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fill", [1e9, -1e9])
def test_padding_changes_neither_the_vector_nor_the_gradient(kind: PoolingKind, fill: float) -> None:
    pooling = fixed(kind)
    found, gradients = [], []
    for width, number in ((7, 0.0), (12, fill)):
        x = padded(sentences(), width, number).requires_grad_()
        vectors = pooling(x, torch.tensor(LENGTHS))
        vectors.square().sum().backward()
        found.append(vectors)
        gradients.append(x.grad)
    torch.testing.assert_close(found[1], found[0], rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(gradients[1][:, :7], gradients[0], rtol=1e-5, atol=1e-6)
    for place, length in zip(gradients[1], LENGTHS, strict=True):
        assert not place[length:].any()


def test_the_mean_of_what_is_chosen() -> None:
    x = padded(sentences(), 7, 1e9).requires_grad_()
    chosen = torch.zeros(len(LENGTHS), 7, dtype=torch.bool)
    chosen[:, 0] = chosen[2, 3] = True
    found = mean_where(x, chosen)
    torch.testing.assert_close(found[0], x[0, 0])
    torch.testing.assert_close(found[2], (x[2, 0] + x[2, 3]) / 2)
    found.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad.any(dim=2), chosen)


def test_the_last_state_is_that_of_each_direction() -> None:
    """Of a bidirectional LSTM that is what PyTorch's own returns as the final hidden state."""
    torch.manual_seed(2)
    layers = RecurrentLayers(5, 3, 1, 0.0)
    x = sentences()[2][None]
    found = Pooling("last", layers.width, 3)(layers(x, torch.tensor([7])), torch.tensor([7]))
    ahead = layers.forward_layers[0](x)[1][0][0, 0]
    back = layers.backward_layers[0](x.flip(1))[1][0][0, 0]
    torch.testing.assert_close(found[0], torch.cat([ahead, back]))
