"""What a language model makes of the units it has read, and two such models, which read either way, as an encoder.

B batch, U units, V units in the vocabulary, D width of their vectors, H hidden width, S numbers of a state, T words.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from spanloom.config import EncoderConfig
from spanloom.errors import CheckpointError
from spanloom.nn.encoders.recurrence import Recurrence
from spanloom.nn.encoders.rnn import take
from spanloom.nn.encoders.unfreezing import thaw
from spanloom.nn.storage import load_tensors
from spanloom.text.language_models import language_model_folders
from spanloom.text.units import BEGIN

PREFIX = "encoder."
"""What the weights of a `UnitEncoder` are called by in a language model."""


class UnitEncoder(nn.Module):
    """tokens [B, U], lengths [B], state [B, S] -> what was read up to each unit [B, U, H], and the state behind [B, S].

    embedding: D, or 0 for one-hot vectors of the units. Other sizes as in `Recurrence`.
    """

    def __init__(
        self,
        units: int,
        embedding: int,
        hidden: int,
        layers: int,
        dropout: float,
        cell: Literal["lstm", "gru", "rnn"] = "lstm",
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(units, embedding) if embedding else None
        self.recurrence = Recurrence(embedding or units, hidden, layers, dropout, cell)
        with torch.no_grad():  # nothing read is nothing felt, until training says otherwise
            if self.embedding is None:
                self.recurrence.layers[0].weight_ih_l0[:, BEGIN] = 0.0  # type: ignore[operator]
            else:
                nn.init.normal_(self.embedding.weight, std=0.1)
                self.embedding.weight[BEGIN] = 0.0

    def forward(self, tokens: Tensor, lengths: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        x = tokens if self.embedding is None else self.embedding(tokens)  # [B, U, D]
        read: tuple[Tensor, Tensor] = self.recurrence(x, lengths, state)
        return read


class LanguageModels(nn.Module):
    """units [B, U], unit_lengths [B], first and last unit of each word [B, T] -> vectors [B, T, width].

    Of a model that reads forward, the state behind a word's last unit; of one that reads backward, behind its first
    (Akbik et al. 2018, https://aclanthology.org/C18-1139); both side by side where there are two. A text begins with
    the unit BEGIN whichever way it is read.

    sizes: "forward" and "backward", as far as they are there, to the arguments of a `UnitEncoder`, all but the dropout.
    freeze, unfreeze_epochs: as of a `Transformer`; the embeddings are the vectors of the units.
    """

    def __init__(
        self,
        sizes: Mapping[str, Mapping[str, Any]],
        dropout: float,
        freeze: Literal["none", "embeddings", "all"],
        unfreeze_epochs: int,
    ) -> None:
        super().__init__()
        self.sizes = {way: dict(size) for way, size in sizes.items()}
        self.readers = nn.ModuleList(UnitEncoder(**size, dropout=dropout) for size in sizes.values())
        self.width = sum(int(size["hidden"]) for size in sizes.values())
        self.frozen = freeze == "all"
        if self.frozen:
            self.requires_grad_(False)
        elif freeze == "embeddings":
            for reader in self.readers:
                if reader.embedding is not None:
                    reader.embedding.requires_grad_(False)
        self.unfreeze_epochs = unfreeze_epochs
        self._trained = [weight for weight in self.parameters() if weight.requires_grad]

    def train(self, mode: bool = True) -> LanguageModels:
        return super().train(mode and not self.frozen)

    def begin_epoch(self, epoch: int) -> None:
        """Train as many layers, from the top, as `unfreeze_epochs` says for this epoch, counted from 1."""
        if self.unfreeze_epochs:
            thaw(self._trained, self._layers(), self.unfreeze_epochs, epoch)

    def _layers(self) -> list[nn.Module]:
        """The layers from the bottom, those of both models at one height together; their tops are at one height."""
        stacks = [list(reader.recurrence.layers) for reader in self.readers]  # type: ignore[union-attr, arg-type]
        height = max(map(len, stacks))
        return [
            nn.ModuleList(stack[level - height] for stack in stacks if len(stack) >= height - level)
            for level in range(height)
        ]

    def forward(self, units: Tensor, unit_lengths: Tensor, first: Tensor, last: Tensor) -> Tensor:
        parts = []
        for way, reader in zip(self.sizes, self.readers, strict=True):
            read, places = (units, last) if way == "forward" else _backward(units, unit_lengths, first)
            state = torch.zeros(units.shape[0], reader.recurrence.state_width, device=units.device)  # type: ignore[union-attr, arg-type]
            vectors, _ = reader(read, unit_lengths, state)  # [B, U, H]
            parts.append(take(vectors, places))
        return torch.cat(parts, dim=-1)


def _backward(units: Tensor, lengths: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
    """The units from the last to the first, behind BEGIN, and where the first unit of each word then stands."""
    position = torch.arange(units.shape[1], device=units.device)[None, :]  # [1, U]
    inside = (position > 0) & (position < lengths[:, None])
    read = units.gather(1, torch.where(inside, lengths[:, None] - position, position))
    return read, torch.minimum(lengths[:, None] - first, lengths[:, None] - 1)


def load_language_models(config: EncoderConfig) -> tuple[dict[str, dict[str, Any]], dict[str, Tensor]]:
    """The sizes and the weights of `LanguageModels` from the runs that a configuration names.

    Raises ConfigError for a run of another kind, CheckpointError for files that are missing or damaged.
    """
    sizes: dict[str, dict[str, Any]] = {}
    weights: dict[str, Tensor] = {}
    for number, (way, model) in enumerate(language_model_folders(config).items()):
        path = model.folder / "weights.safetensors"
        found, _ = load_tensors(path, "Restore it from a copy, or train the language model again.")
        settings = {name: model.settings[name] for name in ("embedding", "hidden", "layers", "cell")}
        sizes[way] = {"units": len(model.units), **settings}
        own = {name.removeprefix(PREFIX): tensor for name, tensor in found.items() if name.startswith(PREFIX)}
        _check_shapes(UnitEncoder(**sizes[way], dropout=0.0), own, path)
        weights |= {f"readers.{number}.{name}": tensor for name, tensor in own.items()}
    return sizes, weights


def _check_shapes(reader: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    expected = {name: tensor.shape for name, tensor in reader.state_dict().items()}
    if expected != {name: tensor.shape for name, tensor in weights.items()}:
        found = "is not of the size that model.json and codec.json beside it say"
        raise CheckpointError(str(path), found, "", "Restore the run from a copy, or train it again.")
