"""The CRF against enumeration of all paths, finite differences, and float64; at sizes and scores where others break."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from spanloom.nn.heads.crf import LinearChainCRF, open_nll

TAGS, LENGTHS = 3, torch.tensor([4, 1, 3])
BIO = torch.tensor([[1, 1, 1], [0, 1, 1], [1, 1, 1]]).bool()  # I, O, B: no I after O


def crf(scale: float = 1.0, dtype: torch.dtype = torch.float64, **masks: Tensor) -> LinearChainCRF:
    torch.manual_seed(0)
    model = LinearChainCRF(TAGS, **masks)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=scale)
    return model.to(dtype)


def drawn(scale: float = 1.0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    emissions = scale * torch.randn(3, 4, TAGS, generator=generator, dtype=torch.float64)
    return emissions.to(dtype), torch.tensor([[2, 0, 1, 2], [1, 2, 0, 0], [2, 2, 0, 1]])


def score(model: LinearChainCRF, emissions: Tensor, path: tuple[int, ...]) -> Tensor:
    transitions, start, end = (part.double() for part in model.scores())
    total = start[path[0]] + end[path[-1]] + sum(emissions[t, tag].double() for t, tag in enumerate(path))
    return total + sum(transitions[one, two] for one, two in itertools.pairwise(path))


def enumerated(model: LinearChainCRF, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """The likelihood by every path there is, with autograd's gradient."""
    found = []
    for row, gold, length in zip(emissions, tags.tolist(), lengths.tolist(), strict=True):
        paths = [score(model, row, path) for path in itertools.product(range(TAGS), repeat=length)]
        found.append(torch.logsumexp(torch.stack(paths), 0) - score(model, row, tuple(gold[:length])))
    return torch.stack(found)


def gradients(loss: Tensor, model: LinearChainCRF, emissions: Tensor) -> list[Tensor]:
    weight = torch.tensor([1.0, 2.0, -0.5], dtype=loss.dtype)  # sentences need not weigh the same
    return list(torch.autograd.grad((loss * weight).sum(), [emissions, *model.parameters()]))


@pytest.mark.parametrize("masked", [False, True], ids=["free", "constrained"])
@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3], ids=["as in float32", "as in float64", "in logarithms"])
def test_likelihood_and_gradient_are_those_of_all_paths(scale: float, masked: bool) -> None:
    masks = {"allowed": BIO, "starts": torch.tensor([False, True, True])} if masked else {}
    model, (emissions, tags) = crf(**masks), drawn(scale)
    emissions.requires_grad_()
    found = model.nll(emissions, tags, LENGTHS)
    expected = enumerated(model, emissions, tags, LENGTHS)
    assert torch.allclose(found, expected, rtol=1e-10, atol=1e-10)
    for mine, theirs in zip(gradients(found, model, emissions), gradients(expected, model, emissions), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-9, atol=1e-9)


def test_gradients_agree_with_finite_differences() -> None:
    model, (emissions, tags) = crf(allowed=BIO), drawn()

    def nll(emissions: Tensor, *parameters: Tensor) -> Tensor:
        model.scores = lambda: parameters  # type: ignore[assignment, method-assign, return-value]
        return model.nll(emissions, tags, LENGTHS)

    finite = [part.detach().clamp(min=-3.0).requires_grad_() for part in model.scores()]
    assert torch.autograd.gradcheck(nll, (emissions.requires_grad_(), *finite))


@pytest.mark.parametrize("scale", [1.0, 10.0, 1e4])
def test_float32_agrees_with_float64_on_long_sentences_of_many_tags(scale: float) -> None:
    length, count = 512, 200
    generator = torch.Generator().manual_seed(2)
    emissions = scale * (2 * torch.rand(2, length, count, generator=generator) - 1)
    tags = torch.randint(count, (2, length), generator=generator)
    lengths = torch.tensor([length, length - 100])
    torch.manual_seed(0)
    model = LinearChainCRF(count)
    found = {}
    for dtype in (torch.float32, torch.float64):
        inputs = emissions.to(dtype).requires_grad_()
        loss = model.to(dtype).nll(inputs, tags, lengths)
        found[dtype] = [loss, *torch.autograd.grad(loss.sum(), [inputs, model.transitions])]
    for single, double in zip(found[torch.float32], found[torch.float64], strict=True):
        assert torch.allclose(single.double(), double, rtol=1e-5, atol=1e-4)
        assert single.isfinite().all()


def test_padding_and_neighbours_change_nothing() -> None:
    model, (emissions, tags) = crf(), drawn()
    together = model.nll(emissions, tags, LENGTHS)
    emissions[1, 1:], tags[1, 1:] = math.nan, 0
    emissions[2, 3:], tags[2, 3:] = math.inf, 2
    assert torch.equal(model.nll(emissions, tags, LENGTHS), together)
    alone = [model.nll(emissions[[row]], tags[[row]], LENGTHS[[row]]) for row in range(3)]
    assert torch.allclose(torch.cat(alone), together, rtol=1e-12)


