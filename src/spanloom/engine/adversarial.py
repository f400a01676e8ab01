"""Adversarial training: the loss is also taken where the embedded input was moved to raise it.

FGM (Miyato et al. 2017, https://arxiv.org/abs/1605.07725) moves it once along the gradient, PGD (Madry et al. 2018,
https://arxiv.org/abs/1706.06083) several times and never farther than a radius. What an embedding table puts out is
moved, not the table: so nothing has to be put back, a frozen table will do, each sentence has a direction of its own
however sentences are grouped, and a table of 400,000 words costs no more than one of 400. B batch, T tokens, D width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from spanloom.config import TrainConfig, attacks
from spanloom.errors import ConfigError
from spanloom.nn.layers.char_cnn import CharCNN
from spanloom.nn.layers.embedding import WordEmbedding
from spanloom.nn.model import Model

MOST_SYMBOLS = 50
"""A table of at most so many rows holds word shapes, token types and the like, not tokens."""


class Measured(NamedTuple):
    """One pass over a micro-batch. loss: what its gradient is taken of, None where no loss has an item in the group.
    parts: the sums that it is made of, by name.
    """

    loss: Tensor | None
    parts: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Attack:
    """How far the embedded input is moved: `steps` times by `reach`, and never more than `radius` from where it was.

    All are Euclidean lengths, over all the tokens of one sentence together.
    """

    radius: float
    reach: float
    steps: int = 1


def build_attack(config: TrainConfig) -> Attack | None:
    """The attack of a configuration, None where there is none or its epsilon is 0."""
    match config.adversarial:
        case attacks.FGM(epsilon=epsilon) if epsilon > 0:
            return Attack(epsilon, epsilon)
        case attacks.PGD(epsilon=epsilon, alpha=alpha, steps=steps) if epsilon > 0:
            return Attack(epsilon, alpha, steps)
    return None


def backward_attacked(
    model: nn.Module,
    inputs: Mapping[str, Tensor],
    objective: Callable[[], Measured],
    attack: Attack,
    scale: Callable[[Tensor], Tensor] = lambda loss: loss,
) -> dict[str, Tensor]:
    """Add to the weights' gradients those of the mean of two losses: as the input is, and as `attack` moves it.

    objective: one pass over `inputs`, made `attack.steps` + 1 times. scale: what gradients are scaled by while half
    precision holds them; the directions do not depend on it. Returns the parts of the loss of the input as it is.
    Raises ConfigError where the model has no table that reads tokens.
    """
    with with_shifts(model, inputs, None) as shifts:
        loss, parts = objective()
        if loss is None:
            return parts
        scale(loss / 2).backward()  # type: ignore[no-untyped-call]
    if not shifts:
        raise ConfigError(
            "train.adversarial",
            "the model has no embedding table that reads tokens",
            f"one of more than {MOST_SYMBOLS} rows, or one that the model names in `adversarial_names`",
            "Set train.adversarial = 'none'.",
        )
    moved = [_move(shift.detach(), shift.grad, attack) for shift in shifts]
    for _ in range(attack.steps - 1):
        with with_shifts(model, inputs, [shift.requires_grad_() for shift in moved]) as shifts:
            loss, _ = objective()
        assert loss is not None, "the counts of a group do not change"
        # Taken for the shifts alone: the weights' gradients so far stay as they are.
        gradients = torch.autograd.grad(scale(loss), shifts, allow_unused=True)
        moved = [_move(shift.detach(), gradient, attack) for shift, gradient in zip(shifts, gradients, strict=True)]
    with with_shifts(model, inputs, moved):
        loss, _ = objective()
        assert loss is not None, "the counts of a group do not change"
        scale(loss / 2).backward()  # type: ignore[no-untyped-call]
    return parts


@contextmanager
def with_shifts(
    model: nn.Module, inputs: Mapping[str, Tensor], shifts: Sequence[Tensor] | None
) -> Iterator[list[Tensor]]:
    """Inside, every look-up of tokens is followed by the addition of the next of `shifts`, or of zeros to learn from.

    Gives the shifts that were added, in the order of the look-ups, which is the same in every pass. A model that knows
    better than `_tables` and `_reads_tokens` lists the names of its modules in `adversarial_names`.
    """
    names = model.adversarial_names if isinstance(model, Model) else None
    added: list[Tensor] = []

    def add(table: nn.Module, looked_up: tuple[Any, ...], output: Tensor) -> Tensor | None:
        if names is None and not _reads_tokens(looked_up[0], inputs):
            return None
        shift = torch.zeros_like(output, requires_grad=True) if shifts is None else shifts[len(added)]
        added.append(shift)
        return output + shift

    tables = _tables(model) if names is None else [model.get_submodule(name) for name in names]
    hooks = [table.register_forward_hook(add) for table in tables]
    try:
        yield added
    finally:
        for hook in hooks:
            hook.remove()


def _tables(model: nn.Module) -> list[nn.Module]:
    """Word embeddings, whose vectors may lie in two tables, and every other table that is large, but for characters."""
    words: list[nn.Module] = [module for module in model.modules() if isinstance(module, WordEmbedding)]
    whole = [module for module in model.modules() if isinstance(module, (WordEmbedding, CharCNN))]
    parts = {part for module in whole for part in module.children()}
    large = [
        module
        for module in model.modules()
        if isinstance(module, nn.Embedding) and module.num_embeddings > MOST_SYMBOLS and module not in parts
    ]
    return words + large


def _reads_tokens(ids: Tensor, inputs: Mapping[str, Tensor]) -> bool:
    """Whether `ids` are one of the model's own inputs, in whatever shape: positions are not."""
    memory = ids.untyped_storage().data_ptr()
    return any(memory == tensor.untyped_storage().data_ptr() for tensor in inputs.values())


@torch.no_grad()
def _move(shift: Tensor, gradient: Tensor | None, attack: Attack) -> Tensor:
    """shift [B, T, D], `reach` farther along each sentence's gradient, then back into its ball."""
    if gradient is None:
        return shift
    moved = shift + attack.reach * _directions(gradient)
    length = torch.linalg.vector_norm(moved.flatten(1), dim=1)  # [B]
    inside = (attack.radius / length.clamp(min=torch.finfo(length.dtype).tiny)).clamp(max=1.0)
    return moved * _beside(inside, moved)


def _directions(gradient: Tensor) -> Tensor:
    """Each sentence's gradient at length 1, or 0 where it is zero or not finite.

    The division by the largest number keeps the squares of tiny gradients from vanishing, and gives the same bits
    whatever power of two the gradient was scaled by.
    """
    largest = gradient.abs().flatten(1).amax(dim=1)  # [B]
    usable = torch.isfinite(largest) & (largest > 0)
    even = torch.where(_beside(usable, gradient), gradient / _beside(largest, gradient), 0.0)
    length = torch.linalg.vector_norm(even.flatten(1), dim=1).clamp(min=1.0)  # [B]; one number of each is 1
    return even / _beside(length, even)


def _beside(each: Tensor, tensor: Tensor) -> Tensor:
    """[B] -> [B, 1, ...], to multiply `tensor` [B, ...] by."""
    return each.reshape(-1, *[1] * (tensor.ndim - 1))
