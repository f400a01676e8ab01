"""The backbones as their papers have them, weights that come from files, and which layers learn."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image
from torch import nn

from spanloom.errors import CheckpointError
from spanloom.nn.vision.backbone import Backbone
from spanloom.nn.vision.networks import (
    Names,
    efficientnet_lite0,
    lite0_names,
    residual,
    resnet18,
    resnet18_names,
)
from spanloom.nn.vision.weights import COUNTED, put_weights, read_weights
from spanloom.pixels.look import Look
from spanloom.tasks.image.codec import TENSORFLOW
from spanloom.tasks.image.model import FILE, INSIDE, MODULE

DAISY = 985
"""Its number in ImageNet."""


def packaged() -> Path:
    spec = find_spec(MODULE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / INSIDE / FILE


def own_names(backbone: nn.Module) -> set[str]:
    return {name for name in backbone.state_dict() if not name.endswith(COUNTED)}


def under(names: Names, backbone: nn.Module) -> dict[str, torch.Tensor]:
    """The weights of a backbone under the names of a file."""
    state = backbone.state_dict()
    split = {name: name.rpartition(".") for name in own_names(backbone)}
    return {f"{names[module]}.{kind}": state[name].clone() for name, (module, _, kind) in split.items()}


def shaken(backbone: Backbone) -> Backbone:
    """A backbone none of whose numbers is that of a fresh one."""
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name in own_names(backbone):
            tensor = backbone.state_dict()[name]
            tensor.add_(torch.rand(tensor.shape, generator=draw) / 10)
    return backbone


# ---- as their papers have them ---------------------------------------------------------------------------------------


def test_efficientnet_lite0_has_the_weights_and_the_layers_of_the_paper() -> None:
    """4,652,008 weights with its 1,000 classes, as TensorFlow counts them; a map of a 32nd of the picture."""
    backbone = efficientnet_lite0()
    assert sum(weight.numel() for weight in backbone.parameters()) + 1281 * 1000 == 4_652_008
    assert len(backbone.layers) == 18
    assert backbone.eval()(torch.zeros(1, 3, 96, 64)).shape == (1, 1280, 3, 2)


def test_resnet18_has_the_weights_and_the_layers_of_the_paper() -> None:
    """11,689,512 with its 1,000 classes, as torchvision counts them."""
    backbone = resnet18()
    assert sum(weight.numel() for weight in backbone.parameters()) + 513 * 1000 == 11_689_512
    assert len(backbone.layers) == 9
    assert backbone.eval()(torch.zeros(1, 3, 64, 96)).shape == (1, 512, 2, 3)


@pytest.mark.parametrize(("stages", "blocks", "size"), [(1, 1, 16), (3, 2, 4), (4, 1, 2)])
def test_the_small_network_halves_at_each_stage(stages: int, blocks: int, size: int) -> None:
    backbone = residual(4, stages, blocks)
    assert len(backbone.layers) == 1 + stages * blocks
    assert backbone.width == 4 * 2 ** (stages - 1)
    assert backbone(torch.zeros(2, 3, 32, 32)).shape == (2, backbone.width, size, size)


def test_the_upper_layers_may_be_left_out() -> None:
    whole = efficientnet_lite0().eval()
    part = whole.cut(17)
    assert (len(part.layers), part.width) == (17, 320)
    pixels = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(whole.layers[-1](part.eval()(pixels)), whole(pixels))
    assert residual(4, 3, 2).cut(4).width == 8


# ---- weights from files ----------------------------------------------------------------------------------------------


def test_the_installed_weights_know_a_daisy() -> None:
    """All of them are used, and a picture that scikit-learn brings is what it is."""
    backbone, stored = efficientnet_lite0(), read_weights(packaged())
    put_weights(backbone, packaged(), lite0_names())
    used = {name for name in stored if not name.endswith(COUNTED)} - {"_fc.weight", "_fc.bias"}
    assert len(used) == len(own_names(backbone))
    look = Look(224, "short side", 0.875, *TENSORFLOW)
    pixels = look.array(look.view(look.frame(load_sample_image("flower.jpg"))).pixels)
    with torch.no_grad():
        seen = backbone.eval()(torch.from_numpy(pixels)[None]).mean(dim=(2, 3))
    assert int((seen @ stored["_fc.weight"].T + stored["_fc.bias"]).argmax()) == DAISY


@pytest.mark.parametrize(("make", "names"), [(efficientnet_lite0, lite0_names()[0]), (resnet18, resnet18_names()[0])])
@pytest.mark.parametrize("ending", ["safetensors", "pth", "nested.pth"])
def test_files_with_the_names_of_others_are_read(make: type, names: Names, ending: str, tmp_path: Path) -> None:
    trained = shaken(make())
    table = {**under(names, trained), "fc.weight": torch.zeros(3, 3)}
    file = tmp_path / f"w.{ending}"
    if ending == "safetensors":
        save_file(table, file)
    else:
        prefixed = {f"module.{name}": tensor for name, tensor in table.items()}
        torch.save({"state_dict": prefixed, "epoch": 3} if "nested" in ending else table, file)
    fresh = make()
    put_weights(fresh, file, lite0_names() if make is efficientnet_lite0 else resnet18_names())
    for name in own_names(trained):
        torch.testing.assert_close(fresh.state_dict()[name], trained.state_dict()[name], rtol=0, atol=0)


def test_what_timm_and_torchvision_call_the_first_and_the_last_weights() -> None:
    timm, first = lite0_names()
    assert timm["layers.1.depthwise.conv"] == "blocks.0.0.conv_dw"
    assert timm["layers.3.project.norm"] == "blocks.1.1.bn3"
    assert timm["layers.16.project.conv"] == "blocks.6.0.conv_pwl"
    assert first["layers.16.expand.norm"] == "_blocks.15._bn0"
    (vision,) = resnet18_names()
    assert vision["layers.3.shortcut.conv"] == "layer2.0.downsample.0"
    assert vision["layers.8.second.norm"] == "layer4.1.bn2"
    assert "layers.1.shortcut.conv" not in vision


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.pth"
    torch.save(under(resnet18_names()[0], resnet18()), file)
    with pytest.raises(CheckpointError, match=r"w.pth: lacks 241 of the 245 weights; it has .*layer"):
        put_weights(efficientnet_lite0(), file, lite0_names())
    table = under(resnet18_names()[0], resnet18())
    table["conv1.weight"] = torch.zeros(64, 1, 7, 7)
    torch.save(table, file)
    with pytest.raises(CheckpointError, match=r"has 1 weights of other sizes; .*layers.0.0.conv.weight"):
        put_weights(resnet18(), file, resnet18_names())


class Harmful:
    """What a pickled file may do when it is unpacked."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path: Path) -> None:
    file, touched = tmp_path / "w.pth", tmp_path / "touched"
    torch.save({"conv1.weight": Harmful(touched)}, file)
    with pytest.raises(CheckpointError, match=r"cannot be read \(.*; a safetensors file, or one of PyTorch's with"):
        read_weights(file)
    file.write_bytes(pickle.dumps(Harmful(touched)))
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_weights(file)
    assert not touched.exists()


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_a_missing_and_a_damaged_file_are_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=rf"{name}: no such file"):
        read_weights(tmp_path / name)
    (tmp_path / name).write_bytes(b"not weights at all")
    with pytest.raises(CheckpointError, match=rf"{name}: cannot be read \("):
        read_weights(tmp_path / name)


