"""One tag a token, above emissions [B, T, K]: as a sequence by a CRF, or each by itself. Torch.

B batch, T tokens, K tags.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from spanloom.nn.heads.crf import LinearChainCRF, nll, open_nll
from spanloom.nn.loss import class_loss, masked_scores, open_loss, symmetric_kl
from spanloom.text.tagset import Tagset


def build_crf(tagset: Tagset) -> LinearChainCRF:
    """A CRF in which what the scheme of the tags forbids has probability zero."""
    return LinearChainCRF(len(tagset.tags), *map(torch.isfinite, map(torch.from_numpy, tagset.rules())))


def tag_outputs(emissions: Tensor, crf: LinearChainCRF | None) -> dict[str, Tensor]:
    """Emissions [B, T, K]; of a CRF also transitions [K, K], start [K] and end [K], which are the same for every batch.

    Minus infinity where the scheme forbids: what its likelihood and its decoding need besides the emissions.
    """
    if crf is None:
        return {"emissions": emissions}
    transitions, start, end = crf.scores()
    return {"emissions": emissions, "transitions": transitions, "start": start, "end": end}


def tag_loss(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """A sum over tokens: a CRF's likelihood is of sentences, but grows with their length.

    targets: tags [B, T]; for a CRF lengths [B]; else weights [B, T], 0 at padding, focal_gamma and label_smoothing [],
    and class_weights [K] where tags weigh differently. Of several sources: open [B, T, K], the tags that gold leaves
    open, or judged [B, K], from which tags gold is chosen.
    """
    emissions, tags = outputs["emissions"], targets["tags"]
    if "judged" in targets:
        emissions = masked_scores(emissions, targets["judged"][:, None])
    if "transitions" in outputs:
        chain = outputs["transitions"], outputs["start"], outputs["end"]
        if "open" in targets:
            return open_nll(emissions, chain, tags, targets["open"], targets["lengths"]).sum()
        return nll(emissions, *chain, tags, targets["lengths"]).sum()
    if "open" in targets:
        return open_loss(emissions, targets["open"], targets["weights"])
    flat = emissions.flatten(0, 1), tags.flatten(), targets["weights"].flatten()
    gamma, smoothing = float(targets["focal_gamma"]), float(targets["label_smoothing"])
    return class_loss(*flat, targets.get("class_weights"), gamma, smoothing)


def tag_divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> Tensor:
    """How far two outputs for one batch are apart, a sum over each token's emissions, as a choice of K.

    Under a CRF too, as its transitions are the same in both.
    """
    first, second = outputs["emissions"], others["emissions"]  # [B, T, K]
    if "weights" in targets:
        return symmetric_kl(first, second, targets["weights"])
    position = torch.arange(first.shape[1], device=first.device)
    return symmetric_kl(first, second, position < targets["lengths"][:, None])
