"""The loops with their slopes written out, against PyTorch's layers with the same weights and finite differences."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from spanloom.nn.layers.recurrence import Recurrence
from spanloom.nn.layers.rnn import CELLS
from spanloom.nn.layers.scan import GruScan, LstmScan, RnnScan

Cell = Literal["lstm", "gru", "rnn"]
CELL_NAMES: list[Cell] = ["rnn", "gru", "lstm"]
BATCH, STEPS, WIDTH, HIDDEN = 3, 7, 5, 6
FULL = torch.full((BATCH,), STEPS)


def drawn(*sizes: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def pair(cell: Cell, layers: int, dtype: torch.dtype = torch.float64) -> tuple[Recurrence, nn.RNNBase]:
    """Ours and PyTorch's, with the same weights, none of them zero."""
    ours = Recurrence(WIDTH, HIDDEN, layers, 0.0, cell).to(dtype)
    theirs = CELLS[cell](WIDTH, HIDDEN, layers, batch_first=True).to(dtype)
    with torch.no_grad():
        for seed, (name, weight) in enumerate(theirs.named_parameters()):
            kind, _, number = name.rpartition("_l")
            weight.copy_(0.4 * drawn(*weight.shape, seed=seed))
            getattr(ours.layers[int(number)], f"{kind}_l0").copy_(weight)
    return ours, theirs


