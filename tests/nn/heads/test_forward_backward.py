"""Where tokens stand in the recursions, by hand; and the recursions in NumPy against those in torch."""

from __future__ import annotations

import pytest
import torch

from spanloom.nn.heads import forward_backward
from spanloom.nn.heads.forward_backward import ChainScores, in_logarithms, in_probabilities, packing_of

CPU = torch.device("cpu")


def test_sentences_stand_longest_first_and_then_reversed() -> None:
    """Tokens 0 and 1 are the first sentence, 2 to 4 the second one, 5 the third one."""
    packing = packing_of(torch.tensor([2, 3, 1]), 4, CPU)
    assert packing.running == [3, 2, 1]
    assert packing.token.tolist() == [2, 0, 5, 4, 1, 5, 3, 1, 3, 0, 4, 2]  # steps of 6, 4 and 2 rows
    assert packing.forward.tolist() == [1, 7, 0, 6, 10, 2]
    assert packing.back.tolist() == [9, 4, 11, 8, 3, 5]
    assert packing.place.tolist() == [0, 1, 4, 5, 6, 8]
    assert packing.sentence.tolist() == [0, 0, 1, 1, 1, 2]
    assert [part.tolist() for part in packing[6:]] == [[0, 2, 5], [1, 4, 5], [1, 3, 4]]


@pytest.mark.parametrize("lengths", [[7, 7, 7], [2, 7, 4]], ids=["alike", "ragged"])
@pytest.mark.parametrize("stride", [1, 3])
def test_numpy_and_torch_and_logarithms_give_the_same(
    lengths: list[int], stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = torch.Generator().manual_seed(0)
    packing = packing_of(torch.tensor(lengths), 7, CPU)
    shapes = ((sum(lengths), 5), (5, 5), (5,), (5,))
    scores = ChainScores(*(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes))
    highest = scores.emissions.amax(1, keepdim=True)
    numpy, kept = in_probabilities(scores, highest, packing, stride)
    monkeypatch.setattr(forward_backward, "SMALL", 0)
    by_torch, kept_by_torch = in_probabilities(scores, highest, packing, stride)
    assert torch.allclose(numpy, by_torch, rtol=1e-13)
    assert all(torch.allclose(one, other, rtol=1e-13) for one, other in zip(kept, kept_by_torch, strict=True))
    assert torch.allclose(numpy, in_logarithms(scores, packing)[0], rtol=1e-13)
