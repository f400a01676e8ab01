"""The weights of a backbone from a file: safetensors, or PyTorch's own, of which nothing but tensors is unpacked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from spanloom.errors import CheckpointError
from spanloom.nn.vision.backbone import Backbone
from spanloom.nn.vision.networks import Names

INSIDE = ("state_dict", "model", "state_dict_ema")
"""Under which keys a file may hold its weights beside other things."""

COUNTED = "num_batches_tracked"
"""What batch norm counts and nobody needs."""

SHOWN = 3
"""Names of weights that an error lists."""


def put_weights(backbone: Backbone, path: Path, namings: Sequence[Names]) -> None:
    """Put the weights of a file into a backbone. namings: what files may call its modules.

    Raises CheckpointError where the file is missing or damaged, or its weights are not those of this network.
    """
    stored = read_weights(path)
    own = {name: tensor for name, tensor in backbone.state_dict().items() if not name.endswith(COUNTED)}
    found = [_renamed(own, names, stored) for names in namings]
    best = max(found, key=len)
    lacking = sorted(own.keys() - best.keys())
    odd = [name for name, tensor in best.items() if tensor.shape != own[name].shape]
    if lacking or odd:
        lacks = f"lacks {len(lacking)} of the {len(own)} weights"
        said = lacks if lacking else f"has {len(odd)} weights of other sizes"
        few = ", ".join((lacking or odd)[:SHOWN])
        named = ", ".join(list(stored)[:SHOWN])
        expected = f"the network's own ({few}, …)"
        remedy = "Name a file of this network, with the names of timm or torchvision."
        raise CheckpointError(str(path), f"{said}; it has {named}, …", expected, remedy)
    backbone.load_state_dict(best, strict=False)


def _renamed(own: dict[str, Tensor], names: Names, stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of a backbone's own weights that a file has under the names of one naming."""
    found = {}
    for name in own:
        module, _, kind = name.rpartition(".")
        theirs = f"{names[module]}.{kind}"
        if theirs in stored:
            found[name] = stored[theirs].float()
    return found


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by their names. Raises CheckpointError where it is missing or damaged."""
    if not path.is_file():
        raise CheckpointError(str(path), "no such file", "a file of weights", "Check model.backbone.path.")
    try:
        if path.suffix == ".safetensors":
            table: Any = safetensors.torch.load_file(path)
        else:
            table = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of the two libraries, of the system, and of whatever damaged bytes lead to
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        expected = "a safetensors file, or one of PyTorch's with nothing but weights in it"
        raise CheckpointError(str(path), f"cannot be read ({reason})", expected, "Get the file again.") from None
    table = next((table[key] for key in INSIDE if isinstance(table, dict) and isinstance(table.get(key), dict)), table)
    tensors = table.items() if isinstance(table, dict) else ()
    return {str(name).removeprefix("module."): value for name, value in tensors if isinstance(value, Tensor)}
