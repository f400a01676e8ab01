from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from spanloom.nn.loss import (
    binary_loss,
    class_loss,
    multilabel_loss,
    open_loss,
    symmetric_kl,
    symmetric_kl_of_cells,
    token_loss,
)


def closed_form(scores: Tensor, gold: Tensor, valid: Tensor) -> float:
    """The loss as it is written down: B batch, L labels, and cells one by one."""
    total = 0.0
    batch, labels = scores.shape[:2]
    for b in range(batch):
        for label in range(labels):
            negative = positive = 1.0
            cells = zip(
                scores[b, label].flatten().tolist(),
                gold[b, label].flatten().tolist(),
                valid[b, label].flatten().tolist(),
                strict=True,
            )
            for score, is_gold, is_valid in cells:
                if is_valid and is_gold:
                    positive += math.exp(-score)
                elif is_valid:
                    negative += math.exp(score)
            total += math.log(negative) + math.log(positive)
    return total


def tables(seed: int, words: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """Scores and gold [2, 3, T, T] of two sentences, the second two words shorter, and which cells are theirs."""
    draw = torch.Generator().manual_seed(seed)
    scores = torch.randn(2, 3, words, words, generator=draw, dtype=torch.float64) * 3
    inside = torch.ones(2, words, dtype=torch.bool)
    inside[1, words - 2 :] = False
    valid = (inside[:, :, None] & inside[:, None, :])[:, None]  # [B, 1, T, T]
    gold = (torch.rand(scores.shape, generator=draw, dtype=torch.float64) < 0.2) & valid
    return scores.to(dtype), gold, valid


@pytest.mark.parametrize("seed", range(5))
def test_multilabel_loss_is_the_closed_form(seed: int) -> None:
    scores, gold, valid = tables(seed, 4)
    expected = closed_form(scores, gold, valid.expand_as(scores))
    assert multilabel_loss(scores, gold, valid).item() == pytest.approx(expected, rel=1e-12)
    assert multilabel_loss(scores.float(), gold, valid).item() == pytest.approx(expected, rel=1e-5)


def test_by_hand() -> None:
    scores = torch.tensor([[[2.0, -1.0, 0.5]]])
    gold = torch.tensor([[[True, False, False]]])
    everywhere = torch.ones(1, 1, 3, dtype=torch.bool)
    expected = math.log(1 + math.exp(-1) + math.exp(0.5)) + math.log(1 + math.exp(-2))
    assert multilabel_loss(scores, gold, everywhere).item() == pytest.approx(expected)
    assert multilabel_loss(scores, torch.zeros_like(gold), ~everywhere).item() == 0.0


def test_the_gradient_agrees_with_finite_differences() -> None:
    scores, gold, valid = tables(7, 4)
    assert torch.autograd.gradcheck(lambda s: multilabel_loss(s, gold, valid), scores.requires_grad_())


def test_padding_changes_neither_loss_nor_gradient() -> None:
    scores, gold, valid = tables(3, 4, torch.float32)
    wide = torch.randn(2, 3, 7, 7, generator=torch.Generator().manual_seed(0)) * 50
    wide[:, :, :4, :4] = scores
    wide_gold, wide_valid = torch.zeros(2, 3, 7, 7, dtype=torch.bool), torch.zeros(2, 1, 7, 7, dtype=torch.bool)
    wide_gold[:, :, :4, :4], wide_valid[:, :, :4, :4] = gold, valid
    losses, gradients = [], []
    for arguments in ((scores, gold, valid), (wide, wide_gold, wide_valid)):
        leaf = arguments[0].clone().requires_grad_()
        loss = multilabel_loss(leaf, *arguments[1:])
        loss.backward()
        losses.append(loss.item())
        gradients.append(leaf.grad)
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    torch.testing.assert_close(gradients[1][:, :, :4, :4], gradients[0], rtol=1e-5, atol=1e-7)
    outside = gradients[1].masked_fill(wide_valid, 0.0)
    assert outside.abs().max() < 1e-30  # an exponential too small to tell from none


def test_huge_scores_stay_finite() -> None:
    scores = torch.tensor([[[500.0, -500.0, 900.0]]], requires_grad=True)
    gold = torch.tensor([[[False, True, False]]])
    loss = multilabel_loss(scores, gold, torch.ones(1, 1, 3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == pytest.approx(900.0 + 500.0)
    assert scores.grad is not None
    torch.testing.assert_close(scores.grad, torch.tensor([[[0.0, -1.0, 1.0]]]))


def test_no_label_at_all_costs_nothing() -> None:
    empty = torch.zeros(2, 0, 3, 3)
    assert multilabel_loss(empty, empty.bool(), torch.ones(2, 1, 3, 3, dtype=torch.bool)).item() == 0.0


def test_token_loss_is_a_weighted_sum_of_cross_entropies() -> None:
    draw = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 3, 4, generator=draw, dtype=torch.float64)
    tags = torch.tensor([[0, 3, 1], [2, 0, 0]])
    weights = torch.tensor([[1.0, 10.0, 1.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
    expected = 0.0
    for b in range(2):
        for t in range(3):
            row = logits[b, t].tolist()
            chosen = row[int(tags[b, t])]
            expected += float(weights[b, t]) * (math.log(sum(map(math.exp, row))) - chosen)
    assert token_loss(logits, tags, weights).item() == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(lambda x: token_loss(x, tags, weights), logits.requires_grad_())


def choices(seed: int = 2) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits [5, 4], gold, weights of which one is 0, and class weights, in float64."""
    draw = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(5, 4, generator=draw, dtype=torch.float64)
    weights = torch.tensor([1.0, 0.5, 0.0, 2.0, 1.0], dtype=torch.float64)
    class_weights = torch.tensor([0.25, 1.0, 3.0, 0.5], dtype=torch.float64)
    return logits, torch.tensor([0, 3, 1, 2, 2]), weights, class_weights


def written_out(
    logits: Tensor, gold: Tensor, weights: Tensor, class_weights: Tensor | None, gamma: float, smoothing: float
) -> float:
    """The loss term by term."""
    total = 0.0
    size = logits.shape[1]
    for row, right, weight in zip(logits.tolist(), gold.tolist(), weights.tolist(), strict=True):
        partition = sum(map(math.exp, row))
        for k, logit in enumerate(row):
            p = math.exp(logit) / partition
            target = smoothing / size + (1 - smoothing) * (k == right)
            factor = 1.0 if class_weights is None else float(class_weights[k])
            total -= weight * target * factor * (1 - p) ** gamma * math.log(p)
    return total


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_class_loss_is_what_is_written(gamma: float, smoothing: float, weighted: bool) -> None:
    logits, gold, weights, class_weights = choices()
    given = class_weights if weighted else None
    expected = written_out(logits, gold, weights, given, gamma, smoothing)
    assert class_loss(logits, gold, weights, given, gamma, smoothing).item() == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(
        lambda x: class_loss(x, gold, weights, given, gamma, smoothing), logits.requires_grad_()
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_without_focus_it_is_the_cross_entropy_of_torch_and_a_tiny_gamma_changes_nothing(smoothing: float) -> None:
    logits, gold, _, class_weights = choices()
    ones = torch.ones(5, dtype=torch.float64)
    expected = functional.cross_entropy(
        logits, gold, weight=class_weights, reduction="sum", label_smoothing=smoothing
    ).item()
    assert class_loss(logits, gold, ones, class_weights, 0.0, smoothing).item() == pytest.approx(expected, rel=1e-12)
    assert class_loss(logits, gold, ones, class_weights, 1e-12, smoothing).item() == pytest.approx(expected, rel=1e-9)


def test_focal_loss_by_hand() -> None:
    """p = 0.9 and p = 0.5 of two classes: -(0.1)^2 log 0.9 and -(0.5)^2 log 0.5."""
    logits = torch.tensor([[math.log(9.0), 0.0], [0.0, 0.0]])
    found = class_loss(logits, torch.tensor([0, 1]), torch.ones(2), gamma=2.0).item()
    assert found == pytest.approx(0.01 * 0.1053605157 + 0.25 * 0.6931471806)


def test_focal_loss_of_certainty_is_zero_with_a_gradient_that_is_a_number() -> None:
    logits = torch.tensor([[1000.0, 0.0], [0.0, 1000.0]], requires_grad=True)
    loss = class_loss(logits, torch.tensor([0, 0]), torch.ones(2), gamma=0.5)
    loss.backward()
    assert loss.item() == pytest.approx(1000.0)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.tensor([[0.0, 0.0], [-1.0, 1.0]]))


def kl(p: list[float], q: list[float]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


def test_symmetric_kl_of_categories_is_the_sum_written_out() -> None:
    first = torch.tensor([[[0.1, 0.6, 0.3], [0.2, 0.2, 0.6]]], dtype=torch.float64)  # [B, T, K]
    second = torch.tensor([[[0.3, 0.3, 0.4], [0.5, 0.1, 0.4]]], dtype=torch.float64)
    weights = torch.tensor([[2.0, 0.0]])
    found = symmetric_kl(first.log() + 5.0, second.log() - 3.0, weights)
    p, q = first[0, 0].tolist(), second[0, 0].tolist()
    assert found.item() == pytest.approx(2.0 * (kl(p, q) + kl(q, p)) / 2, abs=1e-12)


def test_symmetric_kl_of_cells_is_that_of_two_categories_each() -> None:
    draw = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 2, 3, 4, 4, generator=draw, dtype=torch.float64) * 3
    valid = torch.rand(2, 1, 4, 4, generator=draw) < 0.7
    pairs = [torch.stack([logits, torch.zeros_like(logits)], dim=-1) for logits in (first, second)]
    wanted = symmetric_kl(*pairs, valid.expand_as(first).double())
    torch.testing.assert_close(symmetric_kl_of_cells(first, second, valid), wanted)
    second[~valid.expand_as(second)] = 1e6
    torch.testing.assert_close(symmetric_kl_of_cells(first, second, valid), wanted)


@pytest.mark.parametrize("apart", [symmetric_kl, symmetric_kl_of_cells])
def test_symmetric_kl_has_the_right_gradient_for_both(apart: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    draw = torch.Generator().manual_seed(1)
    first, second = torch.randn(2, 2, 3, 4, generator=draw, dtype=torch.float64)
    weights = torch.ones(2, 3, 4, dtype=torch.bool) if apart is symmetric_kl_of_cells else torch.rand(2, 3).double()
    both = (first.requires_grad_(), second.requires_grad_())
    assert torch.autograd.gradcheck(lambda a, b: apart(a, b, weights), both)


DRAW = torch.Generator().manual_seed(3)
DECISIONS = torch.randn(5, 3, generator=DRAW, dtype=torch.float64) * 2
YES = (torch.rand(5, 3, generator=DRAW) < 0.4).long()


def test_binary_loss_is_binary_cross_entropy_when_every_knob_is_zero() -> None:
    expected = functional.binary_cross_entropy_with_logits(DECISIONS, YES.double(), reduction="sum")
    assert binary_loss(DECISIONS, YES).item() == pytest.approx(expected.item(), rel=1e-12)


def test_binary_loss_by_hand() -> None:
    weights = torch.tensor([[0.5, 1.0, 2.0], [3.0, 1.0, 0.25]], dtype=torch.float64)
    gamma, smoothing = 1.5, 0.1
    expected = 0.0
    for row, gold in zip(DECISIONS.tolist(), YES.tolist(), strict=True):
        for label, (score, yes) in enumerate(zip(row, gold, strict=True)):
            p = 1 / (1 + math.exp(-score))
            target = 0.95 if yes else 0.05
            loss = -target * (1 - p) ** gamma * math.log(p) - (1 - target) * p**gamma * math.log(1 - p)
            expected += weights[yes, label].item() * loss
    assert binary_loss(DECISIONS, YES, weights, gamma, smoothing).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_a_decision_between_two_classes_is_a_choice_of_one_of_two(gamma: float) -> None:
    """A softmax over the scores 0 and s is a sigmoid of s."""
    one = DECISIONS[:, :1]
    pair = torch.cat([torch.zeros_like(one), one], dim=1)
    choice = class_loss(pair, YES[:, 0], torch.ones(5, dtype=torch.float64), None, gamma, 0.2)
    assert binary_loss(one, YES[:, :1], None, gamma, 0.2).item() == pytest.approx(choice.item(), rel=1e-12)


def test_the_gradient_of_binary_loss_agrees_with_finite_differences_and_stays_finite() -> None:
    weights = torch.rand(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    leaf = DECISIONS.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda scores: binary_loss(scores, YES, weights, 2.0, 0.1), leaf)
    sure = torch.tensor([[60.0, -60.0, 500.0]], requires_grad=True)
    binary_loss(sure, torch.tensor([[1, 0, 1]]), None, 0.5).backward()
    assert sure.grad is not None
    assert bool(torch.isfinite(sure.grad).all())


def test_open_classes_are_the_sum_of_their_probabilities() -> None:
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, generator=draw, dtype=torch.float64).requires_grad_()
    open_ = torch.tensor(
        [[[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]], [[0, 0, 1, 1], [0, 1, 0, 0], [1, 0, 0, 1]]]
    ).bool()
    weights = torch.tensor([[1.0, 2.0, 5.0], [1.0, 0.0, 0.5]], dtype=torch.float64)
    expected = 0.0
    for row in range(2):
        for token in range(3):
            powers = [math.exp(score) for score in logits[row, token].tolist()]
            inside = sum(power for power, is_open in zip(powers, open_[row, token].tolist(), strict=True) if is_open)
            expected -= weights[row, token].item() * math.log(inside / sum(powers))
    found = open_loss(logits, open_, weights)
    assert found.item() == pytest.approx(expected, rel=1e-12)
    (gradient,) = torch.autograd.grad(found, logits)
    assert not gradient[0, 2].any()  # everything is open
    assert not gradient[1, 1].any()  # nothing is learnt
    assert gradient[0, 1].any()
    (alone,) = torch.autograd.grad(open_loss(logits[:1, :1], open_[:1, :1], weights[:1, :1]), logits)
    (entropy,) = torch.autograd.grad(token_loss(logits[:1, :1], torch.tensor([[0]]), weights[:1, :1]), logits)
    assert torch.allclose(alone, entropy, rtol=1e-12)
