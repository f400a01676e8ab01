"""Pair tables against explicit loops over labels and pairs of tokens."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from spanloom.nn.heads.token_pair import MANY, Attended, Between, PairTable, at_cells, attention_strength

BATCH, WORDS, WIDTH, LABELS = 2, 6, 5, 3


@pytest.fixture
def x() -> Tensor:
    return torch.randn(BATCH, WORDS, WIDTH, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def randomised(module: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for parameter in module.parameters():  # zero biases would hide a mistake
        nn.init.normal_(parameter)
    return module.double().eval()


@pytest.mark.parametrize("labels", [LABELS, MANY + 1])
def test_pair_table_is_its_formula_for_every_label_and_pair(x: Tensor, labels: int) -> None:
    table = PairTable(WIDTH, hidden=4, rank=2, labels=labels, reach=2, dropout=0.5)
    randomised(table)
    found = table(x)
    assert found.shape == (BATCH, labels, WORDS, WORDS)
    for b in range(BATCH):
        for i in range(WORDS):
            for j in range(WORDS):
                u, v = table.first(x[b, i]), table.second(x[b, j])
                q, p = table.query(u), table.key(v)
                steps = max(-2, min(2, j - i))
                for label in range(labels - LABELS, labels):
                    wanted = sum(table.weight[label, k] * q[k] * p[k] for k in range(2))
                    wanted = wanted + table.first_bias.weight[label] @ u + table.first_bias.bias[label]
                    wanted = wanted + table.second_bias.weight[label] @ v + table.distance.weight[steps + 2, label]
                    torch.testing.assert_close(found[b, label, i, j], wanted)


def test_distance_starts_without_an_opinion() -> None:
    torch.manual_seed(0)
    assert not PairTable(WIDTH, 4, 2, LABELS, reach=3, dropout=0.0).distance.weight.any()


def test_between_sums_the_words_after_the_earlier_one_up_to_the_later(x: Tensor) -> None:
    between = Between(WIDTH, features=4, labels=LABELS, dropout=0.5)
    randomised(between)
    found = between.float()(x.float())
    between, x = between.double().requires_grad_(False), x.float().double()
    assert found.shape == (BATCH, LABELS, WORDS, WORDS)
    for b in range(BATCH):
        strength = [5.0 * torch.tanh(between.features[1](x[b, t]) / 5.0) for t in range(WORDS)]
        for i in range(WORDS):
            for j in range(WORDS):
                words = range(min(i, j) + 1, max(i, j) + 1)
                features = torch.tensor([math.log1p(sum(math.exp(strength[t][f]) for t in words)) for f in range(4)])
                reader = between.rightward if j >= i else between.leftward
                wanted = reader(features.double())
                torch.testing.assert_close(found[b, :, i, j].double(), wanted, rtol=1e-4, atol=1e-4)


def test_between_stays_finite_over_a_long_text_with_extreme_features() -> None:
    torch.manual_seed(0)
    between = Between(2, features=3, labels=2, dropout=0.0)
    long = torch.randn(1, 300, 2) * 100
    long.requires_grad_()
    scores = between(long)
    scores.sum().backward()
    assert scores.isfinite().all()
    assert long.grad is not None
    assert long.grad.isfinite().all()


def test_attended_weighs_the_maps_in_both_directions() -> None:
    maps = torch.rand(BATCH, 4, WORDS, WORDS, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    attended = Attended(maps=4, labels=LABELS, dropout=0.5)
    randomised(attended)
    found = attended(attention_strength(maps))
    assert found.shape == (BATCH, LABELS, WORDS, WORDS)
    weight, bias = attended.weigh.weight, attended.weigh.bias
    for i in range(WORDS):
        for j in range(WORDS):
            there, back = (torch.log1p(50 * maps[:, :, a, b]) - 1 for a, b in ((i, j), (j, i)))
            wanted = there @ weight[:LABELS].T + back @ weight[LABELS:].T + bias[:LABELS] + bias[LABELS:]
            torch.testing.assert_close(found[:, :, i, j], wanted)


@pytest.mark.parametrize("kind", ["pairs", "between"])
def test_words_after_a_pair_do_not_touch_it(x: Tensor, kind: str) -> None:
    torch.manual_seed(0)
    pairs, between = PairTable(WIDTH, 4, 2, LABELS, 8, 0.5), Between(WIDTH, 4, LABELS, 0.5)
    module = (pairs if kind == "pairs" else between).eval()
    single = x.float()
    torch.testing.assert_close(module(single)[:, :, :4, :4], module(single[:, :4]), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(module(single.flip(0)), module(single).flip(0), rtol=1e-5, atol=1e-5)


def test_values_stand_at_their_cells_and_add_up() -> None:
    values = torch.tensor([[[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]], [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]])
    first, second = torch.tensor([[0, 3, 0], [2, 0, 0]]), torch.tensor([[2, 3, 2], [1, 0, 0]])
    table = at_cells(values, first, second, 4)  # [B, L, T, T]
    expected = torch.zeros(2, 2, 4, 4)
    expected[0, :, 0, 2] = torch.tensor([101.0, 202.0])
    expected[0, :, 3, 3] = torch.tensor([10.0, 20.0])
    expected[1, :, 2, 1] = 1.0
    assert torch.equal(table, expected)
