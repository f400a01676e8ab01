"""Token classification as Hugging Face's own examples write it: an encoder of theirs, a linear layer, AdamW.

What such a training step costs beside ours on the same encoder and the same sentences. Nothing is done for speed but
what those examples do: batches are padded to their longest, in the order of a shuffle, and computed under autocast.

B batch, P pieces, K labels.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModel

LEARNING_RATE = 5e-5
LONGEST = 512  # pieces of a sentence
IGNORED = -100  # what cross_entropy leaves out: special pieces, and all of a word but its first

Tagged = tuple[Sequence[str], Sequence[str]]
"""The words of a sentence and their tags."""


class Pieces(NamedTuple):
    """A sentence as the network takes it: ids [P], gold [P]."""

    ids: list[int]
    gold: list[int]


def encode(sentences: Sequence[Tagged], folder: Path) -> tuple[list[Pieces], list[str]]:
    """The sentences in pieces of the folder's tokenizer, and the tags that there are."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    labels = sorted({tag for _, tags in sentences for tag in tags})
    number = {label: place for place, label in enumerate(labels)}
    found = []
    for words, tags in sentences:
        encoding = tokenizer.encode(list(words), is_pretokenized=True)
        places = encoding.word_ids
        begins = [word is not None and word != before for word, before in zip(places, [None, *places], strict=False)]
        gold = [number[tags[word]] if first else IGNORED for word, first in zip(places, begins, strict=True)]
        found.append(Pieces(encoding.ids, gold))
    return found, labels


class Tagger(nn.Module):
    """An encoder and a linear layer."""

    def __init__(self, folder: Path, labels: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(folder, local_files_only=True).float()
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(self.encoder.config.hidden_size, labels)

    def forward(self, ids: Tensor, mask: Tensor, gold: Tensor) -> Tensor:
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        logits = self.classifier(self.dropout(hidden))  # [B, P, K]
        return F.cross_entropy(logits.flatten(0, 1).float(), gold.flatten(), ignore_index=IGNORED)


def collate(sentences: Sequence[Pieces], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """ids, mask and gold of a batch, [B, P] each."""
    longest = max(len(sentence.ids) for sentence in sentences)
    ids, mask, gold = (
        torch.tensor([row + [fill] * (longest - len(row)) for row in rows])
        for rows, fill in (
            ([sentence.ids for sentence in sentences], 0),
            ([[1] * len(sentence.ids) for sentence in sentences], 0),
            ([sentence.gold for sentence in sentences], IGNORED),
        )
    )
    return ids.to(device), mask.to(device), gold.to(device)


def training(sentences: Sequence[Tagged], folder: Path, batch_size: int, device: torch.device) -> Iterator[int]:
    """Train in bf16, epoch after epoch for as long as it is asked, and give after each update its sentences."""
    pieces, labels = encode(sentences, folder)
    torch.manual_seed(0)
    draw = random.Random(0)
    model = Tagger(folder, len(labels)).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    while True:
        order = draw.sample(pieces, len(pieces))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            with torch.autocast(device.type, dtype=torch.bfloat16):
                loss = model(*collate(batch, device))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            yield len(batch)
