"""Attention that keeps no large table for the backward pass: it is made again there, a few rows at a time. Torch.

The softmax over all pairs of pieces is what training on a CPU held most of: for 12 sentences of 336 pieces 93 MB in
each of 12 layers, more than all else of them together, and several times that while a layer had its gradient. What is
made the second time is the same, to the bit wherever the kernels of a machine do not go by the number of rows.

B batch, N heads, P pieces, W width of a head.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, is_grad_enabled, nn
from torch.utils.checkpoint import checkpoint
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

NAME = "spanloom_made_again"
"""What the library knows this attention by; no saved configuration holds it."""

LARGE = 2**21
"""Numbers of all tables of a layer that are kept, and of those that are made a second time at once."""


def make_tables_again(model: nn.Module) -> None:
    """Let a model of the library train so, one whose tables nobody else reads. It stays as it is where it computes
    attention in a way of its own.
    """
    if _plain(model) is not None and model._can_set_attn_implementation():  # type: ignore[operator]
        AttentionInterface.register(NAME, _attend)
        AttentionMaskInterface.register(NAME, eager_mask)
        model.set_attn_implementation(NAME)  # type: ignore[operator]


def _plain(module: nn.Module) -> Callable[..., tuple[Tensor, Tensor]] | None:
    """The attention of the file of the library that a module is of: they differ in what they compute in float32."""
    return vars(sys.modules[type(module).__module__]).get("eager_attention_forward")


def _attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **settings: Any
) -> tuple[Tensor, Tensor | None]:
    """query, key, value [B, N, P, W] -> vectors [B, P, N, W] and the tables [B, N, P, P], None where none are kept."""
    attend = _plain(module)
    assert attend is not None
    size = query.shape[1] * query.shape[2] * key.shape[2]
    kept = len(query) * size <= LARGE or query.device.type != "cpu"
    if kept or not (module.training and is_grad_enabled()):
        return attend(module, query, key, value, attention_mask, **settings)

    def vectors(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        return attend(module, query, key, value, mask, **settings)[0]

    drawn = bool(settings.get("dropout"))  # what is dropped out is drawn a second time, from the same state
    rows = max(1, LARGE // size)
    parts = [torch.split(part, rows) for part in (query, key, value)]
    masks: Sequence[Tensor | None] = [None] * len(parts[0])
    if attention_mask is not None:
        masks = torch.split(attention_mask.expand(len(query), -1, -1, -1), rows)
    again = functools.partial(checkpoint, vectors, use_reentrant=False, preserve_rng_state=drawn)
    return torch.cat([again(*part) for part in zip(*parts, masks, strict=True)]), None
