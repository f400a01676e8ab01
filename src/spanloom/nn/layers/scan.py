"""The loops of RNN, GRU and LSTM over time, with their slopes written out: what PyTorch's layers compute, sooner.

A loop in Python leaves autograd a dozen notes a step, and PyTorch's own CPU layers are no faster than it. Here one
`torch.autograd.Function` runs the whole loop: each step is one product [B, H] x [H, GH] into memory that is there
already, its gates stand beside each other, and what does not hang on the step before (the slopes of the gates, the
gradient by the weights) is computed for all steps at once. Under autocast the products are in half precision, which a
CPU with such instructions multiplies several times as fast; sums, states and gates stay in float32, and the weights
are narrowed once a loop.

The cells are those of `torch.nn.RNN`, `torch.nn.GRU` (Cho et al. 2014, with the reset gate behind the product) and
`torch.nn.LSTM` (Hochreiter and Schmidhuber 1997), with gates in PyTorch's order. T steps, B batch, H hidden width, G
gates. Time comes first, so that a step is one block of memory. Slopes are differentiable once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class RnnScan(torch.autograd.Function):
    """projected [T, B, H], W [H, H], start [B, H] -> states [T, B, H].

    state[t] = tanh(projected[t] + state[t-1] W').
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, weight: Tensor, start: Tensor) -> Tensor:
        states, step = projected.new_empty(len(projected) + 1, *start.shape), _Product(weight.t(), start)
        states[0] = start
        for time, given in enumerate(projected):
            _tanh_(step.add_to(given, states[time], out=states[time + 1]))
        ctx.save_for_backward(states, weight)
        ctx.narrow = step.narrow
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_states: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        states, weight = ctx.saved_tensors
        step = _Product(weight, states[0], ctx.narrow)
        slopes = torch.addcmul(states.new_ones(()), states[1:], states[1:], value=-1)  # [T, B, H]
        by_sums = torch.empty_like(slopes)
        torch.mul(by_states[-1], slopes[-1], out=by_sums[-1])
        for time in range(len(slopes) - 2, -1, -1):
            step.add_to(by_states[time], by_sums[time + 1], out=by_sums[time]).mul_(slopes[time])
        by_start = step.of(by_sums[0]) if ctx.needs_input_grad[2] else None
        return by_sums, _by_weight(by_sums, states[:-1], ctx.narrow), by_start


