"""One or two language models, which read either way, beside words, and layers above. Torch.

B batch, U units, T words.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from spanloom.encoders.contract import Wanted
from spanloom.encoders.language_model.config import LanguageModelEncoderConfig
from spanloom.encoders.language_model.features import ReadFeatures
from spanloom.encoders.language_model.runs import PREFIX, WEIGHTS, language_model_folders
from spanloom.encoders.parts.modules.above import recurrent_layers
from spanloom.encoders.parts.modules.words import Reader, WordEncoder
from spanloom.errors import CheckpointError
from spanloom.nn.layers.rnn import take
from spanloom.nn.layers.unfreezing import thaw
from spanloom.nn.layers.units import UnitEncoder
from spanloom.nn.storage import load_tensors


def build(config: LanguageModelEncoderConfig, features: ReadFeatures, wanted: Wanted) -> WordEncoder:
    """Raises ConfigError, CheckpointError or DataError for files that are missing, damaged or of another kind."""
    return WordEncoder(
        config,
        features,
        wanted,
        lambda width: recurrent_layers(config, width, wanted.dropout),
        lambda: _language_models(config, wanted.architecture),
    )


class LanguageModels(Reader):
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
        self.architecture = {"language_models": self.sizes}
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


def load_language_models(config: LanguageModelEncoderConfig) -> tuple[dict[str, dict[str, Any]], dict[str, Tensor]]:
    """The sizes and the weights of `LanguageModels` from the runs that a configuration names.

    Raises ConfigError for a run of another kind, CheckpointError for files that are missing or damaged.
    """
    sizes: dict[str, dict[str, Any]] = {}
    weights: dict[str, Tensor] = {}
    for number, (way, model) in enumerate(language_model_folders(config).items()):
        path = model.folder / WEIGHTS
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


def _language_models(config: LanguageModelEncoderConfig, architecture: Mapping[str, Any] | None) -> LanguageModels:
    sizes, weights = load_language_models(config) if architecture is None else (architecture["language_models"], None)
    models = LanguageModels(sizes, config.dropout, config.freeze, config.unfreeze_epochs)
    if weights is not None:
        models.load_state_dict(weights)
    return models