@pytest.mark.parametrize("wrong", [0, 5])
def test_a_length_that_cannot_be_is_refused(wrong: int) -> None:
    model, (emissions, tags) = crf(), drawn()
    with pytest.raises(ValueError, match=rf"lengths are .*{wrong}.*; with 4 tokens they are 1 to 4"):
        model.nll(emissions, tags, torch.tensor([3, wrong, 2]))


def test_mixed_precision_around_it_changes_nothing() -> None:
    model, (emissions, tags) = crf(dtype=torch.float32), drawn(dtype=torch.float32)
    expected = model.nll(emissions, tags, LENGTHS)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(model.nll(emissions, tags, LENGTHS), expected)


def test_what_is_not_allowed_has_no_probability() -> None:
    model, (emissions, _) = crf(allowed=BIO), drawn()
    forbidden = torch.tensor([[1, 0, 0, 0]])
    assert model.nll(emissions[:1], forbidden, LENGTHS[:1]).item() == math.inf
    lengths = torch.tensor([4])
    legal = [path for path in itertools.product(range(TAGS), repeat=4) if (1, 0) not in itertools.pairwise(path)]
    total = sum(math.exp(-model.nll(emissions[:1], torch.tensor([path]), lengths).item()) for path in legal)
    assert total == pytest.approx(1.0, abs=1e-12)


def test_a_tag_that_falls_out_of_sight_is_found_again() -> None:
    """The likeliest path passes where forward probabilities alone are e^-240: float32 would have lost it."""
    emissions = torch.tensor([[[0.0, -240.0, 0.0], [0.0, 0.0, 0.0], [-500.0, -500.0, 0.0]]])
    allowed = torch.tensor([[1, 0, 0], [0, 1, 1], [1, 1, 0]]).bool()  # the last tag comes from the middle one alone
    torch.manual_seed(0)
    model = LinearChainCRF(3, allowed)
    found = model.nll(emissions, torch.tensor([[1, 1, 2]]), torch.tensor([3])).item()
    expected = enumerated(model, emissions, torch.tensor([[1, 1, 2]]), torch.tensor([3])).item()
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-4)


def test_masks_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"starts has shape \(2,\); for 3 tags it is \(3,\)"):
        LinearChainCRF(3, starts=torch.ones(2))


def test_scores_without_a_gradient_ask_for_none() -> None:
    crf = LinearChainCRF(3)
    assert all(scores.requires_grad for scores in crf.scores())
    with torch.no_grad():
        assert not any(scores.requires_grad for scores in crf.scores())


# ---- gold that leaves tags open -------------------------------------------------------------------------------------

FREE = torch.ones(TAGS, dtype=torch.bool)


def left_open() -> tuple[Tensor, Tensor]:
    """Tags [3, 4] and what is open beside them: some tokens of the first sentence, the whole second one, none of the
    third."""
    tags = torch.tensor([[2, 0, 1, 2], [1, 2, 0, 0], [2, 2, 0, 1]])
    open_ = torch.nn.functional.one_hot(tags, TAGS).bool()
    open_[0, 1] = torch.tensor([True, False, True])
    open_[0, 2] = FREE
    open_[1, :1] = FREE  # beyond its one token nothing is read
    return tags, open_


@pytest.mark.parametrize("masked", [False, True], ids=["free", "constrained"])
@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3])
def test_open_tags_are_the_sum_over_all_paths_inside(scale: float, masked: bool) -> None:
    masks = {"allowed": BIO, "starts": torch.tensor([False, True, True])} if masked else {}
    model, (emissions, _), (tags, open_) = crf(**masks), drawn(scale), left_open()
    emissions.requires_grad_()
    expected = []
    for row, each, length in zip(emissions, open_, LENGTHS.tolist(), strict=True):
        paths = list(itertools.product(range(TAGS), repeat=length))
        inside = [path for path in paths if all(each[t, tag] for t, tag in enumerate(path))]
        every, some = (
            torch.logsumexp(torch.stack([score(model, row, path) for path in these]), 0) for these in (paths, inside)
        )
        expected.append(every - some)
    found = open_nll(emissions, model.scores(), tags, open_, LENGTHS)
    assert torch.allclose(found, torch.stack(expected), rtol=1e-10, atol=1e-10)
    theirs = gradients(torch.stack(expected), model, emissions)
    for mine, other in zip(gradients(found, model, emissions), theirs, strict=True):
        assert torch.allclose(mine, other, rtol=1e-9, atol=1e-9)


def test_a_sentence_that_is_open_throughout_has_no_part() -> None:
    model, (emissions, _), (tags, open_) = crf(), drawn(), left_open()
    emissions.requires_grad_()
    found = open_nll(emissions, model.scores(), tags, open_, LENGTHS)
    gradient = gradients(found, model, emissions)[0]
    assert found[1].item() == 0.0
    assert not gradient[1].any()
    assert gradient[0].any()


def test_nothing_open_is_the_likelihood_itself() -> None:
    model, (emissions, tags) = crf(), drawn()
    open_ = torch.nn.functional.one_hot(tags, TAGS).bool()
    chain = model.scores()
    assert torch.equal(open_nll(emissions, chain, tags, open_, LENGTHS), model.nll(emissions, tags, LENGTHS))
