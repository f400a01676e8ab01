from __future__ import annotations

import pytest
import torch

from spanloom.nn.layers.cnn import ConvolutionBlock, ConvolutionLayers

LENGTHS = torch.tensor([6, 2, 1])


@pytest.mark.parametrize(("window", "dilation"), [(1, 1), (3, 1), (3, 2), (5, 4)])
def test_a_block_is_torch_s_convolution_with_a_residual(window: int, dilation: int) -> None:
    torch.manual_seed(0)
    block = ConvolutionBlock(4, window, dilation, dropout=0.0)
    x = torch.randn(3, 6, 4)
    inside = (torch.arange(6)[None, :] < LENGTHS[:, None])[:, :, None]
    weight = block.convolution.weight.reshape(4, window, 4).transpose(1, 2)  # [out, in, place]
    reach = dilation * (window // 2)
    near = torch.conv1d((x * inside).transpose(1, 2), weight, block.convolution.bias, padding=reach, dilation=dilation)
    wanted = x + block.norm(torch.relu(near.transpose(1, 2)))
    torch.testing.assert_close(block(x, inside), wanted)


def test_padding_and_neighbours_change_nothing() -> None:
    torch.manual_seed(0)
    model = ConvolutionLayers(5, 8, 3, dropout=0.5, dilations=(1, 2)).eval()
    x = torch.randn(3, 6, 5)
    together = model(x, LENGTHS)
    assert together.shape == (3, 6, model.width) == (3, 6, 8)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(x[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(together[row, :length], alone[0], rtol=1e-5, atol=1e-6)


def test_dilations_take_turns_and_set_how_far_a_word_is_seen() -> None:
    torch.manual_seed(0)
    model = ConvolutionLayers(2, 4, 3, dropout=0.0, dilations=(1, 3)).eval()
    assert [block.dilation for block in model.blocks] == [1, 3, 1]  # 5 words to each side
    x = torch.randn(1, 13, 2, requires_grad=True)
    model(x, torch.tensor([13]))[0, 6].square().sum().backward()
    assert x.grad is not None
    assert x.grad[0].abs().sum(dim=1).gt(0).tolist() == [False] + 11 * [True] + [False]
