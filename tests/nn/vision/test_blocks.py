"""Convolutions, batch norm and blocks against sums written out, one number after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from spanloom.core import Array
from spanloom.nn.vision.blocks import Convolution, InvertedResidual, ResidualBlock, SamePadding

EPSILON = 1e-5


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape)).float()


def convolved(x: Array, weights: Array, stride: int, before: int, after: int, groups: int) -> Array:
    """x [I, H, W], weights [O, I / groups, k, k], zeros before and after: a sum for each place, written out."""
    padded = np.pad(x, ((0, 0), (before, after), (before, after)))
    outputs, inputs, kernel, _ = weights.shape
    high, wide = ((size - kernel) // stride + 1 for size in padded.shape[1:])
    found = np.zeros((outputs, high, wide))
    for output, row, column in np.ndindex(*found.shape):
        group = output // (outputs // groups)
        for channel, down, across in np.ndindex(inputs, kernel, kernel):
            value = padded[group * inputs + channel, row * stride + down, column * stride + across]
            found[output, row, column] += weights[output, channel, down, across] * value
    return found


@pytest.mark.parametrize(
    ("stride", "padding", "size", "zeros"),
    [
        (1, "around", 6, (1, 1)),
        (2, "around", 6, (1, 1)),
        (2, "around", 7, (1, 1)),
        (1, "same", 6, (1, 1)),
        (2, "same", 6, (0, 1)),  # as TensorFlow pads: the odd zero at the end
        (2, "same", 7, (1, 1)),
    ],
)
@pytest.mark.parametrize("groups", [1, 4], ids=["full", "depthwise"])
def test_a_convolution_is_a_sum_for_each_place(
    stride: int, padding: str, size: int, zeros: tuple[int, int], groups: int
) -> None:
    layer = Convolution((4, 4, 3), stride, groups=groups, padding=padding).eval()
    x = numbers(2, 4, size, size)
    with torch.no_grad():
        found = layer(x).numpy()
    wanted = np.stack(
        [convolved(each, layer.conv.weight.detach().numpy(), stride, *zeros, groups) for each in x.numpy()]
    )
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted / np.sqrt(1 + EPSILON), rtol=1e-4, atol=1e-5)  # a fresh batch norm


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("size", [4, 5, 6, 7, 112, 113])
def test_same_padding_gives_a_place_for_each_stride(kernel: int, size: int) -> None:
    padded = SamePadding(kernel, 2)(torch.zeros(1, 1, size, size))
    assert (padded.shape[-1] - kernel) // 2 + 1 == -(-size // 2)


def test_batch_norm_by_hand_in_training_and_afterwards() -> None:
    layer = Convolution((1, 1, 1))
    with torch.no_grad():
        layer.conv.weight.fill_(2.0)
        layer.norm.weight.fill_(3.0)
        layer.norm.bias.fill_(0.5)
    x = torch.tensor([1.0, 2.0, 3.0, 6.0]).reshape(2, 1, 1, 2)
    doubled = np.array([2.0, 4.0, 6.0, 12.0])  # mean 6, mean of squares apart 14, of a sample 56 / 3
    found = layer.train()(x).detach().numpy().ravel()
    np.testing.assert_allclose(found, 3 * (doubled - 6) / np.sqrt(14 + EPSILON) + 0.5, rtol=1e-5)
    assert float(layer.norm.running_mean) == pytest.approx(0.1 * 6)
    assert float(layer.norm.running_var) == pytest.approx(0.9 + 0.1 * 56 / 3)
    later = layer.eval()(x).detach().numpy().ravel()
    np.testing.assert_allclose(later, 3 * (doubled - 0.6) / np.sqrt(0.9 + 5.6 / 3 + EPSILON) + 0.5, rtol=1e-5)


def test_a_residual_block_adds_nothing_at_first() -> None:
    block = ResidualBlock(5, 5)
    assert isinstance(block.shortcut, nn.Identity)
    x = numbers(2, 5, 6, 6)
    torch.testing.assert_close(block(x), torch.relu(x))


def test_a_residual_block_that_changes_size_takes_the_input_along() -> None:
    block = ResidualBlock(4, 8, 2).eval()
    x = numbers(2, 4, 7, 7)
    with torch.no_grad():
        torch.testing.assert_close(block(x), torch.relu(block.shortcut(x)))
        assert block(x).shape == (2, 8, 4, 4)
        nn.init.ones_(block.second.norm.weight)
        torch.testing.assert_close(block(x), torch.relu(block.shortcut(x) + block.second(block.first(x))))


def test_an_inverted_residual_is_wide_inside_and_has_no_activation_at_its_end() -> None:
    block = InvertedResidual((6, 6, 3), 1, 4, 1e-3, "same").eval()
    x = numbers(2, 6, 8, 8)
    with torch.no_grad():
        inside = block.depthwise(block.expand(x))
        torch.testing.assert_close(block(x), x + block.project(inside))
    assert inside.shape == (2, 24, 8, 8)
    assert float(inside.min()) == 0.0
    assert float(block.expand(100 * x).detach().max()) == 6.0
    assert block.depthwise.conv.weight.shape == (24, 1, 3, 3)
    assert float(block.project(inside).detach().min()) < 0
    assert InvertedResidual((6, 8, 3), 1, 1, 1e-3, "same")(x).shape == (2, 8, 8, 8)