# ---- which layers learn ----------------------------------------------------------------------------------------------


def statistics(backbone: Backbone) -> list[np.ndarray]:
    """Of each layer, what its batch norms have counted."""
    return [
        np.concatenate([part.numpy().ravel() for name, part in layer.state_dict().items() if "running" in name])
        for layer in backbone.layers
    ]


@pytest.mark.parametrize(("top", "learning"), [(None, 5), (0, 0), (2, 2), (99, 5)])
def test_what_does_not_learn_keeps_the_statistics_of_its_batch_norm(top: int | None, learning: int) -> None:
    backbone = residual(4, 4, 1)
    backbone.hold(top)
    backbone.train()
    before = statistics(backbone)
    backbone(torch.rand(4, 3, 32, 32))
    moved = [not np.array_equal(one, other) for one, other in zip(before, statistics(backbone), strict=True)]
    assert moved == [False] * (5 - learning) + [True] * learning
    learns = [any(weight.requires_grad for weight in layer.parameters()) for layer in backbone.layers]
    assert learns == moved
    assert not any(module.training for module in backbone.eval().modules())


def test_layers_are_thawed_from_the_top_one_after_the_other() -> None:
    backbone = residual(4, 2, 1)
    backbone.hold(None, unfreeze_epochs=2)
    backbone.train()
    learning = []
    for epoch in range(1, 10):
        backbone.begin_epoch(epoch)
        learning.append(sum(next(layer.parameters()).requires_grad for layer in backbone.layers))
        assert sum(layer.training for layer in backbone.layers) == learning[-1]
    assert learning == [0, 0, 1, 1, 2, 2, 3, 3, 3]
    backbone.hold(2, unfreeze_epochs=1)
    for epoch in range(1, 6):
        backbone.begin_epoch(epoch)
    assert [next(layer.parameters()).requires_grad for layer in backbone.layers] == [False, True, True]
