"""The backbones: a small residual network, EfficientNet-Lite0 and ResNet-18, and what others call their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import nn

from spanloom.nn.vision.backbone import Backbone
from spanloom.nn.vision.blocks import Convolution, InvertedResidual, Padding, ResidualBlock

LITE0 = (
    (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)  # fmt: skip
"""Of each stage: how much wider inside, channels, blocks, stride of the first, kernel (Tan and Le 2019, table 1)."""

STEM, HEAD = 32, 1280
"""Channels of EfficientNet-Lite0's first and last layer, which the Lite variant does not scale."""

RESNET18 = ((64, 1), (128, 2), (256, 2), (512, 2))
"""Of each stage of two blocks: channels, stride of the first (He et al. 2015, table 1)."""

Names = Mapping[str, str]
"""The names of a backbone's modules -> what a file calls them."""


def residual(width: int, stages: int, blocks: int) -> Backbone:
    """A stem that halves the picture, then stages of residual blocks, each after the first at half the size."""
    layers: list[nn.Module] = [Convolution((3, width, 3), 2, nn.ReLU())]
    channels = width
    for stage in range(stages):
        for block in range(blocks):
            layers.append(ResidualBlock(channels, width * 2**stage, 2 if stage and not block else 1))
            channels = width * 2**stage
    return Backbone(layers, channels)


def efficientnet_lite0(padding: Padding = "same", epsilon: float = 1e-3) -> Backbone:
    """EfficientNet-Lite0 (Tan and Le 2019, https://arxiv.org/abs/1905.11946; its Lite variant of 2020 has no
    squeeze-and-excitation, and ReLU6 for Swish): a stem, 16 blocks, a head.
    """
    layers: list[nn.Module] = [Convolution((3, STEM, 3), 2, nn.ReLU6(), 1, epsilon, padding)]
    channels = STEM
    for wider, outputs, blocks, stride, kernel in LITE0:
        for block in range(blocks):
            shape = (channels, outputs, kernel)
            layers.append(InvertedResidual(shape, 1 if block else stride, wider, epsilon, padding))
            channels = outputs
    layers.append(Convolution((channels, HEAD, 1), act=nn.ReLU6(), epsilon=epsilon))
    return Backbone(layers, HEAD)


def resnet18() -> Backbone:
    """ResNet-18 (He et al. 2015, https://arxiv.org/abs/1512.03385): a stem and 8 blocks."""
    layers: list[nn.Module] = [
        nn.Sequential(Convolution((3, 64, 7), 2, nn.ReLU()), nn.MaxPool2d(3, 2, padding=1)),
    ]
    channels = 64
    for outputs, stride in RESNET18:
        layers += [ResidualBlock(channels, outputs, stride), ResidualBlock(outputs, outputs)]
        channels = outputs
    return Backbone(layers, channels)


def lite0_names() -> list[Names]:
    """What the modules of EfficientNet-Lite0 are called by timm, and by its first port to PyTorch."""
    return [dict(_timm_lite0()), dict(_first_lite0())]


def _timm_lite0() -> Iterator[tuple[str, str]]:
    yield from (("layers.0.conv", "conv_stem"), ("layers.0.norm", "bn1"))
    number = 1
    for stage, (wider, _, blocks, _, _) in enumerate(LITE0):
        parts = (("depthwise", "conv_dw"), ("project", "conv_pw")) if wider == 1 else (
            ("expand", "conv_pw"), ("depthwise", "conv_dw"), ("project", "conv_pwl"),
        )  # fmt: skip
        for block in range(blocks):
            for place, (part, conv) in enumerate(parts, start=1):
                yield f"layers.{number}.{part}.conv", f"blocks.{stage}.{block}.{conv}"
                yield f"layers.{number}.{part}.norm", f"blocks.{stage}.{block}.bn{place}"
            number += 1
    yield from ((f"layers.{number}.conv", "conv_head"), (f"layers.{number}.norm", "bn2"))


def _first_lite0() -> Iterator[tuple[str, str]]:
    yield from (("layers.0.conv", "_conv_stem"), ("layers.0.norm", "_bn0"))
    wide = [wider for wider, _, blocks, _, _ in LITE0 for _ in range(blocks)]
    for number, wider in enumerate(wide, start=1):
        for place, part in enumerate(("expand", "depthwise", "project")):
            if part != "expand" or wider > 1:
                yield f"layers.{number}.{part}.conv", f"_blocks.{number - 1}._{part}_conv"
                yield f"layers.{number}.{part}.norm", f"_blocks.{number - 1}._bn{place}"
    yield from ((f"layers.{len(wide) + 1}.conv", "_conv_head"), (f"layers.{len(wide) + 1}.norm", "_bn1"))


def resnet18_names() -> list[Names]:
    """What the modules of ResNet-18 are called by torchvision and by timm, which agree."""
    names = {"layers.0.0.conv": "conv1", "layers.0.0.norm": "bn1"}
    for number in range(1, 1 + 2 * len(RESNET18)):
        theirs = f"layer{(number + 1) // 2}.{(number + 1) % 2}"
        for part, place in (("first", "1"), ("second", "2")):
            names |= {f"layers.{number}.{part}.conv": f"{theirs}.conv{place}"}
            names |= {f"layers.{number}.{part}.norm": f"{theirs}.bn{place}"}
        if number % 2 and number > 1:
            names |= {f"layers.{number}.shortcut.conv": f"{theirs}.downsample.0"}
            names |= {f"layers.{number}.shortcut.norm": f"{theirs}.downsample.1"}
    return [names]
