"""What convolutional networks are built of. Torch. B batch, C channels, H W places."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

Padding = str
"""How an even picture is halved: "same" adds a zero behind it alone, as TensorFlow does, "around" one on each side."""


class Convolution(nn.Sequential):
    """[B, C, H, W] -> [B, outputs, h, w]: a convolution without a bias, batch norm (Ioffe and Szegedy 2015,
    https://arxiv.org/abs/1502.03167), and `act`.

    groups: as many as channels make it depthwise. epsilon: of the batch norm. padding: "same" or "around".
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        stride: int = 1,
        act: nn.Module | None = None,
        groups: int = 1,
        epsilon: float = 1e-5,
        padding: Padding = "around",
    ) -> None:
        inputs, outputs, kernel = shape
        around = padding == "around" or stride == 1
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if around else 0, groups=groups, bias=False)
        nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
        super().__init__()
        if not around:
            self.pad = SamePadding(kernel, stride)
        self.conv = conv
        self.norm = nn.BatchNorm2d(outputs, eps=epsilon)
        if act is not None:
            self.act = act


class SamePadding(nn.Module):
    """Zeros that let a convolution give a place for each `stride` places, rounded up: the odd one at the end."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        down, across = (self._missing(size) for size in x.shape[2:])
        return functional.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))

    def _missing(self, size: int) -> int:
        places = -(-size // self.stride)
        return max((places - 1) * self.stride + self.kernel - size, 0)


class ResidualBlock(nn.Module):
    """[B, C, H, W] -> [B, outputs, h, w]: what two convolutions add to the input (He et al. 2015,
    https://arxiv.org/abs/1512.03385). Where the size changes, the input goes through one of 1 x 1.

    At first nothing is added: the last batch norm begins with zeros (Goyal et al. 2017,
    https://arxiv.org/abs/1706.02677).
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.first = Convolution((inputs, outputs, 3), stride, nn.ReLU())
        self.second = Convolution((outputs, outputs, 3))
        nn.init.zeros_(self.second.norm.weight)
        changes = stride != 1 or inputs != outputs
        self.shortcut = Convolution((inputs, outputs, 1), stride) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.shortcut(x) + self.second(self.first(x)))


class InvertedResidual(nn.Module):
    """[B, C, H, W] -> [B, outputs, h, w]: wide inside, a depthwise convolution there, and narrow again without an
    activation (Sandler et al. 2018, MobileNetV2, https://arxiv.org/abs/1801.04381). ReLU6, as of EfficientNet-Lite.

    shape: inputs, outputs, kernel. wider: how many times as wide it is inside; 1 leaves the first convolution out.
    """

    def __init__(self, shape: tuple[int, int, int], stride: int, wider: int, epsilon: float, padding: Padding) -> None:
        super().__init__()
        inputs, outputs, kernel = shape
        inner = inputs * wider
        self.expand = nn.Identity() if wider == 1 else Convolution((inputs, inner, 1), act=nn.ReLU6(), epsilon=epsilon)
        self.depthwise = Convolution((inner, inner, kernel), stride, nn.ReLU6(), inner, epsilon, padding)
        self.project = Convolution((inner, outputs, 1), epsilon=epsilon)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + changed if self.adds else changed
