"""Two one-way layers over reversed input, against PyTorch's own bidirectional layers over packed sequences."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from spanloom.nn.layers.rnn import CELLS, RecurrentLayers, reversal, take

LENGTHS = torch.tensor([5, 1, 7, 3])
Cell = Literal["lstm", "gru", "rnn"]


def ragged(width: int, seed: int = 0) -> Tensor:
    """x [4, 7, D] with rubbish in the padding."""
    x = torch.randn(4, 7, width, generator=torch.Generator().manual_seed(seed))
    padding = torch.arange(7)[None, :] >= LENGTHS[:, None]
    return torch.where(padding[:, :, None], torch.tensor(1e3), x)


def inside(x: Tensor) -> Tensor:
    return x[torch.arange(7)[None, :] < LENGTHS[:, None]]


def torch_twin(model: RecurrentLayers, width: int, hidden: int, layers: int, cell: str) -> nn.LSTM | nn.GRU | nn.RNN:
    """PyTorch's bidirectional stack with the same weights."""
    twin = CELLS[cell](width, hidden, layers, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for number in range(layers):
            for suffix, side in (("", model.forward_layers), ("_reverse", model.backward_layers)):
                for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                    target = getattr(twin, f"{kind}_l{number}{suffix}")
                    target.copy_(getattr(side[number], f"{kind}_l0"))
    return twin


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_same_as_torch_over_packed_sequences(cell: Cell, layers: int) -> None:
    torch.manual_seed(layers)
    model = RecurrentLayers(6, 4, layers, dropout=0.0, cell=cell)
    for parameter in model.parameters():  # zero biases would hide a mistake
        nn.init.normal_(parameter, std=0.4)
    x = ragged(6)
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    wanted, _ = pad_packed_sequence(torch_twin(model, 6, 4, layers, cell)(packed)[0], batch_first=True)
    found = model(x, LENGTHS)
    assert found.shape == (4, 7, model.width) == (4, 7, 8)
    torch.testing.assert_close(inside(found), inside(wanted), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_one_way_layers_are_torch_s_own(cell: Cell) -> None:
    torch.manual_seed(0)
    model = RecurrentLayers(6, 4, 2, dropout=0.0, cell=cell, direction="forward")
    twin = CELLS[cell](6, 4, 2, batch_first=True)
    with torch.no_grad():
        for name, weight in twin.named_parameters():
            kind, _, number = name.rpartition("_l")
            weight.copy_(getattr(model.forward_layers[int(number)], f"{kind}_l0"))
    x = ragged(6)
    found = model(x, LENGTHS)
    assert found.shape == (4, 7, model.width) == (4, 7, 4)
    torch.testing.assert_close(inside(found), inside(twin(x)[0]), rtol=1e-5, atol=1e-6)


def test_padding_and_neighbours_change_nothing() -> None:
    torch.manual_seed(0)
    model = RecurrentLayers(6, 4, 2, dropout=0.0).eval()
    x = ragged(6)
    together = model(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(x[row : row + 1, :length], torch.tensor([length]))
        torch.testing.assert_close(together[row : row + 1, :length], alone, rtol=1e-5, atol=1e-6)


def test_dropout_stands_between_layers_only_and_only_in_training() -> None:
    torch.manual_seed(0)
    x = ragged(6)
    one, two = RecurrentLayers(6, 4, 1, dropout=0.9), RecurrentLayers(6, 4, 2, dropout=0.9)
    assert torch.equal(one(x, LENGTHS), one.eval()(x, LENGTHS))
    in_training = two(x, LENGTHS)
    assert not torch.equal(in_training, two.eval()(x, LENGTHS))
    assert torch.equal(two(x, LENGTHS), two(x, LENGTHS))


def test_lstm_forget_gates_begin_open_and_recurrent_weights_orthogonal() -> None:
    torch.manual_seed(0)
    for cell, gates in (("lstm", 4), ("gru", 3), ("rnn", 1)):
        model = RecurrentLayers(6, 4, 1, dropout=0.0, cell=cell)  # type: ignore[arg-type]
        layer = model.backward_layers[0]
        for gate in torch.split(layer.weight_hh_l0.detach(), 4):  # type: ignore[operator]
            torch.testing.assert_close(gate @ gate.T, torch.eye(4), rtol=1e-5, atol=1e-5)
        bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()  # type: ignore[operator]
        assert bias.tolist() == ([0.0] * 4 + [1.0] * 4 + [0.0] * 8 if cell == "lstm" else [0.0] * 4 * gates)


def test_reversal_leaves_padding_where_it_is_and_is_its_own_inverse() -> None:
    x = torch.arange(10).reshape(2, 5, 1)
    order = reversal(torch.tensor([3, 5]), x)
    assert order.tolist() == [[2, 1, 0, 3, 4], [4, 3, 2, 1, 0]]
    assert torch.equal(take(take(x, order), order), x)
    assert take(x, torch.tensor([[0, 0], [4, 1]])).squeeze(-1).tolist() == [[0, 0], [9, 6]]
