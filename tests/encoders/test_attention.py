"""Attention whose tables are made a second time for the backward pass. B batch, N heads, P pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from spanloom.encoders.parts.modules import attention
from spanloom.encoders.parts.modules.pretrained import make_transformer
from spanloom.encoders.parts.modules.transformer import Transformer

PIECES = 24
BERT: Mapping[str, Any] = {
    "model_type": "bert",
    "vocab_size": 50,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 32,
    "attention_probs_dropout_prob": 0.0,
    "hidden_dropout_prob": 0.1,
}
DISTILBERT: Mapping[str, Any] = {
    "model_type": "distilbert",
    "vocab_size": 50,
    "dim": 64,
    "hidden_dim": 24,
    "n_layers": 2,
    "n_heads": 2,
    "max_position_embeddings": 32,
    "attention_dropout": 0.0,
    "dropout": 0.1,
}


def pass_of(architecture: Mapping[str, Any], low: bool = False, rows: int = 3) -> tuple[list[Tensor], list[Tensor]]:
    """Vectors and gradients of one pass over rows of random pieces, and every tensor kept in between."""
    torch.manual_seed(7)
    model = Transformer(make_transformer(architecture), "mean", True, maps=False).train()
    pieces = torch.randint(1, 50, (rows, PIECES))
    lengths = torch.tensor([PIECES, 5, 17])[:rows]
    first = torch.zeros(rows, 4, dtype=torch.long)
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            answer = model(pieces, lengths, first, first + 2)
        summed = answer.vectors.float().square().sum()
    made = list(kept)
    summed.backward()
    weights = [weight.grad for weight in model.parameters() if weight.grad is not None]
    return [answer.vectors, *weights], made


def tables(kept: list[Tensor]) -> list[Tensor]:
    """Those of [B, N, P, P]; the mask is of one head."""
    return [tensor for tensor in kept if tensor.shape[-2:] == (PIECES, PIECES) and tensor.numel() > 3 * PIECES**2]


@pytest.mark.parametrize("low", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("architecture", [BERT, DISTILBERT], ids=["bert", "distilbert"])
@pytest.mark.parametrize("large", [0, 2 * 2 * PIECES**2], ids=["row by row", "two rows at once"])
def test_what_is_made_again_is_the_same_and_keeps_no_table(
    architecture: Mapping[str, Any], low: bool, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_ever, kept = pass_of(architecture, low)
    monkeypatch.setattr(attention, "LARGE", large)
    again, kept_again = pass_of(architecture, low)
    assert len(tables(kept)) >= 2, "small tables are kept, as they cost little"
    assert not tables(kept_again)
    assert len(as_ever) == len(again) > 10
    for one, other in zip(
        as_ever, again, strict=True
    ):  # equal to the bit, but for kernels that go by the number of rows
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_dropout_inside_attention_drops_the_same_units_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one row, so that both draw the same units the first time."""
    dropping = {**BERT, "attention_probs_dropout_prob": 0.5}
    as_ever, kept = pass_of(dropping, rows=1)
    monkeypatch.setattr(attention, "LARGE", 0)
    again, kept_again = pass_of(dropping, rows=1)
    assert len(kept) > len(kept_again)
    for one, other in zip(as_ever, again, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_maps_are_read_from_the_tables_which_then_stay() -> None:
    model = Transformer(make_transformer(BERT), "mean", True, maps=True)
    assert model.pretrained.config._attn_implementation == "eager"  # type: ignore[union-attr]


def test_an_architecture_is_saved_without_it() -> None:
    model = Transformer(make_transformer(BERT), "mean", True, maps=False)
    assert model.pretrained.config._attn_implementation == attention.NAME  # type: ignore[union-attr]
    assert attention.NAME not in str(model.pretrained.config.to_dict())  # type: ignore[union-attr, operator]
