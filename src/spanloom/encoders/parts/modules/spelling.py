"""What a word looks like, as a vector: its shape, hashed sub-words and characters. Torch.

B batch, T words, C characters.
"""

from __future__ import annotations

from torch import Tensor, nn

from spanloom.axes import limits_of
from spanloom.encoders.parts.settings import Spelled
from spanloom.nn.layers.char_cnn import CharCNN
from spanloom.nn.layers.embedding import HashedEmbedding
from spanloom.text.lookup import WordLookup


class Spelling(nn.Module):
    """shapes [B, T], characters [B, T, C] and hashed [B, T, AS], as far as they are wanted -> [B, T, S]; S may be 0."""

    def __init__(self, config: Spelled, lookup: WordLookup, dropout: float) -> None:
        super().__init__()
        limits = limits_of(lookup.declared())
        self.shapes = nn.Embedding(limits["shapes"], config.shape_width) if config.shape_width else None
        self.characters: CharCNN | None = None
        if "characters" in limits and config.char_filters:
            self.characters = CharCNN(limits["characters"], config.char_width, config.char_filters)
        self.hashed: HashedEmbedding | None = None
        if "hashed" in limits:
            self.hashed = HashedEmbedding(limits["hashed"], config.hashed_width, lookup.attributes)
        self.dropout = nn.Dropout(dropout)
        self.width = config.shape_width if self.shapes is not None else 0
        self.width += config.char_filters if self.characters is not None else 0
        self.width += self.hashed.width if self.hashed is not None else 0

    def forward(self, shapes: Tensor, characters: Tensor | None, hashed: Tensor | None) -> list[Tensor]:
        """The parts, each [B, T, part of S], to be put side by side."""
        parts = []
        if self.characters is not None and characters is not None:
            parts.append(self.dropout(self.characters(characters)))
        if self.hashed is not None and hashed is not None:
            parts.append(self.dropout(self.hashed(hashed)))
        if self.shapes is not None:
            parts.append(self.shapes(shapes))
        return parts
