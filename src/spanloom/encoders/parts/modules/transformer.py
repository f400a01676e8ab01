"""A pretrained BERT-like encoder over wordpieces that answers in words. B batch, P pieces, T words, H hidden width."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from spanloom.encoders.parts.modules.attention import make_tables_again
from spanloom.errors import ConfigError
from spanloom.nn.encoder import EncoderOutput
from spanloom.nn.layers.rnn import take
from spanloom.nn.layers.unfreezing import thaw


class Transformer(nn.Module):
    """pieces [B, P], piece_lengths [B], first and last piece of each word [B, T] -> `EncoderOutput`.

    types [B, P] tell the pieces of two texts apart, 0 and 1; a model that knows no types goes by the special pieces.

    pooling: "first" piece, "mean" of a word's pieces, or the mean of its "ends".
    mix_layers: read a learned mean of all layers (Peters et al. 2018), as the last ones of a sentence encoder have
    forgotten much about its single words.
    maps: return the attention between words too: the mean over the pieces of the one that looks, of the sum over the
    pieces of the one looked at.
    freeze: what is never trained. "embeddings" are those of the words: most of a small encoder's weights are in them,
    a step takes a quarter less time, and rare words keep their meaning. "all" also leaves dropout out.
    unfreeze_epochs: epochs before each layer, from the top, is trained, see `unfreezing.py`; 0 trains all at once.
    """

    def __init__(
        self,
        model: nn.Module,
        pooling: Literal["first", "mean", "ends"],
        mix_layers: bool,
        maps: bool,
        freeze: Literal["none", "embeddings", "all"] = "none",
        unfreeze_epochs: int = 0,
    ) -> None:
        super().__init__()
        self.pretrained = model
        self.pooling = pooling
        self.mixture: nn.Parameter | None = None
        if mix_layers:
            layers = model.config.num_hidden_layers + 1  # type: ignore[union-attr, operator]
            self.mixture = nn.Parameter(torch.zeros(layers))  # type: ignore[arg-type]
            self.mixture.data[-1] = 1.0
        self.width: int = model.config.hidden_size  # type: ignore[union-attr, assignment]
        heads: int = model.config.num_hidden_layers * model.config.num_attention_heads  # type: ignore[union-attr, operator, assignment]
        self.maps = heads if maps else 0
        if not maps:
            make_tables_again(model)
        self.typed = int(getattr(model.config, "type_vocab_size", 0)) > 1
        self.frozen = freeze == "all"
        if self.frozen:
            model.requires_grad_(False)
        elif freeze == "embeddings":
            model.get_input_embeddings().requires_grad_(False)  # type: ignore[operator]
        self.unfreeze_epochs = unfreeze_epochs
        self._layers = _layers(model) if unfreeze_epochs else []
        self._trained = [weight for weight in model.parameters() if weight.requires_grad]

    def train(self, mode: bool = True) -> Transformer:
        super().train(mode)
        if self.frozen:
            self.pretrained.eval()
        return self

    def begin_epoch(self, epoch: int) -> None:
        """Train as many layers, from the top, as `unfreeze_epochs` says for this epoch, counted from 1."""
        if not self.unfreeze_epochs:
            return
        thaw(self._trained, self._layers, self.unfreeze_epochs, epoch)

    def forward(
        self, pieces: Tensor, piece_lengths: Tensor, first: Tensor, last: Tensor, types: Tensor | None = None
    ) -> EncoderOutput:
        position = torch.arange(pieces.shape[1], device=pieces.device)
        mask = (position[None, :] < piece_lengths[:, None]).long()  # [B, P]
        typed = {"token_type_ids": types} if types is not None and self.typed else {}
        answer = self.pretrained(
            input_ids=pieces,
            attention_mask=mask,
            **typed,
            output_hidden_states=self.mixture is not None,
            output_attentions=self.maps > 0,
        )
        vectors = self._pool(self._mix(answer), first, last)
        if not self.maps:
            return EncoderOutput(vectors, None)
        maps = torch.cat(answer.attentions, dim=1)  # [B, M, P, P]
        within = (position >= first[:, :, None]) & (position <= last[:, :, None])  # [B, T, P]
        looked_at = within.to(maps.dtype)
        looking = looked_at / (last - first + 1)[:, :, None].to(maps.dtype)
        return EncoderOutput(vectors, looking[:, None] @ maps @ looked_at.transpose(1, 2)[:, None])

    def _mix(self, answer: Any) -> Tensor:
        """[B, P, H]: the last layer, or the learned mean of all."""
        if self.mixture is None:
            last: Tensor = answer.last_hidden_state
            return last
        first, *weights = torch.softmax(self.mixture, dim=0).unbind()
        mixed: Tensor = first * answer.hidden_states[0]
        for weight, layer in zip(weights, answer.hidden_states[1:], strict=True):
            mixed = mixed + weight * layer  # one after the other: all of them stacked were the most that a step held
        return mixed

    def _pool(self, hidden: Tensor, first: Tensor, last: Tensor) -> Tensor:
        """Pieces [B, P, H] -> words [B, T, H]."""
        if self.pooling == "first":
            return take(hidden, first)
        if self.pooling == "ends":
            return (take(hidden, first) + take(hidden, last)) / 2
        total = torch.cumsum(hidden.float(), dim=1)  # [B, P, H]
        count = (last - first + 1)[:, :, None]
        return (take(total, last) - take(total, first) + take(hidden, first).float()) / count


def _layers(model: nn.Module) -> list[nn.Module]:
    """The layers from the bottom: the list of modules that is as long as the model says it has layers."""
    count: int = model.config.num_hidden_layers  # type: ignore[union-attr, assignment]
    for part in model.modules():
        if isinstance(part, nn.ModuleList) and len(part) == count:
            return list(part)
    found = f"the encoder {type(model).__name__} has no list of its {count} layers"
    raise ConfigError("model.encoder.unfreeze_epochs", found, remedy="Set it to 0.")