class GruScan(torch.autograd.Function):
    """projected [T, B, 3H] (reset, update, new), W [3H, H], its bias [3H], start [B, H] -> states [T, B, H].

    r, z = sigmoid(...);  n = tanh(projected_n + r * (W_n state + bias_n));  state = n + z * (state - n).
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, weight: Tensor, bias: Tensor, start: Tensor) -> Tensor:
        steps, batch, hidden = len(projected), *start.shape
        states, step = projected.new_empty(steps + 1, batch, hidden), _Product(weight.t(), start)
        gates, recalled = torch.empty_like(projected), projected.new_empty(steps, batch, hidden)
        states[0] = start
        for time, given in enumerate(projected):
            sums, before = step.add_to(bias, states[time], out=gates[time]), states[time]
            reset_update, new = sums[:, : 2 * hidden], sums[:, 2 * hidden :]
            reset_update.add_(given[:, : 2 * hidden]).sigmoid_()
            recalled[time] = new
            _tanh_(torch.addcmul(given[:, 2 * hidden :], sums[:, :hidden], recalled[time], out=new))
            torch.lerp(new, before, sums[:, hidden : 2 * hidden], out=states[time + 1])
        ctx.save_for_backward(states, gates, recalled, weight)
        ctx.narrow = step.narrow
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_states: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        states, gates, recalled, weight = ctx.saved_tensors
        reset, update, new = gates.unflatten(2, (3, -1)).unbind(2)  # [T, B, H] each
        step = _Product(weight, states[0], ctx.narrow)
        by_new = (1.0 - update) * (1.0 - new.square())
        slopes = torch.stack(  # [T, B, 3, H]: of the product's gates by the state
            [by_new * recalled * reset * (1.0 - reset), (states[:-1] - new) * update * (1.0 - update), by_new * reset],
            dim=2,
        )
        by_products, by_all = torch.empty_like(slopes), torch.empty_like(by_new)
        later, product = torch.zeros_like(states[0]), torch.empty_like(states[0])
        for time in range(len(by_new) - 1, -1, -1):
            torch.add(by_states[time], later, out=by_all[time])
            torch.mul(by_all[time, :, None], slopes[time], out=by_products[time])
            torch.mul(by_all[time], update[time], out=product)
            step.add_to(product, by_products[time].flatten(1), out=later)
        flat = by_products.flatten(2)  # [T, B, 3H]
        by_projected = torch.cat([flat[..., : -states.shape[2]], by_all * by_new], dim=2)
        return by_projected, _by_weight(flat, states[:-1], ctx.narrow), flat.sum((0, 1)), later


class LstmScan(torch.autograd.Function):
    """projected [T, B, 4H] (in, forget, cell, out), W [4H, H], start, cell [B, H] -> states and cells [T, B, H].

    i, f, o = sigmoid(...);  g = tanh(...);  cell = f * cell + i * g;  state = o * tanh(cell).
    """

    @staticmethod
    def forward(
        ctx: Any, projected: Tensor, weight: Tensor, start: Tensor, first_cell: Tensor
    ) -> tuple[Tensor, Tensor]:
        steps, batch, hidden = len(projected), *start.shape
        states, cells = (projected.new_empty(steps + 1, batch, hidden) for _ in range(2))
        gates, squashed = torch.empty_like(projected), projected.new_empty(steps, batch, hidden)
        step = _Product(weight.t(), start)
        states[0], cells[0] = start, first_cell
        for time, given in enumerate(projected):
            sums = step.add_to(given, states[time], out=gates[time])
            sums[:, : 2 * hidden].sigmoid_()
            enter, forget, candidate, show = sums.view(batch, 4, hidden).unbind(1)
            _tanh_(candidate)
            show.sigmoid_()
            torch.mul(forget, cells[time], out=cells[time + 1]).addcmul_(enter, candidate)
            _tanh_(squashed[time].copy_(cells[time + 1]))
            torch.mul(show, squashed[time], out=states[time + 1])
        ctx.save_for_backward(states, cells, gates, squashed, weight)
        ctx.narrow = step.narrow
        ctx.set_materialize_grads(False)  # nobody but a test asks for slopes by both
        return states[1:], cells[1:]

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, by_states: Tensor | None, by_cells: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
        states, cells, gates, squashed, weight = ctx.saved_tensors
        enter, forget, candidate, show = gates.unflatten(2, (4, -1)).unbind(2)  # [T, B, H] each
        step = _Product(weight, states[0], ctx.narrow)
        into_cell = show * (1.0 - squashed.square())
        slopes = torch.stack(  # [T, B, 4, H]: of the first three gates by the cell, of the last by the state
            [
                candidate * enter * (1.0 - enter),
                cells[:-1] * forget * (1.0 - forget),
                enter * (1.0 - candidate.square()),
                squashed * show * (1.0 - show),
            ],
            dim=2,
        )
        by_sums, by_cell, by_state = torch.empty_like(slopes), torch.zeros_like(cells[0]), torch.zeros_like(cells[0])
        for time in range(len(slopes) - 1, -1, -1):
            if by_states is not None:
                by_state += by_states[time]
            if by_cells is not None:
                by_cell += by_cells[time]
            by_cell.addcmul_(by_state, into_cell[time])
            torch.mul(by_cell[:, None], slopes[time, :, :3], out=by_sums[time, :, :3])
            torch.mul(by_state, slopes[time, :, 3], out=by_sums[time, :, 3])
            by_cell.mul_(forget[time])
            if time or ctx.needs_input_grad[2]:
                by_state = step.of(by_sums[time].flatten(1))
        flat = by_sums.flatten(2)  # [T, B, 4H]
        return flat, _by_weight(flat, states[:-1], ctx.narrow), by_state, by_cell


class _Product:
    """x [B, N] -> x @ weight [N, M], again and again, in `narrow` precision if there is one; the sums are x's type."""

    def __init__(self, weight: Tensor, x: Tensor, narrow: torch.dtype | None = None) -> None:
        if narrow is None and torch.is_autocast_enabled(x.device.type) and x.dtype == torch.float32:
            narrow = torch.get_autocast_dtype(x.device.type)
        self.narrow = narrow
        self.weight = (weight if narrow is None else weight.to(narrow)).contiguous()
        if narrow is not None:
            self.given = x.new_empty(len(x), len(weight), dtype=narrow)
            self.product = x.new_empty(len(x), weight.shape[1], dtype=narrow)

    def add_to(self, addend: Tensor, x: Tensor, out: Tensor) -> Tensor:
        """out = addend + x @ weight."""
        if self.narrow is None:
            return torch.addmm(addend, x, self.weight, out=out)
        torch.mm(self.given.copy_(x), self.weight, out=self.product)
        return torch.add(addend, self.product, out=out)

    def of(self, x: Tensor) -> Tensor:
        """x @ weight."""
        if self.narrow is None:
            return x @ self.weight
        return torch.mm(self.given.copy_(x), self.weight, out=self.product).to(x.dtype)


def _tanh_(x: Tensor) -> Tensor:
    """tanh in place, as 2 sigmoid(2x) - 1: on a CPU that is computed six times as fast, and is as exact for a state."""
    return x.mul_(2.0).sigmoid_().mul_(2.0).sub_(1.0)


def _by_weight(by_sums: Tensor, states: Tensor, narrow: torch.dtype | None) -> Tensor:
    """The slopes [GH, H] by the recurrent weights: every step used them, so one product over all T * B rows."""
    left, right = (x.flatten(0, 1) if narrow is None else x.flatten(0, 1).to(narrow) for x in (by_sums, states))
    return (left.t() @ right).to(by_sums.dtype)