def torch_state(ours: Recurrence, state: Tensor) -> tuple[Tensor, Tensor] | Tensor:
    """A state [B, S] of ours as PyTorch's layer takes it: [L, B, H], of an LSTM two."""
    parts = state.unflatten(1, (len(ours.layers), ours.parts, HIDDEN)).permute(2, 1, 0, 3).contiguous()
    return (parts[0], parts[1]) if ours.parts == 2 else parts[0]


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 2e-6)], ids=["64", "32"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_outputs_gradients_and_an_update_are_those_of_torch(
    cell: Cell, layers: int, dtype: torch.dtype, bound: float
) -> None:
    ours, theirs = pair(cell, layers, dtype)
    x, state = drawn(BATCH, STEPS, WIDTH, dtype=dtype), drawn(BATCH, ours.state_width, seed=1, dtype=dtype)
    for_output, for_state = drawn(BATCH, STEPS, HIDDEN, seed=2, dtype=dtype), drawn(*state.shape, seed=3, dtype=dtype)
    x.requires_grad_()
    state.requires_grad_()

    outputs, after = ours(x, FULL, state)
    mine = torch.autograd.grad((outputs * for_output).sum() + (after * for_state).sum(), [x, state, *ours.parameters()])
    wanted, last = theirs(x, torch_state(ours, state))
    ends = torch.stack(last if isinstance(last, tuple) else (last,)).permute(2, 1, 0, 3).flatten(1)  # [B, S]
    asked = (wanted * for_output).sum() + (ends * for_state).sum()
    reference = torch.autograd.grad(asked, [x, state, *theirs.parameters()])

    torch.testing.assert_close(outputs, wanted, rtol=bound, atol=bound)
    torch.testing.assert_close(after, ends, rtol=bound, atol=bound)
    for found, given in zip(mine, reference, strict=True):
        torch.testing.assert_close(found, given, rtol=bound, atol=bound * max(1.0, float(given.abs().max())))
    with torch.no_grad():
        for model, slopes in ((ours, mine), (theirs, reference)):
            for weight, slope in zip(model.parameters(), slopes[2:], strict=True):
                weight -= 0.1 * slope
    torch.testing.assert_close(ours(x, FULL, state)[0], theirs(x, torch_state(ours, state))[0], rtol=0, atol=10 * bound)


def test_slopes_agree_with_finite_differences() -> None:
    projected, start, cell = drawn(4, 2, 12), drawn(2, 3, seed=2), drawn(2, 3, seed=3)
    weight, bias = drawn(12, 3, seed=1), drawn(9, seed=4)
    cases = [
        (RnnScan, (projected[:, :, :3].contiguous(), weight[:3], start)),
        (GruScan, (projected[:, :, :9].contiguous(), weight[:9], bias, start)),
        (LstmScan, (projected, weight, start, cell)),
    ]
    for scan, given in cases:
        inputs = tuple(part.clone().requires_grad_() for part in given)
        assert torch.autograd.gradcheck(scan.apply, inputs, eps=1e-6, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_rows_of_other_lengths_end_where_they_end(cell: Cell) -> None:
    ours, _ = pair(cell, 2)
    x, state, lengths = drawn(BATCH, STEPS, WIDTH), drawn(BATCH, ours.state_width, seed=1), torch.tensor([4, 7, 1])
    outputs, after = ours(x, lengths, state)
    for row, length in enumerate(lengths.tolist()):
        alone, ended = ours(x[row : row + 1, :length], torch.tensor([length]), state[row : row + 1])
        torch.testing.assert_close(outputs[row, :length], alone[0])
        torch.testing.assert_close(after[row], ended[0])


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_a_text_in_two_parts_is_read_as_in_one(cell: Cell) -> None:
    ours, _ = pair(cell, 2)
    x, state = drawn(BATCH, STEPS, WIDTH), torch.zeros(BATCH, ours.state_width, dtype=torch.float64)
    whole, at_the_end = ours(x, FULL, state)
    first, between = ours(x[:, :3], torch.full((BATCH,), 3), state)
    second, after = ours(x[:, 3:], torch.full((BATCH,), STEPS - 3), between)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(after, at_the_end)


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_numbers_stand_for_one_hot_vectors(cell: Cell) -> None:
    ours, _ = pair(cell, 1)
    numbers = torch.randint(WIDTH, (BATCH, STEPS), generator=torch.Generator().manual_seed(0))
    state = drawn(BATCH, ours.state_width)
    answers = [ours(numbers, FULL, state)[0], ours(nn.functional.one_hot(numbers, WIDTH).double(), FULL, state)[0]]
    torch.testing.assert_close(*answers)
    slopes = [torch.autograd.grad(answer.square().sum(), list(ours.parameters())) for answer in answers]
    for found, wanted in zip(*slopes, strict=True):
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_half_precision_products_change_little(cell: Cell) -> None:
    """Eight bits of mantissa in the products, none lost in the sums: the gradients point the same way."""
    ours, _ = pair(cell, 2, torch.float32)
    x, state = drawn(BATCH, STEPS, WIDTH, dtype=torch.float32), torch.zeros(BATCH, ours.state_width)
    found = []
    for narrow in (False, True):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=narrow):
            outputs, _ = ours(x, FULL, state)
        assert outputs.dtype == torch.float32
        slopes = torch.autograd.grad(outputs.square().sum(), list(ours.parameters()))
        found.append((outputs.detach(), torch.cat([slope.flatten() for slope in slopes])))
    torch.testing.assert_close(found[1][0], found[0][0], rtol=0, atol=0.03)
    assert not torch.equal(found[1][0], found[0][0])
    assert nn.functional.cosine_similarity(found[0][1], found[1][1], dim=0) > 0.999


@pytest.mark.parametrize("number_input", [True, False], ids=["one-hot", "vectors"])
def test_dropout_hides_the_same_units_at_each_step_and_only_in_training(number_input: bool) -> None:
    torch.manual_seed(0)
    model = Recurrence(WIDTH, HIDDEN, 2, 0.5)
    x = torch.randint(WIDTH, (BATCH, STEPS)) if number_input else torch.randn(BATCH, STEPS, WIDTH)
    state = torch.ones(BATCH, model.state_width)
    hidden = model(x, FULL, state)[0] == 0  # [B, T, H]
    assert 0 < hidden.sum() < hidden.numel()
    assert torch.equal(hidden, hidden[:, :1].expand_as(hidden))
    assert not torch.equal(hidden[0], hidden[1])
    assert torch.equal(model.eval()(x, FULL, state)[0], model(x, FULL, state)[0])
    assert not (model(x, FULL, state)[0] == 0).any()
